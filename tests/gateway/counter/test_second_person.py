"""What takes a second person: undoing a sale, an exemption's sample; and what takes proof: a slip of an outage."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.closing import raw
from gateway.closing.bank_files import settlement_row
from gateway.counter import exempt, find_record, outage_sheet, queue, sale_undo
from gateway.counter.cash_store import exemption
from gateway.counter.exempt import EvidenceMissing, GrantJudged
from gateway.counter.outage_sheet import Slip, SlipInvalid
from gateway.counter.sale_undo import NotUndone, SecondPerson, UndoingDecided
from gateway.dues.store import DossierView
from gateway.kernel.clock import business_day
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import Environment
from gateway.officers import register
from gateway.officers.model import RoleMissing
from gateway.payments.busy import DueBusy
from gateway.payments.store import PaymentRow
from gateway.settlement import undone
from gateway.settlement.refund import approve as refund_approve
from gateway.settlement.refund import store as refund_store
from gateway.settlement.refund.model import Destination, Elsewhere, NotProven
from tests.conftest import HandClock
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.town import AGENCY, LE_PHI, PHI, TODAY

FOR_CHILDREN, CHILD = "lltp-1", "TRE_EM"  # 200.000 đ, free for children


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    made = Office(environment, clock, tmp_path)
    made.open()
    return made


def test_a_card_sale_is_reversed_at_its_terminal_once_two_agree(office: Office) -> None:
    money = office.card(office.town.dossier(LE_PHI))
    with pytest.raises(NotUndone):
        office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, office.town.payment(LE_PHI).id, "Nhầm")
    asked = office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm hồ sơ")
    with pytest.raises(RoleMissing):
        office.act(office.clerk, sale_undo.decide, office.clerk, asked, approved=True)
    both = office.act(office.boss, register.grant, AGENCY, office.clerk.id, ["approver"])
    with pytest.raises(SecondPerson):
        office.act(both, sale_undo.decide, both, asked, approved=True)
    office.reverse()
    assert [sale.state for sale in office.till.acquirer.sales()] == ["stands"]

    assert office.act(office.boss, sale_undo.decide, office.boss, asked, approved=True) == "approved"
    with pytest.raises(UndoingDecided):
        office.act(office.boss, sale_undo.decide, office.boss, asked, approved=True)
    office.reverse()
    assert undoing(office, money) == "done"
    with office.environment.read() as connection:
        tasks = undone.open_tasks(connection, AGENCY)
    assert [task.kind for task in tasks] == ["voided"]
    assert [sale.state for sale in office.till.acquirer.sales()] == ["voided"]


def test_a_second_person_may_say_no_and_it_may_be_asked_again(office: Office) -> None:
    money = office.card(office.town.dossier(LE_PHI))
    asked = office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm")
    assert office.act(office.boss, sale_undo.decide, office.boss, asked, approved=False) == "refused"
    office.reverse()
    assert [sale.state for sale in office.till.acquirer.sales()] == ["stands"]
    office.undo(money)


def test_a_refused_reversal_is_said_and_nothing_is_undone(office: Office) -> None:
    money = office.card(office.town.dossier(LE_PHI))
    office.till.terminal.arm(["refused_reversal"])
    office.undo(money)
    office.reverse()
    assert undoing(office, money) == "failed"
    assert office.town.view(money).status == "paid"


def undoing(office: Office, money: PaymentRow) -> str:
    with office.environment.read() as connection:
        row = sale_undo.of_payment(connection, money.id)
    assert row is not None
    return str(row.state)


def test_cash_goes_to_an_account_only_after_the_bank_has_it(office: Office) -> None:
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    to = Elsewhere(Destination("0123456789", "970436", "NGUYEN THI ANH"), "Đơn đề nghị của người nộp", "NGUYEN THI ANH")
    asked = office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm", to)
    (refund,) = office.town.rows(refund_store.refund)
    assert (refund.amount, refund.status, refund.requested_by) == (135_000, "requested", office.clerk.actor)
    with pytest.raises(NotProven):  # the first approver agrees, for another account it takes two
        for officer in (office.boss, office.second_boss()):
            office.act(officer, refund_approve.approve, AGENCY, refund.id)
    office.act(office.boss, sale_undo.decide, office.boss, asked, approved=False)
    assert [row.status for row in office.town.rows(refund_store.refund)] == ["refused"]
    office.act(office.clerk, sale_undo.ask, office.clerk, AGENCY, money.id, "Thu nhầm", to)


def test_an_exemption_needs_evidence_and_is_looked_at_by_another(office: Office) -> None:
    dossier, other = office.town.dossier(FOR_CHILDREN), office.town.dossier(LE_PHI)
    due = dossier.dues[0]

    def grant(about: DossierView, evidence: str) -> DossierView:
        due_ids = [one.id for one in about.dues]
        asked = (AGENCY, about.dossier.id, due_ids, CHILD, evidence)
        granted: DossierView = office.act(office.clerk, exempt.grant, office.clerk, *asked)
        return granted

    with pytest.raises(EvidenceMissing):
        grant(dossier, " ")
    with pytest.raises(ThuPhiError):
        grant(other, "Giấy khai sinh số 12")
    assert [(one.amount, one.status) for one in grant(dossier, "Giấy khai sinh số 12").dues] == [(0, "exempt")]
    with office.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.update(exemption).values(sampled=True))
    with office.environment.read() as connection:
        (listed,) = exempt.to_judge(connection, AGENCY)
    assert (listed.code, listed.granted_by, listed.due_id) == (CHILD, office.clerk.actor, due.id)
    both = office.act(office.boss, register.grant, AGENCY, office.clerk.id, ["approver"])
    with pytest.raises(GrantJudged):
        office.act(both, exempt.judge, both, listed.id, "right", "")
    office.act(office.boss, exempt.judge, office.boss, listed.id, "wrong", "Thẻ hết hạn")
    with office.environment.read() as connection:
        assert exempt.to_judge(connection, AGENCY) == []


def test_an_outage_slip_parks_its_dues_until_the_acquirers_file_proves_it(office: Office) -> None:
    dossier = office.town.dossier(LE_PHI)
    slip = Slip("TID00009", "632800000001", "A1B2C3", 135_000, TODAY)
    with pytest.raises(SlipInvalid):
        wrong = Slip("TID00009", "632800000001", "A1B2C3", 100_000, TODAY)
        office.act(office.clerk, outage_sheet.enter, office.clerk, AGENCY, dossier.dossier.id, wrong)
    payment_id = office.act(office.clerk, outage_sheet.enter, office.clerk, AGENCY, dossier.dossier.id, slip)
    assert office.town.view(payment_id).status == "checking"
    with pytest.raises(DueBusy):
        office.ask(dossier, "vietqr")
    assert outage_sheet.check_waiting(office.environment) == 0
    assert office.town.receipts() == []

    _file_row(office, "632800000001", "A1B2C3", 135_000)
    assert outage_sheet.check_waiting(office.environment) == 1
    office.town.work()
    assert office.town.view(payment_id).status == "paid"
    assert len(office.town.receipts()) == 1
    office.town.ties()


def test_a_slip_that_a_later_file_does_not_hold_gives_its_dues_free(office: Office, clock: HandClock) -> None:
    dossier = office.town.dossier(LE_PHI)
    slip = Slip("TID00009", "632800000001", "A1B2C3", 135_000, TODAY)
    payment_id = office.act(office.clerk, outage_sheet.enter, office.clerk, AGENCY, dossier.dossier.id, slip)
    clock.advance(days=1)
    _file_row(office, "632900000009", "ZZZZZZ", 50_000)
    assert outage_sheet.check_waiting(office.environment) == 1
    assert office.town.view(payment_id).status in ("pending", "expired")
    office.ask(dossier, "vietqr")


def _file_row(office: Office, rrn: str, approval: str, gross: int) -> None:
    """A row of the acquirer's settlement file, as the import keeps it."""
    with office.environment.begin(actor="test", agency=AGENCY) as uow:
        digest = raw.keep(uow, AGENCY, "settlement.csv", raw.opener(b"rows of %b" % rrn.encode()))
        file_id = raw.mark(uow, AGENCY, digest, "read")
        row = {
            "id": uow.mint("str"),
            "agency_id": AGENCY,
            "file_id": file_id,
            "natural_key": f"B1:{rrn}:{gross}",
            "batch_id": "B1",
            "terminal": "TID00009",
            "trade_date": business_day(uow.now()),
            "reference": "",
            "gross": gross,
            "mdr": 0,
            "net": gross,
            "rrn": rrn,
            "approval_code": approval,
            "stan": "1",
            "masked_pan": "",
            "taken_at": uow.now(),
        }
        uow.connection.execute(sa.insert(settlement_row).values(**row))


