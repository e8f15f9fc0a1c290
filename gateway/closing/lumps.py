"""One credit for a whole batch becomes what it is made of: net at the bank, commission, and nothing in transit.

Until reconciliation has explained it (pass P3: exactly the net of a file or list) a lump waits in suspense as money of
nobody, whichever came first. Then bank net + commission = in transit gross, and the line proves every payment of the
batch. Where only a statement settles (a file nobody signed), the lump is that statement, and its payments settle now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from fractions import Fraction

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import contracts
from gateway.closing.bank_files import settlement_row
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.model import COMMISSION, SUSPENSE, UNEXPLAINED, Entry, Posting, in_transit
from gateway.ledger.post import post
from gateway.ledger.store import entry
from gateway.payments import elsewhere, store
from gateway.payments.model import PaymentEvent, PaymentStatus, sources_of
from gateway.payments.store import payment
from gateway.settlement.model import Arrival, Proof, Reason
from gateway.settlement.settle import settle
from gateway.settlement.store import notice, suspense
from reconciliation.model import WORD, Kind, commission
from reconciliation.natures import squeezed
from reconciliation.store import recon_item, statement_line

ENTRY = "lump"
EXPLAINED = (Kind.MATCH_BATCH.value, Kind.MONEY_WITHOUT_RECEIPT.value)  # the sums are equal and every row is flawless


@dataclass(slots=True)
class Group:
    """Lines and payments that pay each other, as reconciliation found them."""

    lines: list[str] = field(default_factory=list)
    payments: list[str] = field(default_factory=list)
    batches: set[str] = field(default_factory=set)  # ids as letters and digits alone


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a settlement file. Amounts in đồng."""

    reference: str
    gross: int
    mdr: int
    net: int


@dataclass(frozen=True, slots=True)
class Share:
    """Money that somebody has told of and the lump brings."""

    id: str  # of the notice
    connector: str
    account: str
    reference: str  # of the payment
    bank_reference: str
    counted: int
    waits: bool  # for a statement to prove it


def pay_out(uow: UnitOfWork, agency_id: str) -> bool:
    """Book every explained lump that still waits; whether payments were settled by one."""
    groups = _groups(uow.connection, agency_id)
    rates = contracts.rates(uow.connection, agency_id) if groups else {}
    settled = [_book(uow, agency_id, group, rates) for group in groups]  # all of them, whatever the first brings
    return any(settled)


def _groups(connection: sa.Connection, agency_id: str) -> list[Group]:
    """The explained batches that have a line in suspense."""
    c = recon_item.c
    explained = (c.owner == agency_id) & c.superseded_by.is_(None) & c.kind.in_(EXPLAINED) & (c.how >= WORD)
    waiting = (
        sa.select(c.group_id)
        .select_from(recon_item.join(notice, notice.c.id == c.line_id))
        .where(explained, own(notice, agency_id), notice.c.suspended > 0)
    )
    query = sa.select(c.group_id, c.line_id, c.payment_id, c.reference).where(explained, c.group_id.in_(waiting))
    found: dict[str, Group] = {}
    for group_id, line_id, payment_id, batch_id in connection.execute(query.order_by(c.group_id, c.subject)):
        group = found.setdefault(group_id, Group())
        (group.lines if line_id else group.payments).append(line_id or payment_id)
        group.batches.add(squeezed(batch_id or ""))
    return [found[group_id] for group_id in sorted(found)]


