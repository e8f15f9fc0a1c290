""" "I paid and nothing shows": wherever a transfer can hide it is found, nothing a payer says settles, and it ends itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from connectors.files.write_camt import camt053
from connectors.simulators.bank_faults import FAULTS
from connectors.simulators.psp_faults import CALL_FAULTS, IPN_FAULTS
from connectors.vietqr import codec
from gateway.claims import make, store
from gateway.claims.model import ClaimClosed, ClaimInvalid, ClaimState, Finding, Told
from gateway.closing.intake import import_statement
from gateway.counter.terminal_file import decide
from gateway.kernel import outbox
from gateway.kernel.uow import Environment
from gateway.messages.store import message
from gateway.payments.store import PaymentRow
from gateway.settlement.store import inbox
from tests.conftest import HandClock
from tests.flows.till import ACQUIRER, Till
from tests.gateway.baskets.neighbour import OTHER, OTHERS_ACCOUNT, deliver_to_both, settle_in
from tests.gateway.connecting.fair import PSPS, Fair
from tests.town import ACCOUNT, AGENCY, LE_PHI, OTHER_ACCOUNT, TODAY, Town

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 50


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def fair(environment: Environment, tmp_path: Path) -> Iterator[Fair]:
    fair = Fair(environment, tmp_path)
    yield fair
    fair.close()


def told(payment: PaymentRow, **more: Any) -> Told:
    return replace(Told(payment.amount, TODAY), **more)


def claimed(town: Town, payment: PaymentRow, **more: Any) -> sa.Row[Any]:
    with town.environment.begin(actor="payer") as uow:
        return make.make(uow, town.view(payment).row, told(payment, **more))


def now(town: Town, row: sa.Row[Any]) -> sa.Row[Any]:
    with town.environment.read() as connection:
        return store.by_token(connection, row.token)


def statement(town: Town, account: str = ACCOUNT, agency: str = AGENCY) -> None:
    made_at = town.environment.clock()
    data = camt053(town.bank.statement(account, TODAY), message_id="M1", created_at=made_at)
    import_statement(town.environment, agency, "s.xml", data, actor="test")


def test_it_is_acknowledged_found_and_told_when_the_money_comes(
    town: Town, environment: Environment, clock: HandClock
) -> None:
    environment.settings = environment.settings.model_copy(update={"mail_url": SecretStr("smtp://127.0.0.1:9")})
    payment = town.payment()
    row = claimed(town, payment, email="anh@example.vn", picture=PNG)
    assert (row.state, row.finding, row.number[:3]) == ("open", "not_yet", "PA-")
    assert town.view(payment).status == "pending"  # a picture settles nothing

    town.money_comes(payment)
    assert make.look_again(environment) == 0  # looked at a moment ago
    clock.advance(minutes=1)
    assert make.look_again(environment) == 1
    after = now(town, row)
    assert (after.state, after.finding) == ("found", "paid")
    assert make.look_again(environment) == 0
    assert sorted(one.occasion for one in town.rows(message)) == ["claim", "claim_found"]


def test_the_same_claim_twice_is_one(town: Town) -> None:
    payment = town.payment()
    first, again = claimed(town, payment), claimed(town, payment)
    assert first.id == again.id
    assert claimed(town, payment, note="khác").id != first.id


def test_a_paid_payment_ends_the_claim_at_once(town: Town) -> None:
    payment = town.payment()
    town.money_comes(payment)
    assert claimed(town, payment).state == ClaimState.FOUND


@contextmanager
def hiding(town: Town, how: str) -> Iterator[tuple[PaymentRow, dict[str, Any]]]:
    """A payment whose money hides in this way, and what the payer can tell of it."""
    payment = town.payment(LE_PHI)
    known: dict[str, Any] = {}
    if how == "under":
        town.money_comes(payment, 100_000)
    elif how == "no reference":
        town.money_comes(payment, memo="nop phi")
    elif how == "no reference, bank code":
        made = town.money_comes(payment, memo="nop phi")
        known["bank_reference"] = made.transfer_id
    elif how == "not worked on":
        town.transfer(payment)
        town.deliver()
    elif how == "not worked on, memo mangled":
        town.transfer(payment, faults=["memo_mangled"])
        town.deliver()
    elif how == "notice lost":
        town.transfer(payment, memo="nop phi", faults=["drop_notice"])
        statement(town)
    elif how == "wrong account":
        known["account"] = "999999999999"
    yield payment, known


@pytest.mark.parametrize(
    ("how", "finding", "certain"),
    [
        ("under", Finding.HELD, True),
        ("no reference", Finding.SUSPENSE, False),
        ("no reference, bank code", Finding.SUSPENSE, True),
        ("not worked on", Finding.ARRIVING, True),
        ("not worked on, memo mangled", Finding.ARRIVING, True),
        ("notice lost", Finding.SUSPENSE, False),
        ("wrong account", Finding.NOT_OURS, True),
        ("nothing", Finding.NOT_YET, False),
    ],
)
def test_wherever_a_transfer_hides(town: Town, how: str, finding: Finding, certain: bool) -> None:
    with hiding(town, how) as (payment, known):
        found = store.located(claimed(town, payment, **known))
        assert (found.finding, found.certain) == (finding, certain)
        assert bool(found.ids) == (finding not in (Finding.NOT_YET, Finding.NOT_OURS))


def test_money_on_another_account_of_ours_is_found_by_its_reference(town: Town) -> None:
    payment = town.payment(LE_PHI)
    pay_into(town, OTHER_ACCOUNT, payment, faults=["drop_notice"])
    statement(town, OTHER_ACCOUNT)
    found = store.located(claimed(town, payment))
    assert (found.finding, found.certain) in ((Finding.OTHER_ACCOUNT, True), (Finding.SUSPENSE, True))


def pay_into(town: Town, account: str, payment: PaymentRow, **more: Any) -> str:
    """The payer typed another account, with the right reference; the bank's code."""
    wrong = codec.for_payment(bin="970415", account=account, amount=payment.amount, purpose=payment.reference)
    return town.bank.pay(codec.encode(wrong), **more).transfer_id


