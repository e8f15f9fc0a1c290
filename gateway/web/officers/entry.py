"""The right to open an officer's page: a session by cookie, a role, and for forms the session's own token.

A page is a plain function of (request, session) or, for forms, (request, session, form); it runs in a thread. Refusals
become pages: nobody logged in -> the login, no role -> 403, a stale form -> 403, anything typed -> its own status.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import Environment
from gateway.officers import session as sessions
from gateway.officers.model import FormForged, LoginRefused, Role, Session
from gateway.web import pages
from gateway.web.officers.words import TEXTS

Page = Callable[[Request, Session], Response]
Act = Callable[[Request, Session, FormData], Response]

MOST_FIELDS = 2_000


def shown_to(*roles: Role) -> Callable[[Page], Callable[[Request], Response]]:
    """A page for officers with one of `roles`; any officer when none is named."""

    def wrap(page: Page) -> Callable[[Request], Response]:
        @wraps(page)
        def route(request: Request) -> Response:
            return _answered(request, lambda: page(request, _entered(request, roles)))

        return route

    return wrap


def done_by(*roles: Role) -> Callable[[Act], Callable[[Request], Awaitable[Response]]]:
    """A form of such a page: the session's token is checked before anything is done."""

    def wrap(act: Act) -> Callable[[Request], Awaitable[Response]]:
        @wraps(act)
        async def route(request: Request) -> Response:
            async with request.form(max_files=20, max_fields=MOST_FIELDS) as form:
                return await run_in_threadpool(
                    _answered, request, lambda: act(request, _sender(request, roles, form), form)
                )

        return route

    return wrap


def environment_of(request: Request) -> Environment:
    """What this process works with."""
    environment: Environment = request.app.state.environment
    return environment


def cookie_name(request: Request) -> str:
    """With TLS the browser itself guards the name (RFC 6265bis, __Host- prefix)."""
    return "__Host-thuphi" if secure(request) else "thuphi"


def secure(request: Request) -> bool:
    """Whether this installation is reached over TLS."""
    return environment_of(request).settings.base_url.startswith("https:")


def field(form: FormData, name: str) -> str:
    """A text field; empty when it is missing or a file."""
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _entered(request: Request, roles: tuple[Role, ...]) -> Session:
    environment, secret = environment_of(request), request.cookies.get(cookie_name(request), "")
    now = environment.clock()
    with environment.read() as connection:
        session = sessions.recognise(connection, secret, now)
        stale = sessions.stale(connection, secret, now)
    if roles:
        session.officer.need(*roles)
    if stale:
        with environment.begin(actor=session.officer.actor, agency=session.officer.agency) as uow:
            sessions.seen(uow, secret)
    return session


def _sender(request: Request, roles: tuple[Role, ...], form: FormData) -> Session:
    session = _entered(request, roles)
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FormForged("Biểu mẫu không đến từ trang này.", "The form does not come from this site.")
    sessions.check_form(session, field(form, "csrf"))
    return session


def _answered(request: Request, act: Callable[[], Response]) -> Response:
    try:
        return act()
    except LoginRefused:
        here = quote(request.url.path if request.method == "GET" else request.headers.get("referer", ""), safe="/")
        language = pages.language_of(request)
        return RedirectResponse(f"/{language}/login?next={here}", 303, dict(pages.HEADERS))
    except ThuPhiError as refusal:
        return refused(request, refusal)


def refused(request: Request, refusal: ThuPhiError) -> Response:
    """A refusal as a page that says what happened."""
    vietnamese = pages.language_of(request) == "vi"
    title = TEXTS["officer.refused"][0 if vietnamese else 1]
    note = refusal.vi if vietnamese else refusal.en
    return pages.page(request, "problem.html", status=pages.STATUS[refusal.kind], title=title, note=note)
