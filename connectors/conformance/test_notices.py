"""The same money is the same event however often and in which order it is told, and is told as it stands."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import timedelta
from itertools import permutations

import pytest

from connectors.conformance.case import Case
from connectors.conformance.sample import Saying
from connectors.contract import Forged, Malformed, Notice, Reply, Request, Standing

pytestmark = pytest.mark.needs("notices")

LATE = (timedelta(minutes=30), timedelta(days=3), timedelta(days=400))
NOT_AMOUNTS = ("", "0", "-1", "+1", "x", "1e5", "1.5", "1,5", "1 000", "٣", "0x10", "NaN", "9" * 40)


def test_a_notice_is_well_formed(case: Case) -> None:
    notice = case.notice()
    assert notice.event_id
    assert re.fullmatch("[0-9a-f]{64}", notice.fingerprint)
    assert notice.amount > 0
    assert notice.currency == case.connector.capabilities.currency
    assert notice.direction == "CRDT"
    assert notice.occurred_at is None or notice.occurred_at.utcoffset() == timedelta(0)


def test_the_same_message_twice_is_the_same_event(case: Case) -> None:
    first, second = case.notice(), case.notice()
    assert (first.event_id, first.fingerprint) == (second.event_id, second.fingerprint)


def test_the_order_of_messages_makes_no_difference(case: Case) -> None:
    notices = case.notices
    told = (notices.fields, {**notices.fields, **notices.another}, notices.fields)
    for messages in permutations(told):
        read = {case.notice(notices.write(message)) for message in messages}
        assert len({notice.event_id for notice in read}) == 2
        assert len(read) == 2


def test_many_at_once_are_each_read_for_themselves(case: Case) -> None:
    """The doors take calls in several threads, and the instance is one."""
    messages = [case.genuine(), case.notices.write({**case.notices.fields, **case.notices.another})]
    alone = [case.receive(message) for message in messages]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(case.receive, messages * 40)) == alone * 40


@pytest.mark.parametrize("late", LATE, ids=str)
def test_a_late_message_says_the_same_or_nothing(case: Case, late: timedelta) -> None:
    """Where the signature ages, the provider signs anew; where it does not, the money is the same money."""
    received = case.connector.receive(case.genuine(), replace(case.desk, now=case.desk.now + late))
    assert received == case.notice() or isinstance(received, Forged)


@pytest.mark.needs("repeat")
def test_the_same_said_again_in_another_message_is_the_same_event(case: Case) -> None:
    again = case.notice(case.notices.write({**case.notices.fields, **case.notices.repeat}))
    assert (again.event_id, again.fingerprint) == (case.notice().event_id, case.notice().fingerprint)


def test_what_is_said_is_told_as_it_stands(case: Case, saying: Saying) -> None:
    notice, genuine = case.notice(case.notices.write({**case.notices.fields, **saying.fields})), case.notice()
    expected = {field.name: getattr(genuine, field.name) for field in fields(Notice)} | dict(saying.read)
    for name in expected.keys() - {"event_id", "fingerprint"}:
        assert getattr(notice, name) == expected[name], name


def test_other_content_under_the_same_id_has_another_fingerprint(case: Case, saying: Saying) -> None:
    notice, genuine = case.notice(case.notices.write({**case.notices.fields, **saying.fields})), case.notice()
    if saying.read and notice.event_id == genuine.event_id:
        assert notice.fingerprint != genuine.fingerprint


@pytest.mark.parametrize("amount", NOT_AMOUNTS)
def test_an_unreadable_amount_is_never_a_number(case: Case, amount: str) -> None:
    received = case.receive(case.notices.write({**case.notices.fields, case.notices.amount: amount}))
    if case.notices.minus_is_out and amount == "-1":
        assert isinstance(received, Notice)
        assert (received.direction, received.amount) == ("DBIT", 1)
    else:
        assert not isinstance(received, Notice), received


def test_bytes_that_are_no_message_get_a_verdict_and_an_answer(case: Case, foreign: Request) -> None:
    received = case.receive(foreign)
    assert isinstance(received, Forged | Malformed), received
    assert received.reason
    standing = Standing.FORGED if isinstance(received, Forged) else Standing.MALFORMED
    assert isinstance(case.connector.acknowledge(foreign, received, standing, case.desk), Reply)
