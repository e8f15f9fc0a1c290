"""A card sale goes back at its terminal once two officers agree; the books follow, the receipt stays, nobody pays twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.contract import Failure
from connectors.terminal import envelope
from connectors.terminal.contract import LinkFailed
from gateway.counter import terminal_reverse_lane as lane
from gateway.counter.terminal_file import decide
from gateway.counter.terminal_reverse import (
    NotReversible,
    ReasonMissing,
    ReversalMissing,
    ReversalOpen,
    SamePerson,
    agree_reverse,
    ask_reverse,
    asked,
    decline_reverse,
    reversal_of,
    went_back,
)
from gateway.counter.terminal_store import terminal_message
from gateway.counter.terminal_totals import BatchInUse, close_batch
from gateway.ledger.balance import balances
from gateway.ledger.store import entry
from gateway.payments.model import PaymentClosed
from gateway.payments.store import PaymentRow
from gateway.settlement import undone
from gateway.settlement.conservation import days, differences
from gateway.settlement.refund.store import refund
from tests.flows.till import ACQUIRER, Killed, Till
from tests.town import AGENCY, LE_PHI, PHI

IN_TRANSIT = f"in_transit:pos.{ACQUIRER}"


def paid(till: Till, *fees: str) -> PaymentRow:
    """A card sale that is approved and booked."""
    payment = till.town.payment(*(fees or (LE_PHI,)), channel="pos")
    till.ask(payment)
    till.work()
    assert till.town.view(payment).status == "paid"
    return payment


def act(till: Till, actor: str, verb: Any, *given: Any) -> Any:
    with till.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *given)


def agreed(till: Till, payment: PaymentRow) -> str:
    sale_id: str = act(till, "officer:1", ask_reverse, payment.id, "Thu nhầm hồ sơ")
    act(till, "officer:2", agree_reverse, sale_id)
    return sale_id


def work(till: Till) -> None:
    """The worker's turn, whatever it dies of; the next one comes after the lease."""
    try:
        _turn(till)
    except Killed:
        till.clock.advance(seconds=lane.LEASE.total_seconds() + 1)
        _turn(till)


def _turn(till: Till) -> None:
    while claimed := lane.claim(till.environment, 10):
        for row in claimed:
            asyncio.run(lane.carry(till.environment, row, till.ways))
    till.town.work()


def settle(till: Till, payment: PaymentRow) -> None:
    """Time goes by until the reversal has ended or is left to the file."""
    work(till)
    while (next_at := reversal(till, payment).next_at) is not None:
        till.clock.moment = max(till.clock.moment, next_at)
        work(till)


def reversal(till: Till, payment: PaymentRow) -> Any:
    with till.environment.read() as connection:
        return reversal_of(connection, AGENCY, payment.id)


def undone_in_the_books(till: Till, payment: PaymentRow) -> None:
    """The money is returned, nothing is in transit, the receipt stays with a refund that names it and a person's task."""
    with till.environment.read() as connection:
        assert balances(connection, AGENCY).get(IN_TRANSIT, 0) == 0
        assert [(day.settled, day.returned) for day in days(connection, AGENCY)] == [(0, payment.amount)]
        assert differences(connection) == {AGENCY: 0}
        tasks = undone.open_tasks(connection, AGENCY)
        assert went_back(connection, [payment.id]) == {payment.id: payment.amount}
    receipts = [row for row in till.town.receipts() if row.payment == payment.id]
    assert [task.kind for task in tasks] == ["voided"] * len(receipts)
    assert all(row.replaced_by is None for row in receipts)
    refunds = till.town.rows(refund)
    assert {(row.status, row.requested_by, row.approved_by) for row in refunds} == {
        ("returned", "officer:1", "officer:2")
    }
    assert sum(row.amount for row in refunds) == payment.amount
    assert all(row.receipt_ids != "[]" for row in refunds)
    entries = {row.id: row for row in till.town.rows(entry)}
    assert [entries[row.corrects].kind for row in entries.values() if row.kind == "refund"] == ["notice"] * len(refunds)
    assert till.town.view(payment).status == "paid"  # by the sale that went back: a refund, never an unpaid due
    assert [sale.state for sale in till.acquirer.sales()] == ["voided"]
    till.town.ties()


