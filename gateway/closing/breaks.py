"""Breaks as tasks: what reconciliation could not close, with an owner, an age, a term by kind, and what persons did.

A break belongs to the agency's current results; nothing of it is stored but the acts of persons. A difference that a
person accepts is accepted as it stands: as soon as reconciliation says something else of it, it is open again. To
accept moves no money; above the limit of the installation it takes two (Nghị định 174/2016/NĐ-CP, Điều 19).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.closing import breaks_store
from gateway.closing.breaks_term import BREAKS, term
from gateway.kernel.clock import business_day
from gateway.officers.store import names_of
from gateway.payments.store import payment
from gateway.settlement.allocation_store import allocation
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import refund
from gateway.settlement.store import notice
from reconciliation.items import current_items, told
from reconciliation.model import Item, Kind, Sentence
from reconciliation.store import recon_item, statement_line

OPEN, ASKED, ACCEPTED, CLOSED = "open", "asked", "accepted", "closed"
PERSON, MONEY = "person", "money"
_DIFFER = (Kind.AMOUNT_UNDER, Kind.AMOUNT_OVER, Kind.FEE_MISMATCH)
_PAYMENT = re.compile(r"pay_[0-9A-Z]{26}")
_STANDING = (RefundStatus.REFUSED.value, RefundStatus.FAILED.value)  # refunds that leave the break to a person


@dataclass(frozen=True, slots=True)
class Break:
    """One group of lines and payments that belong together. Amounts in đồng."""

    subject: str  # of its first item
    lines: tuple[str, ...]
    payments: tuple[str, ...]
    kind: Kind
    account: str
    amount: int  # of the first item; a debit is negative
    difference: int  # lines minus payments
    day: date
    age: int  # days
    due_on: date
    late: bool
    state: str  # open | asked | accepted | closed
    owner: str  # an officer's id, or empty
    way: str  # how it came to wait or to be accepted: `person`, or `money` that is being placed or given back
    ask_id: str  # of the open request to accept it
    asked_by: str
    decided_by: str
    contested: bool  # a person decided, and new evidence says otherwise
    rule: str
    reference: str
    bank_ref: str
    memo: str = field(repr=False)

    @property
    def basis(self) -> str:
        """What an acceptance rests on."""
        return f"{self.kind}|{self.amount}|{self.difference}"

    @property
    def stake(self) -> int:
        """What is lost or kept if it stays as it is: of a sum that differs the difference, of anything else all of it."""
        if self.kind in _DIFFER and self.difference:
            return abs(self.difference)
        return max(abs(self.amount), abs(self.difference))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones; empty is any."""

    kind: str = ""
    account: str = ""
    day: date | None = None
    owner: str = ""  # an officer's id, or `-` for nobody's
    state: str = ""  # open | asked | accepted; `closed` means accepted, decided and matched
    lines: frozenset[str] | None = None  # only these lines and payments, whatever their kind
    payments: frozenset[str] | None = None
    booked_on: date | None = None  # groups with a line of this day


def breaks(
    connection: sa.Connection, agency_id: str, today: date, wanted: Wanted | None = None, limit: int | None = 5_000
) -> list[Break]:
    """Late ones first, then by kind's term, age and amount. At most `limit` items are looked at; None: all."""
    asked = wanted or Wanted()
    rows = connection.execute(_items(agency_id, asked).limit(limit)).all()
    accepted = breaks_store.latest(connection, agency_id, "asked", "accepted", "agreed", "declined", "undone")
    owners = breaks_store.latest(connection, agency_id, "assigned")
    groups: dict[str, list[sa.Row[Any]]] = {}
    for row in rows:
        groups.setdefault(row.group_id, []).append(row)
    moving = _moving(connection, agency_id)
    found = [_with_money(_break(each, accepted, owners, today), moving) for each in groups.values()]
    return sorted((one for one in found if fits(one, asked)), key=_first)


def of_day(connection: sa.Connection, agency_id: str, day: date) -> list[Break]:
    """Every break with a line of the day, as it stands."""
    return breaks(connection, agency_id, day, Wanted(booked_on=day), None)


