"""The second person's list: what somebody has asked for and another has to agree to, each with who, how much and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.access import own
from gateway.closing import breaks, breaks_act, breaks_place, breaks_store
from gateway.closing import day as closing
from gateway.closing.reconcile import reconcile
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.kernel.uow import UnitOfWork
from gateway.kernel.vault import Vault
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.payments.store import payment
from gateway.remitting import prepare
from gateway.remitting import store as remittances
from gateway.settlement import allocate
from gateway.settlement.refund import approve, refuse
from gateway.settlement.refund import store as refunds
from gateway.settlement.refund.model import WAITING
from gateway.web import pages
from gateway.web.accountant.frame import SEE, both, day_of, on, page, said, today_of
from gateway.web.officers.entry import done_by, environment_of, field, shown_to
from reconciliation.model import ReconciliationError

PATH = "/accountant/second"


class AboutUnknown(Invalid):
    """The form is about nothing that waits."""

    code = "accountant.about"


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing to agree to. Amount in đồng."""

    about: str  # allocation | split | refund | break | reopen | remittance
    id: str
    what: str
    amount: int | None
    why: str
    asked_by: str
    asked_at: datetime
    href: str
    parts: tuple[tuple[str, int], ...] = ()  # of a sum that is to be placed: payment references, đồng


@shown_to(*SEE)
def listed(request: Request, session: Session) -> Response:
    """Everything that waits, oldest first."""
    return _listed(request, session)


