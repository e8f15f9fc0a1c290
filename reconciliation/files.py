"""Re-verification of a period from files alone: the same passes over an in-memory database, the results as CSV.

Nothing of the application is needed, so an auditor can repeat it. All files are read and judged before anything is
written, and what is written appears complete or not at all.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

from connectors.files import detect
from connectors.statement import Parsed, Statement
from reconciliation import invariants, sources
from reconciliation.chain import Span, ends, gaps
from reconciliation.engine import DatabaseEngine, Progress, evaluate
from reconciliation.lines import REASONS, Draft, Unusable, account_key, drafts, whole_balances
from reconciliation.model import RULES_VERSION, SettlementRow, SourceLine, SourcePayment, Totals
from reconciliation.outcome import Outcome, Told, natural
from reconciliation.tabulated import (
    PAYMENTS,
    RECEIPTS,
    SETTLEMENT,
    FileProblem,
    FilesRefused,
    Receipt,
    Table,
    file_problem,
)
from reconciliation.totals import totals_by_kind

LINES_HEADER = ("line_no", "kind", "group_id", "payment_ids", "difference", "rule", "sentence_vi", "sentence_en")
PAYMENTS_HEADER = ("payment_id", "kind", "group_id", "line_nos", "difference", "rule", "sentence_vi", "sentence_en")

_LISTED = 20  # ids of receipts that need a look; the rest is counted


@dataclass(frozen=True, slots=True)
class _Read:
    """Everything the files say, free of problems."""

    payments: list[SourcePayment]
    receipts: list[Receipt]
    settlement: list[SettlementRow]
    lines: list[SourceLine]
    parsed: Parsed


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
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Reconcile the files and write lines.csv, payments.csv and summary.json into `out`; returns the summary.

    `account` is the collection account that all payments should reach, `as_of` the statement's last day, `rate` the
    acquirer's commission by contract. Raises FilesRefused, naming file, line and column, before anything is written.
    """
    told = progress or (lambda step, done, total: None)
    told("read", 0, 1)
    read = _read(payments, receipts, statement, settlement, account)
    with _evaluated(read, as_of, rate, told) as engine:
        totals = totals_by_kind(engine)
        summary = _summary(read, account, as_of, rate, totals)
        outcome = Outcome(engine)
        told("write", 0, 1)
        _write(out, outcome, summary)
    return summary


@contextmanager
def _evaluated(read: _Read, as_of: date, rate: Fraction | None, progress: Progress) -> Iterator[DatabaseEngine]:
    import sqlalchemy as sa

    database = sa.create_engine("sqlite://")
    try:
        with database.begin() as connection:
            connection.exec_driver_sql("pragma temp_store = memory")
            with DatabaseEngine(connection).sources() as engine:
                sources.fill_payments(engine, read.payments)
                sources.fill_lines(engine, read.lines)
                sources.fill_rest(engine, as_of=as_of, settlement=read.settlement, rate=rate)
                evaluate(engine, progress)
                invariants.check(engine)
                yield engine
    finally:
        database.dispose()


def _read(payments: Path, receipts: Path, statement: Path, settlement: Path | None, account: str) -> _Read:
    paid = Table(payments.name, payments.read_bytes(), PAYMENTS)
    issued = Table(receipts.name, receipts.read_bytes(), RECEIPTS)
    settled = Table(settlement.name, settlement.read_bytes(), SETTLEMENT) if settlement else None
    given, proofs = paid.payments(account), issued.receipts()
    rows = settled.settlement() if settled else []
    parsed = detect.parse(statement.read_bytes())
    lines, flaws = _lines(statement.name, parsed, account)
    problems = [*paid.problems, *issued.problems, *(settled.problems if settled else ()), *flaws]
    if problems:
        raise FilesRefused(problems)
    with_receipt = {receipt.payment_id: receipt.receipt_no for receipt in proofs}
    known = [replace(payment, receipt_no=with_receipt.get(payment.payment_id, "")) for payment in given]
    return _Read(known, proofs, rows, lines, parsed)


def _lines(name: str, parsed: Parsed, account: str) -> tuple[list[SourceLine], list[FileProblem]]:
    if not parsed.statements:
        return [], [
            FileProblem(name, _line_of(p.where), "", p.code, f"{p.message} ({p.where})") for p in parsed.problems
        ]
    own = {account_key(account), *(account_key(head.account) for head in parsed.statements)}
    found: list[tuple[int, Draft]] = []
    problems: list[FileProblem] = []
    for number, head in enumerate(parsed.statements, 1):
        try:
            whole_balances(head)
            found += [(number, draft) for draft in drafts(head, own)]
        except Unusable as flaw:
            problems.append(_unusable(name, number, flaw.code))
    lines = _numbered(found, parsed.format == "csv")
    counted = Counter(line.line_id for line in lines)
    for repeated in sorted((label for label, times in counted.items() if times > 1), key=natural):
        problem = file_problem(name, 0, "line_no", "id.repeated")
        problems.append(replace(problem, message=f"{problem.message}: {repeated}"))
    return lines, problems