def one(connection: sa.Connection, agency_id: str, subject: str, today: date) -> Break | None:
    """The break, or closed group, that a line or payment belongs to now; None when nothing is known of it."""
    side, _, key = subject.partition(":")
    c = recon_item.c
    column = c.line_id if side == "line" else c.payment_id
    group = connection.scalar(
        sa.select(c.group_id).where(c.owner == agency_id, c.superseded_by.is_(None), column == key)
    )
    if group is None:
        return None
    same = sa.select(c.line_id, c.payment_id).where(
        c.owner == agency_id, c.superseded_by.is_(None), c.group_id == group
    )
    members = connection.execute(same).all()
    wanted = Wanted(
        lines=frozenset(row.line_id for row in members if row.line_id),
        payments=frozenset(row.payment_id for row in members if row.payment_id),
    )
    return next(iter(breaks(connection, agency_id, today, wanted)), None)


def sentences(connection: sa.Connection, agency_id: str, found: Sequence[Break]) -> dict[str, Sentence]:
    """By subject, made anew from rule and evidence."""
    leads = [each.subject.partition(":") for each in found]
    items = current_items(
        connection,
        owner=agency_id,
        lines=[key for side, _, key in leads if side == "line"],
        payments=[key for side, _, key in leads if side == "payment"],
    )
    answers = told(connection, owner=agency_id, items=items) if leads else []
    plain = named(connection, agency_id, [answer.sentence for answer in answers])
    return {_subject(answer.item): sentence for answer, sentence in zip(answers, plain, strict=True)}


def named(connection: sa.Connection, agency_id: str, told_: Sequence[Sentence]) -> list[Sentence]:
    """The same sentences with payments by the reference that people know, in place of their ids."""
    ids = sorted({found for one in told_ for found in _PAYMENT.findall(one.vi)})
    c = payment.c
    rows = connection.execute(sa.select(c.id, c.reference).where(own(payment, agency_id), c.id.in_(ids))) if ids else ()
    known = {row.id: row.reference for row in rows}

    def plain(text: str) -> str:
        return _PAYMENT.sub(lambda match: known.get(match[0], match[0]), text)

    return [Sentence(plain(one.vi), plain(one.en)) for one in told_]


def members(connection: sa.Connection, agency_id: str, found: Break) -> list[Item]:
    """Its lines and payments."""
    return current_items(connection, owner=agency_id, lines=found.lines, payments=found.payments)


def _subject(item: Item) -> str:
    return f"line:{item.line_id}" if item.line_id is not None else f"payment:{item.payment_id}"


def owners(connection: sa.Connection, agency_id: str, found: Iterable[Break]) -> dict[str, str]:
    """Officers' names by id."""
    actors = sorted({f"officer:{each.owner}" for each in found if each.owner})
    return {actor.removeprefix("officer:"): name for actor, name in names_of(connection, agency_id, actors).items()}


def _items(agency_id: str, wanted: Wanted) -> sa.Select[Any]:
    c, line = recon_item.c, statement_line.c
    query = (
        sa.select(
            recon_item,
            line.booking_date.label("day"),
            line.bank_ref,
            line.memo,
            payment.c.created_at,
            payment.c.settled_at,
        )
        .select_from(
            recon_item.outerjoin(statement_line, line.id == c.line_id).outerjoin(
                payment, (payment.c.id == c.payment_id) & own(payment, agency_id)
            )
        )
        .where(c.owner == agency_id, c.superseded_by.is_(None))
        .order_by(c.subject)
    )
    if wanted.lines is not None or wanted.payments is not None:
        return query.where(c.line_id.in_(wanted.lines or ()) | c.payment_id.in_(wanted.payments or ()))
    if wanted.state == CLOSED:
        return query.where(c.kind.not_in(BREAKS))
    query = query.where(c.kind.in_([wanted.kind] if wanted.kind else BREAKS) | c.contested_by.is_not(None))
    if wanted.booked_on is not None:
        booked = (c.owner == agency_id) & c.superseded_by.is_(None) & (line.booking_date == wanted.booked_on)
        groups = sa.select(c.group_id).join(statement_line, line.id == c.line_id).where(booked)
        query = query.where(c.group_id.in_(groups))
    return query.where(c.account == wanted.account) if wanted.account else query