def test_whatever_a_scanner_types_leads_to_its_record(office: Office) -> None:
    office.neighbour()
    theirs = office.neighbours_dossier(LE_PHI)
    dossier = office.town.dossier(PHI)
    money = office.cash(dossier, 60_000)
    receipt = office.town.receipts()[0]

    def found(typed: str) -> list[tuple[str, str, str]]:
        with office.environment.read() as connection:
            hits = find_record.find(connection, office.environment.settings, AGENCY, typed)
        return [(one.kind, one.agency, one.id) for one in hits]

    paid = [("payment", AGENCY, money.id)]
    assert found(dossier.dossier.code.lower()) == [("dossier", AGENCY, dossier.dossier.id)]
    assert found(theirs.dossier.code) == [("dossier", NEIGHBOUR, theirs.dossier.id)]
    assert found(money.reference) == paid
    assert found(f" {money.reference.lower()} ") == paid
    assert found(f"https://thuphi.example/vi/pay/{money.token}") == paid
    assert found(receipt.lookup_code) == paid
    assert found(f"https://thuphi.example/vi/receipts/{receipt.lookup_code}") == paid
    assert found("KHONG-CO") == []
    assert found("") == []


def test_the_queue_shows_numbers_and_measures_time(office: Office, clock: HandClock) -> None:
    first = office.act(office.guide, queue.give, AGENCY)
    second = office.act(office.guide, queue.give, AGENCY)
    clock.advance(seconds=90)
    assert office.act(office.clerk, queue.call_next, AGENCY, "Quầy 1") == first
    with office.environment.read() as connection:
        assert [(one.number, one.state, one.counter) for one in queue.feed(connection, AGENCY, TODAY)] == [
            (first, "called", "Quầy 1")
        ]
        assert queue.waiting(connection, AGENCY, TODAY) == 1
    began = clock()
    clock.advance(seconds=20)
    money = office.ask(office.town.dossier(LE_PHI), "pos", ticket=first, began_at=began)
    office.till.work()
    office.act(office.clerk, queue.done, AGENCY, first)
    with office.environment.read() as connection:
        assert {one.number: one.state for one in queue.feed(connection, AGENCY, TODAY)} == {first: "done"}
        times = queue.times(connection, AGENCY, TODAY)
    settled = office.town.view(money).row.settled_at
    assert settled is not None
    assert (times.served, times.waiting_median_s) == (1, 90)
    assert times.handling_median_s == round((settled - began).total_seconds())
    assert second != first