@done_by(Role.APPROVER)
def decide(request: Request, session: Session, form: FormData) -> Response:
    """One answer."""
    environment, officer = environment_of(request), session.officer
    about, chosen, word = field(form, "about"), field(form, "id"), field(form, "word")
    try:
        with environment.begin(actor=officer.actor, agency=officer.agency) as uow:
            (_AGREE if word == "yes" else _DECLINE).get(about, _unknown)(
                uow, officer.agency, chosen, field(form, "why")
            )
            if about in ("allocation", "split") and word == "yes":
                reconcile(uow, officer.agency, business_day(uow.now()))
    except ThuPhiError as refusal:
        return _listed(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    except ReconciliationError as refusal:
        return _listed(request, session, str(refusal), 409)
    return on(request, PATH, done="agreed" if word == "yes" else "declined")


def _listed(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    environment, agency = environment_of(request), session.officer.agency
    language = pages.language_of(request)
    with environment.read(agency) as connection:
        vault = environment.vault
        found = [
            *_allocations(connection, vault, agency),
            *_refunds(connection, vault, agency),
            *_breaks(connection, vault, agency, request),
            *_reopenings(connection, agency),
            *_remittances(connection, agency),
        ]
        names = officers.names_of(connection, agency, sorted({one.asked_by for one in found}))
    found.sort(key=lambda one: (one.asked_at, one.id))
    return page(
        request,
        session,
        "accountant/second.html",
        status=status,
        found=[(one, f"/{language}{one.href}") for one in found],
        names=names,
        refusal=refusal or None,
    )


def _allocations(connection: sa.Connection, vault: Vault, agency: str) -> list[Waiting]:
    rows = allocate.waiting(connection, agency)
    parts = allocate.parts(connection, agency, [row.id for row in rows])
    ids = [part.payment_id for row in rows for part in parts[row.id]]
    query = sa.select(payment.c.id, payment.c.reference).where(own(payment, agency), payment.c.id.in_(ids))
    references = {row.id: row.reference for row in connection.execute(query)} if ids else {}
    return [
        Waiting(
            "split" if row.split_id else "allocation",
            row.id,
            references.get(row.payment_id, ""),
            sum(part.amount for part in parts[row.id]),
            vault.unseal(f"allocation.reason.{row.id}", row.reason_sealed).decode(),
            row.asked_by,
            row.asked_at,
            f"/accountant?q={references.get(row.payment_id, '')}",
            tuple((references.get(part.payment_id, ""), int(part.amount)) for part in parts[row.id]),
        )
        for row in rows
    ]


def _refunds(connection: sa.Connection, vault: Vault, agency: str) -> list[Waiting]:
    c = refunds.refund.c
    query = sa.select(refunds.refund).where(
        own(refunds.refund, agency), c.status.in_([status.value for status in WAITING])
    )
    return [
        Waiting(
            "refund",
            row.id,
            row.reference,
            row.amount,
            vault.unseal(f"refund.reason.{row.id}", row.reason_sealed).decode(),
            row.requested_by,
            row.requested_at,
            "/accountant/refunds",
        )
        for row in refunds.rows(connection, query.order_by(c.id))
    ]


def _breaks(connection: sa.Connection, vault: Vault, agency: str, request: Request) -> list[Waiting]:
    found = [one for one in breaks.breaks(connection, agency, today_of(request)) if one.ask_id]
    acts = breaks_store.latest(connection, agency, "asked")
    return [
        Waiting(
            "break",
            one.ask_id,
            one.kind.value,
            one.stake,
            breaks_act.text_of(acts[one.subject], vault),
            one.asked_by,
            acts[one.subject].done_at,
            f"/accountant?view=asked&at={one.subject}",
        )
        for one in found
    ]


def _reopenings(connection: sa.Connection, agency: str) -> list[Waiting]:
    return [
        Waiting(
            "reopen",
            row.day.isoformat(),
            f"{row.day:%d/%m/%Y}",
            None,
            row.reopen_reason,
            row.reopen_asked_by,
            row.reopen_asked_at,
            f"/accountant/close?day={row.day.isoformat()}",
        )
        for row in closing.closings(connection, agency)
        if row.reopen_asked_at is not None and row.reopened_at is None
    ]


def _remittances(connection: sa.Connection, agency: str) -> list[Waiting]:
    return [
        Waiting(
            "remittance",
            row.id,
            row.number,
            row.budget,
            f"{row.first_day:%d/%m/%Y} – {row.last_day:%d/%m/%Y}",
            row.prepared_by,
            row.prepared_at,
            f"/accountant/remit/{row.id}",
        )
        for row in remittances.of_agency(connection, agency)
        if row.state == "prepared"
    ]


def _reopen(uow: UnitOfWork, agency: str, chosen: str, why: str) -> Any:
    closing.agree_reopen(uow, agency, day_of(chosen, business_day(uow.now())))


def _unknown(uow: UnitOfWork, agency: str, chosen: str, why: str) -> Any:
    raise AboutUnknown("Không rõ cần duyệt gì.", "There is nothing of this kind to answer.", field="about")


Answer = Callable[[UnitOfWork, str, str, str], Any]
_AGREE: Mapping[str, Answer] = {
    "allocation": lambda uow, agency, chosen, why: breaks_place.agree(uow, agency, chosen),
    "split": lambda uow, agency, chosen, why: breaks_place.agree(uow, agency, chosen),
    "refund": lambda uow, agency, chosen, why: approve.approve(uow, agency, chosen),
    "break": lambda uow, agency, chosen, why: breaks_act.agree(uow, agency, chosen),
    "reopen": _reopen,
    "remittance": lambda uow, agency, chosen, why: prepare.approve(uow, agency, chosen),
}
_DECLINE: Mapping[str, Answer] = {
    "allocation": lambda uow, agency, chosen, why: allocate.decline(uow, agency, chosen),
    "split": lambda uow, agency, chosen, why: allocate.decline(uow, agency, chosen),
    "refund": lambda uow, agency, chosen, why: refuse.refuse(uow, agency, chosen, why),
    "break": lambda uow, agency, chosen, why: breaks_act.decline(uow, agency, chosen),
    "remittance": lambda uow, agency, chosen, why: prepare.drop(uow, agency, chosen),
}


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, listed, "GET")
    both(router, PATH, decide, "POST")
