"""What a payer wants to know when things are not plain: what happened, that the money is safe, what comes next.

Read from the books alone: money of this payment that waits in suspense, its refunds, when it was settled, and whether
who brings its notices is well (`Doubts`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from gateway.access import own
from gateway.connecting.doubts import doubts
from gateway.payments.view import PaymentView
from gateway.settlement.model import HELD
from gateway.settlement.refund.view import PayerRefund, state_for_payer
from gateway.settlement.store import suspense
from gateway.web.language import Language, amount, moment, text
from gateway.web.screen import Screen, State, Tone

Line = tuple[bool, str]  # whether it has happened; the words

WAITING = frozenset({State.PENDING, State.PARTIAL, State.CHECKING, State.EXPIRED, State.EXPIRED_PARTIAL})
REFUND_TONES: dict[str, Tone] = {"reviewing": "wait", "processing": "check", "returned": "good", "refused": "over"}


class Doubt(Protocol):
    """What is wrong with who brings the notices, in a sentence of each language."""

    @property
    def vi(self) -> str: ...
    @property
    def en(self) -> str: ...


Doubts = Callable[[sa.Connection, Screen, datetime], Doubt | None]


@dataclass(frozen=True, slots=True)
class Explained:
    """What the page adds to the state. Amounts in đồng."""

    surplus: int = 0  # waits to go back, or for the office's decision
    late: bool = False  # came after the code's time, and counted
    doubt: Doubt | None = None
    busy: bool = False  # a terminal is taking the money for the same due just now, so there is no code
    refunds: tuple[PayerRefund, ...] = ()

    @property
    def version(self) -> tuple[str, ...]:
        """Changes whenever what is shown of it would."""
        doubt = () if self.doubt is None else (self.doubt.vi,)
        return (
            str(self.surplus),
            str(self.late),
            str(self.busy),
            *doubt,
            *(f"{one.amount}:{one.state}" for one in self.refunds),
        )


def provider_doubt(connection: sa.Connection, shown: Screen, now: datetime) -> Doubt | None:
    """Whether the bank or provider this payment waits for is known to be late or not answering."""
    return doubt_about(connection, shown.view, now)


def doubt_about(connection: sa.Connection, view: PaymentView, now: datetime) -> Doubt | None:
    """The same of a payment without its screen."""
    named = {view.account.connector, view.row.channel}
    return next((one for one in doubts(connection, view.row.agency_id, now) if one.connector in named), None)


def explain(connection: sa.Connection, shown: Screen, ask: Doubts, now: datetime) -> Explained:
    """What the books say beside the state."""
    row = shown.view.row
    refunds = tuple(state_for_payer(connection, row.id))
    settled = shown.state in (State.PAID, State.SIGNING)
    late = settled and row.settled_at is not None and row.settled_at > row.expires_at
    doubt = ask(connection, shown, now) if shown.state in WAITING else None
    busy = shown.state in (State.PENDING, State.PARTIAL) and shown.view.busy
    return Explained(0 if refunds else _surplus(connection, shown), late, doubt, busy, refunds)


def lines(language: Language, shown: Screen, told: Explained) -> list[Line]:
    """The same in words, in the order of time."""

    def say(happened: bool, key: str, **facts: object) -> Line:
        return happened, text(language, f"explain.{key}", **facts)

    found: list[Line] = []
    if told.late:
        found.append(say(True, "late", moment=moment(shown.view.row.expires_at)))
    if told.busy:
        found += [say(True, "busy"), say(False, "busy_next")]
    if told.doubt:
        found.append((True, f"{told.doubt.vi if language == 'vi' else told.doubt.en}."))
    if shown.state is State.CHECKING and not told.doubt:
        found.append(say(True, "checking"))
    if told.surplus:
        found += [say(True, "surplus", amount=amount(told.surplus)), say(True, "safe"), say(False, "surplus_next")]
    elif told.doubt or shown.state is State.CHECKING:
        found += [say(True, "if_sent"), say(False, "checking_next")]
    return found


def _surplus(connection: sa.Connection, shown: Screen) -> int:
    """Money of this payment that waits; what still counts towards it is no surplus."""
    row = shown.view.row
    waiting = sa.select(sa.func.coalesce(sa.func.sum(suspense.c.amount), 0)).where(
        own(suspense, row.agency_id), suspense.c.payment_id == row.id, suspense.c.closed_at.is_(None)
    )
    if shown.view.payable_dues:
        waiting = waiting.where(suspense.c.reason.not_in([reason.value for reason in HELD]))
    return int(connection.execute(waiting).scalar_one())
