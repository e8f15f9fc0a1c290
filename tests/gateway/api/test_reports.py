"""Conservation over HTTP: money in = settled + suspense + returned, to the đồng."""

from __future__ import annotations

from tests.conftest import HandClock
from tests.gateway.api.conftest import Api
from tests.town import ACCOUNT, LE_PHI, Town

PATH = "/api/v1/reports/conservation"


def test_every_dong_is_somewhere(api: Api, town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(LE_PHI))
    town.money_comes(town.payment(LE_PHI), 100_000)
    town.money_comes(town.payment(LE_PHI), memo="khong ro")
    clock.advance(days=1)
    town.money_comes(town.payment(LE_PHI))

    assert api.get(PATH).json() == {
        "data": [
            {
                "account": ACCOUNT,
                "day": "2026-11-24",
                "money_in": 370_000,
                "settled": 135_000,
                "suspense": 235_000,
                "returned": 0,
            },
            {
                "account": ACCOUNT,
                "day": "2026-11-25",
                "money_in": 135_000,
                "settled": 135_000,
                "suspense": 0,
                "returned": 0,
            },
        ],
        "has_more": False,
        "next_cursor": None,
    }


def test_nothing_came_in(api: Api) -> None:
    assert api.get(PATH).json()["data"] == []
