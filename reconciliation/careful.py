"""The files of a period read row by row, every flaw named by file, line and column: what may be refused is refused here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.files import detect
from connectors.statement import Parsed, Statement
from reconciliation import sources
from reconciliation.chain import Span
from reconciliation.content import Content, balance, receipts_told
from reconciliation.lines import REASONS, Draft, Unusable, account_key, drafts, whole_balances
from reconciliation.model import SettlementRow, SourceLine, SourcePayment
from reconciliation.outcome import natural_order
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

if TYPE_CHECKING:
    from reconciliation.engine import Engine


@dataclass(frozen=True, slots=True)
class _Read:
    """Payments, receipts and statement, free of problems."""

    payments: list[SourcePayment]
    receipts: list[Receipt]
    lines: list[SourceLine]
    parsed: Parsed


def read_settlement(path: Path | None) -> tuple[list[SettlementRow], Sequence[FileProblem]]:
    """The acquirer's rows, and what is wrong with them."""
    if path is None:
        return [], ()
    table = Table(path.name, path.read_bytes(), SETTLEMENT)
    return table.settlement(), table.problems


def read(
    engine: Engine,
    *,
    payments: Path,
    receipts: Path,
    statement: Path,
    account: str,
    problems: Sequence[FileProblem] = (),
) -> Content:
    """Fill payments and lines. Raises FilesRefused with every problem of these files and those found before."""
    found = _read(payments, receipts, statement, account, problems)
    with_receipt = {receipt.payment_id for receipt in found.receipts}
    sources.fill_payments(engine, found.payments, with_receipt)
    sources.fill_lines(engine, found.lines)
    credits = sum(line.amount for line in found.lines if line.credit)
    debits = sum(line.amount for line in found.lines if not line.credit)
    return Content(
        lines={"count": len(found.lines), "credits": credits, "debits": debits},
        payments={"count": len(found.payments), "amount": sum(payment.amount for payment in found.payments)},
        statements=_balances(found.parsed.statements),
        receipts=_receipts(found),
        warnings=[{"code": p.code, "message": p.message, "where": p.where} for p in found.parsed.problems],
    )


def _read(payments: Path, receipts: Path, statement: Path, account: str, before: Sequence[FileProblem]) -> _Read:
    paid = Table(payments.name, payments.read_bytes(), PAYMENTS)
    issued = Table(receipts.name, receipts.read_bytes(), RECEIPTS)
    given, proofs = paid.payments(account), issued.receipts()
    parsed = detect.parse(statement.read_bytes())
    lines, flaws = _lines(statement.name, parsed, account)
    problems = [*paid.problems, *issued.problems, *before, *flaws]
    if problems:
        raise FilesRefused(problems)
    return _Read(given, proofs, lines, parsed)


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
    for repeated in natural_order(label for label, times in counted.items() if times > 1):
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
    return [sources.line_of(draft, draft.line_no if plain else f"{number}.{draft.line_no}") for number, draft in found]


def _balances(heads: Sequence[Statement]) -> list[dict[str, Any]]:
    by_account: dict[str, list[tuple[int, Statement]]] = {}
    for number, head in enumerate(heads, 1):
        by_account.setdefault(account_key(head.account), []).append((number, head))
    return [
        balance(account, sum(_moved(head) for _, head in listed), [_span(*one) for one in listed])
        for account, listed in sorted(by_account.items())
    ]


def _moved(head: Statement) -> int:
    return sum(int(entry.amount) for entry in head.entries if entry.status == "BOOK")


def _span(number: int, head: Statement) -> Span:
    booked = list(_booked(head)) or [date.min]
    return Span(
        id=str(number),
        from_day=head.from_date or min(booked),
        to_day=head.to_date or max(booked),
        number=f"{number:06d}",
        opening=None if head.opening is None else int(head.opening),
        closing=None if head.closing is None else int(head.closing),
        balances=head.balances,
    )


def _booked(head: Statement) -> Iterator[date]:
    return (day for entry in head.entries if (day := entry.booking_date or entry.value_date))


def _receipts(found: _Read) -> dict[str, Any]:
    amounts = {payment.payment_id: payment.amount for payment in found.payments}
    issued: Counter[str] = Counter()
    for receipt in found.receipts:
        issued[receipt.payment_id] += receipt.amount
    strange = [receipt.receipt_no for receipt in found.receipts if receipt.payment_id not in amounts]
    differing = [key for key, total in issued.items() if amounts.get(key, total) != total]
    return receipts_told(len(found.receipts), sum(issued.values()), strange, differing)
