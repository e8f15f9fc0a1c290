"""A series gives each number once, in order, and can prove it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from receipts import series, store
from receipts.rules import BadForm, BadRange, BadSymbol
from tests.receipts.desk import NOW, Desk, make_facts


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def take(desk: Desk, key: tuple[str, int], count: int) -> range:
    with desk.engine.begin() as connection:
        return series.take(connection, series.lock(connection, [key])[key], count)


def test_numbers_begin_at_one_and_go_on(desk: Desk) -> None:
    desk.open()
    assert list(take(desk, ("agc_thanhhoa", 2026), 3)) == [1, 2, 3]
    assert list(take(desk, ("agc_thanhhoa", 2026), 2)) == [4, 5]


def test_a_range_gives_its_own_numbers_only(desk: Desk) -> None:
    desk.open(first=501, last=503)
    assert list(take(desk, ("agc_thanhhoa", 2026), 2)) == [501, 502]
    with pytest.raises(series.SeriesClosed):
        take(desk, ("agc_thanhhoa", 2026), 2)
    assert list(take(desk, ("agc_thanhhoa", 2026), 1)) == [503]
    with desk.engine.begin() as connection:
        assert series.lock(connection, [("agc_thanhhoa", 2026)]) == {}


def test_lock_returns_only_what_may_issue(desk: Desk) -> None:
    this_year, next_year = desk.open("26TAA"), desk.open("27TAA")
    desk.open("26TAB", owner="agc_other", form="EBL02")
    with desk.engine.begin() as connection:
        assert series.lock(connection, []) == {}
        locked = series.lock(connection, [("agc_thanhhoa", 2026), ("agc_thanhhoa", 2027), ("agc_other", 2026)])
        assert locked == {("agc_thanhhoa", 2026): this_year, ("agc_thanhhoa", 2027): next_year}
        assert series.close_series(connection, this_year.id, NOW)
        assert not series.close_series(connection, this_year.id, NOW)
        assert list(series.lock(connection, locked)) == [("agc_thanhhoa", 2027)]


def test_the_earlier_symbol_and_the_lower_range_come_first(desk: Desk) -> None:
    desk.open("26TAB")
    desk.open("26TAA", first=101, last=200)
    desk.open("26TAA", first=1, last=100)
    with desk.engine.begin() as connection:
        ranges = series.lock_ranges(connection, [("agc_thanhhoa", 2026)])["agc_thanhhoa", 2026]
    assert [(one.symbol, one.first_number) for one in ranges] == [("26TAA", 1), ("26TAA", 101), ("26TAB", 1)]


def test_a_series_read_before_another_took_gives_nothing(desk: Desk) -> None:
    stale = desk.open()
    take(desk, ("agc_thanhhoa", 2026), 1)
    with desk.engine.begin() as connection, pytest.raises(series.SeriesClosed) as refused:
        series.take(connection, stale, 1)
    assert (refused.value.kind, refused.value.code) == ("conflict", "receipt.series_closed")


@pytest.mark.parametrize("count", [0, -1])
def test_no_numbers_are_not_a_number(desk: Desk, count: int) -> None:
    opened = desk.open()
    with desk.engine.begin() as connection, pytest.raises(series.SeriesClosed):
        series.take(connection, opened, count)


@pytest.mark.parametrize(
    "symbol", ["26TAF", "26TIA", "26TAJ", "26TOA", "26TWA", "26TAZ", "26taa", "26KAA", "6TAAA", "26TAAA", "٢٦TAA", ""]
)
def test_symbols_outside_the_rule_are_refused(desk: Desk, symbol: str) -> None:
    with pytest.raises(BadSymbol):
        desk.open(symbol)


@pytest.mark.parametrize("form", ["EBL03", "EBL1", "01BLP0-001", "ebl01"])
def test_forms_outside_the_rule_are_refused(desk: Desk, form: str) -> None:
    with pytest.raises(BadForm):
        desk.open(form=form)


@pytest.mark.parametrize(("first", "last"), [(0, 5), (6, 5), (1, 100_000_000), (-1, 1)])
def test_ranges_outside_the_rule_are_refused(desk: Desk, first: int, last: int) -> None:
    with pytest.raises(BadRange):
        desk.open(first=first, last=last)


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "26TAF"},
        {"symbol": "27TAA"},
        {"symbol": "26taa"},
        {"form": "EBL03"},
        {"taken": 11},
        {"last_number": 100_000_000},
    ],
)
def test_the_database_keeps_the_rules_too(desk: Desk, change: dict[str, object]) -> None:
    opened = desk.open(last=10)
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.update(store.series).where(store.series.c.id == opened.id).values(**change))


@pytest.mark.parametrize(("first", "last"), [(1, 100), (100, 200), (50, 60), (1, 99_999_999)])
def test_ranges_of_one_symbol_may_not_overlap(desk: Desk, first: int, last: int) -> None:
    desk.open(first=50, last=100)
    with pytest.raises(series.RangeTaken):
        desk.open(first=first, last=last)


def test_neighbouring_ranges_and_other_symbols_are_free(desk: Desk) -> None:
    desk.open(first=50, last=100)
    desk.open(first=101, last=200, owner="agc_delegate")
    desk.open("26TAB", first=50, last=100)
    desk.open(tax_code="2800000002", first=50, last=100)
    assert desk.gaps() == []


DAMAGE = {
    "missing": sa.delete(store.receipt).where(store.receipt.c.number == 2),
    "counter": sa.update(store.series).values(taken=4),
    "year": sa.update(store.receipt).where(store.receipt.c.number == 2).values(day=date(2027, 1, 1)),
    "outside": sa.update(store.receipt).where(store.receipt.c.number == 3).values(number=11),
    "stranger": sa.update(store.receipt).where(store.receipt.c.number == 3).values(symbol="26TAB"),
}


@pytest.mark.parametrize("problem", DAMAGE)
def test_every_damage_is_found(desk: Desk, problem: str) -> None:
    opened = desk.open(last=10)
    desk.issue(make_facts(), make_facts(), make_facts())
    assert desk.gaps() == []
    with desk.engine.begin() as connection:
        connection.execute(DAMAGE[problem])
    found = desk.gaps()
    assert problem in {gap.problem for gap in found}
    assert {gap.series_id for gap in found} == {opened.id}


def test_overlapping_ranges_are_found(desk: Desk) -> None:
    desk.open(first=1, last=10)
    second = desk.open(first=11, last=20)
    with desk.engine.begin() as connection:
        connection.execute(
            sa.update(store.series).where(store.series.c.id == second.id).values(first_number=5, taken=4)
        )
    assert [gap.problem for gap in desk.gaps()] == ["overlap", "overlap"]


def test_a_series_without_receipts_has_no_gap(desk: Desk) -> None:
    desk.open()
    assert desk.gaps() == []


def test_numbers_taken_for_no_receipt_are_a_gap(desk: Desk) -> None:
    desk.open()
    take(desk, ("agc_thanhhoa", 2026), 1)
    assert [gap.problem for gap in desk.gaps()] == ["missing"]
