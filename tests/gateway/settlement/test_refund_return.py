"""Money has left when the bank shows it or the provider says it: then it is returned, once, and the books follow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.contract import Answer, Outcome
from gateway.closing.reconcile import reconcile
from gateway.kernel.uow import Environment
from gateway.ledger.store import entry
from gateway.settlement.refund import model
from gateway.settlement.refund.answer import answered, fail
from gateway.settlement.refund.model import ByLine, ByProvider, ReturnProof
from gateway.settlement.refund.returned import confirm_returned
from gateway.settlement.refund.store import RefundRow
from gateway.settlement.refund.view import state_for_payer
from gateway.settlement.store import notice
from reconciliation.store import recon_item
from tests.conftest import HandClock
from tests.gateway.settlement.office import ANH, GROUND, Office
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

BANK, LE = f"bank:{ACCOUNT}", f"collected:{LE_PHI}"


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def memo(row: RefundRow) -> str:
    return f"HOAN TRA {row.reference}"


def confirms(office: Office, rows: list[RefundRow], proof: ReturnProof) -> list[RefundRow]:
    with office.act("thu") as uow:
        return confirm_returned(uow, AGENCY, [row.id for row in rows], proof)


def seen_by_payer(office: Office, row: RefundRow) -> list[tuple[int, str]]:
    assert row.payment_id is not None
    with office.environment.read() as connection:
        return [(item.amount, item.state) for item in state_for_payer(connection, row.payment_id)]


def test_the_whole_way_of_a_duplicate_back_to_its_payer(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())
    assert seen_by_payer(office, row) == [(135_000, "reviewing")]
    office.approves("minh", row)
    assert seen_by_payer(office, row) == [(135_000, "processing")]
    (made,) = office.collects()
    line = office.bank_pays_out(135_000, made.lines[0].memo)

    done = office.now(row)
    assert (done.status, done.line_id) == ("returned", line)
    assert office.books() == {BANK: 135_000, LE: -135_000}
    assert office.kept() == (270_000, 135_000, 0, 135_000)
    assert seen_by_payer(office, row) == [(135_000, "returned")]
    (event,) = office.told("refund.returned")
    assert json.loads(event.body) == {
        "refund_id": row.id,
        "payment_id": row.payment_id,
        "due_id": None,
        "amount": 135_000,
        "receipt_ids": [],
        "state": "returned",
    }
    office.ties()


def test_a_settled_due_goes_back_and_its_receipt_stays(office: Office) -> None:
    row = office.approved(due_id=office.paid(PHI, LE_PHI), ground=GROUND)
    (made,) = office.collects()
    office.bank_pays_out(60_000, made.lines[0].memo)

    assert office.books() == {BANK: 135_000, LE: -135_000}
    assert office.kept() == (195_000, 135_000, 0, 60_000)
    assert len(office.town.receipts()) == 2
    assert office.town.view(str(row.payment_id)).status == "paid"
    office.ties()


def test_reconciliation_knows_the_debit_as_a_refund_and_the_payment_as_matched(office: Office) -> None:
    office.approved(due_id=office.paid(), ground=GROUND)
    (made,) = office.collects()
    office.bank_pays_out(135_000, made.lines[0].memo)
    with office.act("thu") as uow:
        reconcile(uow, AGENCY, TODAY)
    kinds = {row.kind for row in office.town.rows(recon_item) if row.superseded_by is None}
    assert kinds == {"MATCH_MEMO", "REFUND"}
    office.ties()


def test_one_lump_debit_names_the_order_and_proves_all_its_rows(office: Office) -> None:
    rows = [office.approved(suspense_id=office.paid_twice()) for _ in range(3)]
    (made,) = office.collects()
    line_id = office.bank_pays_out(3 * 135_000, f"CHI HOAN {made.reference}")
    with office.act("thu") as uow:
        reconcile(uow, AGENCY, TODAY)
    [row] = [row for row in office.town.rows(recon_item) if row.superseded_by is None and row.line_id == line_id]
    assert (row.kind, row.rule, row.reference) == ("REFUND", "refund.order", made.reference)
    assert [office.now(row).status for row in rows] == ["returned"] * 3
    assert office.kept()[3] == 405_000
    office.ties()


def test_a_lump_without_the_row_the_bank_handed_back(office: Office) -> None:
    rows = [office.approved(suspense_id=office.paid_twice()) for _ in range(3)]
    (made,) = office.collects()
    with office.act("thu") as uow:
        fail(uow, AGENCY, rows[1].id, attempt=1, why="Tài khoản đóng")
    office.bank_pays_out(2 * 135_000, f"CHI HOAN {made.reference}")
    assert [office.now(row).status for row in rows] == ["returned", "failed", "returned"]
    office.ties()


def test_a_second_debit_for_the_same_refund_is_an_alarm_and_stays_unexplained(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    first = office.bank_pays_out(135_000, memo(row))
    second = office.bank_pays_out(135_000, memo(row))

    assert office.now(row).line_id == first != second
    assert office.books()["unexplained"] == 135_000
    (alarm,) = office.told("refund.debit_unexplained")
    assert json.loads(alarm.body)["refunds"] == [{"refund_id": row.id, "amount": 135_000, "status": "returned"}]
    office.ties()


def test_a_debit_of_another_amount_is_an_alarm(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    office.bank_pays_out(134_999, memo(row))
    assert office.now(row).status == "ordered"
    assert office.books()["unexplained"] == 134_999
    assert len(office.told("refund.debit_unexplained")) == 1
    office.ties()


def test_a_debit_for_a_wish_is_an_alarm(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice())
    office.bank_pays_out(135_000, memo(row))
    assert office.now(row).status == "requested"
    assert len(office.told("refund.debit_unexplained")) == 1
    office.ties()


def test_a_debit_that_says_refund_but_names_none_is_unexplained_until_a_person_says_which(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    line = office.bank_pays_out(135_000, "HOAN TIEN CHO CONG DAN")
    assert office.now(row).status == "ordered"
    assert office.books()["unexplained"] == 135_000
    office.ties()

    (done,) = confirms(office, [row], ByLine(line))
    assert done.status == "returned" and confirms(office, [row], ByLine(line)) == [done]
    assert office.books() == {BANK: 135_000, LE: -135_000}
    entries = {item.kind: item for item in office.town.rows(entry) if item.subject == line}
    assert entries["return"].corrects == entries["statement"].id
    assert len(office.told("refund.returned")) == 1
    office.ties()


def test_a_line_proves_only_its_amount_and_only_once(office: Office) -> None:
    rows = [office.orders(office.approved(suspense_id=office.paid_twice())) for _ in range(3)]
    line = office.bank_pays_out(135_000, "HOAN TIEN")
    credit = next(row.line_id for row in office.town.rows(notice) if row.line_id)
    for those, proof in ((rows[:2], line), (rows[:1], credit)):
        with pytest.raises(model.ProofDiffers):
            confirms(office, those, ByLine(proof))
    with pytest.raises(model.RefundMissing):
        confirms(office, rows[:1], ByLine("stl_X"))
    confirms(office, rows[:1], ByLine(line))
    with pytest.raises(model.ProofDiffers):
        confirms(office, rows[1:2], ByLine(line))
    other = office.bank_pays_out(135_000, "HOAN TIEN")
    with pytest.raises(model.RefundClosed):
        confirms(office, rows[:1], ByLine(other))  # returned already, with another line
    office.ties()


def test_the_bank_fee_is_no_refund(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice(), amount=11_000))
    line = office.bank_pays_out(11_000, "PHI DICH VU THANG 11")
    with pytest.raises(model.ProofDiffers):
        confirms(office, [row], ByLine(line))
    office.ties()


def test_the_providers_word_returns_it_and_the_line_shows_it_later(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    for _ in range(2):
        with office.environment.begin(actor="connector:vietinbank", agency=AGENCY) as uow:
            said = answered(uow, AGENCY, row.id, 1, Answer(Outcome.REVERSED, provider_id="P1"))
    assert (said.status, said.provider_id) == ("returned", "P1")
    assert office.books() == {BANK: 270_000, LE: -135_000, "in_transit:vietinbank": -135_000}
    assert office.kept() == (270_000, 135_000, 0, 135_000)
    office.ties()
    with pytest.raises(model.ProofDiffers):
        confirms(office, [row], ByProvider("P2"))

    line = office.bank_pays_out(135_000, memo(row))
    assert office.now(row).line_id == line
    assert office.books() == {BANK: 135_000, LE: -135_000}
    assert office.told("refund.debit_unexplained") == []
    assert len(office.told("refund.returned")) == 1
    office.ties()


def test_the_providers_word_after_the_line_is_only_noted(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    office.bank_pays_out(135_000, memo(row))
    (noted,) = confirms(office, [row], ByProvider("P1"))
    assert (noted.status, noted.provider_id) == ("returned", "P1")
    assert office.books() == {BANK: 135_000, LE: -135_000}
    office.ties()


def test_a_debit_proves_a_refund_that_was_thought_to_have_failed(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    with office.act("thu") as uow:
        fail(uow, AGENCY, row.id, attempt=1, why="Ngân hàng báo lỗi")
    office.bank_pays_out(135_000, memo(row))
    assert office.now(row).status == "returned"
    with pytest.raises(model.RefundClosed), office.act("thu") as uow:
        fail(uow, AGENCY, row.id, attempt=1, why="Ngân hàng báo lỗi")
    assert office.orders(row).status == "returned"
    office.ties()


def test_money_that_comes_back_is_new_money(office: Office) -> None:
    row = office.orders(office.approved(suspense_id=office.paid_twice()))
    office.bank_pays_out(135_000, memo(row))
    office.town.bank.post(ACCOUNT, 135_000, memo(row), code="NRTI", payer=ANH)
    office.statement()

    assert office.town.suspended() == {"unknown_reference": 135_000}
    assert office.kept() == (405_000, 135_000, 135_000, 135_000)
    again = office.orders(office.approved(suspense_id=office.task()))
    office.bank_pays_out(135_000, memo(again))
    assert office.kept() == (405_000, 135_000, 0, 270_000)
    office.ties()


def test_a_notice_that_comes_after_the_return_is_the_same_money(office: Office, clock: HandClock) -> None:
    """The line was first; the refund went back; then the bank's late notice tells of the money again."""
    payment = office.town.payment(LE_PHI)
    office.pays(payment)
    office.town.transfer(payment, faults=["late"])
    office.statement()
    row = office.orders(office.approved(suspense_id=office.task()))
    office.bank_pays_out(135_000, memo(row))
    clock.advance(minutes=1)
    assert office.town.deliver()
    office.town.work()

    assert office.town.suspended() == {}
    assert office.kept() == (270_000, 135_000, 0, 135_000)
    office.ties()
