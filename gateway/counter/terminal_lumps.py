"""An acquirer's one credit per batch becomes what it is made of: net at the bank, commission, and nothing in transit.

Until the reconciliation has matched it (pass P3: exactly the net of the settlement file) a lump waits in suspense as
money of nobody. Then: bank net + commission = in transit gross, and the card payments it pays out are confirmed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from connectors.terminal.contract import ACQUIRER
from gateway.access import own
from gateway.closing.bank_files import settlement_row
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.ledger.model import COMMISSION, SUSPENSE, Entry, Posting, in_transit
from gateway.ledger.post import post
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentEvent, PaymentStatus, sources_of
from gateway.payments.store import payment
from gateway.settlement.model import Reason
from gateway.settlement.store import notice, suspense
from reconciliation.model import Kind
from reconciliation.store import recon_item, statement_line

ENTRY = "pos_batch"


@dataclass(frozen=True, slots=True)
class Group:
    """Lines and card payments that pay each other, as the reconciliation found them."""

    lines: tuple[str, ...]
    payments: tuple[str, ...]


def book_matched(environment: Environment) -> int:
    """Book every matched lump that still waits, of all agencies; how many groups that was."""
    waiting = recon_item.join(notice, notice.c.id == recon_item.c.line_id)
    query = sa.select(recon_item.c.owner).select_from(waiting).where(_MATCHED, notice.c.suspended > 0).distinct()
    with environment.read() as connection:
        owners = list(connection.scalars(query.order_by(recon_item.c.owner)))
    done = 0
    for agency_id in owners:
        with environment.begin(actor="worker", agency=agency_id) as uow:
            done += sum(_book(uow, agency_id, group) for group in _groups(uow.connection, agency_id))
    return done


_MATCHED = (recon_item.c.kind == Kind.MATCH_BATCH.value) & recon_item.c.superseded_by.is_(None)


def _groups(connection: sa.Connection, agency_id: str) -> list[Group]:
    """The matched groups that have a line in suspense."""
    c = recon_item.c
    waiting = (
        sa.select(c.group_id)
        .select_from(recon_item.join(notice, notice.c.id == c.line_id))
        .where(_MATCHED, c.owner == agency_id, notice.c.suspended > 0)
    )
    query = sa.select(c.group_id, c.line_id, c.payment_id).where(_MATCHED, c.owner == agency_id)
    found: dict[str, tuple[list[str], list[str]]] = {}
    for group_id, line_id, payment_id in connection.execute(query.where(c.group_id.in_(waiting)).order_by(c.subject)):
        lines, payments = found.setdefault(group_id, ([], []))
        (lines if line_id else payments).append(line_id or payment_id)
    return [Group(tuple(lines), tuple(payments)) for lines, payments in found.values()]


def _book(uow: UnitOfWork, agency_id: str, group: Group) -> int:
    """One group, if all of it still is as it was matched; else it is left to a person, as it stands."""
    payments_store.lock(uow.connection, agency_id, (), group.payments)
    lumps = _lumps(uow.connection, agency_id, group.lines)
    sales = _sales(uow.connection, agency_id, group.payments)
    net, gross = sum(row.suspended for row in lumps), sum(row.counted for row in sales)
    commission = gross - net
    told = _commission_told(uow.connection, agency_id, group.payments)
    if len(lumps) != len(group.lines) or not sales or commission < 0 or commission != told:
        return 0
    _enter(uow, agency_id, group, lumps, sales, net, commission)
    _close(uow, agency_id, group, sales)
    _confirm(uow, agency_id, group.payments)
    body = {"gross": gross, "commission": commission, "net": net, "payments": len(group.payments)}
    uow.emit([Event(agency_id, "acquirer.paid_out", group.lines[0], body)])
    return 1


def _lumps(connection: sa.Connection, agency_id: str, lines: Sequence[str]) -> list[sa.Row[tuple[str, int]]]:
    """The lines' money, while nobody has touched it: all of it in suspense, for want of a reference."""
    untouched = (notice.c.settled == 0) & (notice.c.returned == 0) & (notice.c.refunding == 0)
    whole = notice.c.suspended == notice.c.counted
    unknown = sa.exists().where(
        suspense.c.notice_id == notice.c.id,
        suspense.c.closed_at.is_(None),
        suspense.c.reason == Reason.UNKNOWN_REFERENCE.value,
    )
    mine = own(notice, agency_id) & notice.c.id.in_(lines) & untouched & whole & unknown & (notice.c.suspended > 0)
    query = sa.select(notice.c.id, notice.c.suspended).where(mine).order_by(notice.c.id).with_for_update()
    return list(connection.execute(query))


