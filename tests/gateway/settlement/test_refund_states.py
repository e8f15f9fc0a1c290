"""The table of a refund's states: every state is reached, nothing follows an end, payers hear four words."""

from __future__ import annotations

import itertools

import pytest

from gateway.settlement.refund.model import (
    OUTER,
    SET_ASIDE,
    TRANSITIONS,
    WAITING,
    RefundClosed,
    RefundEvent,
    RefundStatus,
    follow,
    sources_of,
)


def test_every_state_is_reached_and_every_event_happens() -> None:
    reached, frontier = {RefundStatus.REQUESTED}, [RefundStatus.REQUESTED]
    while frontier:
        new = set(TRANSITIONS[frontier.pop()].values()) - reached
        reached |= new
        frontier += new
    assert reached == set(RefundStatus)
    assert {event for edges in TRANSITIONS.values() for event in edges} == set(RefundEvent)


def test_what_the_table_does_not_name_is_refused() -> None:
    for status, event in itertools.product(RefundStatus, RefundEvent):
        if status in sources_of(event):
            assert follow(status, event) == TRANSITIONS[status][event]
        else:
            with pytest.raises(RefundClosed) as refusal:
                follow(status, event)
            assert refusal.value.facts == {"status": status.value}


def test_money_leaves_only_after_approval_and_never_twice() -> None:
    assert sources_of(RefundEvent.RETURNED) == SET_ASIDE
    assert not sources_of(RefundEvent.ORDERED) & (WAITING | {RefundStatus.ORDERED, RefundStatus.RETURNED})
    assert TRANSITIONS[RefundStatus.RETURNED] == TRANSITIONS[RefundStatus.REFUSED] == {}


def test_payers_hear_four_words() -> None:
    assert set(OUTER) == set(RefundStatus)
    assert set(OUTER.values()) == {"reviewing", "processing", "returned", "refused"}