def _book(uow: UnitOfWork, agency_id: str, group: Group, rates: Mapping[str, Fraction | None]) -> bool:
    """One group, if all of it still is as it was explained; else it stays in suspense for a person."""
    store.lock(uow.connection, agency_id, (), group.payments)
    rows = _rows(uow.connection, agency_id, group)
    sales = {row.reference: row for row in rows if row.gross > 0}
    shares = _shares(uow.connection, agency_id, sales)
    waiting = _untouched(uow.connection, agency_id, group.lines)
    whole = len(waiting) == len(group.lines) and len(shares) == len(sales) > 0
    if not whole or sum(waiting.values()) != sum(row.net for row in rows) or not _agreed(sales, shares, rates):
        return False
    day = _booked_on(uow.connection, agency_id, group.lines)
    settled = _settle(uow, agency_id, [share for share in shares if share.waits], group.lines[0], day)
    _enter(uow, agency_id, group.lines, rows, shares, day)
    _close(uow, agency_id, group.lines, shares)
    _confirm(uow, agency_id, list(sales))
    told = {"gross": sum(row.gross for row in rows), "commission": sum(row.mdr for row in rows)}
    body = {**told, "net": sum(row.net for row in rows), "payments": len(sales)}
    uow.emit([Event(agency_id, "batch.paid_out", group.lines[0], body)])
    return settled


def _rows(connection: sa.Connection, agency_id: str, group: Group) -> list[Row]:
    """All rows of the group's batches, those taken back by the other side among them."""
    c = settlement_row.c
    mine = own(settlement_row, agency_id)
    paid = sa.select(payment.c.reference).where(own(payment, agency_id), payment.c.id.in_(group.payments))
    named = connection.scalars(sa.select(c.batch_id).where(mine, c.reference.in_(paid)).distinct())
    batches = [batch_id for batch_id in named if squeezed(batch_id) in group.batches]
    query = sa.select(c.reference, c.gross, c.mdr, c.net).where(mine, c.batch_id.in_(batches))
    return [Row(*row) for row in connection.execute(query.order_by(c.natural_key))]


def _shares(connection: sa.Connection, agency_id: str, sales: Collection[str]) -> list[Share]:
    """The money told of for each sale that no line has proven, one for each: settled, or waiting for its proof."""
    unproven = sa.exists().where(
        suspense.c.notice_id == notice.c.id,
        suspense.c.closed_at.is_(None),
        suspense.c.reason == Reason.UNPROVEN.value,
        suspense.c.amount == notice.c.counted,
    )
    told = own(notice, agency_id) & notice.c.line_id.is_(None) & contracts.pays_in_lumps(notice.c.connector)
    ready = (notice.c.settled == notice.c.counted) | (unproven & (notice.c.refunding == 0))
    query = (
        sa.select(
            notice.c.id,
            notice.c.connector,
            notice.c.account,
            payment.c.reference,
            notice.c.bank_reference,
            notice.c.counted,
            notice.c.suspended > 0,
        )
        .join(payment, payment.c.id == notice.c.payment_id)
        .where(told, ready, notice.c.counted > 0, payment.c.reference.in_(sales))
        .order_by(notice.c.id)
        .with_for_update(of=notice)
    )
    found: dict[str, Share] = {}
    for row in connection.execute(query):
        found.setdefault(row.reference, Share(*row))
    return list(found.values())


def _untouched(connection: sa.Connection, agency_id: str, lines: Sequence[str]) -> dict[str, int]:
    """The lines' money, while nobody has dealt with it: all of it in suspense, for want of a reference."""
    unknown = sa.exists().where(
        suspense.c.notice_id == notice.c.id,
        suspense.c.closed_at.is_(None),
        suspense.c.reason == Reason.UNKNOWN_REFERENCE.value,
    )
    whole = (notice.c.suspended == notice.c.counted) & (notice.c.refunding == 0) & (notice.c.suspended > 0)
    query = sa.select(notice.c.id, notice.c.suspended).where(
        own(notice, agency_id), notice.c.id.in_(lines), whole, unknown
    )
    rows = connection.execute(query.order_by(notice.c.id).with_for_update())
    return {line_id: int(amount) for line_id, amount in rows}


def _agreed(sales: Mapping[str, Row], shares: Sequence[Share], rates: Mapping[str, Fraction | None]) -> bool:
    """Each sale is what was told of it, and no more is kept than the contract lets its payer keep."""
    return all(
        sales[share.reference].gross == share.counted
        and (
            (rate := rates.get(share.connector)) is None
            or sales[share.reference].mdr == commission(share.counted, rate)
        )
        for share in shares
    )


