"""One dossier, payment or receipt from its first word to its last, as the audit tree proves it: the inspector's page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.audit.timeline import timeline
from gateway.officers.model import Session
from gateway.web import pages
from gateway.web.accountant.frame import SEE, both, page
from gateway.web.officers.entry import environment_of, shown_to

PATH = "/accountant/traced/{id}"


@shown_to(*SEE)
def shown(request: Request, session: Session) -> Response:
    """Oldest first."""
    vietnamese = pages.language_of(request) == "vi"
    subject = request.path_params["id"]
    with environment_of(request).read(session.officer.agency) as connection:
        entries = timeline(connection, session.officer.agency, subject)
    items = [
        {
            "tone": "good" if one.position is not None else "wait",
            "words": one.what_vi if vietnamese else one.what_en,
            "who": one.who_vi if vietnamese else one.who_en,
            "moment": one.at,
            "amount": one.amount,
            "reason": one.reason,
            "position": one.position,
        }
        for one in entries
    ]
    return page(request, session, "accountant/traced.html", subject=subject, items=items)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, PATH, shown, "GET")
