"""A portal's file, an agent's signed list: one payment each through the inbox, and one lump on the statement for all."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from connectors.contract import Reply
from connectors.simulators.national_portal import SETTINGS, PortalPayment, result_file, settlement_file
from connectors.simulators.postal_agent import Batch, Collected, PostalAgent
from gateway import providers
from gateway.closing import lists
from gateway.closing.bank_files import settlement_row
from gateway.closing.lists import ListRefused, ListTaken, NoLists, import_list
from gateway.closing.proof import violations
from gateway.closing.store import bank_file
from gateway.kernel.outbox import event
from gateway.kernel.uow import Environment
from gateway.payments.elsewhere import receipted_elsewhere
from gateway.payments.model import PaymentStatus
from gateway.payments.store import PaymentRow
from gateway.settlement.store import inbox, inbox_refused
from tests.gateway.closing.test_lumps import books, kinds, lump_comes
from tests.gateway.web.serving import pages
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

AGENT = PostalAgent("key-of-the-agent", f"/callbacks/{AGENCY}/postal")
PORTAL, POSTAL = "national_portal", "postal"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    town = Town(environment, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, PORTAL, SETTINGS, {})
        providers.use(uow, AGENCY, POSTAL, {}, {"signing_keys": AGENT.key})
    return town


def take(town: Town, connector: str, data: bytes) -> ListTaken:
    taken = import_list(town.environment, AGENCY, connector, "list.csv", data, actor="test")
    town.work()
    return taken


def portal(town: Town, payments: list[PaymentRow], receipt: str = "https://dichvucong.gov.vn/bl/1") -> None:
    """The portal's results, then its settlement: 1 000 đ of each kept back."""
    now = town.environment.clock()
    told = [
        PortalPayment(f"DVC{n}", one.reference, one.amount, now, ACCOUNT, "NGUYEN THI ANH", receipt, 1_000)
        for n, one in enumerate(payments)
    ]
    assert take(town, PORTAL, result_file(told)).new == len(payments)
    taken = take(town, PORTAL, settlement_file("DOT-2026-11", TODAY, told))
    assert (taken.new, taken.batches, taken.gross) == (0, 1, sum(one.amount for one in payments))


def batch(town: Town, payments: list[PaymentRow]) -> Batch:
    now = town.environment.clock()
    told = tuple(Collected(str(n), one.reference, one.amount, now, payer="AN") for n, one in enumerate(payments))
    return Batch("VNP-20261124-01", ACCOUNT, TODAY, told)


def calls(town: Town, sent: Batch, *faults: str) -> list[Reply]:
    """Every call the agent makes for a batch."""
    made = AGENT.deliveries(sent, town.environment.clock(), faults, bits=random.Random(3).getrandbits)
    return [lists.receive(town.environment, AGENCY, POSTAL, delivery.request) for delivery in made]


def test_what_the_portal_took_settles_by_its_lump_and_gets_no_second_receipt(town: Town) -> None:
    paid = [town.payment(LE_PHI), town.payment(PHI)]
    portal(town, paid)
    assert {town.view(one).status for one in paid} == {"checking"}  # nobody signed the file: the statement decides
    assert town.suspended() == {"unproven": 195_000}
    lump_comes(town, 193_000, "CONG DVCQG CHUYEN TIEN DOT DOT-2026-11")
    assert kinds(town) == {"line": "MATCH_BATCH", **{one.id: "MATCH_BATCH" for one in paid}}

    assert {town.view(one).row.status for one in paid} == {PaymentStatus.CONFIRMED}
    assert (town.receipts(), town.suspended()) == ([], {})
    assert {town.view(one).receipted_by for one in paid} == {"Cổng Dịch vụ công quốc gia"}
    page = TestClient(pages(town.environment)).get(f"/vi/pay/{town.view(paid[0]).row.token}").text
    assert "Cổng Dịch vụ công quốc gia</strong>" in page
    told = books(town)
    assert (told[f"bank:{ACCOUNT}"], told["commission"]) == (193_000, 2_000)
    assert not [account for account in told if account.startswith("in_transit")]
    assert [json.loads(one.body)["receipted_by"] for one in town.rows(event) if one.kind == "payment.paid"] == [
        PORTAL
    ] * 2
    town.ties()


