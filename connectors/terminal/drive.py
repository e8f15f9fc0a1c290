"""Carries a card payment through: asks `recovery` what to do, does it with a driver, has each turn written down first.

It ends when the payment has, or when the next step lies further off than anybody should wait for at the counter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from connectors.terminal import recovery
from connectors.terminal.contract import Bill, ReversalReason, Said, TerminalDriver
from connectors.terminal.recovery import DOUBTED, ENDED, Act, Course, Phase

Sleep = Callable[[float], Awaitable[None]]
Turned = Callable[[Course], Awaitable[bool]]  # written down; False: somebody else has ended it meanwhile

REASON: ReversalReason = "Malfunction"


async def drive(
    driver: TerminalDriver,
    bill: Bill,
    course: Course,
    *,
    clock: Callable[[], datetime],
    sleep: Sleep,
    turned: Turned,
) -> Course:
    """The course as far as it goes now: ended, or in doubt with `next_at` for whoever takes it up then.

    `turned` is told of each change of phase before the next act, so that nothing is undone that is not known to be.
    """
    while True:
        act = recovery.next_act(course, clock())
        if act is Act.NOTHING or (act is Act.WAIT and course.phase in DOUBTED):
            return course
        if act is Act.WAIT:
            await sleep((course.next_at - clock()).total_seconds())
            continue
        before, course = course, recovery.heard(course, await _done(driver, bill, act, course), clock())
        if course.phase is before.phase and course.phase is Phase.LOOKING:
            continue
        if course.phase in ENDED:
            return course
        if not await turned(course):
            return course


async def _done(driver: TerminalDriver, bill: Bill, act: Act, course: Course) -> Said:
    match act:
        case Act.PAY:
            return await driver.pay(bill)
        case Act.LOOK:
            return await driver.status(bill)
        case Act.ABORT:
            return await driver.abort(bill)
        case _:
            return await driver.reverse(bill, course.poi_id, course.poi_time, REASON)