def _settle(uow: UnitOfWork, agency_id: str, shares: Sequence[Share], line_id: str, day: date) -> bool:
    """The line proves money that waited for a proof; what the books then say of it is theirs."""
    told = elsewhere.told(uow.connection, [share.id for share in shares]) if shares else set()
    arrivals = [
        Arrival(
            id=f"{line_id}/{share.id}",
            agency=agency_id,
            connector=share.connector,
            proof=Proof.STATEMENT,
            amount=share.counted,
            currency="VND",
            incoming=True,
            account=share.account,
            day=day,
            at=datetime.combine(day, time(5), UTC),  # noon in Vietnam: a statement knows the day only
            references=(share.reference,),
            bank_reference=share.bank_reference,
            receipted_elsewhere=share.id in told,
        )
        for share in shares
    ]
    return bool(arrivals and settle(uow, agency_id, arrivals))


def _enter(
    uow: UnitOfWork, agency_id: str, lines: Sequence[str], rows: Sequence[Row], shares: Sequence[Share], day: date
) -> None:
    """What waited in suspense, what was kept and what was taken back, against what was in transit."""
    owed: Counter[str] = Counter()
    for share in shares:
        owed[share.connector] += share.counted
    postings = [Posting(SUSPENSE, sum(row.net for row in rows)), Posting(COMMISSION, sum(row.mdr for row in rows))]
    postings += [Posting(UNEXPLAINED, -sum(row.gross for row in rows if row.gross < 0))]
    postings += [Posting(in_transit(connector), -amount) for connector, amount in sorted(owed.items())]
    kept = tuple(posting for posting in postings if posting.amount)
    first = own(entry, agency_id) & (entry.c.kind == "notice") & (entry.c.subject == lines[0])
    waited = uow.connection.execute(sa.select(entry.c.id).where(first)).scalar_one()
    post(uow, [Entry(agency_id, day, ENTRY, lines[0], kept, corrects=waited)])


def _booked_on(connection: sa.Connection, agency_id: str, lines: Sequence[str]) -> date:
    mine = (statement_line.c.owner == agency_id) & statement_line.c.id.in_(lines)
    query = sa.select(statement_line.c.booking_date).where(mine).order_by(statement_line.c.booking_date.desc())
    day: date = connection.execute(query.limit(1)).scalar_one()
    return day


def _close(uow: UnitOfWork, agency_id: str, lines: Sequence[str], shares: Sequence[Share]) -> None:
    """The lump is no citizen's money any more; it proves the shares it is made of."""
    waiting = own(suspense, agency_id) & suspense.c.notice_id.in_(lines) & suspense.c.closed_at.is_(None)
    uow.connection.execute(sa.update(suspense).where(waiting).values(closed_at=uow.now(), outcome="replaced"))
    lumps = own(notice, agency_id) & notice.c.id.in_(lines)
    uow.connection.execute(sa.update(notice).where(lumps).values(counted=0, suspended=0))
    proven = own(notice, agency_id) & notice.c.id.in_([share.id for share in shares])
    uow.connection.execute(sa.update(notice).where(proven).values(line_id=lines[0]))


def _confirm(uow: UnitOfWork, agency_id: str, references: Sequence[str]) -> None:
    """Settled payments all of whose money is proven by lines are confirmed."""
    unproven = sa.exists().where(notice.c.payment_id == payment.c.id, notice.c.settled > 0, notice.c.line_id.is_(None))
    may = payment.c.status.in_([status.value for status in sources_of(PaymentEvent.CONFIRMED)])
    mine = own(payment, agency_id) & payment.c.reference.in_(references) & may & ~unproven
    values = {"status": PaymentStatus.CONFIRMED.value, "confirmed_at": uow.now()}
    uow.connection.execute(sa.update(payment).where(mine).values(**values))
