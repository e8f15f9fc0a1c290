"""A day is closed when it ties, stays closed, and opens again by two persons; its minutes say what it came to."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from connectors.files.write_camt import camt053
from gateway.closing import day as closing
from gateway.closing import minutes, ready
from gateway.closing.day import DayNotClosed, DayNotOver, DayNotReady
from gateway.closing.intake import import_statement
from gateway.closing.paper import as_pdf
from gateway.closing.reconcile import reconcile
from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from gateway.ledger.lock import DayLocked, ReasonMissing, SamePerson
from tests.conftest import HandClock, require
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town

CLERK, BOSS = "officer:clerk", "officer:boss"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def statement(town: Town, day: date = TODAY) -> None:
    data = camt053(town.bank.statement(ACCOUNT, day), message_id="M1", created_at=town.environment.clock())
    import_statement(town.environment, AGENCY, "s.xml", data, actor="test")
    act(town, "worker", reconcile, day)


def act(town: Town, actor: str, verb: Any, *more: Any, **named: Any) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more, **named)


def lived(town: Town, clock: HandClock) -> None:
    """A day with one payment, over and stated."""
    town.money_comes(town.payment(LE_PHI))
    sign_waiting(town.environment, town.keys)
    statement(town)
    clock.advance(days=1)


def blocking(town: Town) -> dict[str, int]:
    with town.environment.read() as connection:
        return {p.code: p.count for p in ready.points(connection, AGENCY, TODAY) if not p.ok}


def test_a_day_that_ties_is_closed_and_frozen(town: Town, clock: HandClock) -> None:
    lived(town, clock)
    act(town, CLERK, closing.close_day, TODAY, checkpoint="thuphi\n12\nROOT")
    with pytest.raises(DayLocked):
        act(town, CLERK, closing.close_day, TODAY)
    with town.environment.read() as connection:
        made = minutes.minutes(connection, AGENCY, TODAY)
    totals = made.facts["totals"]
    assert (totals["money_in"], totals["settled"], totals["receipts"], totals["receipt_amount"]) == (
        135_000,
        135_000,
        1,
        135_000,
    )
    [account] = made.facts["accounts"]
    assert account["opening"] + account["credits"] - account["debits"] == account["closing"]


def test_a_day_is_closed_only_when_it_is_over(town: Town) -> None:
    with pytest.raises(DayNotOver):
        act(town, CLERK, closing.close_day, TODAY)


def test_what_blocks_is_said_with_counts(town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(LE_PHI))
    town.transfer(town.payment(LE_PHI))
    town.deliver()
    clock.advance(days=1)
    with pytest.raises(DayNotReady) as refused:
        act(town, CLERK, closing.close_day, TODAY)
    assert refused.value.facts["points"] == [
        {"code": "statement", "count": 1},
        {"code": "inbox", "count": 1},
        {"code": "unsigned", "count": 1},
    ]


def test_suspense_and_breaks_warn_but_do_not_block(town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(LE_PHI), memo="nop phi")
    lived(town, clock)
    assert blocking(town) == {"breaks": 1, "suspense": 1}
    act(town, CLERK, closing.close_day, TODAY)


def test_two_persons_open_a_day_again(town: Town, clock: HandClock) -> None:
    lived(town, clock)
    act(town, CLERK, closing.close_day, TODAY)
    with pytest.raises(DayNotClosed):
        act(town, BOSS, closing.agree_reopen, TODAY)  # nobody has asked
    with pytest.raises(ReasonMissing):
        act(town, CLERK, closing.ask_reopen, TODAY, " ")
    act(town, CLERK, closing.ask_reopen, TODAY, "Ngân hàng gửi lại sổ phụ")
    with pytest.raises(SamePerson):
        act(town, CLERK, closing.agree_reopen, TODAY)
    act(town, BOSS, closing.agree_reopen, TODAY)
    with town.environment.read() as connection, pytest.raises(DayNotClosed):
        minutes.minutes(connection, AGENCY, TODAY)
    act(town, CLERK, closing.close_day, TODAY)
    with town.environment.read() as connection:
        assert [row.reopened_by for row in closing.closings(connection, AGENCY)] == [None, BOSS]


def test_late_money_of_a_closed_day_is_entered_on_the_next(town: Town, clock: HandClock) -> None:
    lived(town, clock)
    act(town, CLERK, closing.close_day, TODAY)
    town.money_comes(town.payment(LE_PHI))
    town.ties()


def test_the_balance_of_any_day_is_the_banks(town: Town, clock: HandClock) -> None:
    lived(town, clock)
    with town.environment.read() as connection:
        assert ready.balance(connection, AGENCY, ACCOUNT, date(2026, 11, 23)) is None
        assert ready.balance(connection, AGENCY, ACCOUNT, TODAY) == 1_135_000
        assert ready.balance(connection, AGENCY, ACCOUNT, date(2026, 12, 24)) == 1_135_000


def test_the_minutes_tie_on_paper_and_as_xml(town: Town, clock: HandClock, tmp_path: Path) -> None:
    lived(town, clock)
    act(town, CLERK, closing.close_day, TODAY, checkpoint="thuphi/test\n12\nq83vEjRWeJA=")
    with town.environment.read() as connection:
        made = minutes.minutes(connection, AGENCY, TODAY)
    root = etree.fromstring(minutes.as_xml(made))
    assert root.findtext("TCong/money_in") == root.findtext("TCong/settled") == "135000"
    assert root.findtext("DKTra") == made.checkpoint
    paper = tmp_path / "minutes.pdf"
    paper.write_bytes(as_pdf(made))
    text = subprocess.run(
        [require("pdftotext"), "-layout", paper, "-"], capture_output=True, text=True, check=True
    ).stdout
    for said in ("BIÊN BẢN ĐỐI SOÁT", "135.000 ₫", "một trăm ba mươi lăm nghìn đồng", "Kế toán trưởng", "q83vEjRWeJA="):
        assert said in text
