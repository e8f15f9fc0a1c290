"""A day's table at its cut-off to the second, what comes after it, and New Year with the signer down."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.delivery.documents import sign_waiting
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.gateway.settlement.test_midnight import next_year, vietnam
from tests.gateway.taxing.test_daily_table import body, due, paid, tables
from tests.town import LE_PHI, PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def numbers(town: Town, table: int) -> list[tuple[str, str]]:
    rows = body(town, table).iterfind(".//DSDLieu/DLieu")
    return [(row.findtext("KHCTu") or "", row.findtext("SCTu") or "") for row in rows]


def test_at_the_cut_off_and_what_comes_after_it_on_the_same_day(town: Town, clock: HandClock) -> None:
    clock.moment = vietnam(2026, 11, 24, 22, 59, 58)
    paid(town)
    clock.moment = vietnam(2026, 11, 24, 22, 59, 59)
    assert due(town) == 0
    clock.moment = vietnam(2026, 11, 24, 23, 0, 0)
    assert due(town) == 1
    clock.moment = vietnam(2026, 11, 24, 23, 59, 59)
    paid(town, PHI)
    assert due(town) == 1  # at once: it has to be told in the day
    clock.moment = vietnam(2026, 11, 25, 0, 0, 0)
    paid(town)
    assert due(town) == 0  # of the next day, whose cut-off is far
    assert tables(town) == [(TODAY, 1, 0, "made", 135_000), (TODAY, 2, 1, "made", 60_000)]
    assert (numbers(town, 1), numbers(town, 2)) == ([("26TAA", "1")], [("26TAA", "2")])


def test_the_old_year_is_told_in_its_own_table_though_it_was_signed_in_the_new_one(
    town: Town, clock: HandClock
) -> None:
    clock.moment = vietnam(2026, 12, 31, 23, 59, 59)
    late = town.payment(LE_PHI)
    next_year(town)
    town.transfer(late)
    clock.moment = vietnam(2027, 1, 1, 0, 5)
    town.deliver()  # bank time counts, not arrival
    town.work()
    town.money_comes(town.payment(PHI))
    assert due(town) == 0  # the signer is down: there is nothing yet that could be told
    clock.moment = vietnam(2027, 1, 1, 8, 0)
    sign_waiting(town.environment, town.keys)
    assert due(town) == 1  # the old year's at once, the new day's in the evening
    clock.moment = vietnam(2027, 1, 1, 23, 0)
    assert due(town) == 1
    found = tables(town)
    assert [(day, supplement, amount) for day, _, supplement, _, amount in sorted(found)] == [
        (date(2026, 12, 31), 0, 135_000),
        (date(2027, 1, 1), 0, 60_000),
    ]
