"""An acquirer's file: raw first, rows once, and each lump on the statement explained by them."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from gateway.closing.bank_files import settlement_row
from gateway.closing.intake import import_statement
from gateway.closing.raw import NOT_KEPT
from gateway.closing.reconcile import reconcile
from gateway.closing.settlements import SettlementRefused, SettlementTaken, import_settlement
from gateway.closing.store import bank_file
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from gateway.settlement.model import Arrival, Proof
from gateway.settlement.settle import settle
from reconciliation.store import recon_item
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

HEADER = "batch_id,terminal,trade_date,reference,gross,mdr,net,rrn"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def row(reference: str, gross: int, mdr: int, rrn: str, *, net: int | None = None) -> str:
    return f"B2026A,T01,{TODAY},{reference},{gross},{mdr},{gross - mdr if net is None else net},{rrn}"


def take(town: Town, *rows: str) -> SettlementTaken:
    return import_settlement(town.environment, AGENCY, "s.csv", "\n".join((HEADER, *rows)).encode(), actor="test")


def card(town: Town, fee: str) -> PaymentRow:
    """A sale that the terminal answered for."""
    payment = town.payment(fee)
    arrival = Arrival(
        id=f"pos-{payment.id}",
        agency=AGENCY,
        connector="vietinbank",
        proof=Proof.NOTICE,
        amount=payment.amount,
        currency="VND",
        incoming=True,
        account=ACCOUNT,
        day=TODAY,
        at=datetime.combine(TODAY, time(5), UTC),
        references=(payment.reference,),
        bank_reference=f"pos-{payment.id}",
    )
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        settle(uow, AGENCY, [arrival])
    return payment


def kinds(town: Town) -> dict[str, str]:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)
    current = [item for item in town.rows(recon_item) if item.superseded_by is None]
    return {item.payment_id or "line": item.kind for item in current}


def test_a_lump_is_the_net_of_its_batch(town: Town) -> None:
    first, second = card(town, LE_PHI), card(town, PHI)
    net = 135_000 - 1_485 + 60_000 - 660
    town.bank.post(ACCOUNT, net, "THANH TOAN LO B2026A TID T01", code="NTRF")
    made_at = town.environment.clock().astimezone(VIETNAM)
    data = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=made_at)
    import_statement(town.environment, AGENCY, "d.xml", data, actor="test")
    assert kinds(town)["line"] == "UNKNOWN_REFERENCE"

    taken = take(town, row(first.reference, 135_000, 1_485, "R1"), row(second.reference, 60_000, 660, "R2"))
    assert (taken.new, taken.batches, taken.net) == (2, 1, net)
    assert kinds(town) == {"line": "MATCH_BATCH", first.id: "MATCH_BATCH", second.id: "MATCH_BATCH"}
    town.ties()


def test_the_same_file_and_one_that_overlaps_add_nothing_twice(town: Town) -> None:
    rows = row("X1", 135_000, 1_485, "R1"), row("X2", 60_000, 660, "R2")
    first, again, overlap = take(town, *rows), take(town, *rows), take(town, rows[1], row("X3", 60_000, 660, ""))
    assert [(one.new, one.known) for one in (first, again, overlap)] == [(2, 0), (0, 2), (1, 1)]
    assert (first.file_id, len(town.rows(settlement_row)), len(town.rows(bank_file))) == (again.file_id, 3, 2)


def test_a_row_told_otherwise_than_before_is_for_a_person(town: Town) -> None:
    take(town, row("X1", 135_000, 1_485, "R1"))
    with pytest.raises(SettlementRefused) as refusal:
        take(town, row("X0", 1_000, 0, "R0"), row("X1", 135_000, 2_000, "R1"))
    assert [(f["code"], f["where"]) for f in refusal.value.facts["flaws"]] == [("row.contradicts", "line 3")]  # type: ignore[attr-defined]
    assert len(town.rows(settlement_row)) == 1


def test_a_file_that_does_not_add_up_is_kept_raw_and_refused(town: Town) -> None:
    with pytest.raises(SettlementRefused) as refusal:
        take(town, row("X1", 135_000, 1_485, "R1", net=1))
    assert [(f["code"], f["where"]) for f in refusal.value.facts["flaws"]] == [("net.differs", "line 2")]  # type: ignore[attr-defined]
    assert [file.verdict for file in town.rows(bank_file)] == ["refused"]
    assert town.rows(settlement_row) == []


def test_whole_card_numbers_are_not_even_kept_sealed(town: Town) -> None:
    data = f"{HEADER},masked_pan\n{row('X1', 5_000, 0, 'R1')},9704361234561234".encode()
    with pytest.raises(SettlementRefused):
        import_settlement(town.environment, AGENCY, "s.csv", data, actor="test")
    (file,) = town.rows(bank_file)
    assert town.environment.vault.unseal(f"bank_file.raw.{file.id}", file.raw_sealed) == NOT_KEPT
