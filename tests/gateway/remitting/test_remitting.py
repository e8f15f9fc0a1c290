"""Money goes to the Treasury once, split by rule to the đồng, by two persons, and the statement proves it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner

from connectors.files.write_camt import camt053
from connectors.statement import Entry, Statement
from gateway.cli import build
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.kernel.uow import Environment
from gateway.ledger.store import posting
from gateway.remitting import annual, deadline, order, owed, prepare, rules, slip, store
from gateway.remitting.model import (
    Collected,
    NothingToRemit,
    RemittanceClosed,
    RemittanceMissing,
    RemittanceState,
    RuleInvalid,
    SamePerson,
    Treasury,
    TreasuryMissing,
    split,
)
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

KBNN = Treasury("KBNN Thanh Hóa", "7111.0.1050", "970415", "1054321", "Sở Xây dựng", "1012345", "38TTT", "monthly:5")
BOSS, CLERK = "officer:boss", "officer:clerk"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    made = Town(environment, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        rules.set_treasury(uow, AGENCY, KBNN)
        rules.set_rate(uow, AGENCY, "PHI", Fraction(7, 10), "QĐ 123/QĐ-UBND")
    return made


def statement(town: Town, name: str = "s.xml") -> None:
    data = camt053(town.bank.statement(ACCOUNT, TODAY), message_id="M1", created_at=town.environment.clock())
    import_statement(town.environment, AGENCY, name, data, actor="test")


def proven(town: Town, *fees: str) -> None:
    """Paid, and shown by the day's statement."""
    for fee in fees:
        town.money_comes(town.payment(fee))
    statement(town)


def act(town: Town, actor: str, verb: Any, *more: Any) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more)


def prepared(town: Town) -> str:
    [made] = act(town, CLERK, prepare.prepare, TODAY)
    return str(made)


def look(town: Town, remittance_id: str) -> sa.Row[Any]:
    with town.environment.read() as connection:
        return store.by_id(connection, AGENCY, remittance_id)


def balance(town: Town, account: str) -> int:
    return sum(row.amount for row in town.rows(posting) if row.account == account)


def test_the_split_is_to_the_dong_and_le_phi_goes_whole(town: Town) -> None:
    proven(town, PHI, PHI, LE_PHI)
    made = look(town, prepared(town))
    assert (made.collected, made.retained, made.budget) == (255_000, 84_000, 171_000)
    with town.environment.read() as connection:
        lines = [(line.kind, line.collected, line.retained) for line in store.lines_of(connection, made.id)]
    assert sorted(lines) == [("LE_PHI", 135_000, 0), ("PHI", 120_000, 84_000)]


@given(st.integers(1, 10**15), st.fractions(0, 1, max_denominator=10_000), st.sampled_from(["PHI", "LE_PHI"]))
def test_nothing_is_lost_in_a_split(amount: int, rate: Fraction, kind: str) -> None:
    line = split(Collected("1", "f", "F", kind, "", "", amount, 1), rate)
    assert line.retained + line.budget == amount
    assert 0 <= line.retained <= amount * rate if kind == "PHI" else line.retained == 0
    assert amount * rate - line.retained < 1 or kind == "LE_PHI"


def test_what_only_a_notice_tells_of_waits(town: Town) -> None:
    town.money_comes(town.payment())
    with pytest.raises(NothingToRemit):
        prepared(town)


def test_a_due_is_handed_over_once_also_by_two_at_once(town: Town) -> None:
    proven(town, PHI, LE_PHI)

    def one(_: int) -> list[str]:
        try:
            return list(act(town, CLERK, prepare.prepare, TODAY))
        except NothingToRemit:
            return []

    with ThreadPoolExecutor(2) as both:
        made = [found for each in both.map(one, range(2)) for found in each]
    assert len(made) == 1
    assert sum(row.amount for row in town.rows(store.remittance_due)) == 195_000


def test_another_person_approves_and_the_books_say_so(town: Town) -> None:
    proven(town, PHI, LE_PHI)
    made = prepared(town)
    with pytest.raises(SamePerson):
        act(town, CLERK, prepare.approve, made)
    act(town, BOSS, prepare.approve, made)
    with pytest.raises(RemittanceClosed):
        act(town, BOSS, prepare.approve, made)
    assert (balance(town, "budget_payable"), balance(town, "retained")) == (-153_000, -42_000)
    assert balance(town, f"collected:{PHI}") == balance(town, f"collected:{LE_PHI}") == 0
    town.ties()


def test_the_statement_confirms_by_number_and_amount(town: Town, clock: HandClock) -> None:
    proven(town, LE_PHI)
    made = prepared(town)
    act(town, BOSS, prepare.approve, made)
    number = look(town, made).number
    opening = town.bank.statement(ACCOUNT, TODAY).closing
    clock.advance(days=1)

    debit(town, number, 134_999, opening)
    assert look(town, made).state == RemittanceState.APPROVED
    debit(town, number, 135_000, opening - 134_999, day=date(2026, 11, 26))
    assert look(town, made).state == RemittanceState.CONFIRMED
    with town.environment.read() as connection:
        [line] = annual.year_sheet(connection, AGENCY, 2026)
    assert (line.collected, line.handed_over, line.waiting) == (135_000, 135_000, 0)


