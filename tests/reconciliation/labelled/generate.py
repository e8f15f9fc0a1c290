"""Write a labelled period: `python -m tests.reconciliation.labelled.generate DIR [--cases N] [--seed S] [--csv]`.

payments.csv, receipts.csv, settlement.csv, statement.xml (camt.053) or statement.csv, and truth.csv
(`side,id,kind,partners`; partners joined by `;`, empty where a row stands alone). The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from connectors.files import write_camt
from tests.reconciliation.labelled.traps import NEEDS_MORE_THAN_CSV, TRAPS, Ground
from tests.reconciliation.world import write_csv, write_files

TRUTH = ("side", "id", "kind", "partners")


def laid(cases: int, seed: int, *, csv: bool = False) -> Ground:
    """Every trap once, then `cases` more by chance, three in five of them plain."""
    ground = Ground(Random(seed))
    traps = [trap for trap in TRAPS if not (csv and trap in NEEDS_MORE_THAN_CSV)]
    for trap in traps:
        trap(ground)
    for _ in range(cases):
        (ground.dice.choice(traps) if ground.dice.random() < 0.4 else traps[0])(ground)
    return ground


def write(ground: Ground, directory: Path, *, csv: bool = False) -> dict[str, Path]:
    """All files, rows shuffled; the paths by name, truth among them."""
    paths = write_files(ground.world, directory, order=ground.dice)
    if not csv:
        paths["statement"].unlink()
        paths["statement"] = directory / "statement.xml"
        paths["statement"].write_bytes(_camt(ground))
    paths["truth"] = directory / "truth.csv"
    write_csv(paths["truth"], TRUTH, _truth(ground))
    return paths


def _truth(ground: Ground) -> list[tuple[str, str, str, str]]:
    sides = (("line", ground.world.line_kinds), ("payment", ground.world.payment_kinds))
    return [
        (side, subject, kind, ";".join(sorted(ground.partners.get((side, subject), ()))))
        for side, kinds in sides
        for subject, kind in kinds.items()
    ]


def _camt(ground: Ground) -> bytes:
    made = datetime(2026, 11, 23, 18, tzinfo=UTC)
    written = [
        write_camt.camt053(one, message_id="M", created_at=made).decode() for one in ground.world.parsed().statements
    ]
    inner = [text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")] for text in written]
    return written[0].replace(inner[0], "".join(inner)).encode()


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cases", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--csv", action="store_true")
    told = parser.parse_args()
    for name, path in write(laid(told.cases, told.seed, csv=told.csv), told.directory, csv=told.csv).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
