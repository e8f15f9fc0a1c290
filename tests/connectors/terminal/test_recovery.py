"""The recovery rules, one by one and over every sequence of answers: a payment is sent once, and doubt never settles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from connectors.contract import Outcome
from connectors.terminal import recovery
from connectors.terminal.contract import NOT_FOUND, NOT_SENT, Said
from connectors.terminal.recovery import AGAIN_AFTER_S, ENDED, UNDOING, Act, Course, Phase

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
PAID = Said(Outcome.PAID, amount=1, poi_id="7", poi_time="t")
REFUSED = Said(Outcome.FAILED, "Refusal")
SILENT = Said(Outcome.UNKNOWN, "link.cut")
RUNNING = Said(Outcome.PENDING, "InProgress")
MISSING = Said(Outcome.FAILED, NOT_FOUND)
UNDONE = Said(Outcome.REVERSED)


def run(*told: Said, course: Course | None = None) -> tuple[Course, list[Act], datetime]:
    """Let these answers come, each as soon as it is asked for; the course, what was done, and when it was over."""
    course = course or recovery.begun(NOW, 120)
    now, acts = course.next_at, list[Act]()
    for said in told:
        now = max(now, course.next_at)
        acts.append(recovery.next_act(course, now))
        if acts[-1] is Act.NOTHING:
            break
        now += timedelta(seconds=120 if said is SILENT and acts[-1] is Act.PAY else 1)
        course = recovery.heard(course, said, now)
    return course, acts, now


def doubted(*told: Said) -> tuple[Course, list[Act], datetime]:
    """The same once the terminal has said until the deadline that it is still at it."""
    course = run(SILENT)[0]
    while course.phase is Phase.LOOKING:
        course = run(RUNNING, course=course)[0]
    return run(*told, course=course)


def test_an_answer_ends_it() -> None:
    assert run(PAID)[:2] == (Course(Phase.APPROVED, NOW, 120, NOW, poi_id="7", poi_time="t", said=PAID), [Act.PAY])
    assert run(REFUSED)[0].phase is Phase.REFUSED


def test_after_silence_it_looks_and_finds() -> None:
    course, acts, _ = run(SILENT, RUNNING, PAID)
    assert (course.phase, acts) == (Phase.APPROVED, [Act.PAY, Act.LOOK, Act.LOOK])


def test_what_never_arrived_may_be_asked_anew() -> None:
    assert run(SILENT, MISSING)[0].phase is Phase.NOT_REACHED
    assert run(Said(Outcome.UNKNOWN, NOT_SENT))[0].phase is Phase.NOT_REACHED


def test_nothing_known_at_the_deadline_is_aborted_looked_at_and_reversed() -> None:
    course, acts, now = doubted(SILENT, RUNNING, UNDONE)
    assert (course.phase, acts) == (Phase.REVERSED, [Act.ABORT, Act.LOOK, Act.REVERSE])
    assert now > course.deadline


def test_an_approval_before_the_reversal_was_decided_settles() -> None:
    assert doubted(SILENT, PAID)[0].phase is Phase.APPROVED


def test_an_approval_found_after_that_is_reversed_by_its_name() -> None:
    course, acts, _ = doubted(SILENT, RUNNING, SILENT, PAID)
    assert (course.phase, course.poi_id, acts[-1]) == (Phase.REVERSING, "7", Act.LOOK)
    assert recovery.heard(course, UNDONE, NOW).phase is Phase.REVERSED


def test_a_refused_reversal_leaves_the_money_where_it_is() -> None:
    assert doubted(SILENT, RUNNING, REFUSED, PAID)[0].phase is Phase.APPROVED


def test_silence_for_good_is_tried_five_times_and_left_to_the_file() -> None:
    course, acts, now = run(*[SILENT] * 30)
    assert course.phase is Phase.FILE
    assert now - course.deadline > timedelta(seconds=sum(AGAIN_AFTER_S))
    assert acts.count(Act.PAY) == 1


@pytest.mark.parametrize("first", [PAID, REFUSED, SILENT, RUNNING, MISSING, UNDONE])
def test_whatever_comes_a_payment_is_sent_once_and_doubt_never_settles_by_itself(first: Said) -> None:
    for rest in product([PAID, REFUSED, SILENT, RUNNING, MISSING, UNDONE], repeat=4):
        course, now, pays, undoing = recovery.begun(NOW, 0), NOW, 0, False
        for said in (first, *rest, *[SILENT] * 12):
            now = max(now, course.next_at)
            act = recovery.next_act(course, now)
            if act is Act.NOTHING:
                break
            pays += act is Act.PAY
            before, course = course, recovery.heard(course, said, now + timedelta(seconds=20))
            undoing = undoing or course.phase in UNDOING
            if undoing and course.phase is Phase.APPROVED:
                assert before.phase is Phase.STANDING  # only where the reversal was refused
        assert pays == 1
        assert course.phase in ENDED | {Phase.FILE}


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase not in ENDED])
def test_after_a_crash_a_payment_is_looked_for_and_not_sent(phase: Phase) -> None:
    course = recovery.taken_up(Course(phase, NOW, 120, NOW + timedelta(hours=1)), NOW)
    assert recovery.next_act(course, NOW) is not Act.PAY
    assert course.phase is (Phase.LOOKING if phase is Phase.ASKING else phase)
