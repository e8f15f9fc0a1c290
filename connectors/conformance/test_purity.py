"""The same input gives the same bytes: no clock, no chance, no network, and nothing remembered."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from connectors.conformance.acts import Act, acts
from connectors.conformance.case import Case
from connectors.conformance.watch import watched


def test_the_same_input_gives_the_same_result(case: Case, act: Act) -> None:
    first = act(case.connector, case.desk)
    assert act(case.connector, case.desk) == first
    assert act(type(case.connector)(), case.desk) == first


def test_it_reaches_for_no_clock_no_chance_and_no_network(
    case: Case, act: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    act(case.connector, case.desk)  # what is imported on first use may ask for the time

    def forbidden(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a connector opens no socket")

    monkeypatch.setattr(socket.socket, "__init__", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with watched() as seen:
        act(case.connector, case.desk)
    assert seen == []


def test_what_went_before_makes_no_difference(case: Case) -> None:
    others = replace(case.desk, now=case.desk.now + timedelta(days=400), nonce="ANOTHER")
    done = acts(case)
    before = {name: act(case.connector, case.desk) for name, act in done.items()}
    for act in done.values():
        act(case.connector, others)
    assert {name: act(case.connector, case.desk) for name, act in reversed(done.items())} == before


def test_the_input_is_left_alone(case: Case) -> None:
    settings, secrets = dict(case.desk.settings), dict(case.desk.secrets)
    for act in acts(case).values():
        act(case.connector, case.desk)
    assert (case.desk.settings, case.desk.secrets) == (settings, secrets)
