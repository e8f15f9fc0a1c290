"""`thuphi message list`: what became of messages, without an address or a word of them."""

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
    assert set(found["messages"][0]) == {"id", "occasion", "medium", "state", "created_at", "ended_at"}


def test_it_is_narrowed_to_a_state_that_exists(office: tuple[str, ...]) -> None:
    found = thuphi("message", "list", "--state", "waiting", *office)
    assert [one["id"] for one in found["messages"]] == ["msg_1"]
    assert thuphi("message", "list", "--state", "lost", *office, exit_code=1)["field"] == "state"
