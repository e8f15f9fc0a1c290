"""Take a terminal through one sale: a driver for it, a journal of every message, the recovery rules to their end.

No transaction is open while a terminal thinks. Each message is committed before it leaves and before it is understood.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from connectors.terminal import recovery
from connectors.terminal.board import Pulled
from connectors.terminal.contract import NOT_FOUND, Bill, Journal, Message, TerminalDriver
from connectors.terminal.drive import Sleep, Turned, drive
from connectors.terminal.envelope import Ends
from connectors.terminal.nexo import NexoDriver
from connectors.terminal.recovery import ENDED, Course, Phase
from connectors.terminal.screen import Told
from connectors.terminal.transport import HttpPost, Transport
from gateway.counter import terminal_store as store
from gateway.counter.terminal_ask import ask, patience_s, service_id
from gateway.counter.terminal_board import TableBoard
from gateway.counter.terminal_record import record_answer, record_turn
from gateway.counter.terminal_register import TOKEN, secrets_of
from gateway.counter.terminal_store import SaleRow, TerminalRow, terminal_message, terminal_sale
from gateway.kernel.clock import business_day
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import Environment
from gateway.settlement.inbox import KEEP

LEASE = timedelta(seconds=30)
RENEW_S = 10.0
MOST_FRESH_ATTEMPTS = 2  # a payment that never reached the terminal is asked anew once, under a new service id

Connect = Callable[[Environment, TerminalRow], Transport]


@dataclass(frozen=True, slots=True)
class Ways:
    """How a process reaches terminals, and how it waits: simulations bring their own."""

    connect: Connect
    sleep: Sleep = asyncio.sleep
    renews: bool = True


def connect(environment: Environment, row: TerminalRow) -> Transport:
    """The way to a terminal by its model."""
    if row.model == "pull":
        return Pulled(TableBoard(environment, row))
    from connectors.terminal.pinning import pinned

    context = pinned(row.certificate) if row.certificate else True
    token = secrets_of(environment, row).get(TOKEN)
    return HttpPost(row.address, context, {"authorization": f"Bearer {token}"} if token else None)


WAYS = Ways(connect)


def driver_for(environment: Environment, row: TerminalRow, ways: Ways = WAYS) -> TerminalDriver:
    """A driver of this terminal that writes down what it says and hears."""
    return NexoDriver(
        Ends(row.sale_id, row.poi_id),
        ways.connect(environment, row),
        lambda: service_id(environment.ids),
        environment.clock,
        implied=row.implied,
        patience_s=patience_s(row),
        journal=journal(environment, row),
    )


async def watch(row: TerminalRow, hear: Callable[[Told], Awaitable[None]]) -> None:
    """What a terminal on the counter's network shows its cashier, until it goes. Raises OSError, websockets' errors."""
    from connectors.terminal.pinning import pinned
    from connectors.terminal.screen import DISPLAY, watch

    url = row.address.replace("https://", "wss://", 1) + DISPLAY
    await watch(url, pinned(row.certificate), Ends(row.sale_id, row.poi_id), hear)


def journal(environment: Environment, row: TerminalRow) -> Journal:
    """Commits each message, sealed."""

    async def write(message: Message) -> None:
        with environment.begin(actor=f"terminal:{row.name}", agency=row.agency_id) as uow:
            message_id = uow.mint("tms")
            values = {
                "id": message_id,
                "agency_id": row.agency_id,
                "terminal_id": row.id,
                "service_id": message.service_id,
                "direction": message.direction,
                "category": message.category,
                "body_sealed": uow.vault.seal(f"terminal_message.body.{message_id}", message.body),
                "at": uow.now(),
                "keep_until": business_day(uow.now() + KEEP),
            }
            uow.connection.execute(sa.insert(terminal_message).values(**values))

    return write


async def carry(environment: Environment, sale: SaleRow, ways: Ways = WAYS) -> SaleRow:
    """A claimed sale as far as it goes now; asked anew at once if it never reached the terminal. The sale as it is."""
    with environment.read() as connection:
        row = store.terminal_by_id(connection, sale.terminal_id)
    fresh = sale.attempt == 1 and sale.phase == Phase.ASKING.value
    done = await _carried(environment, sale, row, ways)
    for _ in range(MOST_FRESH_ATTEMPTS - 1):
        if not fresh or done.reason != NOT_FOUND:
            return done
        again = _asked_anew(environment, done, row)
        if again is None:
            return done
        done = await _carried(environment, again, row, ways)
    return done


def course_of(sale: SaleRow, row: TerminalRow) -> Course:
    """The course as it was written down."""
    return Course(
        Phase(sale.phase),
        sale.asked_at,
        patience_s(row),
        sale.next_at or sale.asked_at,
        sale.tries,
        sale.poi_transaction,
        sale.poi_time,
    )


async def _carried(environment: Environment, sale: SaleRow, row: TerminalRow, ways: Ways) -> SaleRow:
    course = course_of(sale, row)
    if sale.attempt != 1:
        course = recovery.taken_up(course, environment.clock())
    bill = Bill(sale.service_id, sale.reference, sale.amount, sale.asked_at)
    keeper = asyncio.create_task(_renew(environment, sale)) if ways.renews else None
    try:
        ended = await drive(
            driver_for(environment, row, ways),
            bill,
            course,
            clock=environment.clock,
            sleep=ways.sleep,
            turned=_turning(environment, sale),
        )
    finally:
        if keeper is not None:
            keeper.cancel()
    return _finished(environment, sale, row, ended)


def _turning(environment: Environment, sale: SaleRow) -> Turned:
    async def turned(course: Course) -> bool:
        with environment.begin(actor="worker", agency=sale.agency_id) as uow:
            return record_turn(uow, sale, course)

    return turned


def _finished(environment: Environment, sale: SaleRow, row: TerminalRow, course: Course) -> SaleRow:
    with environment.begin(actor=f"terminal:{row.name}", agency=sale.agency_id) as uow:
        if course.phase in ENDED:
            return record_answer(uow, sale, course)
        mine = (terminal_sale.c.id == sale.id) & (terminal_sale.c.attempt == sale.attempt)
        uow.connection.execute(sa.update(terminal_sale).where(mine).values(lease_until=None))
        return store.sales(uow.connection, terminal_sale.c.id == sale.id)[0]


def _asked_anew(environment: Environment, sale: SaleRow, row: TerminalRow) -> SaleRow | None:
    """A new attempt, claimed already; None where the state of things says no by now."""
    try:
        with environment.begin(actor=sale.asked_by, agency=sale.agency_id) as uow:
            made = ask(uow, sale.agency_id, sale.payment_id, row.name)
            return store.change(uow.connection, made, attempt=1, lease_until=uow.now() + LEASE)
    except ThuPhiError:
        return None


async def _renew(environment: Environment, sale: SaleRow) -> None:
    mine = (terminal_sale.c.id == sale.id) & (terminal_sale.c.attempt == sale.attempt) & store.unfinished()
    while True:
        await asyncio.sleep(RENEW_S)
        with environment.begin(actor="worker", agency=sale.agency_id) as uow:
            uow.connection.execute(sa.update(terminal_sale).where(mine).values(lease_until=uow.now() + LEASE))
