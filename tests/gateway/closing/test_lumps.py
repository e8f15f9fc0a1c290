"""From the sale to the matched lump: whoever pays out in one sum, the books say what it is made of, to the đồng."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from connectors.contract import Notice, Outcome, Request
from connectors.files.write_camt import camt053
from gateway import providers
from gateway.closing.contracts import RateUnreadable
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.closing.settlements import import_settlement
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from gateway.ledger.balance import balances
from gateway.ledger.store import entry
from gateway.payments.model import PaymentStatus
from gateway.payments.store import PaymentRow
from gateway.settlement import inbox, undone
from gateway.settlement.model import Arrival, Proof
from gateway.settlement.settle import settle
from gateway.settlement.store import notice
from reconciliation.store import recon_item, recon_run
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

HEADER = "batch_id,terminal,trade_date,reference,gross,mdr,net,rrn"
POS = "pos.demobank"
MEMO = "THANH TOAN LO B2026A"
GROSS, MDR = 135_000 + 60_000, 1_485 + 660


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def contract(town: Town, connector: str = POS, **settings: str) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        providers.use(uow, AGENCY, connector, {"mdr": "11/1000", **settings}, {})


def sale(town: Town, fee: str, connector: str = POS) -> PaymentRow:
    """A payment that the other side has answered for under its signature."""
    payment = town.payment(fee)
    arrival = Arrival(
        id=f"sale-{payment.id}",
        agency=AGENCY,
        connector=connector,
        proof=Proof.NOTICE,
        amount=payment.amount,
        currency="VND",
        incoming=True,
        account=ACCOUNT,
        day=TODAY,
        at=datetime.combine(TODAY, time(5), UTC),
        references=(payment.reference,),
        bank_reference=f"sale-{payment.id}",
    )
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        settle(uow, AGENCY, [arrival])
    return payment


def row(payment: PaymentRow, *, mdr: int | None = None, gross: int | None = None, batch: str = "B2026A") -> str:
    amount = payment.amount if gross is None else gross
    kept = amount * 11 // 1000 if mdr is None else mdr
    return f"{batch},,{TODAY},{payment.reference},{amount},{kept},{amount - kept},R-{payment.reference}-{amount}"


def file_comes(town: Town, rows: Sequence[str]) -> None:
    data = "\n".join((HEADER, *rows)).encode()
    import_settlement(town.environment, AGENCY, "s.csv", data, actor="test")


def lump_comes(town: Town, amount: int, memo: str = MEMO) -> None:
    town.bank.post(ACCOUNT, amount, memo, code="NTRF")
    made_at = town.environment.clock().astimezone(VIETNAM)
    data = camt053(town.bank.statement(ACCOUNT, TODAY), message_id=f"M{amount}", created_at=made_at)
    import_statement(town.environment, AGENCY, "d.xml", data, actor="test")


def kinds(town: Town, as_of: date = TODAY) -> dict[str, str]:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, as_of)
    current = [item for item in town.rows(recon_item) if item.superseded_by is None]
    return {item.payment_id or "line": item.kind for item in current}


def books(town: Town) -> dict[str, int]:
    with town.environment.read() as connection:
        return {account: amount for account, amount in balances(connection, AGENCY).items() if amount}


@pytest.mark.parametrize("first", ["file", "line"])
@pytest.mark.parametrize("connector", [POS, "vnpay"])
def test_a_lump_is_net_at_the_bank_and_commission(town: Town, connector: str, first: str) -> None:
    sales = [sale(town, LE_PHI, connector), sale(town, PHI, connector)]
    assert books(town)[f"in_transit:{connector}"] == GROSS
    if first == "file":
        file_comes(town, [row(one) for one in sales])
        assert set(kinds(town).values()) == {"BATCH_NOT_PAID"}
        lump_comes(town, GROSS - MDR)
    else:
        lump_comes(town, GROSS - MDR)
        assert kinds(town)["line"] == "UNKNOWN_REFERENCE"
        assert town.suspended() == {"unknown_reference": GROSS - MDR}
        file_comes(town, [row(one) for one in sales])
    assert kinds(town) == {"line": "MATCH_BATCH", **{one.id: "MATCH_BATCH" for one in sales}}

    assert town.suspended() == {}
    told = books(town)
    assert (told[f"bank:{ACCOUNT}"], told["commission"]) == (GROSS - MDR, MDR)
    assert not [account for account in told if account.startswith("in_transit") or account == "suspense"]
    assert {town.view(one).row.status for one in sales} == {PaymentStatus.CONFIRMED}
    lump, *others = {one.line_id for one in town.rows(notice)}
    assert (lump is not None, others) == (True, [])
    (booked,) = [one for one in town.rows(entry) if one.kind == "lump"]
    (waited,) = [one for one in town.rows(entry) if one.kind == "notice" and one.subject == booked.subject]
    assert booked.corrects == waited.id
    town.ties()

    entries = len(town.rows(entry))
    file_comes(town, [row(one) for one in sales])
    kinds(town)
    assert len(town.rows(entry)) == entries
    assert town.rows(recon_run)[-1].written == 0


def test_another_sum_than_the_files_is_a_break_and_waits(town: Town) -> None:
    one = sale(town, LE_PHI)
    file_comes(town, [row(one)])
    lump_comes(town, 133_000)
    assert kinds(town) == {"line": "FEE_MISMATCH", one.id: "FEE_MISMATCH"}
    assert town.suspended() == {"unknown_reference": 133_000}
    assert town.view(one).row.status is PaymentStatus.SETTLED
    town.ties()


def test_more_commission_than_the_contract_is_a_break_though_the_lump_agrees(town: Town) -> None:
    contract(town)
    one = sale(town, LE_PHI)
    file_comes(town, [row(one, mdr=2_700)])
    lump_comes(town, 132_300)
    assert kinds(town) == {"line": "FEE_MISMATCH", one.id: "FEE_MISMATCH"}
    assert town.suspended() == {"unknown_reference": 132_300}
    town.ties()


def test_each_payer_is_held_to_his_own_contract(town: Town) -> None:
    contract(town)
    contract(town, "pos.other", mdr="20/1000")
    one = sale(town, LE_PHI, "pos.other")
    file_comes(town, [row(one)])  # 11/1000: less than agreed is another commission too
    lump_comes(town, 135_000 - 1_485)
    kinds(town)
    assert town.suspended() == {"unknown_reference": 135_000 - 1_485}
    town.ties()


def test_a_contract_is_a_fraction(town: Town) -> None:
    contract(town, mdr="1.1%")
    with pytest.raises(RateUnreadable):
        kinds(town)


@pytest.mark.parametrize("connector", [POS, "vnptpay"])
def test_what_is_paid_out_in_lumps_is_not_missing_before_the_next_working_day(town: Town, connector: str) -> None:
    one, other = sale(town, LE_PHI, connector), sale(town, LE_PHI, "vietinbank")
    assert kinds(town)[one.id] == "LATE_CUTOFF"
    following = TODAY + timedelta(days=1)
    assert kinds(town, following) == {one.id: "MISSING_IN_SETTLEMENT", other.id: "MISSING_IN_BANK"}


def test_a_row_taken_back_is_a_debit_to_explain_and_a_task(town: Town, clock: HandClock) -> None:
    old, new = sale(town, PHI), sale(town, LE_PHI)
    file_comes(town, [row(old, batch="B2026Z")])
    lump_comes(town, 60_000 - 660, "THANH TOAN LO B2026Z")
    kinds(town)
    file_comes(town, [row(new), row(old, gross=-60_000, mdr=-660)])
    lump_comes(town, 135_000 - 1_485 - 60_000 + 660)
    kinds(town)
    assert town.suspended() == {}
    told = books(town)
    assert (told["unexplained"], told["commission"]) == (60_000, 1_485)
    assert not [account for account in told if account.startswith("in_transit")]
    with town.environment.read() as connection:
        tasks = [(task.kind, task.payment) for task in undone.open_tasks(connection, AGENCY)]
    assert tasks == [("charged_back", old.id)]
    file_comes(town, [row(new), row(old, gross=-60_000, mdr=-660)])
    with town.environment.read() as connection:
        assert len(undone.open_tasks(connection, AGENCY)) == 1
    town.ties()


def test_a_sale_voided_at_the_terminal_is_a_task_for_its_receipt(town: Town) -> None:
    contract(town)
    one = sale(town, LE_PHI)
    voided = Notice(
        "void-1", "f" * 64, Outcome.REVERSED, one.amount, "VND", "DBIT", ACCOUNT, "", one.reference, "RRN-1"
    )
    for event in ("void-1", "void-1"):
        with town.environment.begin(actor="test", agency=AGENCY) as uow:
            inbox.keep(uow, AGENCY, POS, Request("TERMINAL", f"/{event}", b""), voided, origin="terminal")
        town.work()
    with town.environment.read() as connection:
        tasks = [(task.kind, task.payment, task.ref) for task in undone.open_tasks(connection, AGENCY)]
    assert tasks == [("voided", one.id, "RRN-1")]
    town.ties()