@pytest.mark.parametrize(
    ("switch", "link", "receipts"), [("false", "https://x", 1), ("true", "", 0), ("", "", 1), ("", "https://x", 0)]
)
def test_the_agency_says_who_issues_else_the_portal_does(town: Town, switch: str, link: str, receipts: int) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, PORTAL, {**SETTINGS, "receipted_elsewhere": switch}, {}, "notice")
    one = town.payment(LE_PHI)
    portal(town, [one], link)
    assert town.view(one).row.status is PaymentStatus.SETTLED
    assert len(town.receipts()) == receipts
    assert kinds(town)[one.id] == "BATCH_NOT_PAID"
    town.ties()


def test_what_the_portal_told_of_money_that_never_came_excuses_nobody(town: Town) -> None:
    one = town.payment(LE_PHI)
    portal(town, [one])
    town.money_comes(one)
    assert len(town.receipts()) == 1
    assert [row.payment_id for row in town.rows(receipted_elsewhere)] == [None]
    town.ties()


def test_a_second_receipt_beside_the_portals_is_found(town: Town) -> None:
    one = town.payment(LE_PHI)
    portal(town, [one])
    town.money_comes(one)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        uow.connection.execute(sa.update(receipted_elsewhere).values(payment_id=one.id))
    with town.environment.read() as connection:
        assert [found.rule for found in violations(connection)] == ["receipt.issued_twice"]


def test_an_agents_signed_list_settles_each_payment_and_its_lump_matches(town: Town) -> None:
    paid = [town.payment(LE_PHI), town.payment(PHI), town.payment(LE_PHI, PHI)]
    sent = batch(town, paid)
    assert [reply.status for reply in calls(town, sent, "duplicate", "bad_signature")][:2] == [401, 200]
    town.work()
    assert {town.view(one).row.status for one in paid} == {PaymentStatus.SETTLED}
    assert (len(town.rows(inbox)), len(town.rows(bank_file)), len(town.rows(settlement_row))) == (4, 1, 3)
    assert len(town.receipts()) == 4  # phí apart from lệ phí
    assert {row.payment_id for row in town.rows(receipted_elsewhere)} == set()

    lump_comes(town, AGENT.transferred(sent), "BUU DIEN CHUYEN TIEN VNP-20261124-01")
    assert kinds(town) == {"line": "MATCH_BATCH", **{one.id: "MATCH_BATCH" for one in paid}}
    assert {town.view(one).row.status for one in paid} == {PaymentStatus.CONFIRMED}
    assert town.suspended() == {}
    assert "in_transit:postal" not in books(town)
    town.ties()


def test_the_same_list_as_a_file_is_the_same_money(town: Town) -> None:
    paid = [town.payment(LE_PHI), town.payment(PHI)]
    sent = batch(town, paid)
    first = take(town, POSTAL, AGENT.file(sent))
    again = take(town, POSTAL, AGENT.file(sent, form="json"))
    assert [(one.new, one.known, one.refused) for one in (first, again)] == [(2, 0, 0), (0, 2, 0)]
    assert [reply.status for reply in calls(town, sent)] == [200]
    town.work()
    assert (len(town.receipts()), len(town.rows(settlement_row))) == (2, 2)
    doubled = take(town, POSTAL, AGENT.file(sent, ["doubled_row"]))
    assert (doubled.new, doubled.known, [flaw["code"] for flaw in doubled.problems]) == (0, 2, ["row.repeated"])
    town.ties()


def test_the_same_batch_told_otherwise_is_refused_and_kept_apart(town: Town) -> None:
    paid = [town.payment(LE_PHI), town.payment(PHI)]
    calls(town, batch(town, paid))
    assert [reply.status for reply in calls(town, batch(town, paid[:1]))] == [409]
    town.work()
    assert (len(town.rows(inbox_refused)), len(town.rows(settlement_row))) == (1, 2)
    town.ties()


@pytest.mark.parametrize(("fault", "code"), [("lump_differs", "lump.differs"), ("bad_amount", "amount.unreadable")])
def test_a_list_that_contradicts_itself_is_kept_raw_and_refused(town: Town, fault: str, code: str) -> None:
    sent = batch(town, [town.payment(LE_PHI), town.payment(PHI)])
    with pytest.raises(ListRefused) as refusal:
        take(town, POSTAL, AGENT.file(sent, [fault]))
    assert code in [flaw["code"] for flaw in refusal.value.facts["flaws"]]  # type: ignore[attr-defined]
    assert [file.verdict for file in town.rows(bank_file)] == ["refused"]
    assert (town.rows(inbox), town.rows(settlement_row)) == ([], [])


def test_a_bank_sends_no_lists(town: Town) -> None:
    with pytest.raises(NoLists):
        take(town, "vietinbank", b"x")
