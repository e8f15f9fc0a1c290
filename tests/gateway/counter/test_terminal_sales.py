"""A payment at a terminal: who may be asked when, what is blocked meanwhile, and that an answer counts once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Outcome
from connectors.terminal import recovery
from connectors.terminal.contract import Said
from connectors.terminal.recovery import Course, Phase
from gateway.counter import terminal_store as store
from gateway.counter.terminal_ask import NotAtTerminal, OtherAccount, SaleOpen, TerminalBusy
from gateway.counter.terminal_lane import check, claim, idle
from gateway.counter.terminal_record import record_answer, record_turn
from gateway.counter.terminal_register import NoOtherTerminal, TerminalInvalid, choose, of_counter, retire, swap
from gateway.counter.terminal_store import SaleRow, SaleState, TerminalMissing, terminal_message
from gateway.ledger.store import posting
from gateway.payments.busy import DueBusy
from gateway.payments.model import PaymentClosed, PaymentMissing
from gateway.settlement.store import inbox
from tests.flows.till import Till
from tests.town import AGENCY, LE_PHI, OTHER_ACCOUNT, PHI

PAN = b"9704000000001234"


def test_an_approval_settles_books_the_acquirer_and_issues_the_receipt(till: Till) -> None:
    payment = till.town.payment(LE_PHI, PHI, channel="pos")
    till.ask(payment)
    till.work()

    sale = till.sale(payment)
    assert (sale.state, sale.authorised, sale.masked_pan) == (SaleState.APPROVED, payment.amount, "970400******1234")
    assert till.town.view(payment).status == "paid"
    assert len(till.town.receipts()) == 2
    in_transit = [row.amount for row in till.town.rows(posting) if row.account == "in_transit:pos.demobank"]
    assert in_transit == [payment.amount]
    assert [row.origin for row in till.town.rows(inbox)] == ["terminal"]
    till.town.ties()


def test_while_a_terminal_is_busy_with_a_due_nothing_else_asks_for_it(till: Till) -> None:
    dossier = till.town.dossier(LE_PHI)
    qr, card = till.town.pay_for(dossier), till.town.pay_for(dossier, channel="pos")
    till.ask(card)
    assert till.town.view(qr).payload is None
    with pytest.raises(DueBusy):
        till.town.pay_for(dossier)
    with pytest.raises(SaleOpen):
        till.ask(card)

    till.terminal.arm(["declined"])
    till.work()
    assert till.sale(card).state is SaleState.REFUSED
    assert till.town.view(qr).payload is not None
    till.town.pay_for(dossier)


def test_an_unknown_answer_parks_the_due_and_the_queue_moves(till: Till) -> None:
    first, second = till.town.payment(LE_PHI, channel="pos"), till.town.payment(LE_PHI, channel="pos")
    till.terminal.arm(["line_dead"])
    till.ask(first)
    till.work()
    assert till.sale(first).state is SaleState.REVERSING
    assert till.town.view(first).status == "checking"
    with pytest.raises(SaleOpen):
        till.ask(first)

    till.line.repair()
    till.ask(second)  # the same terminal serves the next payer
    till.work()
    assert till.town.view(second).status == "paid"
    till.settle()
    assert till.sale(first).state is SaleState.REVERSED
    assert till.town.view(first).status == "pending"
    till.ask(first)
    till.work()
    assert till.town.view(first).status == "paid"
    till.town.ties()


def test_money_by_qr_for_a_due_at_the_terminal_is_not_lost(till: Till) -> None:
    """The QR was scanned before the card was asked for: the first money wins, the second is owed back."""
    dossier = till.town.dossier(LE_PHI)
    qr, card = till.town.pay_for(dossier), till.town.pay_for(dossier, channel="pos")
    till.ask(card)
    till.town.money_comes(qr)
    till.work()
    assert till.town.suspended() == {"due_paid": card.amount}
    assert len(till.town.receipts()) == 1
    till.town.ties()


def test_an_answer_told_twice_is_booked_once(till: Till) -> None:
    payment = till.town.payment(LE_PHI, channel="pos")
    sale, course = _approved(till, payment)
    _record(till, sale, course)
    _record(till, sale, course)
    till.town.work()
    assert [(row.copies, row.state) for row in till.town.rows(inbox)] == [(2, "done")]
    assert till.booked(payment) == payment.amount
    till.town.ties()


def test_an_approval_seen_before_somebody_else_decided_to_reverse_settles_nothing(till: Till) -> None:
    payment = till.town.payment(LE_PHI, channel="pos")
    stale, course = _approved(till, payment)
    till.clock.advance(minutes=5)
    (fresh,) = claim(till.environment, 10)
    turned = replace(course, phase=Phase.REVERSING, said=None)
    with till.environment.begin(actor="test", agency=AGENCY) as uow:
        assert record_turn(uow, fresh, turned)
        assert not record_turn(uow, stale, turned)  # the fence
    assert _record(till, stale, course).state is SaleState.REVERSING
    assert _record(till, fresh, replace(turned, phase=Phase.REVERSED)).state is SaleState.REVERSED
    till.town.work()
    assert till.town.rows(inbox) == [] and till.town.receipts() == []
    assert till.town.view(payment).status == "pending"


def test_every_message_is_kept_and_no_card_number(till: Till) -> None:
    payment = till.town.payment(LE_PHI, channel="pos")
    till.terminal.arm(["cut_before_answer"])
    till.ask(payment)
    till.work()
    kept = till.town.rows(terminal_message)
    vault = till.environment.vault
    bodies = [vault.unseal(f"terminal_message.body.{row.id}", row.body_sealed) for row in kept]
    assert [(row.direction, row.category) for row in kept] == [
        ("out", "Payment"),
        ("out", "TransactionStatus"),
        ("in", "TransactionStatus"),
    ]
    raw = [vault.unseal(f"inbox.raw.{row.id}", row.raw_sealed) for row in till.town.rows(inbox)]
    assert not any(PAN in body or b"NGUYEN VAN THU" in body for body in (*bodies, *raw))


def test_who_may_not_be_asked(till: Till) -> None:
    till.add("POS-2", "POI-2")
    first = till.town.payment(LE_PHI, channel="pos")
    till.ask(first)
    with pytest.raises(TerminalBusy):
        till.ask(till.town.payment(LE_PHI, channel="pos"))
    till.work()
    with pytest.raises(PaymentClosed):
        till.ask(first)
    with pytest.raises(NotAtTerminal):
        till.ask(till.town.payment(LE_PHI))
    with pytest.raises(TerminalMissing):
        till.ask(till.town.payment(LE_PHI, channel="pos"), "POS-9")
    with pytest.raises(PaymentMissing):
        till.ask(replace(first, id="pay_none"))
    till.add("POS-3", "POI-3", account=OTHER_ACCOUNT)
    with pytest.raises(OtherAccount):
        till.ask(till.town.payment(LE_PHI, channel="pos"), "POS-3")


def test_a_counter_swaps_its_terminal_with_one_key(till: Till) -> None:
    for number in (2, 3):
        till.add(f"POS-{number}", f"POI-{number}")

    def at_counter(act: Any, *more: Any) -> str:
        with till.environment.begin(actor="officer:1", agency=AGENCY) as uow:
            return str(act(uow, AGENCY, "Q1", *more).name)

    assert at_counter(choose, "POS-1") == "POS-1"
    till.ask(till.town.payment(LE_PHI, channel="pos"), "POS-2")
    assert at_counter(swap) == "POS-3"  # the second one is busy
    assert at_counter(swap) == "POS-1"
    with till.environment.begin(actor="admin", agency=AGENCY) as uow:
        retire(uow, AGENCY, "POS-3")
    with pytest.raises(NoOtherTerminal):
        at_counter(swap)
    with till.environment.read() as connection:
        found = of_counter(connection, AGENCY, "Q1")
        assert found is not None and found.name == "POS-1"
        assert [row.name for row in store.terminals(connection, AGENCY)] == ["POS-1", "POS-2"]


def test_the_heartbeat_tells_a_dead_terminal_and_its_return(till: Till) -> None:
    def beat() -> str:
        (row,) = idle(till.environment)
        asyncio.run(check(till.environment, row, till.ways))
        (row,) = idle(till.environment)
        return row.flaw

    assert beat() == ""
    till.line._dead = True
    assert beat() == "not_sent"
    till.line.repair()
    assert beat() == ""
    till.ask(till.town.payment(LE_PHI, channel="pos"))
    assert idle(till.environment) == []  # one that is at work is not disturbed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "http://10.0.0.7/nexo"}, "address"),
        ({"certificate": "nonsense"}, "certificate"),
        ({"model": "cloud", "certificate": ""}, "token"),
        ({"account": "0"}, "account"),
        ({"acquirer": "Not A Name"}, "acquirer"),
        ({"poi_id": "POI-1"}, "name"),
    ],
)
@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_terminal_that_cannot_be_kept(till: Till, change: dict[str, Any], field: str) -> None:
    with pytest.raises(TerminalInvalid) as refused:
        till.add("POS-2", **{"poi_id": "POI-2"} | change)
    assert refused.value.field == field


def _approved(till: Till, payment: Any) -> tuple[SaleRow, Course]:
    till.ask(payment)
    (sale,) = claim(till.environment, 10)
    course = recovery.begun(sale.asked_at, 120)
    said = Said(Outcome.PAID, amount=payment.amount, poi_id="000001", message=b"{}")
    return sale, recovery.heard(course, said, till.clock())


def _record(till: Till, sale: SaleRow, course: Course) -> SaleRow:
    with till.environment.begin(actor="test", agency=AGENCY) as uow:
        return record_answer(uow, sale, course)
