"""What a terminal says it took, beside what we booked of it; and the end of its batch with the host, asked from here.

For the close of a shift or a day. What is asked is written down first and what was said after: no transaction is open
while the terminal thinks. Compared are the sales that stand, by count and đồng; sales and reversals whose end nobody
knows yet are told beside them, for they may explain a difference.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.terminal.contract import NOT_SENT, Totals
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.terminal_drive import WAYS, Ways, driver_for
from gateway.counter.terminal_store import SaleState, TerminalRow, terminal_sale
from gateway.counter.terminal_tables import ReversalState, terminal_reversal, terminal_totals
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork

UNBALANCED = "Totals"  # nexo's ErrorCondition of a batch that was closed with totals that differ


class BatchInUse(Conflict):
    """A payment or a reversal is under way at the terminal; once the batch is settled neither could be undone."""

    code = "terminal.batch_in_use"


@dataclass(frozen=True, slots=True)
class Compared:
    """One answer of a terminal beside our books. Amounts in đồng. Zero where the terminal said nothing (`state`)."""

    id: str
    terminal_id: str
    shift_id: str
    closes: bool
    state: str  # told; asked (nobody knows), silent (perhaps done), not_sent (certainly not)
    batch: str
    said_count: int
    said_amount: int
    our_count: int
    our_amount: int
    doubtful: int  # sales and reversals of the terminal whose end nobody knows yet
    balanced: bool | None  # the host's verdict on a batch that was closed
    reason: str

    @property
    def agrees(self) -> bool:
        """Whether the terminal answered, and we, it and its host count the same."""
        return self.state == "told" and not (self.count_difference or self.difference or self.balanced is False)

    @property
    def count_difference(self) -> int:
        """Sales the terminal counts beyond ours; 0 where it said nothing."""
        return self.said_count - self.our_count if self.state == "told" else 0

    @property
    def difference(self) -> int:
        """Đồng the terminal counts beyond ours; 0 where it said nothing."""
        return self.said_amount - self.our_amount if self.state == "told" else 0


def totals(
    environment: Environment, agency_id: str, terminal_name: str, *, actor: str, shift_id: str = "", ways: Ways = WAYS
) -> Compared:
    """The open batch's sums, asked now and kept with the shift, or the day. TerminalMissing. Silence is a result."""
    return _asked(environment, agency_id, terminal_name, actor, shift_id, ways, closes=False)


def close_batch(
    environment: Environment, agency_id: str, terminal_name: str, *, actor: str, shift_id: str = "", ways: Ways = WAYS
) -> Compared:
    """Have the terminal close its batch with the host. TerminalMissing, BatchInUse. Silence is a result, and after it
    no sale of the batch is reversed at the terminal any more."""
    return _asked(environment, agency_id, terminal_name, actor, shift_id, ways, closes=True)


def of_shift(connection: sa.Connection, agency_id: str, shift_id: str) -> list[Compared]:
    """What terminals said for a shift, oldest first."""
    return _rows(connection, own(terminal_totals, agency_id) & (terminal_totals.c.shift_id == shift_id))


def of_terminal(connection: sa.Connection, agency_id: str, terminal_name: str) -> list[Compared]:
    """What a terminal said today and before, oldest first. TerminalMissing."""
    place = store.terminal_named(connection, agency_id, terminal_name)
    return _rows(connection, own(terminal_totals, agency_id) & (terminal_totals.c.terminal_id == place.id))


def _asked(
    environment: Environment, agency_id: str, name: str, actor: str, shift_id: str, ways: Ways, *, closes: bool
) -> Compared:
    with environment.begin(actor=actor, agency=agency_id) as uow:
        place = store.terminal_named(uow.connection, agency_id, name, lock=True)
        if closes:
            _refuse_in_use(uow.connection, place)
        totals_id = _begun(uow, place, shift_id, closes=closes)
    driver = driver_for(environment, place, ways)
    said = asyncio.run(driver.reconcile() if closes else driver.totals())
    with environment.begin(actor=actor, agency=agency_id) as uow:
        return _told(uow, place, totals_id, said)


def _refuse_in_use(connection: sa.Connection, place: TerminalRow) -> None:
    """What is left to the acquirer's file (no `next_at`) keeps nobody from closing: the file needs it closed."""
    unfinished = (terminal_sale.c.terminal_id == place.id) & store.unfinished() & terminal_sale.c.next_at.is_not(None)
    going_back = _reversals(place, ReversalState.ASKED, ReversalState.AGREED)
    found = sa.select(sa.literal(1)).where(sa.or_(sa.exists().where(unfinished), sa.exists(going_back)))
    if connection.execute(found).first() is not None:
        raise BatchInUse(
            "Máy POS còn khoản đang thu hoặc đang hủy; chờ xong rồi kết toán.",
            "A payment or a reversal is under way at the terminal: close the batch after it.",
            field="terminal",
        )


