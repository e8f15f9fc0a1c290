"""Four-way match of each dossier: due <-> payment <-> money <-> receipt, and the Treasury as the fifth (design.md, section 8).

The legs of a due are joins by key; the money leg is what reconciliation found. A dossier has a bit only if all its dues
have it, so `1111` with the Treasury is closed and every other pattern is a break with a name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.dues.model import DueKind, DueStatus
from gateway.dues.store import dossier, due
from gateway.payments.store import payment_due
from gateway.remitting.model import RemittanceState
from gateway.remitting.store import remittance, remittance_due
from receipts.store import receipt
from reconciliation.model import Kind
from reconciliation.store import recon_item

CLOSED = "11111"
_MONEY = sorted(
    {*(kind.value for kind in Kind if kind.closed), Kind.MONEY_WITHOUT_RECEIPT.value, Kind.AMOUNT_OVER.value}
)
_OWED = (DueStatus.OPEN.value, DueStatus.PAID.value)

# Bits: due, payment, money, receipt, Treasury. The first pattern that fits names the break.
_PATTERNS: tuple[tuple[str, str, str, str], ...] = (
    (
        "11111",
        "closed",
        "Khép kín: khoản nộp, tiền, biên lai và Kho bạc khớp.",
        "Closed: due, money, receipt and Treasury agree.",
    ),
    (
        "11110",
        "treasury.waiting",
        "Đủ tiền và biên lai, chưa nộp Kho bạc.",
        "Money and receipt agree; not yet remitted.",
    ),
    ("11?01", "treasury.early", "Đã nộp Kho bạc khi chưa có biên lai.", "Remitted without a receipt."),
    ("1110?", "receipt.missing", "Đã có tiền, chưa có biên lai.", "The money is there, the receipt is not."),
    (
        "1101?",
        "receipt.without_money",
        "Đã có biên lai, ngân hàng chưa thấy tiền.",
        "A receipt, but the bank shows no money.",
    ),
    (
        "1100?",
        "money.missing",
        "Đã ghi nhận thanh toán, chưa có tiền và biên lai.",
        "Settled, but neither money nor receipt.",
    ),
    (
        "101??",
        "payment.missing",
        "Ngân hàng có tiền, khoản nộp chưa được ghi nhận.",
        "The bank has money, the due is not settled.",
    ),
    ("1001?", "receipt.unpaid", "Có biên lai cho khoản chưa nộp.", "A receipt for a due that is not paid."),
    ("1????", "due.unpaid", "Chưa nộp.", "Not paid."),
)


@dataclass(frozen=True, slots=True)
class DossierState:
    """One dossier; amounts in đồng, of all its dues and of those that have the bit."""

    dossier_id: str
    code: str
    state: str  # five characters, 0 or 1: due, payment, money, receipt, Treasury
    name: str
    amount: int
    paid: int
    proven: int
    receipted: int
    remitted: int
    sentence_vi: str
    sentence_en: str


def dossier_states(
    connection: sa.Connection,
    agency: str,
    *,
    states: Collection[str] | None = None,
    codes: Collection[str] | None = None,
    after: str | None = None,
    limit: int = 100,
) -> list[DossierState]:
    """Dossiers with dues that cost something, in order of id beyond `after`; only of these states or codes where given."""
    found = _states(agency)
    c = found.c
    query = sa.select(found).order_by(c.dossier_id).limit(limit)
    if states is not None:
        query = query.where(c.state.in_(states))
    if codes is not None:
        query = query.where(c.code.in_(codes))
    if after is not None:
        query = query.where(c.dossier_id > after)
    return [_told(row) for row in connection.execute(query)]


def state_counts(connection: sa.Connection, agency: str) -> dict[str, tuple[int, int]]:
    """By state: how many dossiers, and what their dues come to."""
    found = _states(agency)
    rows = connection.execute(
        sa.select(found.c.state, sa.func.count(), sa.func.sum(found.c.amount)).group_by(found.c.state)
    )
    return {state: (count, int(amount)) for state, count, amount in sorted(rows.all())}


def named(state: str) -> tuple[str, str, str]:
    """Name and sentences, vi and en, of a state."""
    for pattern, name, vi, en in _PATTERNS:
        if all(bit in (wanted, "?") or wanted == "?" for bit, wanted in zip(state, pattern, strict=True)):
            return name, vi, en
    raise AssertionError(state)  # the last pattern takes every dossier that has a due


def _told(row: sa.Row[Any]) -> DossierState:
    name, vi, en = named(row.state)
    facts: Mapping[str, Any] = {
        key: int(row._mapping[key]) for key in ("amount", "paid", "proven", "receipted", "remitted")
    }
    return DossierState(row.dossier_id, row.code, row.state, name, sentence_vi=vi, sentence_en=en, **facts)


def _states(agency: str) -> sa.Subquery:
    """One row for each dossier: what its dues come to, leg by leg, and the bits."""
    legs = _legs(agency)
    sums = {name: sa.func.sum(sa.case((legs.c[name] == 1, legs.c.amount), else_=0)) for name in _BITS}
    bits = [sa.cast(sa.func.min(legs.c[name]), sa.Text) for name in _BITS]
    return (
        sa.select(
            legs.c.dossier_id,
            legs.c.code,
            (sa.literal("1") + bits[0] + bits[1] + bits[2] + bits[3]).label("state"),
            sa.func.sum(legs.c.amount).label("amount"),
            *(total.label(name) for name, total in sums.items()),
        )
        .group_by(legs.c.dossier_id, legs.c.code)
        .subquery("states")
    )


_BITS = ("paid", "proven", "receipted", "remitted")


def _legs(agency: str) -> sa.Subquery:
    """One row for each due that costs something. What is no state fee needs neither receipt nor Treasury."""
    other = due.c.kind == DueKind.OTHER.value
    return (
        sa.select(
            due.c.dossier_id,
            dossier.c.code,
            due.c.amount,
            _bit(due.c.status == DueStatus.PAID.value).label("paid"),
            _bit(_money(agency)).label("proven"),
            _bit(other | _receipt(agency)).label("receipted"),
            _bit(other | _remitted(agency)).label("remitted"),
        )
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(due, agency), due.c.status.in_(_OWED), due.c.amount > 0)
        .subquery("legs")
    )


def _bit(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def _money(agency: str) -> sa.ColumnElement[bool]:
    """A statement line was found for a payment of the due."""
    item = recon_item.c
    return (
        sa.exists()
        .where(
            payment_due.c.due_id == due.c.id,
            item.payment_id == payment_due.c.payment_id,
            item.owner == agency,
            item.superseded_by.is_(None),
            item.kind.in_(_MONEY),
        )
        .correlate(due)
    )


def _receipt(agency: str) -> sa.ColumnElement[bool]:
    issued = (
        payment_due.c.due_id == due.c.id,
        receipt.c.payment == payment_due.c.payment_id,
        receipt.c.owner == agency,
    )
    return sa.exists().where(*issued).correlate(due)


def _remitted(agency: str) -> sa.ColumnElement[bool]:
    return (
        sa.exists()
        .where(
            remittance_due.c.due_id == due.c.id,
            remittance.c.id == remittance_due.c.remittance_id,
            own(remittance, agency),
            remittance.c.state == RemittanceState.CONFIRMED.value,
        )
        .correlate(due)
    )
