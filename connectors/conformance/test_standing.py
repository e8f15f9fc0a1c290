"""The provider hears where its message stands in the words of its own table, and calls again exactly when it should."""

from __future__ import annotations

import pytest

from connectors.conformance.case import Case
from connectors.contract import Forged, Malformed, Received, Reply, Standing

pytestmark = pytest.mark.needs("notices", "answers")

CALL_NO_MORE = {Standing.RECORDED, Standing.REPEATED}
SUSPENSE = {Standing.UNKNOWN_REFERENCE, Standing.AMOUNT_DIFFERS}


def test_each_standing_has_its_word(case: Case, standing: Standing) -> None:
    assert case.answers.hear(_reply(case, standing)) == case.answers.words[standing]


def test_the_provider_stops_when_we_have_it_and_calls_again_when_we_have_not(case: Case, standing: Standing) -> None:
    stops = case.answers.hear(_reply(case, standing)) in case.answers.final
    if standing in CALL_NO_MORE or (standing in SUSPENSE and not case.connector.capabilities.answers_standing):
        assert stops, "it would call again for what is recorded"
    elif standing not in SUSPENSE:
        assert not stops, "it would never call again for what is not recorded"


def test_any_standing_of_any_message_has_an_answer(case: Case, standing: Standing) -> None:
    told: tuple[Received, ...] = (case.notice(), Forged("signature.invalid"), Malformed("json.malformed"))
    for request in (case.genuine(), *case.notices.strangers):
        for received in told:
            reply = case.connector.acknowledge(request, received, standing, case.desk)
            assert isinstance(reply, Reply)
            assert 200 <= reply.status < 600
            assert reply.content_type


def test_what_is_forged_is_never_answered_as_recorded(case: Case) -> None:
    for request in case.notices.strangers:
        reply = case.connector.acknowledge(request, case.receive(request), Standing.FORGED, case.desk)
        assert case.answers.hear(reply) not in case.answers.final


def _reply(case: Case, standing: Standing) -> Reply:
    request = case.genuine()
    return case.connector.acknowledge(request, case.notice(request), standing, case.desk)
