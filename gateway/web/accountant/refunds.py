"""Money on its way back: every refund that has not left, and the payment orders that tell the bank to send it."""

from __future__ import annotations

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from gateway.access import own
from gateway.kernel.errors import ThuPhiError
from gateway.officers import store as officers
from gateway.officers.model import Role, Session
from gateway.settlement.refund import order
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import refund, refund_order
from gateway.web import pages
from gateway.web.accountant.frame import SEE, both, download, on, page, said
from gateway.web.officers.entry import done_by, environment_of, shown_to

PATH = "/accountant/refunds"
MOST = 200
_DONE = (RefundStatus.REFUSED.value,)


@shown_to(*SEE)
def listed(request: Request, session: Session) -> Response:
    """Refunds and orders, newest first."""
    return _listed(request, session)


@done_by(Role.ACCOUNTANT)
def draw_up(request: Request, session: Session, form: FormData) -> Response:
    """Order everything that two persons have approved."""
    officer = session.officer
    try:
        with environment_of(request).begin(actor=officer.actor, agency=officer.agency) as uow:
            made = order.collect(uow, officer.agency)
    except ThuPhiError as refusal:
        return _listed(request, session, said(request, refusal), pages.STATUS[refusal.kind])
    return on(request, PATH, done="ordered" if made else "")


@shown_to(Role.ACCOUNTANT, Role.APPROVER)
def file(request: Request, session: Session) -> Response:
    """An order as the bank's list. Names persons."""
    environment, agency = environment_of(request), session.officer.agency
    with environment.read(agency) as connection:
        made = order.read(connection, environment.vault, agency, request.path_params["id"])
    return download(order.as_csv(made).encode("utf-8-sig"), f"hoan-tra-{made.reference}.csv", "text/csv")


def _listed(request: Request, session: Session, refusal: str = "", status: int = 200) -> Response:
    agency, c, o = session.officer.agency, refund.c, refund_order.c
    with environment_of(request).read(agency) as connection:
        mine = own(refund, agency) & c.status.not_in(_DONE)
        columns = (c.id, c.reference, c.amount, c.status, c.requested_by, c.requested_at)
        rows = connection.execute(sa.select(*columns).where(mine).order_by(c.id.desc()).limit(MOST)).all()
        listed = sa.select(refund_order).where(own(refund_order, agency)).order_by(o.id.desc()).limit(MOST)
        orders = connection.execute(listed).all()
        names = officers.names_of(connection, agency, sorted({row.requested_by for row in rows}))
    return page(
        request,
        session,
        "accountant/refunds.html",
        status=status,
        rows=rows,
        orders=orders,
        names=names,
        approved=sum(row.status == RefundStatus.APPROVED for row in rows),
        refusal=refusal or None,
    )


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, listed, "GET")
    both(router, PATH, draw_up, "POST")
    both(router, f"{PATH}/{{id}}.csv", file, "GET")