def stands(till: Till, payment: PaymentRow) -> None:
    """Nothing has gone back."""
    assert till.acquirer.standing() == {payment.reference: payment.amount}
    assert till.booked(payment) == payment.amount
    assert till.town.rows(refund) == []
    with till.environment.read() as connection:
        assert undone.open_tasks(connection, AGENCY) == []
        assert went_back(connection, [payment.id]) == {}
    till.town.ties()


def test_two_officers_send_a_sale_back_and_the_books_follow(till: Till) -> None:
    payment = paid(till, LE_PHI, PHI)
    with pytest.raises(ReasonMissing):
        act(till, "officer:1", ask_reverse, payment.id, " ")
    sale_id = act(till, "officer:1", ask_reverse, payment.id, "Thu nhầm hồ sơ")
    with pytest.raises(ReversalOpen):
        act(till, "officer:3", ask_reverse, payment.id, "Thu nhầm hồ sơ")
    with pytest.raises(SamePerson):
        act(till, "officer:1", agree_reverse, sale_id)
    work(till)
    stands(till, payment)
    with till.environment.read() as connection:
        assert [row.sale_id for row in asked(connection, AGENCY)] == [sale_id]
    act(till, "officer:2", agree_reverse, sale_id)
    act(till, "officer:2", agree_reverse, sale_id)
    with pytest.raises(ReversalMissing):
        act(till, "officer:3", decline_reverse, sale_id)
    work(till)
    assert reversal(till, payment).state == "reversed"
    undone_in_the_books(till, payment)
    with pytest.raises(PaymentClosed):
        till.ask(payment)
    with pytest.raises(NotReversible):
        act(till, "officer:1", ask_reverse, payment.id, "Thu nhầm hồ sơ")


def test_a_second_officer_may_say_no(till: Till) -> None:
    payment = paid(till)
    sale_id = act(till, "officer:1", ask_reverse, payment.id, "Thu nhầm")
    act(till, "officer:2", decline_reverse, sale_id)
    work(till)
    stands(till, payment)
    assert act(till, "officer:1", ask_reverse, payment.id, "Thu nhầm, đã hỏi lại") == sale_id


def test_a_refused_reversal_leaves_it_paid_and_says_so(till: Till) -> None:
    payment = paid(till)
    till.terminal.arm(["refused_reversal"])
    agreed(till, payment)
    settle(till, payment)
    assert (reversal(till, payment).state, reversal(till, payment).result) == ("refused", "Refusal")
    stands(till, payment)


@contextmanager
def cut(till: Till, *, times: int, after: bool) -> Iterator[list[str]]:
    """The line breaks at so many reversals, before the terminal has seen them or after it has done them."""
    send, broken = till.line.send, list[str]()

    async def breaking(message: bytes, timeout_s: float) -> bytes:
        if envelope.read(message).category != "Reversal" or len(broken) == times:
            return await send(message, timeout_s)
        broken.append("cut")
        if after:
            await send(message, timeout_s)
        raise LinkFailed(Failure.CUT)

    till.line.send = breaking  # type: ignore[method-assign]
    yield broken
    till.line.send = send  # type: ignore[method-assign]


@pytest.mark.parametrize("after", [False, True], ids=["never seen", "done unheard"])
def test_silence_is_asked_again_and_a_second_reversal_answers_the_first(till: Till, after: bool) -> None:
    payment = paid(till)
    agreed(till, payment)
    with cut(till, times=2, after=after) as broken:
        work(till)
        assert (reversal(till, payment).state, reversal(till, payment).result) == ("agreed", "link.cut")
        settle(till, payment)
    assert len(broken) == 2
    assert reversal(till, payment).state == "reversed"
    undone_in_the_books(till, payment)


