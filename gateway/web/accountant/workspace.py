"""The reconciliation workspace: the queue on the left, what is known of the chosen row and what to do on the right.

Everything is a link or a button; keys press them (static/keys.js, static/accountant.js).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gateway import agencies
from gateway.access import own
from gateway.closing import breaks, breaks_act, breaks_evidence, breaks_place, suggestions
from gateway.closing.breaks import ACCEPTED, ASKED, CLOSED, OPEN, Break, Wanted
from gateway.closing.breaks_find import find
from gateway.closing.breaks_term import BREAKS
from gateway.dues.store import dossier, due
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.payments.store import payment, payment_due
from gateway.settlement.refund.store import refund
from gateway.web import pages
from gateway.web.accountant import split
from gateway.web.accountant.frame import SEE, address, both, day_of, page, today_of
from gateway.web.officers.entry import environment_of, field, shown_to
from reconciliation.items import told
from reconciliation.store import recon_item, statement_line
from reconciliation.suggest import Suggestion

PAGE = 50
MOST_CLOSED = 1_000
VIEWS = (OPEN, ASKED, ACCEPTED, CLOSED)
PATH = "/accountant"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    view: str = OPEN
    kind: str = ""
    account: str = ""
    day: date | None = None
    owner: str = ""
    q: str = ""
    at: str = ""
    page: int = 1
    more: int = 0  # how often more rows for a split were asked for

    def link(self, language: str, **other: object) -> str:
        """The same page, changed."""
        values: dict[str, object] = {name: getattr(self, name) for name in self.__slots__} | other
        if values["view"] == OPEN:
            values["view"] = ""
        values |= {name: "" for name, usual in (("page", 1), ("more", 0)) if values[name] == usual}
        return address(f"/{language}{PATH}", values)


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion with its payments as a person reads them."""

    position: int
    suggestion: Suggestion
    payments: tuple[sa.Row[Any], ...]
    same_rule: int  # open rows whose first suggestion is of this rule, sure, and names one payment

    @property
    def sentence(self) -> dict[str, str]:
        """By language."""
        return {"vi": self.suggestion.sentence_vi, "en": self.suggestion.sentence_en}


def asked_of(query: QueryParams) -> Asked:
    """Unknown values count as none."""
    view, kind, number = query.get("view", ""), query.get("kind", ""), query.get("page", "")[:6]
    more = query.get("more", "")[:2]
    return Asked(
        view=view if view in VIEWS else OPEN,
        kind=kind if kind in BREAKS else "",
        account=query.get("account", "")[:40],
        day=day_of(query.get("day", ""), None),  # type: ignore[arg-type]
        owner=query.get("owner", "")[:60],
        q=query.get("q", "").strip()[:80],
        at=query.get("at", "")[:80],
        page=max(1, int(number)) if number.isdecimal() else 1,
        more=int(more) if more.isdecimal() else 0,
    )


@shown_to(*SEE)
def listed(request: Request, session: Session) -> Response:
    """The page."""
    return show(request, session, asked_of(request.query_params))


