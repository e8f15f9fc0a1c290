"""A message counts as far as its signature reaches, however it is written."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from connectors.conformance.case import Case
from connectors.conformance.sample import Golden, changed
from connectors.conformance.wire import case_swapped, damaged, doubled, rewritten, turned, widened
from connectors.contract import Forged, Notice, Request

pytestmark = pytest.mark.needs("notices")

VIETNAMESE = "Nộp lệ phí hồ sơ 0001"


def test_a_genuine_message_is_a_notice(case: Case) -> None:
    assert case.notice() == case.notice()


def test_a_published_message_is_read_as_published(case: Case, golden: Golden) -> None:
    notice = case.connector.receive(golden.request, golden.desk)
    assert isinstance(notice, Notice), f"what the provider publishes is not taken: {notice}"
    assert {name: getattr(notice, name) for name in golden.read} == golden.read


@pytest.mark.needs("signature")
def test_a_published_message_with_one_damaged_byte_says_nothing_else(case: Case, golden: Golden) -> None:
    notice = case.connector.receive(golden.request, golden.desk)
    for request in damaged(golden.request):
        received = case.connector.receive(request, golden.desk)
        if isinstance(received, Notice):
            for name in case.connector.capabilities.signed_fields:
                assert getattr(received, name) == getattr(notice, name), name


def test_a_stranger_is_forged(case: Case, stranger: Request) -> None:
    received = case.receive(stranger)
    assert isinstance(received, Forged), received
    assert received.reason


@pytest.mark.needs("signature")
def test_one_changed_character_of_a_signed_field_is_refused(case: Case, signed_name: str) -> None:
    notices = case.notices
    value = notices.fields[signed_name]
    for end in range(1, len(value) + 1) if value else (0,):
        told = {**notices.fields, signed_name: changed(value[:end]) + value[end:]}
        assert not isinstance(case.receive(notices.write(told, notices.fields)), Notice), told[signed_name]


@pytest.mark.needs("signature")
def test_a_signed_field_left_out_is_refused(case: Case, signed_name: str) -> None:
    notices = case.notices
    told = {name: value for name, value in notices.fields.items() if name != signed_name}
    received = case.receive(notices.write(told, notices.fields))
    if notices.fields[signed_name]:
        assert not isinstance(received, Notice)
    else:
        _same_or_refused(case, received)


@pytest.mark.needs("signature")
def test_no_field_changes_what_is_declared_to_be_signed(case: Case, field_name: str) -> None:
    told = {**case.notices.fields, field_name: changed(case.notices.fields[field_name])}
    _as_far_as_signed(case, case.receive(case.notices.write(told, case.notices.fields)))


@pytest.mark.needs("signature")
def test_a_damaged_byte_never_changes_what_is_signed(case: Case) -> None:
    for request in damaged(case.genuine()):
        _as_far_as_signed(case, case.receive(request))


@pytest.mark.needs("signature")
def test_digits_that_move_between_fields_are_noticed_or_declared(case: Case, signed_name: str) -> None:
    """Where they are not noticed, `amount_unambiguous` must be False: the gateway then waits for the statement."""
    notices = case.notices
    amount, other = notices.fields[notices.amount], notices.fields[signed_name]
    if signed_name == notices.amount:
        return
    for joint in ("", "|", "&", ",", " "):
        for told in ((amount[:-1], amount[-1] + joint + other), (amount + joint + other[:1], other[1:])):
            moved = {**notices.fields, notices.amount: told[0], signed_name: told[1]}
            received = case.receive(notices.write(moved, notices.fields))
            if isinstance(received, Notice) and received.amount != case.notice().amount:
                assert not case.connector.capabilities.amount_unambiguous


def test_the_order_of_fields_does_not_matter_unless_bytes_are_signed(case: Case) -> None:
    received = case.receive(rewritten(case.genuine(), turned))
    if case.notices.covers == "bytes":
        assert isinstance(received, Forged)
    else:
        assert received == case.notice()


def test_a_field_that_comes_twice_is_refused(case: Case, field_name: str) -> None:
    value = changed(case.notices.fields[field_name])
    for ahead in (True, False):
        request = rewritten(case.genuine(), doubled(field_name, value, ahead=ahead))
        assert request != case.genuine(), f"{field_name} does not stand in the message under its own name"
        assert not isinstance(case.receive(request), Notice)


def test_names_in_another_case_never_give_another_notice(case: Case, field_name: str) -> None:
    _same_or_refused(case, case.receive(rewritten(case.genuine(), case_swapped)))
    value = changed(case.notices.fields[field_name])
    for ahead in (True, False):
        request = rewritten(case.genuine(), doubled(field_name, value, ahead=ahead, swap=True))
        _same_or_refused(case, case.receive(request))


def test_a_field_nobody_knows_never_gives_another_notice(case: Case) -> None:
    _same_or_refused(case, case.receive(widened(case.genuine())))


@pytest.mark.needs("form")
def test_a_blank_may_be_written_either_way(case: Case) -> None:
    genuine = case.genuine()
    other = replace(genuine, query=genuine.query.replace("+", "%20"), body=genuine.body.replace(b"+", b"%20"))
    assert case.receive(other) == case.notice()


@pytest.mark.needs("memo")
def test_accents_are_taken_as_they_are_written(case: Case) -> None:
    """NFC and NFD look the same and are other bytes: neither may be turned into the other before the check."""
    notices = case.notices
    composed = {**notices.fields, notices.memo: unicodedata.normalize("NFC", VIETNAMESE)}
    decomposed = {**notices.fields, notices.memo: unicodedata.normalize("NFD", VIETNAMESE)}
    for told, other in ((composed, decomposed), (decomposed, composed)):
        assert case.notice(notices.write(told)).memo == told[notices.memo]
        if notices.memo in notices.signed:
            assert not isinstance(case.receive(notices.write(told, other)), Notice)


def _same_or_refused(case: Case, received: object) -> None:
    assert not isinstance(received, Notice) or received == case.notice()


def _as_far_as_signed(case: Case, received: object) -> None:
    genuine = case.notice()
    if isinstance(received, Notice):
        for name in case.connector.capabilities.signed_fields:
            assert getattr(received, name) == getattr(genuine, name), f"{name} is declared to be signed"