def _sales(connection: sa.Connection, agency_id: str, payments: Sequence[str]) -> list[sa.Row[tuple[str, str, int]]]:
    """What the terminals have taken for these payments and no line has proven yet."""
    mine = own(notice, agency_id) & notice.c.payment_id.in_(payments) & notice.c.connector.startswith(ACQUIRER)
    query = sa.select(notice.c.id, notice.c.connector, notice.c.counted).where(mine, notice.c.line_id.is_(None))
    return list(connection.execute(query.order_by(notice.c.id).with_for_update()))


def _commission_told(connection: sa.Connection, agency_id: str, payments: Sequence[str]) -> int:
    """What the acquirer's files say it keeps of these payments."""
    references = sa.select(payment.c.reference).where(own(payment, agency_id), payment.c.id.in_(payments))
    mine = own(settlement_row, agency_id) & settlement_row.c.reference.in_(references)
    return int(connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(settlement_row.c.mdr), 0)).where(mine)) or 0)


def _enter(
    uow: UnitOfWork,
    agency_id: str,
    group: Group,
    lumps: Sequence[sa.Row[tuple[str, int]]],
    sales: Sequence[sa.Row[tuple[str, str, int]]],
    net: int,
    commission: int,
) -> None:
    """What waited in suspense and what the acquirer has kept, against what was in transit."""
    day = sa.select(sa.func.max(statement_line.c.booking_date)).where(
        statement_line.c.owner == agency_id, statement_line.c.id.in_(group.lines)
    )
    owed: dict[str, int] = {}
    for sale in sales:
        owed[sale.connector] = owed.get(sale.connector, 0) + sale.counted
    postings = [Posting(SUSPENSE, net), Posting(COMMISSION, commission)]
    postings += [Posting(in_transit(connector), -amount) for connector, amount in sorted(owed.items())]
    kept = tuple(posting for posting in postings if posting.amount)
    booked_on = uow.connection.execute(day).scalar_one()
    post(uow, [Entry(agency_id, booked_on, ENTRY, lumps[0].id, kept)])


def _close(uow: UnitOfWork, agency_id: str, group: Group, sales: Sequence[sa.Row[tuple[str, str, int]]]) -> None:
    """The lump is no citizen's money any more; it proves the sales it is made of."""
    open_ones = own(suspense, agency_id) & suspense.c.notice_id.in_(group.lines) & suspense.c.closed_at.is_(None)
    uow.connection.execute(sa.update(suspense).where(open_ones).values(closed_at=uow.now(), outcome="replaced"))
    lumps = own(notice, agency_id) & notice.c.id.in_(group.lines)
    uow.connection.execute(sa.update(notice).where(lumps).values(counted=0, suspended=0))
    proven = own(notice, agency_id) & notice.c.id.in_([sale.id for sale in sales])
    uow.connection.execute(sa.update(notice).where(proven).values(line_id=group.lines[0]))


def _confirm(uow: UnitOfWork, agency_id: str, payments: Sequence[str]) -> None:
    """Settled payments all of whose money is proven by lines are confirmed."""
    unproven = sa.exists().where(notice.c.payment_id == payment.c.id, notice.c.settled > 0, notice.c.line_id.is_(None))
    may = payment.c.status.in_([status.value for status in sources_of(PaymentEvent.CONFIRMED)])
    mine = own(payment, agency_id) & payment.c.id.in_(payments) & may & ~unproven
    values = {"status": PaymentStatus.CONFIRMED.value, "confirmed_at": uow.now()}
    uow.connection.execute(sa.update(payment).where(mine).values(**values))