def show(
    request: Request,
    session: Session,
    asked: Asked,
    refusal: str = "",
    status: int = 200,
    typed: FormData | None = None,
) -> Response:
    """The queue as asked, with a refusal above it; a split that was refused stands as it was `typed`."""
    agency, today, language = session.officer.agency, today_of(request), pages.language_of(request)
    with environment_of(request).read(agency) as connection:
        everything = breaks.breaks(connection, agency, today)
        found = _found(connection, agency, today, asked, everything)
        pages_all = max(1, -(-len(found) // PAGE))
        asked = replace(asked, page=min(asked.page, pages_all))
        shown = found[(asked.page - 1) * PAGE : asked.page * PAGE]
        chosen = next((one for one in shown if one.subject == asked.at), shown[0] if shown else None)
        staff = officers.of_agency(connection, agency)
        detail = _detail(request, connection, session, chosen, everything) if chosen else {}
        if chosen and detail["money"]:
            named = split.unpaid(connection, agency, chosen.payments)
            detail |= {"split": split.rows(typed, named, asked.more), "split_open": bool(typed or asked.more)}
            detail["split_reason"] = field(typed, "reason") if typed else ""
        facts = {
            "rows": shown,
            "sentences": breaks.sentences(connection, agency, shown),
            "counts": {view: sum(one.state == view for one in everything) for view in VIEWS[:3]},
            "open_amount": sum(one.stake for one in everything if one.state == OPEN),
            "late": sum(one.late and one.state == OPEN for one in everything),
            "matched": _matched(connection, agency),
            "accounts": agencies.all_accounts_of(connection, agency),
            "staff": [one for one in staff if one.may([Role.ACCOUNTANT, Role.APPROVER])],
            "names": {one.id: one.name for one in staff},
            "suggested": _suggested(connection, agency, shown),
        }
    return page(
        request,
        session,
        "accountant/workspace.html",
        status=status,
        asked=asked,
        link=lambda **other: asked.link(language, **other),
        back=asked.link(language).partition("?")[2],
        total=len(found),
        pages_all=pages_all,
        chosen=chosen,
        next_at=_next(shown, chosen),
        kinds=sorted({one.kind.value for one in everything if one.state != CLOSED}),
        refusal=refusal or None,
        limit=environment_of(request).settings.write_off_limit,
        last=request.query_params.get("last", "")[:80],
        detail=detail,
        **facts,
    )


def sure(connection: sa.Connection, agency: str, found: Sequence[Break], rule: str) -> list[tuple[Break, Suggestion]]:
    """Open rows whose first suggestion is of this rule, sure, and names one payment."""
    by_line = suggestions.suggestions(connection, agency, breaks.lines_of(found))
    pairs = [(one, by_line.get(one.lines[0], [])) for one in found if one.state == OPEN and len(one.lines) == 1]
    return [
        (one, listed[0])
        for one, listed in pairs
        if listed
        and listed[0].rule == rule
        and listed[0].confidence == "high"
        and len(listed[0].candidates) == 1
        and not any(other.confidence == "high" for other in listed[1:])
    ]


def _found(
    connection: sa.Connection, agency: str, today: date, asked: Asked, everything: Sequence[Break]
) -> list[Break]:
    if asked.q:
        lines, payments = find(connection, agency, asked.q)
        return breaks.breaks(connection, agency, today, Wanted(lines=lines, payments=payments))
    wanted = Wanted(asked.kind, asked.account, asked.day, asked.owner, asked.view)
    if asked.view == CLOSED:
        return breaks.breaks(connection, agency, today, wanted, MOST_CLOSED)
    return [one for one in everything if breaks.fits(one, wanted)]


def _matched(connection: sa.Connection, agency: str) -> int:
    c = recon_item.c
    closed = sa.select(sa.func.count()).where(
        c.owner == agency, c.superseded_by.is_(None), c.line_id.is_not(None), c.kind.startswith("MATCH")
    )
    return int(connection.scalar(closed) or 0)


def _next(shown: Sequence[Break], chosen: Break | None) -> str:
    """The row after the chosen one; at the end the one before."""
    if chosen is None or len(shown) < 2:
        return ""
    at = shown.index(chosen)
    return shown[at + 1 if at + 1 < len(shown) else at - 1].subject


def _suggested(connection: sa.Connection, agency: str, shown: Sequence[Break]) -> set[str]:
    return set(suggestions.suggestions(connection, agency, breaks.lines_of(shown)))


def _detail(
    request: Request, connection: sa.Connection, session: Session, chosen: Break, everything: Sequence[Break]
) -> dict[str, Any]:
    environment, agency = environment_of(request), session.officer.agency
    members = breaks.members(connection, agency, chosen)
    sentences = told(connection, owner=agency, items=members)
    acts = breaks_act.told(connection, environment.vault, agency, chosen.subject)
    placed = breaks_place.placed(connection, agency, chosen.lines)
    evidence = breaks_evidence.listed(connection, environment.vault, agency, chosen)
    persons = {row.done_by for row, _ in acts} | {one.added_by for one in evidence} | {row.ended_by for row in placed}
    actors = sorted(persons | {row.asked_by for row in placed} | {chosen.asked_by, chosen.decided_by} - {""})
    money = breaks_place.money_of(connection, agency, chosen.lines)
    lines = connection.execute(
        sa.select(statement_line).where(statement_line.c.owner == agency, statement_line.c.id.in_(chosen.lines))
    ).all()
    return {
        "members": list(zip(members, sentences, strict=True)),
        "lines": {row.id: row for row in lines},
        "payments": {row.id: row for row in _payments(connection, agency, chosen.payments)},
        "acts": acts,
        "actors": officers.names_of(connection, agency, actors),
        "money": money,
        "placed": placed,
        "evidence": evidence,
        "refunds": refunds_of(connection, agency, [row.id for row in money]),
        "offers": _offers(connection, agency, chosen, everything),
        "key": environment.ids.code(12),
    }


def _offers(connection: sa.Connection, agency: str, chosen: Break, everything: Sequence[Break]) -> list[Offer]:
    if not chosen.lines or chosen.state != OPEN:
        return []
    listed = suggestions.suggestions(connection, agency, chosen.lines).get(chosen.lines[0], [])
    known = {row.id: row for row in _payments(connection, agency, [c for each in listed for c in each.candidates])}
    offers = []
    for position, each in enumerate(listed, 1):
        rows = tuple(known[one] for one in each.candidates if one in known)
        alike = len(sure(connection, agency, everything, each.rule)) if position == 1 else 0
        offers.append(Offer(position, each, rows, alike))
    return offers


def _payments(connection: sa.Connection, agency: str, ids: Sequence[str]) -> list[sa.Row[Any]]:
    code = (
        sa.select(sa.func.min(dossier.c.code))
        .select_from(payment_due.join(due, due.c.id == payment_due.c.due_id).join(dossier))
        .where(payment_due.c.payment_id == payment.c.id)
        .correlate(payment)
        .scalar_subquery()
    )
    c = payment.c
    query = sa.select(c.id, c.reference, c.amount, c.status, c.channel, c.created_at, code.label("dossier_code"))
    return list(connection.execute(query.where(own(payment, agency), c.id.in_(ids)).order_by(c.id))) if ids else []


def refunds_of(connection: sa.Connection, agency: str, suspense_ids: Collection[str]) -> list[sa.Row[Any]]:
    """Every refund of this money."""
    c = refund.c
    mine = own(refund, agency) & c.suspense_id.in_(suspense_ids)
    query = sa.select(c.id, c.reference, c.status, c.amount).where(mine).order_by(c.id)
    return list(connection.execute(query)) if suspense_ids else []


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, listed, "GET")