@pytest.mark.parametrize("code_known", [True, False])
def test_money_at_another_agency_is_found_by_the_banks_code_at_once_else_by_its_statement(
    town: Town, clock: HandClock, code_known: bool
) -> None:
    settle_in(town)
    payment = town.payment(LE_PHI)
    code = pay_into(town, OTHERS_ACCOUNT, payment)
    deliver_to_both(town)
    row = claimed(town, payment, **({"bank_reference": code} if code_known else {}))
    assert store.located(row).finding == (Finding.OTHER_ACCOUNT if code_known else Finding.NOT_YET)
    statement(town, OTHERS_ACCOUNT, OTHER)
    found = store.located(looked(town, clock, row))
    assert (found.finding, found.certain, bool(found.ids)) == (Finding.OTHER_ACCOUNT, True, True)
    assert town.view(payment).status == "pending"


def looked(town: Town, clock: HandClock, row: sa.Row[Any]) -> sa.Row[Any]:
    """The claim after the worker has looked again."""
    clock.advance(minutes=1)
    make.look_again(town.environment)
    return now(town, row)


HEARD = {"drop_notice": Finding.NOT_YET, "wrong_currency": Finding.SUSPENSE}  # all others: paid


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_whatever_the_bank_does_the_claim_ends_with_the_money(town: Town, clock: HandClock, fault: str) -> None:
    """Not yet, then what the notices say, and at the latest the statement's word; one receipt, nothing counted twice."""
    payment = town.payment(LE_PHI)
    town.transfer(payment, faults=[fault])
    row = claimed(town, payment)
    assert row.finding == Finding.NOT_YET
    clock.advance(seconds=10)
    town.deliver()
    town.work()
    row = looked(town, clock, row)
    assert row.finding == HEARD.get(fault, Finding.PAID)
    statement(town)
    town.work()
    row = looked(town, clock, row)
    assert (row.finding, row.state) == (Finding.PAID, ClaimState.FOUND)
    assert [one.amount for one in town.receipts()] == [135_000]
    town.ties()


@pytest.mark.parametrize("name", PSPS)
def test_a_providers_lost_notice_is_found_by_asking(fair: Fair, clock: HandClock, name: str) -> None:
    """The claim has the provider asked at once: no schedule, no statement."""
    payment, page = fair.begun(name)
    clock.advance(minutes=3)
    fair.speak()  # the next question of its own comes after ten minutes
    fair.counters[name].psp.pay(page, faults=["drop"])
    row = claimed(fair, payment)
    assert row.finding == Finding.NOT_YET
    assert fair.speak() == 1
    fair.work()
    row = looked(fair, clock, row)
    assert (row.finding, row.state, fair.view(payment).status) == (Finding.PAID, ClaimState.FOUND, "paid")
    assert fair.rows(inbox)[0].origin == "query"
    fair.ties()


def heard_out(fair: Fair, clock: HandClock, name: str) -> None:
    """The service has said all that it has to say, and the worker has worked it off."""
    for _ in range(8):
        clock.advance(seconds=1)
        fair.hear(name)
    fair.work()


@pytest.mark.parametrize("fault", sorted(IPN_FAULTS))
@pytest.mark.parametrize("name", PSPS)
def test_whatever_a_service_notifies_the_claim_ends_with_the_money(
    fair: Fair, clock: HandClock, name: str, fault: str
) -> None:
    """Late, twice, out of order, forged, of another sum, or never: the service is asked, and one receipt is issued."""
    payment, page = fair.begun(name)
    fair.counters[name].psp.pay(page, faults=[fault])
    row = claimed(fair, payment)
    assert (row.finding, row.state) == (Finding.NOT_YET, ClaimState.OPEN)
    heard_out(fair, clock, name)
    fair.speak()
    fair.work()
    row = looked(fair, clock, row)
    assert (row.finding, row.state) == (Finding.PAID, ClaimState.FOUND)
    assert [one.amount for one in fair.receipts()] == [135_000]
    fair.ties()


