"""Come in and go out. The way in is the province's identity provider; only the demo lets one choose a sample officer."""

from __future__ import annotations

import json
from dataclasses import asdict
from urllib.parse import unquote

import httpx2
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from gateway import agencies
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.vault import SealBroken
from gateway.officers import oidc, recognise, store
from gateway.officers import session as sessions
from gateway.officers.model import LoginRefused, Officer, OfficerMissing, Session
from gateway.web import pages
from gateway.web.language import LANGUAGES
from gateway.web.officers.entry import cookie_name, environment_of, refused, secure, shown_to
from gateway.web.officers.screens import screens_of
from gateway.web.officers.words import TEXTS

ATTEMPT_COOKIE = "thuphi-login"
ATTEMPT_SECONDS = 600
CALLBACK = "/login/callback"


def form(request: Request) -> Response:
    """The way in that this installation has."""
    chosen = _sample_officers(request) if demo(request) else []
    way = "demo" if chosen else "oidc" if environment_of(request).settings.oidc_issuer else "none"
    return pages.page(request, "officers/login.html", texts=TEXTS, way=way, officers=chosen, next=_next(request))


async def enter_demo(request: Request) -> Response:
    """A sample officer of the demo; no such door anywhere else."""
    if not demo(request):
        return pages.problem(request, "problem.unknown_code", 404)
    async with request.form() as sent:
        officer_id = str(sent.get("officer", ""))
    environment = environment_of(request)
    try:
        with environment.begin(actor="demo") as uow:
            secret = sessions.begin(uow, officer_id)
    except OfficerMissing as refusal:
        return refused(request, refusal)
    return _in(request, secret, _next(request))


def leave_for_provider(request: Request) -> Response:
    """To the identity provider, with a state that only this browser can bring back."""
    environment = environment_of(request)
    going = oidc.attempt(environment.ids)
    try:
        with httpx2.Client() as http:
            address = oidc.address(_client(request), going, http)
    except ThuPhiError as refusal:
        return refused(request, refusal)
    kept = json.dumps(asdict(going) | {"next": _next(request), "at": environment.clock().timestamp()})
    answer = RedirectResponse(address, 303, dict(pages.HEADERS))
    sealed = environment.vault.seal(ATTEMPT_COOKIE, kept.encode()).hex()
    answer.set_cookie(
        ATTEMPT_COOKIE, sealed, max_age=ATTEMPT_SECONDS, path=CALLBACK, secure=secure(request), httponly=True
    )
    return answer


def come_back(request: Request) -> Response:
    """From the identity provider."""
    try:
        going, target = _attempt(request)
        if request.query_params.get("state", "") != going.state or "code" not in request.query_params:
            raise LoginRefused("Đăng nhập không hoàn tất.", "The login was not completed.")
        environment = environment_of(request)
        with httpx2.Client() as http:
            identity = oidc.redeem(_client(request), going, request.query_params["code"], http, environment.clock())
        with environment.begin(actor="login") as uow:
            secret = sessions.begin(uow, recognise.recognise(uow, identity).id)
    except ThuPhiError as refusal:
        return refused(request, refusal)
    answer = _in(request, secret, target)
    answer.delete_cookie(ATTEMPT_COOKIE, path=CALLBACK)
    return answer


def leave(request: Request) -> Response:
    """Log out: the session ends on the server, then the cookie goes. SameSite keeps other sites from pressing this."""
    environment, name = environment_of(request), cookie_name(request)
    with environment.begin(actor="login") as uow:
        sessions.end(uow, request.cookies.get(name, ""))
    answer = RedirectResponse(f"/{pages.language_of(request)}/login", 303, dict(pages.HEADERS))
    answer.delete_cookie(name, secure=secure(request), httponly=True)
    return answer


@shown_to()
def home(request: Request, session: Session) -> Response:
    """Where an officer starts."""
    with environment_of(request).read(session.officer.agency) as connection:
        agency = agencies.require(connection, session.officer.agency)
    return pages.page(
        request,
        "officers/home.html",
        texts=TEXTS,
        session=session,
        agency=agency,
        screens=screens_of(session.officer),
    )


def demo(request: Request) -> bool:
    """Whether this process serves a demo."""
    return bool(getattr(request.app.state, "demo", False))


def _sample_officers(request: Request) -> list[Officer]:
    with environment_of(request).read() as connection:
        return [
            officer
            for agency in agencies.all_agencies(connection)
            for officer in store.of_agency(connection, agency.id)
        ]


def _client(request: Request) -> oidc.Client:
    settings = environment_of(request).settings
    return oidc.Client(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.base_url.rstrip("/") + CALLBACK,
        settings.oidc_client_secret.get_secret_value(),
    )


def _attempt(request: Request) -> tuple[oidc.Attempt, str]:
    environment = environment_of(request)
    try:
        sealed = bytes.fromhex(request.cookies.get(ATTEMPT_COOKIE, ""))
        kept = json.loads(environment.vault.unseal(ATTEMPT_COOKIE, sealed))
        fresh = environment.clock().timestamp() - kept["at"] <= ATTEMPT_SECONDS
    except (ValueError, SealBroken):
        fresh = False
    if not fresh:
        raise LoginRefused("Đăng nhập đã quá hạn; hãy thử lại.", "The login took too long; try again.")
    return oidc.Attempt(kept["state"], kept["nonce"], kept["verifier"]), str(kept["next"])


def _in(request: Request, secret: str, target: str) -> Response:
    answer = RedirectResponse(target, 303, dict(pages.HEADERS))
    answer.set_cookie(cookie_name(request), secret, path="/", secure=secure(request), httponly=True, samesite="lax")
    return answer


def _next(request: Request) -> str:
    """Where to go afterwards: a page of our own, never another site."""
    wanted = unquote(request.query_params.get("next", ""))
    ours = wanted.startswith(("/vi/", "/en/")) and not any(sign in wanted for sign in "\\\r\n:") and "//" not in wanted
    return wanted if ours and "/login" not in wanted else f"/{pages.language_of(request)}/officer"


def add_routes(router: APIRouter) -> None:
    """Both languages of every page."""
    for language in LANGUAGES:
        router.add_route(f"/{language}/login", form, methods=["GET"])
        router.add_route(f"/{language}/login", enter_demo, methods=["POST"])
        router.add_route(f"/{language}/login/go", leave_for_provider, methods=["GET"])
        router.add_route(f"/{language}/logout", leave, methods=["POST"])
        router.add_route(f"/{language}/officer", home, methods=["GET"])
    router.add_route(CALLBACK, come_back, methods=["GET"])