def _begun(uow: UnitOfWork, place: TerminalRow, shift_id: str, *, closes: bool) -> str:
    counts = ("said_count", "said_amount", "our_count", "our_amount", "doubtful")
    row = {
        "id": uow.mint("ttl"),
        "agency_id": place.agency_id,
        "terminal_id": place.id,
        "shift_id": shift_id,
        "day": business_day(uow.now()),
        "closes": closes,
        "state": "asked",
        "asked_by": uow.actor,
        "asked_at": uow.now(),
        "batch": "",
        "reason": "",
        **dict.fromkeys(counts, 0),
    }
    uow.connection.execute(sa.insert(terminal_totals).values(**row))
    return str(row["id"])


def _told(uow: UnitOfWork, place: TerminalRow, totals_id: str, said: Totals) -> Compared:
    heard = said.reason in ("", UNBALANCED)
    count, amount = _ours(uow.connection, place, said.batch, totals_id)
    mine = terminal_totals.c.id == totals_id
    values: dict[str, Any] = {
        "state": "told" if heard else "not_sent" if said.reason == NOT_SENT else "silent",
        "told_at": uow.now(),
        "batch": said.batch,
        "said_count": said.sales - said.reversals if heard else 0,
        "said_amount": said.sales_amount - said.reversals_amount if heard else 0,
        "our_count": count,
        "our_amount": amount,
        "doubtful": _doubtful(uow.connection, place),
        "balanced": said.balanced if heard else None,
        "reason": said.reason[:200],
    }
    uow.connection.execute(sa.update(terminal_totals).where(mine).values(**values))
    (compared,) = _rows(uow.connection, mine)
    uow.emit(_events(place, compared))
    return compared


def _ours(connection: sa.Connection, place: TerminalRow, batch: str, totals_id: str) -> tuple[int, int]:
    """Our sales that stand in this batch; of a terminal that does not name its batch, or is silent, those since it was
    closed last."""
    back = sa.select(terminal_reversal.c.sale_id).where(terminal_reversal.c.state == ReversalState.REVERSED.value)
    sale = terminal_sale.c
    mine = (sale.terminal_id == place.id) & (sale.state == SaleState.APPROVED.value) & sale.id.not_in(back)
    if batch:
        chosen = mine & (sale.batch == batch)
    else:
        closed = terminal_totals.c.closes & (terminal_totals.c.state == "told") & (terminal_totals.c.id != totals_id)
        last = sa.select(sa.func.max(terminal_totals.c.asked_at)).where(
            terminal_totals.c.terminal_id == place.id, closed
        )
        since = connection.execute(last).scalar_one()
        chosen = mine & (sale.reason != "file") & (sale.ended_at > since if since else sa.true())
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(sale.authorised), 0)).where(chosen)
    count, amount = connection.execute(query).one()
    return int(count), int(amount)


def _doubtful(connection: sa.Connection, place: TerminalRow) -> int:
    open_sales = (terminal_sale.c.terminal_id == place.id) & store.unfinished()
    waiting = _reversals(place, ReversalState.AGREED, ReversalState.FILE)
    sales = sa.select(sa.func.count()).select_from(terminal_sale).where(open_sales)
    reversals = sa.select(sa.func.count()).select_from(waiting.subquery())
    return int(connection.scalar(sales) or 0) + int(connection.scalar(reversals) or 0)


def _reversals(place: TerminalRow, *states: ReversalState) -> sa.Select[tuple[str]]:
    here = sa.select(terminal_reversal.c.id).join(terminal_sale, terminal_sale.c.id == terminal_reversal.c.sale_id)
    return here.where(terminal_sale.c.terminal_id == place.id, terminal_reversal.c.state.in_([s.value for s in states]))


def _events(place: TerminalRow, found: Compared) -> list[Event]:
    body = {"name": place.name, "batch": found.batch, "state": found.state, "said": found.said_amount}
    body |= {"ours": found.our_amount, "said_count": found.said_count, "our_count": found.our_count}
    kinds = ["terminal.batch_closed" if found.closes else "terminal.totals"]
    kinds += ["terminal.totals_differ"] if found.state == "told" and not found.agrees else []
    return [Event(place.agency_id, kind, place.id, body) for kind in kinds]


def _rows(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[Compared]:
    columns = [terminal_totals.c[name] for name in Compared.__dataclass_fields__]
    query = sa.select(*columns).where(where).order_by(terminal_totals.c.id)
    return [Compared(*row) for row in connection.execute(query)]
