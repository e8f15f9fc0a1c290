"""Two imports at once: one waits for the other, and neither books what the other did."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.files.write_camt import camt053
from connectors.files.write_mt940 import mt940
from gateway.closing import raw, turns
from gateway.closing.bank_files import bank_file_piece
from gateway.closing.intake import Taken, import_statement
from gateway.closing.layouts import LayoutInvalid, LayoutMissing, keep_layout
from gateway.closing.store import bank_file
from gateway.kernel.clock import VIETNAM
from gateway.kernel.uow import Environment
from reconciliation.store import statement_line
from tests.connectors.files.grids import as_csv
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def test_overlapping_files_at_once_book_each_line_once(town: Town) -> None:
    payments = [town.payment(LE_PHI) for _ in range(6)]
    for payment in payments:
        town.money_comes(payment, faults=["drop_notice"])
    day, made_at = town.bank.statement(ACCOUNT, TODAY), town.environment.clock().astimezone(VIETNAM)
    files = [camt053(day, message_id=f"M{n}", created_at=made_at) for n in range(2)] + [mt940(day, reference="M")]
    start, taken, failed = threading.Barrier(len(files)), [], []

    def run(data: bytes) -> None:
        start.wait()
        try:
            taken.append(import_statement(town.environment, AGENCY, "x", data, actor="test"))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(data,)) for data in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(one.imported.new for one in taken) == [0, 0, 6]
    assert len(town.rows(statement_line)) == 6
    assert {town.view(payment).row.status for payment in payments} == {"confirmed"}
    town.ties()


def test_what_the_database_undid_is_done_again() -> None:
    class Undone(Exception):
        sqlstate = "40P01"

    tries: list[int] = []

    def act() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise sa.exc.OperationalError("", {}, Undone())
        return "done"

    assert (turns.again(act), len(tries)) == ("done", 3)


@pytest.mark.parametrize("state", ["23505", None])
def test_no_other_failure_is_tried_again(state: str | None) -> None:
    class Failed(Exception):
        sqlstate = state

    tries: list[int] = []

    def act() -> None:
        tries.append(1)
        raise sa.exc.IntegrityError("", {}, Failed())

    with pytest.raises(sa.exc.IntegrityError):
        turns.again(act)
    assert len(tries) == 1


def test_a_large_file_is_kept_in_pieces_and_comes_back_whole(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw, "PIECE", 1_000)
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(256)) * 20)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        digests = {raw.keep(uow, AGENCY, "large.bin", raw.opener(path)) for _ in range(2)}
    (file,) = town.rows(bank_file)
    with town.environment.read() as connection:
        content = b"".join(raw.content(connection, town.environment.vault, AGENCY, file.id))
    assert (content == path.read_bytes(), digests) == (True, {file.sha256})
    assert len(town.rows(bank_file_piece)) == 5


MINE = '{"name": "mine", "kind": "statement", "columns": {"booking_date": ["NgayHL"], "debit": ["Giam"], "credit": ["Tang"], "bank_ref": ["So"]}}'


def test_an_agencys_own_layout_reads_its_banks_table(town: Town) -> None:
    data = as_csv([["NgayHL", "Giam", "Tang", "So"], ["24/11/2026", "11.000", "", "F1"]])

    def take(profile: str = "") -> Taken:
        return import_statement(town.environment, AGENCY, "t.csv", data, actor="test", profile=profile, account=ACCOUNT)

    with pytest.raises(LayoutMissing):
        take("mine")
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        keep_layout(uow, AGENCY, MINE)
        keep_layout(uow, AGENCY, MINE)
        with pytest.raises(LayoutInvalid):
            keep_layout(uow, AGENCY, MINE.replace("Giam", "Tang"))
    taken = take()
    assert (taken.format, taken.imported.new, taken.booked) == ("csv", 1, 1)
    town.ties()
