"""Re-verification of a period from files alone: the same passes on an engine of one's own, the results as CSV.

Nothing of the application is needed, so an auditor can repeat it. All files are read and judged before anything is
written, and what is written appears complete or not at all. Every engine writes the very same bytes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciliation import careful, invariants, sources
from reconciliation.content import Content
from reconciliation.engine import Engine, Progress, evaluate
from reconciliation.engines import DATABASE, opened
from reconciliation.model import RULES_VERSION, SettlementRow, Totals
from reconciliation.outcome import Outcome, Told
from reconciliation.totals import totals_by_kind

if TYPE_CHECKING:
    from reconciliation.tabulated import FileProblem

LINES_HEADER = ("line_no", "kind", "group_id", "payment_ids", "difference", "rule", "sentence_vi", "sentence_en")
PAYMENTS_HEADER = ("payment_id", "kind", "group_id", "line_nos", "difference", "rule", "sentence_vi", "sentence_en")


def reconcile_files(
    *,
    payments: Path,
    receipts: Path,
    statement: Path,
    account: str,
    as_of: date,
    out: Path,
    settlement: Path | None = None,
    rate: Fraction | None = None,
    engine: str = DATABASE,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Reconcile the files and write lines.csv, payments.csv and summary.json into `out`; returns the summary.

    `account` is the collection account that all payments should reach, `as_of` the statement's last day, `rate` the
    acquirer's commission by contract, `engine` one of reconciliation.engines.ENGINES. Raises FilesRefused, naming file,
    line and column, and EngineMissing, before anything is written.
    """
    told = progress or (lambda step, done, total: None)
    with opened(engine) as desk:
        told("read", 0, 1)
        sales, flaws = careful.read_settlement(settlement)
        content = fill(desk, flaws, payments=payments, receipts=receipts, statement=statement, account=account)
        judge(desk, sales, as_of, rate, told)
        summary = _summary(content, account, as_of, rate, totals_by_kind(desk))
        told("write", 0, 1)
        _write(out, Outcome(desk), summary)
    return summary


def fill(
    engine: Engine, flaws: Sequence[FileProblem], *, payments: Path, receipts: Path, statement: Path, account: str
) -> Content:
    """Payments and lines into the engine: by its own reading of files, where it has one and they are plain."""
    quick = getattr(engine, "scan", None)
    content = None
    if quick is not None and not flaws:
        content = quick(payments=payments, receipts=receipts, statement=statement, account=account)
    return content or careful.read(
        engine, payments=payments, receipts=receipts, statement=statement, account=account, problems=flaws
    )


def judge(
    engine: Engine, settlement: Sequence[SettlementRow], as_of: date, rate: Fraction | None, progress: Progress
) -> None:
    """Run the passes over filled payments and lines. Raises InvariantBroken."""
    sources.fill_rest(engine, as_of=as_of, settlement=settlement, rate=rate)
    evaluate(engine, progress)
    invariants.check(engine)


def _summary(
    content: Content, account: str, as_of: date, rate: Fraction | None, totals: Mapping[str, Totals]
) -> dict[str, Any]:
    lines = content.lines
    return {
        "rules_version": RULES_VERSION,
        "as_of": as_of.isoformat(),
        "account": account,
        "mdr": None if rate is None else f"{rate.numerator}/{rate.denominator}",
        "lines": {**lines, "net": lines["credits"] - lines["debits"]},
        "payments": content.payments,
        "totals": {kind: asdict(total) for kind, total in totals.items()},
        "ties": all(total.line_amount - total.payment_amount == total.difference for total in totals.values()),
        "statements": content.statements,
        "balances_tie": _all_tie([entry["ties"] for entry in content.statements]),
        "receipts": content.receipts,
        "warnings": content.warnings,
    }


def _all_tie(each: Sequence[bool | None]) -> bool | None:
    if False in each:
        return False
    return None if None in each or not each else True


def _write(out: Path, outcome: Outcome, summary: Mapping[str, Any]) -> None:
    """All three files under other names first, so that none is ever half there."""
    out.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[], Iterable[str]]] = {
        "lines.csv": lambda: _csv(LINES_HEADER, outcome.lines()),
        "payments.csv": lambda: _csv(PAYMENTS_HEADER, outcome.payments()),
        "summary.json": lambda: [json.dumps(summary, ensure_ascii=False, indent=2) + "\n"],
    }
    try:
        for name, texts in writers.items():
            with (out / f".{name}.new").open("w", encoding="utf-8", newline="") as file:
                file.writelines(texts())
        for name in writers:
            (out / f".{name}.new").replace(out / name)
    finally:
        for name in writers:
            (out / f".{name}.new").unlink(missing_ok=True)


def _csv(header: Sequence[str], told: Iterable[Told]) -> Iterator[str]:
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for one in told:
        item = one.item
        writer.writerow(
            (
                item.line_id or item.payment_id,
                item.kind.value,
                item.group_id,
                ";".join(one.others),
                item.difference,
                item.rule,
                one.sentence.vi,
                one.sentence.en,
            )
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
