"""Whether an account's statements continue one another: each opens where one before it closed, and adds up.

Judged over all statements of the account, so that the order in which files arrive does not matter. Statements may
overlap (days, then their week); the earliest one starts the chain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Span:
    """One statement's place in the chain."""

    id: str
    from_day: date
    to_day: date
    number: str
    opening: int | None
    closing: int | None
    balances: bool | None  # opening + lines = closing; None where a balance is missing


def gaps(spans: Iterable[Span]) -> frozenset[str]:
    """Ids of the statements that do not add up or do not continue the chain."""
    ordered = sorted(spans, key=lambda s: (s.from_day, s.to_day, s.number, s.id))
    broken = {span.id for span in ordered if span.balances is False}
    known = [span for span in ordered if span.opening is not None]
    start = _start(known)
    return frozenset(broken | {span.id for span in known if span is not start and not _continues(span, start, known)})


def ends(spans: Sequence[Span]) -> tuple[int, int] | None:
    """First opening and last closing of an unbroken chain; None where a balance is missing or the end is not clear."""
    start = _start(sorted(spans, key=lambda s: (s.from_day, s.to_day, s.number, s.id)))
    if start is None or start.opening is None or any(s.opening is None or s.closing is None for s in spans):
        return None
    last_day = max(span.to_day for span in spans)
    last = [span for span in spans if span.to_day == last_day]
    closings = {span.closing for span in last if not any(_follows(other, [span]) for other in last)}
    return (start.opening, closings.pop() or 0) if len(closings) == 1 else None


def _start(known: Sequence[Span]) -> Span | None:
    """The first statement; of several on the first day, the one that continues none of the others."""
    if not known:
        return None
    first = [span for span in known if span.from_day == known[0].from_day]
    return next((span for span in first if not _follows(span, first)), first[0])


def _continues(span: Span, start: Span | None, known: Sequence[Span]) -> bool:
    beside = start is not None and span.from_day == start.from_day and span.opening == start.opening
    return beside or _follows(span, known)


def _follows(span: Span, others: Sequence[Span]) -> bool:
    """Whether it opens where an earlier one closed; a second copy of itself is no predecessor."""
    return any(
        other.closing == span.opening and other.to_day <= span.from_day
        for other in others
        if _identity(other) != _identity(span)
    )


def _identity(span: Span) -> tuple[object, ...]:
    return (span.from_day, span.to_day, span.number, span.opening, span.closing)
