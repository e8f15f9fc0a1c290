"""The feed of events: in order, one agency's, and no event ever passed over."""

from __future__ import annotations

import pytest

from gateway.kernel.outbox import Event
from tests.conftest import HandClock
from tests.gateway.api.conftest import Api, Dossier
from tests.town import AGENCY, Town

PATH = "/api/v1/events"


def test_events_are_read_on_after_the_last_one_seen(api: Api, dossier: Dossier, clock: HandClock) -> None:
    made = api.post("/api/v1/dossiers", dossier()).json()
    clock.advance(seconds=1)
    payment = api.post("/api/v1/payments", {"dossier_id": made["id"], "channel": "vietqr"}).json()
    clock.advance(minutes=1)

    first = api.get(PATH, limit=1).json()
    assert [(event["type"], event["subject"]) for event in first["data"]] == [("dossier.registered", made["id"])]
    assert (first["has_more"], first["next_cursor"]) == (True, first["data"][0]["id"])
    assert first["data"][0]["timestamp"] == "2026-11-24T02:30:00.000Z"

    second = api.get(PATH, after=first["next_cursor"]).json()
    assert [event["type"] for event in second["data"]] == ["payment.started"]
    assert second["data"][0]["data"] == {"amount": 135_000, "reference": payment["reference"]}
    assert second["has_more"] is False

    nothing = api.get(PATH, after=second["next_cursor"]).json()
    assert nothing == {"data": [], "has_more": False, "next_cursor": second["next_cursor"]}


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)  # SQLite: they end in the order they began
def test_an_event_of_an_older_unit_of_work_is_not_passed_over(api: Api, town: Town, clock: HandClock) -> None:
    """PostgreSQL: the younger one commits first. The reader may see neither until the older one is through."""

    def told(name: str) -> Event:
        return Event(AGENCY, "test", name, {})

    with town.environment.begin(actor="test") as older:
        older.emit([told("older")])
        clock.advance(seconds=1)
        with town.environment.begin(actor="test") as younger:
            younger.emit([told("younger")])
        clock.advance(milliseconds=1)
        assert api.get(PATH).json()["data"] == []
    clock.advance(minutes=1)
    assert [event["subject"] for event in api.get(PATH).json()["data"]] == ["older", "younger"]


def test_events_hold_no_personal_data(api: Api, dossier: Dossier, clock: HandClock) -> None:
    api.post("/api/v1/dossiers", dossier())
    clock.advance(minutes=1)
    assert "Ánh" not in api.get(PATH).text
    assert "038090001234" not in api.get(PATH).text
