"""`thuphi message list` and `retry`: what became of messages, without a whole address or a word of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.simulators.bank import SimulatedBank
from gateway.cli.place import installation
from gateway.kernel.clock import system_clock
from gateway.messages.store import message, place
from tests.gateway.cli.test_installation import found_office, thuphi
from tests.town import AGENCY


@pytest.fixture
def office(tmp_path: Path) -> tuple[str, ...]:
    data = str(tmp_path / "office")
    with SimulatedBank(tmp_path / "bank.db", clock=system_clock) as bank:
        found_office(data, bank)
    with installation(Path(data)) as environment, environment.begin(actor="test", agency=AGENCY) as uow:
        for number, state in enumerate(("sent", "waiting")):
            waits = state == "waiting"
            said = {"to": "anh@example.vn", "subject": "", "text": "Đã nhận"}
            row = {
                "id": f"msg_{number}",
                "agency_id": AGENCY,
                "event_id": f"evt_{number}",
                "occasion": "paid",
                "medium": "email",
                "sealed": uow.vault.seal(place(f"msg_{number}"), json.dumps(said).encode()) if waits else None,
                "state": state,
                "created_at": uow.now(),
                "ended_at": None if waits else uow.now(),
            }
            uow.connection.execute(sa.insert(message).values(**row))
    return ("--agency", AGENCY, "--data", data)


def test_states_are_shown_and_no_address(office: tuple[str, ...]) -> None:
    found = thuphi("message", "list", *office)
    assert found["counts"] == {"waiting": 1, "sent": 1, "refused": 0, "failed": 0}
    assert [(one["id"], one["state"], bool(one["ended_at"])) for one in found["messages"]] == [
        ("msg_1", "waiting", False),
        ("msg_0", "sent", True),
    ]
    assert "anh@example.vn" not in json.dumps(found)
    assert [one["to"] for one in found["messages"]] == ["a***@example.vn", None]  # forgotten once it has ended
    assert "Đã nhận" not in json.dumps(found, ensure_ascii=False)


def test_it_is_narrowed_to_a_state_that_exists(office: tuple[str, ...]) -> None:
    found = thuphi("message", "list", "--state", "waiting", *office)
    assert [one["id"] for one in found["messages"]] == ["msg_1"]
    assert thuphi("message", "list", "--state", "lost", *office, exit_code=1)["field"] == "state"


def test_it_is_narrowed_to_a_day_and_later(office: tuple[str, ...]) -> None:
    assert len(thuphi("message", "list", "--since", "2020-01-01", *office)["messages"]) == 2
    assert thuphi("message", "list", "--since", "2999-01-01", *office)["messages"] == []


def test_what_waits_is_tried_now_and_what_is_sent_is_not(office: tuple[str, ...]) -> None:
    assert thuphi("message", "list", *office)["messages"][0]["next_try"] is None
    told = thuphi("message", "retry", "msg_1", *office)
    assert thuphi("message", "list", *office)["messages"][0]["next_try"] == told["next_try"]
    assert thuphi("message", "retry", "msg_0", *office, exit_code=1)["error"] == "message.sent_already"
    assert thuphi("message", "retry", "msg_9", *office, exit_code=1)["error"] == "message.missing"