SILENT = frozenset({"drop", "silent", "slow"})  # no answer at all: the same question is put again at once


@pytest.mark.parametrize("fault", sorted(CALL_FAULTS))
def test_a_service_whose_answer_is_lost_or_spoiled_is_asked_again(fair: Fair, clock: HandClock, fault: str) -> None:
    """The notification is lost and so is the answer: not yet, nothing booked on a broken word, then found."""
    payment, page = fair.begun("vnptpay")
    clock.advance(minutes=3)
    fair.speak()  # its own questions are far apart by now
    counter = fair.counters["vnptpay"]
    counter.hang_up()
    counter.psp.pay(page, faults=["drop"])
    counter.psp.arm([fault])
    row = claimed(fair, payment)
    fair.speak()
    fair.work()
    row = looked(fair, clock, row)
    assert row.finding == (Finding.PAID if fault in SILENT else Finding.NOT_YET)
    assert len(fair.receipts()) == (fault in SILENT)
    clock.advance(minutes=20)
    fair.speak()
    fair.work()
    row = looked(fair, clock, row)
    assert (row.finding, row.state, fair.view(payment).status) == (Finding.PAID, ClaimState.FOUND, "paid")
    fair.ties()


def test_a_provider_that_knows_nothing_leaves_the_claim_open(fair: Fair, clock: HandClock) -> None:
    payment, _ = fair.begun("vnpay")
    row = claimed(fair, payment)
    assert claimed(fair, payment).id == row.id
    fair.speak()
    row = looked(fair, clock, row)
    assert (row.finding, row.state) == (Finding.NOT_YET, ClaimState.OPEN)
    assert fair.receipts() == []


def test_a_terminal_without_an_answer_is_not_yet_and_then_paid(town: Town, clock: HandClock, tmp_path: Path) -> None:
    """The line dies after the host's approval; the card is charged once and the claim ends with the acquirer's file."""
    till = Till(town, clock, tmp_path / "till")
    payment = town.payment(LE_PHI, channel="pos")
    till.terminal.arm(("line_dead",))
    till.ask(payment)
    till.work()
    row = claimed(town, payment)
    assert (row.finding, row.state) == (Finding.NOT_YET, ClaimState.OPEN)
    till.power_back()
    till.terminal.reconcile()
    clock.advance(hours=3)
    for day in till.days():
        with town.environment.begin(actor="test", agency=AGENCY) as uow:
            decide(uow, AGENCY, ACQUIRER, till.acquirer.settlement(day).rows, [day])
        till.work()
    row = looked(town, clock, row)
    assert (row.finding, row.state) == (Finding.PAID, ClaimState.FOUND)
    assert till.acquirer.standing()[payment.reference] == till.booked(payment) == 135_000


def test_an_officer_ends_a_claim_with_a_reason_once(town: Town) -> None:
    row = claimed(town, town.payment(), account="999999999999")
    with pytest.raises(ClaimInvalid), town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        make.end(uow, AGENCY, row.id, " ")
    with town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        make.end(uow, AGENCY, row.id, "Chuyển nhầm sang tài khoản khác")
    with pytest.raises(ClaimClosed), town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        make.end(uow, AGENCY, row.id, "lần nữa")
    assert now(town, row).ended_by == "officer:a"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"paid_on": date(2026, 11, 25)}, "paid_on"),
        ({"paid_on": TODAY - timedelta(days=91)}, "paid_on"),
        ({"bank_reference": "<script>"}, "bank_reference"),
        ({"account": "x y"}, "account"),
        ({"email": "a@b"}, "email"),
        ({"phone": "abc"}, "phone"),
        ({"note": "x" * 1001}, "note"),
        ({"picture": b"GIF89a"}, "picture"),
        ({"picture": PNG + b"0" * make.LARGEST_PICTURE}, "picture"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_by_field(town: Town, more: dict[str, Any], field: str) -> None:
    with pytest.raises(ClaimInvalid) as refused:
        claimed(town, town.payment(), **more)
    assert refused.value.field == field


def test_nobody_floods_the_office_with_claims(town: Town) -> None:
    payment = town.payment()
    for number in range(make.MOST_OPEN):
        claimed(town, payment, note=str(number))
    with pytest.raises(ClaimInvalid):
        claimed(town, payment, note="one more")


def test_what_the_payer_wrote_is_sealed_and_no_event_repeats_it(town: Town) -> None:
    row = claimed(town, town.payment(), email="anh@example.vn", note="Nguyễn Thị Ánh", picture=PNG)
    assert "Ánh".encode() not in row.told_sealed
    assert PNG not in row.picture_sealed
    assert all("Ánh" not in event.body for event in town.rows(outbox.event))
    with town.environment.read() as connection:
        assert store.picture(store.by_id(connection, AGENCY, row.id), town.environment.vault) == PNG
    town.ties()
