"""What every officer's page of the counter has around it: navigation by role, the shift at a glance, who works here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.counter import shift_store
from gateway.counter.shift_store import Shift
from gateway.counter.shift_totals import Totals, totals
from gateway.kernel.errors import ThuPhiError
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.counter.words import TEXTS
from gateway.web.language import LANGUAGES
from gateway.web.officers.entry import environment_of
from gateway.web.officers.screens import screens_of

LOOK = (Role.COUNTER, Role.ASSISTANT)  # who may look up and print
Act = Callable[[], str]
FRAMES = {"Content-Security-Policy": f"{pages.CSP}; frame-src 'self'"}  # for the receipt that prints itself


def page(request: Request, session: Session, template: str, *, status: int = 200, **facts: Any) -> Response:
    """A page in the officers' frame. `worked` and `totals` are the officer's open shift, if there is one."""
    language = pages.language_of(request)
    worked, found = _shift(request, session)
    nav = [(screen.name(language), f"/{language}{screen.path}", None) for screen in screens_of(session.officer)]
    known = {
        "nav": nav,
        "here": request.url.path,
        "officer": session.officer.name,
        "sign_out": f"/{language}/logout",
        "csrf": session.csrf,
        "worked": worked,
        "totals": found,
        "may_open": session.officer.may([Role.COUNTER]),
        "may_take": session.officer.may([Role.COUNTER]) and worked is not None,
        "refusal": None,
        "typed": "",
    }
    return pages.page(request, template, status=status, headers=FRAMES, texts=TEXTS, **known | facts)


def done(request: Request, act: Act) -> Response:
    """Do it and lead on to the page it names (after the language)."""
    return pages.redirect(request, f"/{pages.language_of(request)}{act()}")


def said(request: Request, refusal: ThuPhiError) -> str:
    """A refusal in the language of the page."""
    return refusal.vi if pages.language_of(request) == "vi" else refusal.en


def both(router: Any, path: str, endpoint: Any, *methods: str) -> None:
    """A route under both languages."""
    for language in LANGUAGES:
        router.add_route(f"/{language}{path}", endpoint, methods=list(methods))


def _shift(request: Request, session: Session) -> tuple[Shift | None, Totals | None]:
    with environment_of(request).read() as connection:
        worked = shift_store.open_shift_of(connection, session.officer.agency, session.officer.id)
        return worked, totals(connection, worked) if worked else None
