"""Life after issue: replaced by two persons where money differs, told of by 04/SS-CTĐT, never cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509
from lxml import etree

from gateway.delivery import replaced_list
from gateway.delivery.documents import render_waiting, sign_waiting
from gateway.kernel.uow import Environment
from gateway.settlement import amending, telling, undone
from gateway.settlement.amending import Asked, Correction
from gateway.settlement.linked import linked
from receipts import amend, error_notice, replacement_list, store
from receipts.life_tables import change, task
from receipts.model import Numbered
from receipts.verify import Verified, verify
from tests.conftest import HandClock
from tests.gateway.settlement.office import GROUND, Office
from tests.town import AGENCY, LE_PHI, Town

NAME = "Nguyễn Thị Ánh Nguyệt"


@pytest.fixture
def office(environment: Environment, tmp_path: Path) -> Office:
    return Office(Town(environment, tmp_path))


def issued(office: Office, quantity: int = 2) -> tuple[store.Row, str]:
    """A signed receipt of `quantity` x 135.000 đồng, its money proven; and the id of its due."""
    from gateway.dues.model import DueRequest
    from gateway.dues.register import DossierRequest, register
    from tests.town import PAYER

    request = DossierRequest(AGENCY, f"H56.17-261124-9{quantity}", "1.004616", PAYER, (DueRequest(LE_PHI, quantity),))
    with office.act("quay") as uow:
        made = register(uow, request)
    office.pays(office.town.pay_for(made))
    office.statement()
    sign_waiting(office.environment, office.town.keys)
    return office.town.receipts()[-1], made.dues[0].id


def asks(office: Office, receipt: str, right: Correction, who: str = "lan", reason: str = "Nhập sai") -> Asked:
    with office.act(who) as uow:
        return amending.ask(uow, AGENCY, receipt, right, reason)


def approves(office: Office, asked: Asked, who: str = "minh") -> Numbered:
    with office.act(who) as uow:
        return amending.approve(uow, AGENCY, asked.id)


def verified(office: Office, receipt_id: str) -> Verified:
    sign_waiting(office.environment, office.town.keys)
    trust = [x509.load_pem_x509_certificate((office.environment.settings.keys / "ca.pem").read_bytes())]
    with office.environment.read() as connection:
        file = store.document(connection, receipt_id, "xml", office.environment.vault)
    assert file is not None
    return verify(file, trust=trust, at=office.environment.clock())


LESS = Correction(lines={1: (1, 135_000)})


def test_less_money_takes_a_refund_and_two_persons(office: Office) -> None:
    old, due = issued(office)
    asked = asks(office, old.id, LESS)
    assert (asked.money_differs, asked.new) == (True, None)
    with pytest.raises(amending.SamePerson):
        approves(office, asked, "lan")
    with pytest.raises(amending.NotRefunded):
        approves(office, asked)
    office.asks("hoa", due_id=due, amount=135_000, ground=GROUND)
    made = approves(office, asked)
    assert approves(office, asked) == made.__class__(
        **{f: getattr(made, f) for f in made.__slots__} | {"repeated": True}
    )
    found = verified(office, made.id)
    assert found.replaces is not None
    assert (found.amount, found.replaces.number, found.replaces.day) == (135_000, old.number, old.day)
    assert office.town.receipts()[0].replaced_by == made.id
    with office.environment.read() as connection:
        before, after = linked(connection, AGENCY, old.id), linked(connection, AGENCY, made.id)
    assert (before.replaced_by, after.replaces) == (made.id, old.id)
    assert [one.amount for one in before.refunds] == [one.amount for one in after.refunds] == [135_000]
    assert [one.state for one in before.changes] == ["made"]
    office.ties()


def test_the_database_keeps_two_persons_apart_too(office: Office) -> None:
    old, _ = issued(office)
    asked = asks(office, old.id, LESS)
    with pytest.raises(sa.exc.IntegrityError), office.act("lan") as uow:
        values = {"state": "made", "decided_by": "officer:lan", "decided_at": uow.now(), "new_id": old.id}
        uow.connection.execute(sa.update(change).where(change.c.id == asked.id).values(**values))


def test_a_wrong_tax_code_is_replaced_by_one_person_at_once(office: Office, clock: HandClock) -> None:
    old, _ = issued(office)
    clock.moment = datetime(2026, 11, 26, 2, tzinfo=UTC)
    asked = asks(office, old.id, Correction(payer_name=NAME, payer_tax_code="2800000099"))
    assert asked.new is not None and not asked.money_differs
    found = verified(office, asked.new.id)
    assert (found.payer.name, found.payer.tax_code, found.amount) == (NAME, "2800000099", 270_000)
    assert str(found.day) == "2026-11-26"
    office.ties()
    with pytest.raises(amend.AlreadyReplaced):  # its successor is the one to replace
        asks(office, old.id, Correction(payer_tax_code="2800000098"))
    again = asks(office, asked.new.id, Correction(payer_tax_code="2800000098"))
    assert again.new is not None
    assert verified(office, again.new.id).replaces is not None
    office.ties()


def test_text_alone_is_told_and_not_issued_again(office: Office) -> None:
    old, _ = issued(office)
    with pytest.raises(amending.NoticeSuffices):
        asks(office, old.id, Correction(payer_name=NAME, payer_address="Nơi khác"))
    with office.act("lan") as uow:
        notice, file = telling.tell(uow, AGENCY, old.id, f"Họ tên đúng: {NAME}", "Nhập sai <tên>")
    root = etree.fromstring(file)
    row = root.find(".//CTu")
    assert row is not None
    told = {element.tag: element.text for element in row}
    assert (told["KHMCTu"], told["KHCTu"], told["SCTu"]) == ("EBL01", "26TAA", str(old.number))
    assert (told["NDung"], told["LDo"], told["LTBao"]) == (f"Họ tên đúng: {NAME}", "Nhập sai <tên>", "1")
    assert root.findtext(".//MSo") == "04/SS-CTĐT"
    with office.act("lan") as uow:
        assert telling.answered(uow, AGENCY, notice, accepted=True)
        assert not telling.answered(uow, AGENCY, notice, accepted=False)
    with pytest.raises(telling.NoticeUnknown), office.act("lan") as uow:
        telling.answered(uow, "H57", notice, accepted=True)
    with office.environment.read() as connection:
        assert [one.state for one in linked(connection, AGENCY, old.id).notices] == ["accepted"]
        assert [one.state for one in error_notice.of_receipt(connection, old.id, office.environment.vault)] == [
            "accepted"
        ]
    assert len(office.town.receipts()) == 1
    assert NAME not in "".join(row.body for row in office.told("receipt.error_notice_sent"))


@pytest.mark.parametrize(
    ("right", "error"),
    [
        (Correction(lines={2: (1, 1)}), amending.BadCorrection),
        (Correction(lines={1: (3, 135_000)}), amending.BadCorrection),
        (Correction(lines={1: (0, 0)}), amending.BadCorrection),
        (Correction(), amending.NoticeSuffices),
    ],
)
def test_what_no_receipt_can_say(office: Office, right: Correction, error: type[Exception]) -> None:
    old, _ = issued(office)
    with pytest.raises(error):
        asks(office, old.id, right)
    assert office.town.rows(change) == []


def test_a_request_may_be_refused_and_then_makes_nothing(office: Office) -> None:
    old, _ = issued(office)
    asked = asks(office, old.id, LESS)
    with office.act("minh") as uow:
        amending.refuse(uow, AGENCY, asked.id)
    with pytest.raises(amending.ChangeClosed):
        approves(office, asked)
    with pytest.raises(amending.ChangeMissing), office.act("minh") as uow:
        amending.approve(uow, "H57", asked.id)
    assert [row.state for row in office.town.receipts()] == ["signed"]


def test_the_list_of_replaced_receipts_is_renewed_at_once(office: Office, clock: HandClock) -> None:
    old, _ = issued(office)
    key = office.town.keys.token

    def latest() -> replacement_list.ReplacementList:
        with office.environment.read() as connection:
            body = replaced_list.latest(connection)
        assert body is not None
        return replacement_list.read(body, key.public, at=clock())

    assert replaced_list.renew(office.environment, key) == 1
    assert (latest().number, latest().names) == (1, frozenset())
    assert replaced_list.renew(office.environment, key) == 0
    clock.advance(minutes=1)
    new = asks(office, old.id, Correction(payer_tax_code="2800000099")).new
    assert new is not None
    clock.advance(minutes=1)
    assert replaced_list.renew(office.environment, key) == 1
    said = verified(office, old.id).token
    fresh = verified(office, new.id).token
    assert said is not None and fresh is not None
    assert (latest().number, latest().holds(said), latest().holds(fresh)) == (2, True, False)
    clock.advance(days=1)
    assert replaced_list.renew(office.environment, key) == 1


def test_an_undone_sale_is_a_person_s_task_and_no_cancel(office: Office) -> None:
    old, _ = issued(office)
    with office.act("quay") as uow:
        (made,) = undone.undone(uow, AGENCY, old.payment, "charged_back", "CB-77")
        assert undone.undone(uow, AGENCY, old.payment, "charged_back", "CB-77") == []
        assert undone.undone(uow, "H57", old.payment, "voided", "V-1") == []
    with office.environment.read() as connection:
        assert [(row.kind, row.number) for row in undone.open_tasks(connection, AGENCY)] == [
            ("charged_back", old.number)
        ]
    assert office.town.receipts()[0].state == "signed"
    with pytest.raises(undone.OutcomeUnknown), office.act("lan") as uow:
        undone.close(uow, AGENCY, made, "cancelled")
    with office.act("lan") as uow:
        undone.close(uow, AGENCY, made, "paid_again")
    with pytest.raises(undone.TaskClosed), office.act("lan") as uow:
        undone.close(uow, AGENCY, made, "error")
    with pytest.raises(undone.TaskMissing), office.act("lan") as uow:
        undone.close(uow, "H57", made, "error")
    assert [(row.closed_by, row.outcome) for row in office.town.rows(task)] == [("officer:lan", "paid_again")]
    office.ties()


def test_pdfs_of_replacements_name_the_old_receipt(office: Office, tmp_path: Path) -> None:
    from tests.receipts.paper import kept, text_of

    old, _ = issued(office)
    new = asks(office, old.id, Correction(payer_tax_code="2800000099")).new
    assert new is not None
    sign_waiting(office.environment, office.town.keys)
    render_waiting(office.environment, office.town.keys)
    with office.environment.read() as connection:
        page = store.document(connection, new.id, "pdf", office.environment.vault)
    assert page is not None
    said = text_of(kept(page, tmp_path))
    assert f"Thay thế cho biên lai mẫu EBL01 ký hiệu 26TAA số {old.number} ngày 24/11/2026" in said
