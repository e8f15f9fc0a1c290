"""What a run was, what it did to the product, and what the judge found: as JSON and as a table for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway.ledger.check import Violation


@dataclass(slots=True)
class Report:
    """One run. Seconds are wall time; amounts in đồng."""

    database: str
    seed: int
    kills: dict[str, int] = field(default_factory=dict)  # victim -> times
    faults: dict[str, int] = field(default_factory=dict)  # line and fault -> times
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    money: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=2, sort_keys=True)

    def table(self) -> str:
        """Readable on a terminal."""
        rows: list[tuple[str, object]] = [("database", self.database), ("seed", self.seed)]
        for title, values in (("kill -9", self.kills), ("fault", self.faults), ("", self.counts), ("đồng", self.money)):
            rows += [(f"{title} {name}".strip(), value) for name, value in sorted(values.items())]
        rows += [(f"seconds {name}", round(value, 1)) for name, value in self.seconds.items()]
        rows.append(("violations", len(self.violations)))
        width = max(len(name) for name, _ in rows)
        lines = [
            f"{name.ljust(width)}  {value:,}" if isinstance(value, int) else f"{name.ljust(width)}  {value}"
            for name, value in rows
        ]
        lines += [f"  {found.rule} {found.subject}: {found.detail}" for found in self.violations[:50]]
        return "\n".join(lines)

    def write(self, directory: Path) -> Path:
        """`chaos-DATABASE.json` in the directory."""
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"chaos-{self.database}.json"
        path.write_text(self.as_json() + "\n", encoding="utf-8")
        return path
