"""Money that two officers gave to a payment: reconciliation says so, the payment is confirmed, and it can be remitted."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from gateway.remitting import owed
from gateway.settlement import allocate
from gateway.settlement.store import suspense
from reconciliation.items import current_items, told
from reconciliation.store import recon_item
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def stated(town: Town) -> None:
    made_at = town.environment.clock().astimezone(VIETNAM)
    data = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=made_at)
    import_statement(town.environment, AGENCY, "today.xml", data, actor="test")


def placed(town: Town, payment_id: str) -> None:
    [task] = [row for row in town.rows(suspense) if row.closed_at is None]
    with town.environment.begin(actor="officer:clerk", agency=AGENCY) as uow:
        asked = allocate.ask(uow, AGENCY, task.id, payment_id, "Người nộp đến quầy, đúng số tiền")
    with town.environment.begin(actor="officer:boss", agency=AGENCY) as uow:
        assert allocate.agree(uow, AGENCY, asked)


def kinds(town: Town) -> set[str]:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)
    return {row.kind for row in town.rows(recon_item) if row.superseded_by is None}


@pytest.mark.parametrize("memo", ["nop phi", "the reference of another"])
@pytest.mark.parametrize("statement_first", [True, False])
def test_it_is_matched_confirmed_and_owed(town: Town, clock: HandClock, memo: str, statement_first: bool) -> None:
    payment = town.payment(LE_PHI)
    if memo != "nop phi":
        other = town.payment(LE_PHI)
        town.money_comes(other)
        memo = other.reference
    town.money_comes(payment, memo=memo)
    if statement_first:
        stated(town)
        assert kinds(town) & {"UNKNOWN_REFERENCE", "DUPLICATE"}
    placed(town, payment.id)
    if not statement_first:
        stated(town)
    assert kinds(town) == {"MATCH_MEMO"}
    assert town.view(payment).row.status == "confirmed"
    with town.environment.read() as connection:
        assert sum(row.amount for row in owed.owed(connection, AGENCY, TODAY)) == 135_000 * len(town.receipts())
    town.ties()


def test_the_row_says_who_decided(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, memo="nop phi")
    placed(town, payment.id)
    stated(town)
    kinds(town)
    with town.environment.read() as connection:
        [item] = [one for one in current_items(connection, owner=AGENCY) if one.line_id]
        [said] = told(connection, owner=AGENCY, items=[item])
    assert "theo quyết định của hai cán bộ" in said.sentence.vi and payment.reference in said.sentence.vi
