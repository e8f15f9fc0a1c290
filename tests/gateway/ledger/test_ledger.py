"""The ledger: an entry balances or does not exist, is never edited, and a locked day stays as it is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from gateway.kernel.uow import Environment
from gateway.ledger import lock, store
from gateway.ledger.balance import balances
from gateway.ledger.model import SUSPENSE, Entry, Posting, Unbalanced, bank, in_transit, transfer
from gateway.ledger.post import EntryMissing, correct, post
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, TODAY, Town

PAIR = transfer(bank("1"), in_transit("x"), 5)


def enter(environment: Environment, subject: str = "s", day: date = TODAY) -> str:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        return post(uow, [Entry(AGENCY, day, "statement", subject, PAIR)])[0]


@given(st.lists(st.integers(-1_000, 1_000), max_size=6))
def test_only_what_balances_is_an_entry(amounts: list[int]) -> None:
    postings = tuple(Posting(f"a{n}", amount) for n, amount in enumerate(amounts))
    balanced = bool(amounts) and sum(amounts) == 0 and 0 not in amounts
    if balanced:
        assert Entry(AGENCY, TODAY, "k", "s", postings).postings == postings
    else:
        with pytest.raises(Unbalanced):
            Entry(AGENCY, TODAY, "k", "s", postings)


@pytest.mark.parametrize("statement", ["UPDATE ledger_posting SET amount = 7", "DELETE FROM ledger_entry"])
def test_the_database_refuses_to_edit(environment: Environment, statement: str) -> None:
    enter(environment)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), environment.begin(actor="test") as uow:
        uow.connection.execute(sa.text(statement))


def test_the_same_fact_is_entered_once(environment: Environment) -> None:
    enter(environment)
    with pytest.raises(sa.exc.IntegrityError):
        enter(environment)


def test_a_correction_names_what_it_puts_right(environment: Environment) -> None:
    wrong = enter(environment)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        correct(uow, wrong, AGENCY, day=TODAY, right=transfer(bank("2"), in_transit("x"), 5))
        with pytest.raises(EntryMissing):
            correct(uow, wrong, "H99", day=TODAY, right=None)
    with environment.read() as connection:
        assert balances(connection, AGENCY) == {"bank:1": 0, "bank:2": 5, "in_transit:x": -5}
        named = connection.scalars(sa.select(store.entry.c.corrects).where(store.entry.c.corrects.is_not(None)))
        assert set(named) == {wrong}


def test_a_locked_day_takes_nothing_and_what_comes_later_says_where_it_belongs(environment: Environment) -> None:
    with environment.begin(actor="chief", agency=AGENCY) as uow:
        lock.lock_day(uow, AGENCY, TODAY)
        lock.lock_day(uow, AGENCY, TODAY + timedelta(days=1))
        with pytest.raises(lock.DayLocked):
            lock.lock_day(uow, AGENCY, TODAY)
    entry_id = enter(environment)
    with environment.read() as connection:
        row = connection.execute(sa.select(store.entry).where(store.entry.c.id == entry_id)).one()
    assert (row.day, row.of_day) == (TODAY + timedelta(days=2), TODAY)

    columns = "id, agency_id, day, kind, subject, posted_at"
    values = f"'x', '{AGENCY}', '{TODAY}', 'k', 'by hand', '2026-11-24 00:00:00'"
    with pytest.raises(sa.exc.DBAPIError, match="locked"), environment.begin(actor="test") as uow:
        uow.connection.execute(sa.text(f"INSERT INTO ledger_entry ({columns}) VALUES ({values})"))


def test_reopening_takes_two_persons_and_a_reason(environment: Environment) -> None:
    with environment.begin(actor="chief", agency=AGENCY) as uow:
        with pytest.raises(lock.DayOpen):
            lock.reopen_day(uow, AGENCY, TODAY, asked_by="a", approved_by="b", reason="x")
        lock.lock_day(uow, AGENCY, TODAY)
        with pytest.raises(lock.SamePerson):
            lock.reopen_day(uow, AGENCY, TODAY, asked_by="a", approved_by="a", reason="x")
        with pytest.raises(lock.ReasonMissing):
            lock.reopen_day(uow, AGENCY, TODAY, asked_by="a", approved_by="b", reason=" ")
        lock.reopen_day(uow, AGENCY, TODAY, asked_by="a", approved_by="b", reason="corrected statement")
        lock.lock_day(uow, AGENCY, TODAY)
    with environment.read() as connection:
        assert lock.locked_days(connection, AGENCY, TODAY) == {TODAY}


def test_money_for_a_locked_day_is_still_taken(environment: Environment, tmp_path: Path, clock: HandClock) -> None:
    town = Town(environment, tmp_path)
    payment = town.payment(LE_PHI)
    with environment.begin(actor="chief", agency=AGENCY) as uow:
        lock.lock_day(uow, AGENCY, TODAY)
    town.money_comes(payment)
    assert town.view(payment).status == "paid"
    with environment.read() as connection:
        assert balances(connection, AGENCY, up_to=TODAY) == {}
        assert balances(connection, AGENCY)[SUSPENSE if town.suspended() else f"collected:{LE_PHI}"] == -135_000
    town.ties()
