"""What a shift took, by channel, beside what its receipts, its terminal and its drawer say of the same payments.

The figures come from the books, never from what the screen counted: dues that were paid, receipts that were issued,
approvals that were recorded. Amounts in đồng.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.access import own
from gateway.counter import cash_back, terminal_reverse
from gateway.counter.cash_store import cash_take
from gateway.counter.shift_store import Shift, visit
from gateway.counter.terminal_store import SaleState, terminal_sale
from gateway.counter.terminal_tables import ReversalState, terminal_reversal
from gateway.dues.store import due
from gateway.payments.model import CASH, PAID, POS, PaymentStatus
from gateway.payments.store import payment
from receipts.store import receipt

_PAID = [status.value for status in PAID]


@dataclass(frozen=True, slots=True)
class ChannelTotal:
    """One channel of a shift."""

    channel: str
    asked: int  # payments begun
    paid: int  # payments that have their money
    amount: int  # the dues they paid
    receipts: int  # genuine receipts issued for them
    receipted: int  # their amounts, and the dues that take no receipt
    returned: int = 0  # of the amount, what went back by the terminal or out of the drawer; its receipts stay

    @property
    def difference(self) -> int:
        """Paper less money; zero in a shift that closes to the đồng."""
        return self.receipted - self.amount


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole shift."""

    channels: tuple[ChannelTotal, ...]
    approved: int  # what its terminals have taken, as recorded
    reversed: int  # and of that have given back
    cash: int  # what officers have taken into the drawer
    given_back: int  # and of that out of it again
    opening_cash: int
    doubtful: int  # payments and reversals whose result nobody knows yet; they are parked, not lost

    @property
    def amount(self) -> int:
        """What the shift has brought: all dues paid, less what went back."""
        return sum(one.amount - one.returned for one in self.channels)

    @property
    def returned(self) -> int:
        """All that went back."""
        return self.reversed + self.given_back

    @property
    def paid(self) -> int:
        """How many payments have their money."""
        return sum(one.paid for one in self.channels)

    @property
    def receipts(self) -> int:
        """How many receipts."""
        return sum(one.receipts for one in self.channels)

    @property
    def expected_cash(self) -> int:
        """What has to be in the drawer."""
        return self.opening_cash + self.drawn

    @property
    def drawn(self) -> int:
        """What of the drawer goes to the bank."""
        return self.cash - self.given_back

    @property
    def standing(self) -> int:
        """What the terminals have to show for the shift."""
        return self.approved - self.reversed

    def of(self, channel: str) -> int:
        """The dues paid by a channel."""
        return sum(one.amount for one in self.channels if one.channel == channel)


def totals(connection: sa.Connection, worked: Shift) -> Totals:
    """The shift as the books have it now."""
    ids = sa.select(visit.c.payment_id).where(own(visit, worked.agency_id), visit.c.shift_id == worked.id)
    rows = connection.execute(
        sa.select(payment.c.id, payment.c.channel, payment.c.status).where(payment.c.id.in_(ids)).order_by(payment.c.id)
    ).all()
    paid_dues = _sums(connection, due.c.payment_id, due.c.amount, due.c.payment_id.in_(ids))
    without = _sums(connection, due.c.payment_id, due.c.amount, due.c.payment_id.in_(ids) & (due.c.kind == "OTHER"))
    live = receipt.c.payment.in_(ids) & receipt.c.replaced_by.is_(None)
    papers = _sums(connection, receipt.c.payment, receipt.c.amount, live)
    counts = _sums(connection, receipt.c.payment, 1, live)
    at_terminal, from_drawer = terminal_reverse.went_back(connection, ids), cash_back.given(connection, worked)
    back = at_terminal | from_drawer
    channels = []
    for channel in sorted({row.channel for row in rows}):
        mine = [row for row in rows if row.channel == channel]
        channels.append(
            ChannelTotal(
                channel,
                len(mine),
                sum(1 for row in mine if row.status in _PAID),
                sum(paid_dues.get(row.id, 0) for row in mine),
                sum(counts.get(row.id, 0) for row in mine),
                sum(papers.get(row.id, 0) + without.get(row.id, 0) for row in mine),
                sum(back.get(row.id, 0) for row in mine),
            )
        )
    doubtful = sum(1 for row in rows if row.status == PaymentStatus.UNKNOWN.value) + _reversing(connection, ids)
    cash = _scalar(
        connection, cash_take.c.amount, own(cash_take, worked.agency_id) & (cash_take.c.shift_id == worked.id)
    )
    approved = (terminal_sale.c.payment_id.in_(ids)) & (terminal_sale.c.state == SaleState.APPROVED.value)
    taken = _scalar(connection, terminal_sale.c.authorised, approved)
    sums = (taken, sum(at_terminal.values()), cash, sum(from_drawer.values()))
    return Totals(tuple(channels), *sums, worked.opening_cash, doubtful)


def comparisons(found: Totals, *, counted_cash: int) -> dict[str, int]:
    """Where drawer, receipts and books differ: its name -> said less booked, đồng. What terminals say is compared in
    `shift_terminals`."""
    compared = {f"receipts.{one.channel}": one.difference for one in found.channels}
    compared["cash.drawer"] = counted_cash - found.expected_cash
    compared["cash.booked"] = found.cash - found.of(CASH)
    compared["terminal.booked"] = found.approved - found.of(POS)
    return {name: value for name, value in compared.items() if value}


def _reversing(connection: sa.Connection, ids: sa.Select[tuple[str]]) -> int:
    """Reversals that two agreed on and whose end nobody knows yet."""
    waits = terminal_reversal.c.state.in_((ReversalState.AGREED.value, ReversalState.FILE.value))
    query = sa.select(sa.func.count()).select_from(terminal_reversal).where(terminal_reversal.c.payment_id.in_(ids))
    return int(connection.scalar(query.where(waits)) or 0)


def _sums(
    connection: sa.Connection,
    key: sa.Column[str],
    value: sa.Column[int] | int,
    where: sa.ColumnElement[bool],
) -> dict[str, int]:
    query = sa.select(key, sa.func.sum(value)).where(where).group_by(key)
    return {name: int(amount) for name, amount in connection.execute(query)}


def _scalar(connection: sa.Connection, column: sa.Column[int], where: sa.ColumnElement[bool]) -> int:
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(where)) or 0)
