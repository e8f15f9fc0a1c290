"""What to do next with a card payment whose answer may be lost: the recovery rules of nexo Retailer 3.0, pure.

    Payment is sent once. No answer, a broken link, an unclear answer -> TransactionStatus, again and again:
    its first answer inside RepeatedMessageResponse ends it; InProgress -> wait, ask again;
    NotFound -> it never arrived, and may be asked anew under a new ServiceID.
    Nothing known at the deadline -> UNKNOWN: Abort, one more look, then Reversal. From the moment a reversal is decided
    an approval settles nothing unless the terminal refuses the reversal.
    Silence even then -> a look and the reversal again after 10 s, 30 s, 2 min, 10 min, 1 h; then the acquirer's file
    decides.

A `Course` is all there is to know of it, and can be written down and taken up by another process.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from connectors.contract import Outcome
from connectors.terminal.contract import NOT_FOUND, NOT_SENT, Said

LOOK_EVERY_S = 5
GRACE_S = 30  # after the patience with the payment itself is over: time for a few looks
AGAIN_AFTER_S = (10, 30, 120, 600, 3600)


class Phase(StrEnum):
    """Where a payment stands."""

    ASKING = "asking"  # to be sent; sent only once
    LOOKING = "looking"
    STOPPING = "stopping"  # UNKNOWN: to be aborted
    LAST_LOOK = "last_look"
    REVERSING = "reversing"
    SEEKING = "seeking"  # nobody answered the reversal: find the payment, then reverse it by the terminal's id
    STANDING = "standing"  # the reversal was refused, so what stands has to be looked at
    FILE = "file"  # the acquirer's file decides
    APPROVED = "approved"
    REFUSED = "refused"
    NOT_REACHED = "not_reached"  # refused, and free to be asked anew at once
    REVERSED = "reversed"


ENDED = frozenset({Phase.APPROVED, Phase.REFUSED, Phase.NOT_REACHED, Phase.REVERSED})
UNDOING = frozenset({Phase.REVERSING, Phase.SEEKING, Phase.STANDING, Phase.FILE})
DOUBTED = UNDOING | {Phase.STOPPING, Phase.LAST_LOOK}


class Act(StrEnum):
    """What to do now."""

    PAY = "pay"
    LOOK = "look"
    ABORT = "abort"
    REVERSE = "reverse"
    WAIT = "wait"  # until `Course.next_at`, then ask again what to do
    NOTHING = "nothing"


ACTS = {
    Phase.ASKING: Act.PAY,
    Phase.LOOKING: Act.LOOK,
    Phase.STOPPING: Act.ABORT,
    Phase.LAST_LOOK: Act.LOOK,
    Phase.REVERSING: Act.REVERSE,
    Phase.SEEKING: Act.LOOK,
    Phase.STANDING: Act.LOOK,
}


@dataclass(frozen=True, slots=True)
class Course:
    """One attempt and how far it has come."""

    phase: Phase
    asked_at: datetime  # UTC
    patience_s: int
    next_at: datetime  # not before this
    tries: int = 0  # of the schedule, once in doubt
    poi_id: str = ""  # the terminal's id of the payment, once it is known
    poi_time: str = ""
    said: Said | None = None  # the last word that counts

    @property
    def deadline(self) -> datetime:
        """When it is UNKNOWN."""
        return self.asked_at + timedelta(seconds=self.patience_s + GRACE_S)


def begun(asked_at: datetime, patience_s: int) -> Course:
    """An attempt that has been written down and not yet sent."""
    return Course(Phase.ASKING, asked_at, patience_s, asked_at)


def taken_up(course: Course, now: datetime) -> Course:
    """After a crash nobody knows whether the payment was sent: it is looked for, never sent again."""
    phase = Phase.LOOKING if course.phase is Phase.ASKING else course.phase
    return replace(course, phase=phase, next_at=min(course.next_at, now))


def next_act(course: Course, now: datetime) -> Act:
    """What to do at `now`."""
    act = ACTS.get(course.phase, Act.NOTHING)
    return Act.WAIT if act is not Act.NOTHING and now < course.next_at else act


def heard(course: Course, said: Said, now: datetime) -> Course:
    """After the act that `next_act` named, and what came of it."""
    return _RULES[course.phase](course, said, now)


def _paid(course: Course, said: Said, now: datetime) -> Course:
    if said.final:
        return _ended(course, said)
    if said.reason == NOT_SENT:
        return replace(course, phase=Phase.NOT_REACHED, said=said)
    pause = LOOK_EVERY_S if said.outcome is Outcome.PENDING else 0
    return replace(course, phase=Phase.LOOKING, next_at=now + timedelta(seconds=pause), said=said)


def _looked(course: Course, said: Said, now: datetime) -> Course:
    if said.final:
        return _ended(course, said)
    if now >= course.deadline:
        return replace(course, phase=Phase.STOPPING, next_at=now, said=said)
    return replace(course, next_at=min(now + timedelta(seconds=LOOK_EVERY_S), course.deadline), said=said)


def _aborted(course: Course, said: Said, now: datetime) -> Course:
    """An abort has no answer of its own."""
    return replace(course, phase=Phase.LAST_LOOK, next_at=now, said=said)


def _looked_last(course: Course, said: Said, now: datetime) -> Course:
    return _ended(course, said) if said.final else replace(course, phase=Phase.REVERSING, next_at=now, said=said)


def _reversed(course: Course, said: Said, now: datetime) -> Course:
    if said.outcome is Outcome.REVERSED:
        return replace(course, phase=Phase.REVERSED, said=said)
    if said.outcome is Outcome.FAILED:  # refused, or there is nothing it could undo: see what stands
        return replace(course, phase=Phase.STANDING, next_at=now, said=said)
    return _again(course, said, now)


def _sought(course: Course, said: Said, now: datetime) -> Course:
    """An approval found now has been decided against already: it is undone, by its own name."""
    if said.outcome is Outcome.PAID:
        named = replace(course, poi_id=said.poi_id, poi_time=said.poi_time)
        return replace(named, phase=Phase.REVERSING, next_at=now, said=said)
    return _ended(course, said) if said.final else _again(course, said, now)


def _stands(course: Course, said: Said, now: datetime) -> Course:
    return _ended(course, said) if said.final else _again(course, said, now)


def _again(course: Course, said: Said, now: datetime) -> Course:
    if course.tries == len(AGAIN_AFTER_S):
        return replace(course, phase=Phase.FILE, said=said)
    pause = timedelta(seconds=AGAIN_AFTER_S[course.tries])
    return replace(course, phase=Phase.SEEKING, tries=course.tries + 1, next_at=now + pause, said=said)


def _ended(course: Course, said: Said) -> Course:
    if said.outcome is Outcome.PAID:
        return replace(course, phase=Phase.APPROVED, poi_id=said.poi_id, poi_time=said.poi_time, said=said)
    never_arrived = said.reason == NOT_FOUND
    return replace(course, phase=Phase.NOT_REACHED if never_arrived else Phase.REFUSED, said=said)


_RULES = {
    Phase.ASKING: _paid,
    Phase.LOOKING: _looked,
    Phase.STOPPING: _aborted,
    Phase.LAST_LOOK: _looked_last,
    Phase.REVERSING: _reversed,
    Phase.SEEKING: _sought,
    Phase.STANDING: _stands,
}
