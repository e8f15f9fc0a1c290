"""Only a whole, signed answer to the very question says anything; all else leaves the payment UNKNOWN, to be asked again."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from connectors.conformance.acts import answer_of, call_of
from connectors.conformance.case import Case
from connectors.conformance.sample import Saying, changed
from connectors.conformance.wire import cut, damaged_bytes
from connectors.contract import Answer, Call, Failure, Outcome, Purpose, Reply

pytestmark = pytest.mark.needs("calls")

NOT_ANSWERS = (b"<!DOCTYPE html><html><body>Please wait</body></html>", b"", b"null", b"[]", b"{}", b"\xff\xfe", b"OK")

UNPROVEN = (Outcome.PENDING, Outcome.UNKNOWN)


def test_a_call_says_how_it_may_be_made(case: Case, purpose: Purpose) -> None:
    call = call_of(case.connector, purpose, case, case.desk)
    assert isinstance(call, Call)
    assert call.purpose == purpose
    assert urlsplit(call.url).scheme == "https"
    assert 0 < call.timeout_s <= 120
    assert call.idempotency_key
    assert all(name == name.lower() for name in call.headers)
    assert call.safe_to_repeat or purpose != "query", "a question may be asked again"


def test_the_genuine_answer_is_understood(case: Case, purpose: Purpose) -> None:
    called = case.samples.calls[purpose]
    answer = answer_of(case, purpose, called.write(called.fields))
    assert answer.outcome is called.outcome
    if purpose == "start" and answer.outcome is Outcome.PENDING:
        assert answer.pay_url or answer.qr
    if answer.outcome is Outcome.PAID:
        assert answer.notice is not None, "money must come with a notice, so that it can be recorded"
        assert answer.amount == answer.notice.amount == case.order.amount


@pytest.mark.needs("notices", "query")
def test_money_found_by_asking_is_the_event_of_the_notice(case: Case) -> None:
    called = case.samples.calls["query"]
    found = answer_of(case, "query", called.write(called.fields)).notice
    if found is not None:
        assert (found.event_id, found.fingerprint) == (case.notice().event_id, case.notice().fingerprint)


def test_what_an_answer_says_is_told(case: Case, answered_saying: tuple[Purpose, Saying]) -> None:
    purpose, saying = answered_saying
    called = case.samples.calls[purpose]
    answer = answer_of(case, purpose, called.write({**called.fields, **saying.fields}))
    assert {name: getattr(answer, name) for name in saying.read} == saying.read
    if answer.outcome is not Outcome.PAID:
        assert answer.notice is None


@pytest.mark.parametrize("failure", list(Failure))
def test_no_answer_leaves_it_unknown_whether_or_not_it_was_sent(case: Case, purpose: Purpose, failure: Failure) -> None:
    _unknown(answer_of(case, purpose, failure))


@pytest.mark.parametrize("status", [100, 204, 302, 400, 401, 404, 409, 429, 500, 502, 503, 504])
def test_another_status_says_nothing_even_over_a_body_of_success(case: Case, purpose: Purpose, status: int) -> None:
    called = case.samples.calls[purpose]
    genuine = called.write(called.fields)
    _unknown(answer_of(case, purpose, replace(genuine, status=status, body=b"" if status == 204 else genuine.body)))


@pytest.mark.parametrize("body", NOT_ANSWERS)
def test_a_page_is_no_answer(case: Case, purpose: Purpose, body: bytes) -> None:
    _unknown(answer_of(case, purpose, Reply(200, body, "text/html")))


def test_an_answer_cut_off_anywhere_is_no_answer(case: Case, purpose: Purpose) -> None:
    called = case.samples.calls[purpose]
    for reply in cut(called.write(called.fields)):
        _unknown(answer_of(case, purpose, reply))


def test_a_changed_character_under_the_signature_is_no_answer(case: Case, answered_name: tuple[Purpose, str]) -> None:
    purpose, name = answered_name
    called = case.samples.calls[purpose]
    value = called.fields[name]
    for end in range(1, len(value) + 1) if value else (0,):
        told = {**called.fields, name: changed(value[:end]) + value[end:]}
        _unknown(answer_of(case, purpose, called.write(told, called.fields)))


def test_a_damaged_byte_never_makes_another_answer(case: Case, purpose: Purpose) -> None:
    called = case.samples.calls[purpose]
    genuine = called.write(called.fields)
    expected = answer_of(case, purpose, genuine)
    for body in damaged_bytes(genuine.body):
        answer = answer_of(case, purpose, replace(genuine, body=body))
        if called.signed:
            assert answer == expected or answer.outcome is Outcome.UNKNOWN
        else:
            assert answer.outcome in UNPROVEN


def test_an_answer_that_nobody_signed_proves_nothing(case: Case, purpose: Purpose) -> None:
    called = case.samples.calls[purpose]
    if called.signed:
        return
    for told in (called.fields, *({**called.fields, **saying.fields} for saying in called.sayings)):
        answer = answer_of(case, purpose, called.write(told))
        assert answer.outcome in UNPROVEN
        assert (answer.amount, answer.notice) == (None, None)


def _unknown(answer: Answer) -> None:
    assert answer.outcome is Outcome.UNKNOWN, answer
    assert answer.reason
    assert answer.notice is None