def _line_of(where: str) -> int:
    word, _, number = where.partition(" ")
    return int(number) if word == "line" and number.isdecimal() else 0


def _unusable(name: str, number: int, code: str) -> FileProblem:
    vietnamese, english = REASONS[code]
    return FileProblem(name, 0, "", code, f"{vietnamese} / {english} (statement {number})")


def _numbered(found: Sequence[tuple[int, Draft]], plain: bool) -> list[SourceLine]:
    """Lines by the number the bank gave them; where several statements count from 1, `2.1` is line 1 of the second."""
    statements: dict[str, set[int]] = {}
    for number, draft in found:
        statements.setdefault(draft.line_no, set()).add(number)
    plain = plain or all(len(numbers) == 1 for numbers in statements.values())
    return [_line(draft.line_no if plain else f"{number}.{draft.line_no}", draft) for number, draft in found]


def _line(label: str, draft: Draft) -> SourceLine:
    return SourceLine(
        line_id=label,
        sort_key=natural(label),
        account=draft.account,
        booking_date=draft.booking_date,
        credit=draft.credit,
        amount=draft.amount,
        reversal=draft.reversal,
        nature=draft.nature,
        references=draft.references,
    )


def _summary(
    read: _Read, account: str, as_of: date, rate: Fraction | None, totals: Mapping[str, Totals]
) -> dict[str, Any]:
    statements = _balances(read.parsed.statements)
    credits = sum(line.amount for line in read.lines if line.credit)
    debits = sum(line.amount for line in read.lines if not line.credit)
    return {
        "rules_version": RULES_VERSION,
        "engine": "database",
        "as_of": as_of.isoformat(),
        "account": account,
        "mdr": None if rate is None else f"{rate.numerator}/{rate.denominator}",
        "lines": {"count": len(read.lines), "credits": credits, "debits": debits, "net": credits - debits},
        "payments": {"count": len(read.payments), "amount": sum(payment.amount for payment in read.payments)},
        "totals": {kind: asdict(total) for kind, total in totals.items()},
        "ties": all(total.line_amount - total.payment_amount == total.difference for total in totals.values()),
        "statements": statements,
        "balances_tie": _all_tie([entry["ties"] for entry in statements]),
        "receipts": _receipts(read),
        "warnings": [{"code": p.code, "message": p.message, "where": p.where} for p in read.parsed.problems],
    }


def _balances(heads: Sequence[Statement]) -> list[dict[str, Any]]:
    """Per account: opening + lines = closing, and each statement continues the one before; None: no balances."""
    by_account: dict[str, list[tuple[int, Statement]]] = {}
    for number, head in enumerate(heads, 1):
        by_account.setdefault(account_key(head.account), []).append((number, head))
    return [_balance(account, listed) for account, listed in sorted(by_account.items())]


def _balance(account: str, listed: Sequence[tuple[int, Statement]]) -> dict[str, Any]:
    spans = [_span(number, head) for number, head in listed]
    moved = sum(int(entry.amount) for _, head in listed for entry in head.entries if entry.status == "BOOK")
    between, broken = ends(spans), gaps(spans)
    return {
        "account": account,
        "opening": between[0] if between else None,
        "closing": between[1] if between else None,
        "moved": moved,
        "ties": (not broken and between[1] - between[0] == moved) if between else (False if broken else None),
        "gaps": sorted(int(number) for number in broken),
    }


def _span(number: int, head: Statement) -> Span:
    booked = [day for entry in head.entries if (day := entry.booking_date or entry.value_date)] or [date.min]
    return Span(
        id=str(number),
        from_day=head.from_date or min(booked),
        to_day=head.to_date or max(booked),
        number=f"{number:06d}",
        opening=None if head.opening is None else int(head.opening),
        closing=None if head.closing is None else int(head.closing),
        balances=head.balances,
    )


def _all_tie(each: Sequence[bool | None]) -> bool | None:
    if False in each:
        return False
    return None if None in each or not each else True


def _receipts(read: _Read) -> dict[str, Any]:
    """The receipts as a whole, and those that belong to no payment or differ from it in amount."""
    amounts = {payment.payment_id: payment.amount for payment in read.payments}
    issued: Counter[str] = Counter()
    for receipt in read.receipts:
        issued[receipt.payment_id] += receipt.amount
    strange = sorted((r.receipt_no for r in read.receipts if r.payment_id not in amounts), key=natural)
    differ = sorted((key for key, total in issued.items() if amounts.get(key, total) != total), key=natural)
    return {
        "count": len(read.receipts),
        "amount": sum(issued.values()),
        "without_payment": {"count": len(strange), "receipt_nos": strange[:_LISTED]},
        "other_amount_than_payment": {"count": len(differ), "payment_ids": differ[:_LISTED]},
    }


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