@pytest.mark.parametrize("after", [False, True], ids=["never seen", "done unheard"])
def test_after_lasting_silence_the_acquirers_file_decides(till: Till, after: bool) -> None:
    payment = paid(till)
    agreed(till, payment)
    with cut(till, times=99, after=after):
        settle(till, payment)
    assert reversal(till, payment).state == "file"
    till.terminal.reconcile()
    till.clock.advance(hours=20)
    for day in [*till.days(), *till.days()]:
        with till.environment.begin(actor="test", agency=AGENCY) as uow:
            decide(uow, AGENCY, ACQUIRER, till.acquirer.settlement(day).rows, [day])
        till.town.work()
    if after:
        assert reversal(till, payment).state == "reversed"
        undone_in_the_books(till, payment)
    else:
        assert (reversal(till, payment).state, reversal(till, payment).result) == ("refused", "file")
        stands(till, payment)


@pytest.mark.parametrize("kill_at", [1, 2, 3, 4, 5])
def test_the_gateway_may_die_between_asking_and_recording(till: Till, kill_at: int) -> None:
    payment = paid(till)
    agreed(till, payment)
    begin, counted = till.environment.begin, list[str]()

    def mortal(**named: Any) -> Any:
        counted.append("begin")
        if len(counted) == kill_at:
            raise Killed
        return begin(**named)

    till.environment.begin = mortal  # type: ignore[method-assign]
    try:
        settle(till, payment)
    finally:
        till.environment.begin = begin  # type: ignore[method-assign]
    assert len(counted) >= kill_at
    assert reversal(till, payment).state == "reversed"
    undone_in_the_books(till, payment)
    asked_for = [row.category for row in till.town.rows(terminal_message) if row.direction == "out"]
    assert asked_for.count("Payment") == 1


def test_what_can_no_longer_be_reversed_is_refused(till: Till) -> None:
    waiting = till.town.payment(LE_PHI, channel="pos")
    till.ask(waiting)
    with pytest.raises(NotReversible):
        act(till, "officer:1", ask_reverse, waiting.id, "Thu nhầm")
    till.work()
    sale_id = act(till, "officer:1", ask_reverse, waiting.id, "Thu nhầm")
    with pytest.raises(BatchInUse):
        close_batch(till.environment, AGENCY, till.name, actor="officer:1", ways=till.ways)
    act(till, "officer:2", decline_reverse, sale_id)
    assert close_batch(till.environment, AGENCY, till.name, actor="officer:1", ways=till.ways).agrees
    with pytest.raises(NotReversible) as settled:
        act(till, "officer:1", ask_reverse, waiting.id, "Thu nhầm")
    assert settled.value.facts["why"] == "batch"
    other = paid(till)
    sale_id = act(till, "officer:1", ask_reverse, other.id, "Thu nhầm")
    till.clock.advance(days=1)
    with pytest.raises(NotReversible) as late:
        act(till, "officer:2", agree_reverse, sale_id)
    assert late.value.facts["why"] == "day"


def test_money_that_came_twice_goes_back_out_of_suspense(till: Till) -> None:
    dossier = till.town.dossier(LE_PHI)
    card, transfer = till.town.pay_for(dossier, channel="pos"), till.town.pay_for(dossier)
    till.ask(card)
    till.town.money_comes(transfer)
    till.work()
    assert sum(till.town.suspended().values()) == card.amount
    agreed(till, card)
    settle(till, card)
    assert reversal(till, card).state == "reversed"
    assert till.town.suspended() == {}
    assert till.acquirer.standing() == {}
    with till.environment.read() as connection:
        assert balances(connection, AGENCY).get(IN_TRANSIT, 0) == 0
        assert connection.scalar(sa.select(sa.func.sum(refund.c.amount))) == card.amount
    till.town.ties()
