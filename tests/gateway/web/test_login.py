"""Come in and go out: through an identity provider over HTTP, or as a sample officer of the demo."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from fastapi import APIRouter
from pydantic import SecretStr
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from gateway.kernel.uow import Environment
from gateway.officers import register
from gateway.officers.model import Officer, Role, Session
from gateway.web.officers.entry import done_by, field, shown_to
from tests.conftest import HandClock
from tests.gateway.web.serving import pages
from tests.town import AGENCY, Town

LOGIN = "quay1@tinh.vn"


@shown_to(Role.COUNTER)
def till(request: Request, session: Session) -> Response:
    return PlainTextResponse(f"{session.officer.name} {session.csrf}")


@done_by(Role.COUNTER)
def take(request: Request, session: Session, form: FormData) -> Response:
    return PlainTextResponse(f"taken {field(form, 'amount')} by {session.officer.actor}")


@shown_to(Role.APPROVER)
def vault(request: Request, session: Session) -> Response:
    return PlainTextResponse("gold")


@pytest.fixture
def officer(environment: Environment, town: Town) -> Officer:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        return register.add(uow, AGENCY, "Nguyễn Thị Quầy", LOGIN, ["counter"])


@pytest.fixture
def client(environment: Environment, officer: Officer) -> Iterator[TestClient]:
    app = pages(environment)
    app.state.demo = True
    router = APIRouter()
    router.add_route("/vi/till", till, methods=["GET"])
    router.add_route("/vi/till", take, methods=["POST"])
    router.add_route("/vi/vault", vault, methods=["GET"])
    app.include_router(router)
    with TestClient(app, follow_redirects=False) as made:
        yield made


def enter(client: TestClient, officer: Officer, target: str = "") -> Response:
    return client.post(f"/vi/login?next={target}", data={"officer": officer.id})  # type: ignore[return-value]


def test_a_sample_officer_comes_in_works_and_leaves(client: TestClient, officer: Officer) -> None:
    away = client.get("/vi/till")
    assert (away.status_code, away.headers["location"]) == (303, "/vi/login?next=/vi/till")
    assert officer.name in client.get("/vi/login").text

    came = enter(client, officer, "/vi/till")
    assert (came.status_code, came.headers["location"]) == (303, "/vi/till")
    cookie = came.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie

    name, csrf = client.get("/vi/till").text.rsplit(" ", 1)
    assert name == officer.name
    assert client.post("/vi/till", data={"amount": "5", "csrf": csrf}).text == f"taken 5 by {officer.actor}"
    assert officer.name in client.get("/en/officer").text

    assert client.post("/vi/logout").headers["location"] == "/vi/login"
    assert client.get("/vi/till").status_code == 303


def test_no_role_no_page(client: TestClient, officer: Officer) -> None:
    enter(client, officer)
    refused = client.get("/vi/vault")
    assert refused.status_code == 403
    assert "approver" in refused.text


@pytest.mark.parametrize("csrf", ["", "0" * 40, "đ"])
def test_a_form_without_the_sessions_token_does_nothing(client: TestClient, officer: Officer, csrf: str) -> None:
    enter(client, officer)
    refused = client.post("/vi/till", data={"amount": "5", "csrf": csrf})
    assert (refused.status_code, "taken" in refused.text) == (403, False)


def test_a_form_sent_by_another_site_does_nothing(client: TestClient, officer: Officer) -> None:
    enter(client, officer)
    csrf = client.get("/vi/till").text.rsplit(" ", 1)[1]
    sent = {"amount": "5", "csrf": csrf}
    assert client.post("/vi/till", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/vi//evil.example", "/\\evil", "/vi/login", "/vi/a:b"]
)
def test_the_login_leads_only_to_our_own_pages(client: TestClient, officer: Officer, target: str) -> None:
    assert enter(client, officer, target).headers["location"] == "/vi/officer"


def test_outside_the_demo_nobody_is_let_in_by_choosing(client: TestClient, officer: Officer) -> None:
    client.app.state.demo = False  # type: ignore[attr-defined]
    assert enter(client, officer).status_code == 404
    assert officer.name not in client.get("/vi/login").text


@pytest.fixture
def provider() -> Iterator[str]:
    """A foreign identity provider on a loopback port."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own dependencies' deprecations
        import oidc_provider_mock

        user = oidc_provider_mock.User(sub="s-1", claims={"email": LOGIN, "email_verified": True})
        stranger = oidc_provider_mock.User(sub="s-2", claims={"email": "la@khac.vn", "email_verified": True})
        unverified = oidc_provider_mock.User(sub="s-3", claims={"email": LOGIN, "email_verified": False})
        with oidc_provider_mock.run_server_in_thread(user_claims=[user, stranger, unverified]) as server:
            yield f"http://localhost:{server.server_port}"


def through(client: TestClient, environment: Environment, issuer: str, subject: str) -> Response:
    """The whole way: our redirect, the provider's form, and back."""
    update = {"oidc_issuer": issuer, "oidc_client_secret": SecretStr("secret"), "base_url": "http://testserver"}
    environment.settings = environment.settings.model_copy(update=update)
    client.app.state.demo = False  # type: ignore[attr-defined]
    there = client.get("/vi/login/go?next=/vi/till")
    assert there.status_code == 303, there.text
    asked = parse_qs(urlsplit(there.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    back = httpx2.post(there.headers["location"], data={"sub": subject})
    assert back.status_code == 302, back.text
    return client.get(re.sub(r"^http://testserver", "", back.headers["location"]))  # type: ignore[return-value]


def test_through_the_identity_provider(
    client: TestClient, environment: Environment, provider: str, officer: Officer, clock: HandClock
) -> None:
    clock.moment = datetime.now(UTC)  # the provider has no clock of ours
    came = through(client, environment, provider, "s-1")
    assert (came.status_code, came.headers["location"]) == (303, "/vi/till")
    assert client.get("/vi/till").text.startswith(officer.name)


@pytest.mark.parametrize("subject", ["s-2", "s-3"], ids=["not registered", "e-mail not verified"])
def test_who_is_not_registered_stays_out(
    client: TestClient, environment: Environment, provider: str, subject: str, clock: HandClock
) -> None:
    clock.moment = datetime.now(UTC)
    refused = through(client, environment, provider, subject)
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
    assert client.get("/vi/till").status_code == 303


def test_what_comes_back_without_our_cookie_or_state_is_refused(
    client: TestClient, environment: Environment, provider: str
) -> None:
    assert client.get("/login/callback?code=x&state=y").status_code == 403
    environment.settings = environment.settings.model_copy(update={"oidc_issuer": provider})
    client.get("/vi/login/go")
    assert client.get("/login/callback?code=x&state=y").status_code == 403


def test_a_silent_provider_is_said(client: TestClient, environment: Environment) -> None:
    environment.settings = environment.settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    assert client.get("/vi/login/go").status_code == 503
