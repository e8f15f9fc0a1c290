"""What the payer's page has to say about a payment: one of eleven states, from facts alone.

The page, its event stream and the QR read the same `Screen`, so they cannot disagree. A state is more than the outer
status: dues may have been paid elsewhere, withdrawn or amended, money may be there in part, a receipt may still lack
its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DossierRow, DueRow
from gateway.kernel.canonical import fingerprint
from gateway.kernel.clock import business_day
from gateway.payments import series_open, store
from gateway.payments.series_open import SeriesClosed
from gateway.payments.store import PaymentRow, payment
from gateway.payments.view import PaymentView, views
from receipts.model import State as ReceiptState
from receipts.register import may_issue

Tone = Literal["wait", "check", "good", "over", "attention", "bad"]


class State(StrEnum):
    """Each is a text `state.<name>` and `state.<name>.note`."""

    PENDING = "pending"
    PARTIAL = "partial"
    CHECKING = "checking"
    SIGNING = "signing"
    PAID = "paid"
    EXPIRED = "expired"
    EXPIRED_PARTIAL = "expired_partial"
    FAILED = "failed"
    SETTLED_ELSEWHERE = "settled_elsewhere"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"


TONES: dict[State, Tone] = {
    State.PENDING: "wait",
    State.PARTIAL: "attention",
    State.CHECKING: "check",
    State.SIGNING: "good",
    State.PAID: "good",
    State.EXPIRED: "over",
    State.EXPIRED_PARTIAL: "attention",
    State.FAILED: "bad",
    State.SETTLED_ELSEWHERE: "good",
    State.WITHDRAWN: "over",
    State.CHANGED: "attention",
}
FINAL = frozenset({State.PAID, State.SETTLED_ELSEWHERE, State.WITHDRAWN})  # nothing more will happen on this page
ASKING = frozenset({State.PENDING, State.PARTIAL, State.EXPIRED_PARTIAL, State.EXPIRED, State.CHANGED})  # for money
SOON = frozenset({State.PENDING, State.PARTIAL, State.CHECKING, State.SIGNING})  # worth a refresh without script


@dataclass(frozen=True, slots=True)
class Screen:
    """A payment as its payer sees it at one moment. Amounts in đồng."""

    view: PaymentView
    dossiers: tuple[tuple[DossierRow, tuple[DueRow, ...]], ...]
    state: State
    closed: SeriesClosed | None = None  # why nothing can be collected now, and whom to ask

    @property
    def tone(self) -> Tone:
        return TONES[self.state]

    @property
    def live(self) -> bool:
        """Whether the page should listen for news."""
        return self.state not in FINAL

    @property
    def soon(self) -> bool:
        """Whether news is expected within seconds or minutes."""
        return self.state in SOON

    @property
    def payload(self) -> str | None:
        """The VietQR on offer, if any."""
        return self.view.payload if self.state in (State.PENDING, State.PARTIAL) and not self.closed else None

    @property
    def code(self) -> str | None:
        """The provider's own QR on offer, if any: for its app, not for a bank's."""
        return self.view.code if self.state is State.PENDING and not self.closed else None

    @property
    def transferable(self) -> bool:
        """Whether the transfer details are shown; what came in part is completed even after the time."""
        return self.payload is not None or (self.state is State.EXPIRED_PARTIAL and not self.closed)

    @property
    def renewable(self) -> bool:
        """Whether a fresh payment may take this one's place; never while money of this one is held."""
        stale = self.state in (State.EXPIRED, State.FAILED, State.CHANGED)
        return stale and self.view.row.received == 0 and self.view.payable_dues and not self.closed

    @property
    def restricted(self) -> bool:
        """Whether one of the dossiers is secret or sensitive: then nothing says what the payment is for, or for whom."""
        return any(dossier.restricted for dossier, _ in self.dossiers)

    def seconds_left(self, now: datetime) -> int:
        """Until the code's end."""
        return max(0, int((self.view.row.expires_at - now).total_seconds()))

    @property
    def amount(self) -> int:
        """The figure the page begins with."""
        if self.state in (State.PARTIAL, State.EXPIRED_PARTIAL):
            return self.view.remaining
        if self.state in (State.PAID, State.SIGNING):
            return sum(due.amount for due in self.settled) or self.view.row.amount
        return _open_amount(self.view) if self.state is State.CHANGED else self.view.row.amount

    @property
    def settled(self) -> tuple[DueRow, ...]:
        """The dues this payment has paid."""
        return tuple(due for due in self.view.dues if due.payment_id == self.view.row.id)

    @property
    def version(self) -> str:
        """Changes whenever the page would."""
        row, view = self.view.row, self.view
        receipts = [[item.id, item.state] for item in view.receipts]
        dues = [[due.id, due.amount, due.status.value] for due in view.dues]
        until = row.expires_at.isoformat()
        return fingerprint(
            [self.state.value, row.amount, row.received, until, dues, receipts, *self._why_closed, *self._given]
        )[:12]

    @property
    def _why_closed(self) -> list[object]:
        return [] if self.closed is None else [self.closed.facts]

    @property
    def _given(self) -> list[object]:
        return [] if self.code is None else [self.code]

    @property
    def subjects(self) -> frozenset[str]:
        """Whose events concern this page."""
        ids = [due.id for due in self.view.dues] + [item.id for item in self.view.receipts]
        return frozenset([self.view.row.id, *ids])


