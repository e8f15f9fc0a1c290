"""Two persons, or three: what approval sets aside, and what refusal gives back."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.dues.amend import Changes, amend
from gateway.kernel.uow import Environment
from gateway.ledger.store import entry
from gateway.settlement import store as settlement_store
from gateway.settlement.refund import model, store
from gateway.settlement.refund.refuse import refuse
from gateway.settlement.refund.store import RefundRow
from reconciliation.store import statement_line
from tests.gateway.settlement.office import ELSEWHERE, GROUND, Office
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, Town

BANK, LE, PH = f"bank:{ACCOUNT}", f"collected:{LE_PHI}", f"collected:{PHI}"


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def refuses(office: Office, who: str, row: RefundRow) -> RefundRow:
    with office.act(who) as uow:
        return refuse(uow, AGENCY, row.id, "Không đủ căn cứ")


def test_another_person_sets_the_money_aside(office: Office) -> None:
    row = office.asks("lan", suspense_id=office.paid_twice())
    with pytest.raises(model.SamePerson):
        office.approves("lan", row)
    approved = office.approves("minh", row)

    assert (approved.status, approved.approved_by) == ("approved", "officer:minh")
    assert office.books() == {BANK: 270_000, LE: -135_000, "refund_payable": -135_000}
    assert office.kept() == (270_000, 135_000, 135_000, 0)  # it has not left
    assert office.town.suspended() == {}
    assert len(office.told("refund.approved")) == 1
    office.ties()


def test_the_approvers_retry_changes_nothing_and_a_second_approver_is_refused(office: Office) -> None:
    row = office.approved(suspense_id=office.paid_twice())
    assert office.approves("minh", row) == row
    with pytest.raises(model.RefundClosed):
        office.approves("hoa", row)
    assert len(office.told("refund.approved")) == 1
    office.ties()


def test_another_destination_takes_three_persons(office: Office) -> None:
    row = office.asks("lan", suspense_id=office.paid_twice(), elsewhere=ELSEWHERE)
    with pytest.raises(model.SamePerson):
        office.approves("lan", row)
    endorsed = office.approves("minh", row)
    assert (endorsed.status, office.books()["suspense"]) == ("endorsed", -135_000)
    office.ties()

    for who in ("lan", "minh"):
        with pytest.raises(model.SamePerson):
            office.approves(who, row)
    approved = office.approves("hoa", row)
    assert (approved.status, approved.endorsed_by, approved.approved_by) == ("approved", "officer:minh", "officer:hoa")
    assert office.books()["refund_payable"] == -135_000
    office.ties()


@pytest.mark.parametrize(
    "values",
    [
        {"approved_by": "officer:lan"},
        {"endorsed_by": "officer:lan"},
        {"status": "approved"},
        {"status": "returned"},
        {"status": "refused", "endorsed_by": "officer:minh", "approved_by": "officer:minh"},
        {"amount": 0},
        {"due_id": None, "notice_id": None},
        {"ground": ""},
        {"amount": 135_001},  # beyond the due
    ],
)
def test_the_database_refuses_what_the_rules_refuse(office: Office, values: dict[str, object]) -> None:
    row = office.asks("lan", due_id=office.paid(), ground=GROUND)
    change = sa.update(store.refund).where(store.refund.c.id == row.id).values(**values)
    with pytest.raises(sa.exc.IntegrityError), office.environment.begin(actor="test") as uow:
        uow.connection.execute(change)


def test_the_database_keeps_what_is_set_aside_within_what_waits(office: Office) -> None:
    office.approved(suspense_id=office.paid_twice(), amount=100_000)
    more = sa.update(settlement_store.notice).values(refunding=settlement_store.notice.c.suspended + 1)
    with pytest.raises(sa.exc.IntegrityError), office.environment.begin(actor="test") as uow:
        uow.connection.execute(more)


def test_nothing_leaves_before_a_statement_has_shown_it(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(proven=False))
    with pytest.raises(model.NotProven):
        office.approves("minh", row)
    assert office.now(row).status == "requested"

    office.statement()  # the money is placed anew under another task; the wish follows it
    assert office.task() != row.suspense_id
    assert office.approves("minh", row).status == "approved"
    office.ties()


def test_the_statement_decides_whose_account_it_was(office: Office) -> None:
    row = office.asks(suspense_id=office.paid_twice(proven=False))
    office.statement()
    with office.environment.begin(actor="test") as uow:
        for line in uow.connection.execute(sa.select(statement_line)).all():
            sealed = uow.vault.seal(f"statement_line.counterparty_account.{line.id}", b"555555")
            change = sa.update(statement_line).where(statement_line.c.id == line.id)
            uow.connection.execute(change.values(counterparty_account=sealed))
    with pytest.raises(model.OriginDiffers):
        office.approves("minh", row)


def test_a_part_leaves_the_rest_as_a_task_of_its_own(office: Office) -> None:
    task = office.paid_twice()
    wishes = [office.asks(suspense_id=task, amount=amount) for amount in (100_000, 35_000)]
    office.approves("minh", wishes[0])
    assert office.town.suspended() == {"duplicate": 35_000}
    office.ties()
    office.approves("minh", wishes[1])
    assert office.town.suspended() == {}
    assert office.books()["refund_payable"] == -135_000
    office.ties()


def test_money_that_was_settled_after_all_is_no_longer_there(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    office.pays(payment, 140_000)  # more than asked: the statement decides
    row = office.asks(suspense_id=office.task())
    office.statement()
    with pytest.raises(model.Exceeds) as refusal:
        office.approves("minh", row)

    assert refusal.value.facts == {"available": 5_000}
    assert office.town.view(payment).status == "paid"
    with pytest.raises(model.Exceeds):
        office.asks(suspense_id=office.task(), amount=5_000)  # the old wish has to end first
    refuses(office, "lan", row)
    assert office.approved(suspense_id=office.task(), amount=5_000).status == "approved"
    office.ties()


def test_an_underpayment_that_goes_back_is_asked_for_again_in_full(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    office.pays(payment, 100_000)
    office.statement()
    row = office.approved(suspense_id=office.task())
    view = office.town.view(payment)
    assert (view.status, view.row.received, view.remaining) == ("pending", 0, 135_000)
    office.ties()

    office.pays(payment, 35_000)  # does not count with money that is on its way back
    assert office.town.view(payment).status == "pending"
    refuses(office, "hoa", row)
    assert office.town.view(payment).row.received == 135_000
    assert office.town.suspended() == {"under": 135_000}
    office.ties()


def test_an_underpayment_refused_after_the_due_was_paid_is_surplus(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    office.pays(payment, 100_000)
    office.statement()
    row = office.approved(suspense_id=office.task())
    office.pays(payment)
    assert office.town.view(payment).status == "paid"
    refuses(office, "hoa", row)
    assert office.town.suspended() == {"duplicate": 100_000}
    office.ties()


def test_money_held_for_a_closed_series_ends_the_doubt_when_it_goes_back(office: Office) -> None:
    from receipts.series import close_series

    payment = office.town.payment(LE_PHI)  # with a closed series no payment would begin
    with office.environment.begin(actor="test") as uow:
        close_series(uow.connection, office.town.series.id, uow.now())
    office.pays(payment)
    office.statement()
    assert office.town.view(payment).status == "checking"
    row = office.approved(suspense_id=office.task())
    assert office.town.view(payment).status == "pending"
    refuses(office, "hoa", row)
    assert office.town.view(payment).status == "checking"
    office.ties()


def test_a_settled_due_is_corrected_by_an_entry_that_names_the_settlement(office: Office) -> None:
    due = office.paid(PHI, LE_PHI)
    row = office.approved(due_id=due, ground=GROUND, amount=20_000)

    assert office.books() == {BANK: 195_000, PH: -40_000, LE: -135_000, "refund_payable": -20_000}
    assert office.kept() == (195_000, 175_000, 20_000, 0)
    entries = {(item.kind, item.subject): item for item in office.town.rows(entry)}
    settled = [item.id for item in entries.values() if item.kind == "notice"]
    assert entries["refund", row.id].corrects in settled
    assert [(r.number, r.amount) for r in office.town.receipts()] == [(1, 60_000), (2, 135_000)]
    office.ties()

    refuses(office, "hoa", row)
    (undone,) = [item for item in office.town.rows(entry) if item.kind == "refund_undone"]
    assert undone.corrects == entries["refund", row.id].id
    assert office.books() == {BANK: 195_000, PH: -60_000, LE: -135_000}
    assert office.kept() == (195_000, 195_000, 0, 0)
    office.ties()


def test_a_due_paid_in_two_transfers_is_taken_from_both(office: Office) -> None:
    payment = office.town.payment(LE_PHI)
    for amount in (100_000, 35_000):
        office.pays(payment, amount)
    due = office.town.view(payment).dues[0].id
    row = office.asks(due_id=due, ground=GROUND, amount=120_000)
    with pytest.raises(model.NotProven):
        office.approves("minh", row)
    office.statement()
    office.approves("minh", row)

    assert [(n.settled, n.refunding) for n in office.town.rows(settlement_store.notice)] == [
        (0, 100_000),
        (15_000, 20_000),
    ]
    office.ties()
    refuses(office, "hoa", row)
    assert [(n.settled, n.suspended) for n in office.town.rows(settlement_store.notice)] == [(100_000, 0), (35_000, 0)]
    office.ties()


def test_a_requester_may_take_a_wish_back_but_not_undo_an_approval(office: Office) -> None:
    task = office.paid_twice()
    wish = refuses(office, "lan", office.asks("lan", suspense_id=task))
    assert wish.status == "refused" and refuses(office, "hoa", wish) == wish
    with pytest.raises(model.RefundClosed):
        office.approves("minh", wish)

    row = office.approved(suspense_id=task)
    with pytest.raises(model.SamePerson):
        refuses(office, "lan", row)
    assert refuses(office, "minh", row).status == "refused"
    assert office.town.suspended() == {"duplicate": 135_000}
    assert office.books() == {BANK: 270_000, LE: -135_000, "suspense": -135_000}
    office.ties()


def test_a_refused_part_joins_what_was_left(office: Office) -> None:
    row = office.approved(suspense_id=office.paid_twice(), amount=100_000)
    refuses(office, "minh", row)
    open_tasks = [t.amount for t in office.town.rows(settlement_store.suspense) if t.closed_at is None]
    assert open_tasks == [135_000]
    assert office.approved(suspense_id=office.task()).amount == 135_000
    office.ties()


def test_money_nobody_knows_and_money_for_a_withdrawn_due_can_go_back(office: Office) -> None:
    dossier = office.town.dossier(LE_PHI)
    payment = office.town.pay_for(dossier)
    with office.environment.begin(actor="test", agency=AGENCY) as uow:
        amend(uow, AGENCY, dossier.dossier.id, Changes(withdraw=(dossier.dues[0].id,)))
    office.pays(payment)
    office.town.money_comes(office.town.payment(LE_PHI), memo="tien hoc phi")
    office.statement()
    tasks = {t.reason: t.id for t in office.town.rows(settlement_store.suspense) if t.closed_at is None}

    assert set(tasks) == {"due_withdrawn", "unknown_reference"}
    for task in tasks.values():
        office.approved(suspense_id=task)
    assert office.books() == {BANK: 270_000, "refund_payable": -270_000}
    assert office.town.suspended() == {}
    office.ties()