def debit(town: Town, number: str, amount: int, opening: Decimal, day: date = date(2026, 11, 25)) -> None:
    """The bank carries out the order and says so in its statement."""
    entry = Entry(
        amount=Decimal(-amount),
        currency="VND",
        value_date=day,
        booking_date=day,
        memo=f"{number} NOP NSNN 1012345",
        bank_reference=f"FT{amount}",
        references=(number,),
    )
    made = Statement(
        account=ACCOUNT,
        currency="VND",
        number=f"{day:%y%m%d}",
        opening=opening,
        closing=opening - amount,
        entries=(entry,),
    )
    data = camt053(made, message_id=f"M{day:%d}", created_at=town.environment.clock())
    import_statement(town.environment, AGENCY, f"{day}.xml", data, actor="test")
    act(town, "worker", reconcile, day)


def test_what_was_dropped_is_free_again(town: Town) -> None:
    proven(town, LE_PHI)
    first = prepared(town)
    act(town, CLERK, prepare.drop, first)
    second = prepared(town)
    assert look(town, second).budget == 135_000
    act(town, BOSS, prepare.approve, second)
    with pytest.raises(RemittanceClosed):
        act(town, CLERK, prepare.drop, second)


def test_another_agencys_remittance_is_missing(town: Town) -> None:
    proven(town, LE_PHI)
    made = prepared(town)
    with pytest.raises(RemittanceMissing), town.environment.begin(actor=BOSS, agency="H99") as uow:
        prepare.approve(uow, "H99", made)


def test_without_a_treasury_nothing_is_prepared(environment: Environment, tmp_path: Path) -> None:
    town = Town(environment, tmp_path)
    proven(town, LE_PHI)
    with pytest.raises(TreasuryMissing):
        prepared(town)


def test_the_order_is_for_the_bank_only_once_approved(town: Town) -> None:
    proven(town, LE_PHI, PHI)
    made = prepared(town)
    with town.environment.read() as connection, pytest.raises(RemittanceClosed):
        order.order(connection, AGENCY, made)
    act(town, BOSS, prepare.approve, made)
    with town.environment.read() as connection:
        ordered = order.order(connection, AGENCY, made)
        paper = slip.slip(connection, AGENCY, made)
    root = etree.fromstring(order.pain001(ordered, town.environment.clock()))
    texts = {etree.QName(item).localname: item.text for item in root.iter() if item.text}
    assert (texts["InstdAmt"], texts["CtrlSum"], texts["EndToEndId"]) == ("153000", "153000", ordered.number)
    assert texts["Ustrd"].startswith(ordered.number)
    row = list(openpyxl.load_workbook(BytesIO(order.workbook(ordered))).worksheets[0].values)[1]
    assert (row[0], row[5]) == (ordered.number, 153_000)
    assert (paper.amount, paper.treasury, paper.payer) == (153_000, KBNN, "Sở Xây dựng tỉnh Thanh Hóa")
    assert paper.in_words == "Một trăm năm mươi ba nghìn đồng"
    assert sum(line.amount for line in paper.lines) == 153_000


@pytest.mark.parametrize(
    ("rule", "last", "due"),
    [
        ("weekly:5", "2026-11-20", "2026-11-27"),
        ("monthly:5", "2026-11-30", "2026-12-04"),  # the 5th is a Saturday
        ("monthly:20", "2026-11-15", "2026-12-18"),  # a Sunday
        ("monthly:5", "2026-12-31", "2027-01-05"),
    ],
)
def test_deadlines_follow_the_rule_and_the_calendar(rule: str, last: str, due: str) -> None:
    assert deadline.deadline(rule, date.fromisoformat(last)) == date.fromisoformat(due)


@pytest.mark.parametrize("rule", ["", "weekly", "weekly:8", "monthly:31", "daily:1", "monthly:x"])
def test_a_rule_that_says_nothing_is_refused(rule: str) -> None:
    with pytest.raises(RuleInvalid):
        deadline.deadline(rule, TODAY)


@pytest.mark.parametrize(("rate", "source", "field"), [(Fraction(3, 2), "QĐ", "rate"), (Fraction(1, 2), " ", "source")])
def test_a_rate_needs_sense_and_a_source(town: Town, rate: Fraction, source: str, field: str) -> None:
    with pytest.raises(RuleInvalid) as refused:
        act(town, "test", rules.set_rate, "PHI", rate, source)
    assert refused.value.field == field


def test_the_most_particular_rate_counts() -> None:
    rates = {"PHI": Fraction(1, 2), "gplx-sh-a1": Fraction(1, 3), "gplx-sh-a1-1": Fraction(1, 4)}
    assert owed.rate_of(rates, "gplx-sh-a1-1") == Fraction(1, 4)
    assert owed.rate_of(rates, "gplx-sh-a1-2") == Fraction(1, 3)
    assert owed.rate_of(rates, "other-1") == Fraction(1, 2)
    assert owed.rate_of({}, "other-1") == 0


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the command line is the same on both
def test_by_hand_through_the_command_line(town: Town, tmp_path: Path) -> None:
    proven(town, LE_PHI)
    data = ["--data", str(town.environment.settings.data), "--agency", AGENCY, "--json"]
    town.environment.close()

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        result = CliRunner().invoke(build("remit"), ["remit", *words, *data])
        assert result.exit_code == code, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    assert run("owed", "--until", TODAY.isoformat())["lines"][0]["budget"] == 135_000
    [made] = run("prepare", "--until", TODAY.isoformat(), "--officer", "a")["remittances"]
    assert run("approve", made, "--officer", "a", code=1)["error"] == "remittance.same_person"
    run("approve", made, "--officer", "b")
    files = run("order", made, "--out", str(tmp_path / "out"))["files"]
    assert [Path(file).suffix for file in files] == [".xml", ".xlsx"]
    assert run("year", "2026")["lines"][0]["ordered"] == 135_000
