"""Fills the source tables that are small or computed: calendar, settlement, orders; and payments given as values."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reconciliation.definition import SOURCE_KEYS, SOURCES
from reconciliation.lines import Draft, account_key
from reconciliation.model import SettlementRow, SourceLine, SourcePayment, commission
from reconciliation.natures import squeezed
from reconciliation.outcome import natural
from reconciliation.workdays import calendar

if TYPE_CHECKING:
    from reconciliation.engine import Engine, Row

_LONGEST_CALENDAR = timedelta(days=3660)  # older sales are overdue on any calendar
_DAY_FORMS = ("%d%m%Y", "%Y%m%d", "%d%m%y")


def fill_payments(
    engine: Engine, payments: Iterable[SourcePayment], with_receipt: Collection[str] | None = None
) -> None:
    """Payments as values; `with_receipt` are the ids of those with a receipt, where the payments do not say so."""
    if with_receipt is None:
        engine.fill("src_payment", (_payment(payment, bool(payment.receipt_no)) for payment in payments))
    else:
        engine.fill("src_payment", (_payment(payment, payment.payment_id in with_receipt) for payment in payments))


def line_of(draft: Draft, label: str) -> SourceLine:
    """A booked entry as the line of that name."""
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


def fill_lines(engine: Engine, lines: Sequence[SourceLine]) -> None:
    """Lines as values, with what they name."""
    engine.fill("src_line", map(_line, lines))
    engine.fill("src_line_ref", (_named(line, ref, how) for line in lines for ref, how in line.references))


def fill_rest(
    engine: Engine,
    *,
    as_of: date,
    settlement: Sequence[SettlementRow] = (),
    rate: Fraction | None = None,
    orders: Iterable[str] | None = None,
    refunds: Iterable[tuple[str, str]] = (),
) -> None:
    """Everything besides payments and lines, then indexes and statistics for all. `rate` is the contract's commission."""
    known = sorted(set(map(squeezed, orders or ())))
    engine.fill("src_run", [(as_of, int(orders is not None))])
    engine.fill("src_order", ((order,) for order in known))
    engine.fill("src_refund", sorted(refunds))
    ordered = sorted(settlement, key=_total_order)
    engine.fill("src_settlement", (_sale(number, row, rate) for number, row in enumerate(ordered, 1)))
    engine.fill("src_day_word", sorted({pair for row in ordered for pair in _day_words(row)}))
    engine.fill("src_calendar", _calendar(engine, as_of))
    for name in SOURCES:
        if name != "component":
            engine.ready(name, SOURCE_KEYS.get(name, ()))


def _payment(payment: SourcePayment, receipt: bool) -> Row:
    return (
        payment.payment_id,
        payment.reference,
        payment.amount,
        payment.channel.upper(),
        payment.status,
        payment.paid_on,
        int(receipt),
        account_key(payment.account),
    )


def _line(line: SourceLine) -> Row:
    return (
        line.line_id,
        line.sort_key,
        line.account,
        line.booking_date,
        int(line.credit),
        line.amount,
        int(line.reversal),
        line.nature,
    )


def _named(line: SourceLine, ref: str, how: int) -> Row:
    pays = int(line.credit and not line.reversal)
    return (line.line_id, ref, how, pays, line.amount, line.booking_date, line.sort_key, line.account)


def _total_order(row: SettlementRow) -> tuple[Any, ...]:
    return (row.trade_date, row.batch_id, row.reference, row.gross, row.net, row.mdr, row.terminal)


def _sale(number: int, row: SettlementRow, rate: Fraction | None) -> Row:
    expected = None if rate is None or row.gross < 0 else commission(row.gross, rate)
    return (
        number,
        row.batch_id,
        squeezed(row.batch_id),
        squeezed(row.terminal),
        row.trade_date,
        row.reference,
        row.gross,
        row.mdr,
        row.net,
        expected,
    )


def _day_words(row: SettlementRow) -> Iterator[tuple[str, str]]:
    return ((squeezed(row.batch_id), word) for word in day_words(row.trade_date))


def day_words(day: date) -> list[str]:
    """How a memo may write a trade day."""
    return [day.strftime(form) for form in _DAY_FORMS]


def _calendar(engine: Engine, as_of: date) -> Iterator[tuple[date, date]]:
    """From the first day that matters to the as-of day."""
    days = engine.rows("select min(paid_on) from src_payment union all select min(trade_date) from src_settlement")
    stated = [date.fromisoformat(str(day)[:10]) for (day,) in days if day is not None]
    return calendar(max(min([*stated, as_of]), as_of - _LONGEST_CALENDAR), as_of)