def by_token(connection: sa.Connection, token: str, now: datetime) -> Screen:
    """The screen of the payment whose link somebody holds. PaymentMissing."""
    return _screen(connection, store.by_token(connection, token), now)


def by_reference(connection: sa.Connection, reference: str, now: datetime) -> Screen | None:
    """The same, found by the reference of the transfer: for pages that show neither dossier nor receipt."""
    found = store.rows(connection, sa.select(payment).where(payment.c.reference == reference))
    return _screen(connection, found[0], now) if found else None


def _screen(connection: sa.Connection, row: PaymentRow, now: datetime) -> Screen:
    view = views(connection, [row])[0]
    state = state_of(view, now)
    return Screen(view, _grouped(connection, view.dues), state, _closed(connection, view, state, now))


def _closed(connection: sa.Connection, view: PaymentView, state: State, now: datetime) -> SeriesClosed | None:
    """Asked only where the page would ask for money."""
    needs_receipt = any(due.kind in series_open.RECEIPTED for due in view.dues)
    if state not in ASKING or not needs_receipt:
        return None
    verdict = may_issue(connection, view.row.agency_id, business_day(now))
    return None if verdict.open else series_open.refusal(connection, view.row.agency_id, verdict)


def state_of(view: PaymentView, now: datetime) -> State:
    """The one state that fits; what is certain comes before what is asked."""
    if view.status == "paid":
        return State.SIGNING if _unsigned(view.receipts) else State.PAID
    if view.status == "checking":
        return State.CHECKING
    if not view.payable_dues:
        paid = any(due.status is DueStatus.PAID for due in view.dues)
        return State.SETTLED_ELSEWHERE if paid else State.WITHDRAWN
    if _open_amount(view) != view.row.amount:
        return State.CHANGED
    if view.status == "failed":
        return State.FAILED
    return _waiting(view, now)


def _waiting(view: PaymentView, now: datetime) -> State:
    over = view.status == "expired" or view.row.expires_at <= now
    if view.row.received > 0:
        return State.EXPIRED_PARTIAL if over else State.PARTIAL
    return State.EXPIRED if over else State.PENDING


def _unsigned(receipts: Sequence[sa.Row[Any]]) -> bool:
    return any(item.state == ReceiptState.NUMBERED for item in receipts)


def _open_amount(view: PaymentView) -> int:
    return sum(due.amount for due in view.dues if due.status is DueStatus.OPEN)


def _grouped(connection: sa.Connection, dues: Sequence[DueRow]) -> tuple[tuple[DossierRow, tuple[DueRow, ...]], ...]:
    """The dues under their dossiers, in the dossiers' order of first mention."""
    groups: dict[str, list[DueRow]] = {}
    for due in dues:
        groups.setdefault(due.dossier_id, []).append(due)
    known = dues_store.dossiers(connection, groups)
    return tuple((known[dossier_id], tuple(items)) for dossier_id, items in groups.items())
