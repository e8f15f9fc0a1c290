"""A token is given to whoever knows the credentials, opens the door while it lasts, and cannot be made by anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.conformance.case import Case
from connectors.conformance.wire import hostile
from connectors.contract import Admitter, Forged, Notice, Reply, Request

pytestmark = pytest.mark.needs("admission")

LONGEST = timedelta(days=1)


def test_the_token_opens_the_door(case: Case) -> None:
    assert isinstance(case.receive(_notice(case)), Notice)


def test_the_token_does_not_last(case: Case) -> None:
    later = replace(case.desk, now=case.desk.now + LONGEST)
    assert isinstance(case.connector.receive(_notice(case), later), Forged)


@pytest.mark.needs("notices")
def test_other_secrets_make_other_tokens(case: Case, secret: str) -> None:
    changed = replace(case.desk, secrets={**case.desk.secrets, secret: f"{case.desk.secrets[secret]}9"})
    assert isinstance(case.connector.receive(_notice(case), changed), Forged)


def test_without_the_credentials_there_is_no_token(case: Case) -> None:
    granted = _admit(case, case.admission.genuine)
    for request in (*case.admission.strangers, replace(case.admission.genuine, headers={})):
        refused = _admit(case, request)
        assert 400 <= refused.status < 500
        assert refused.body != granted.body


def test_bytes_that_ask_for_nothing_get_an_answer(case: Case) -> None:
    for name, request in hostile(case.admission.strangers[0]).items():
        assert 400 <= _admit(case, request).status < 500, name


def _admit(case: Case, request: Request) -> Reply:
    assert isinstance(case.connector, Admitter)
    return case.connector.admit(request, case.desk)


def _notice(case: Case) -> Request:
    reply = _admit(case, case.admission.genuine)
    assert reply.status == 200
    return case.admission.receive(reply)