def _break(
    rows: Sequence[sa.Row[Any]], acts: Mapping[str, sa.Row[Any]], owners: Mapping[str, sa.Row[Any]], today: date
) -> Break:
    lead = min(rows, key=lambda row: row.subject)
    kind = Kind(lead.kind)
    day = lead.day or business_day(lead.settled_at or lead.created_at)
    due_on = term(kind, day)
    act, given = acts.get(lead.subject), owners.get(lead.subject)
    made = Break(
        subject=lead.subject,
        lines=tuple(row.line_id for row in rows if row.line_id),
        payments=tuple(row.payment_id for row in rows if row.payment_id),
        kind=kind,
        account=lead.account,
        amount=lead.amount,
        difference=lead.difference,
        day=day,
        age=(today - day).days,
        due_on=due_on,
        late=due_on < today,
        state=OPEN,
        owner=(given.officer_id or "") if given is not None else "",
        way="",
        ask_id="",
        asked_by="",
        decided_by=lead.decided_by or "",
        contested=lead.contested_by is not None,
        rule=lead.rule,
        reference=lead.reference or "",
        bank_ref=lead.bank_ref or "",
        memo=lead.memo or "",
    )
    return _with_state(made, act)


def _with_state(made: Break, act: sa.Row[Any] | None) -> Break:
    if made.kind.value not in BREAKS and not made.contested:
        return replace(made, state=CLOSED, late=False)
    if act is None or act.basis != made.basis:
        return made
    if act.act == "asked":
        return replace(made, state=ASKED, way=PERSON, ask_id=act.id, asked_by=act.done_by)
    return replace(made, state=ACCEPTED, way=PERSON, late=False) if act.act in ("accepted", "agreed") else made


def _with_money(made: Break, moving: Mapping[str, str]) -> Break:
    """Whose money is being placed or given back waits; what has been given back is explained."""
    state = next((moving[line] for line in made.lines if line in moving), OPEN)
    return (
        replace(made, state=state, way=MONEY, late=made.late and state != ACCEPTED)
        if made.state == OPEN != state
        else made
    )


def _moving(connection: sa.Connection, agency_id: str) -> dict[str, str]:
    """Lines whose suspended money somebody has asked to place or to give back, by the state that gives them."""
    c = notice.c
    placed = (
        sa.select(c.line_id)
        .join(allocation, allocation.c.notice_id == c.id)
        .where(own(allocation, agency_id), allocation.c.ended_at.is_(None), c.line_id.is_not(None))
    )
    given = (
        sa.select(c.line_id, refund.c.status)
        .join(refund, refund.c.notice_id == c.id)
        .where(own(refund, agency_id), refund.c.status.not_in(_STANDING), c.line_id.is_not(None))
    )
    found = dict.fromkeys(connection.scalars(placed), ASKED)
    for line, status in connection.execute(given):
        found[line] = ACCEPTED if status == RefundStatus.RETURNED else ASKED
    return found


def fits(found: Break, wanted: Wanted) -> bool:
    """Whether it is one of those."""
    return (
        (not wanted.kind or found.kind == wanted.kind or wanted.lines is not None)
        and (not wanted.account or found.account == wanted.account)
        and (wanted.day is None or found.day == wanted.day)
        and (not wanted.owner or found.owner == wanted.owner.replace("-", ""))
        and (not wanted.state or found.state == wanted.state)
    )


def _first(found: Break) -> tuple[Any, ...]:
    return (not found.late, found.due_on, -found.stake, found.subject)


def lines_of(found: Collection[Break]) -> list[str]:
    """Every line of these."""
    return [line for each in found for line in each.lines]
