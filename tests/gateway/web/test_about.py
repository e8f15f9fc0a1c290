"""Pages that stand still, security.txt, and refusals told to people as pages and to machines as before."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from gateway.kernel.uow import Environment
from gateway.main import create_app
from gateway.web.about import statement
from tests.town import Town

HTML = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def whole(environment: Environment, town: Town) -> TestClient:
    """The application as it is served, whose failures are answers."""
    app = create_app(environment)

    def broken(request: Request) -> None:
        raise RuntimeError("a query with a name in it")

    app.add_route("/vi/broken", broken)
    return TestClient(app, raise_server_exceptions=False, follow_redirects=False)


@pytest.mark.parametrize("path", ["accessibility", "privacy", "security"])
def test_standing_pages(path: str, client: TestClient) -> None:
    for language in ("vi", "en"):
        page = client.get(f"/{language}/{path}")
        assert page.status_code == 200 and f'<html lang="{language}">' in page.text
        assert f'href="/{"en" if language == "vi" else "vi"}/{path}"' in page.text


@pytest.mark.parametrize(("language", "column"), [("vi", 0), ("en", 1)])
def test_the_accessibility_statement_says_what_its_data_says(client: TestClient, language: str, column: int) -> None:
    told = statement()
    page = unescape(client.get(f"/{language}/accessibility").text)
    assert f"{told.tested_on:%d/%m/%Y}" in page and f"{told.review_by:%d/%m/%Y}" in page and told.standard[:8] in page
    assert told.tested and told.open and told.tell
    assert all(said[column] in page for part in (told.tested, told.open, told.tell) for said in part)
    assert told.tested_on < told.review_by
    assert f'href="/{language}/accessibility"' in client.get(f"/{language}/").text  # the footer leads to it


def test_security_txt(town: Town, client: TestClient) -> None:
    answer = client.get("/.well-known/security.txt")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == f"{town.environment.settings.base_url}/en/security"
    until = datetime.fromisoformat(fields["Expires"])
    assert 100 < (until - datetime(2026, 11, 24, tzinfo=UTC)).days < 365


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/vi/nowhere", 404, "Không có trang này"),
        ("GET", "/en/nowhere", 404, "There is no such page"),
        ("GET", "/nowhere", 404, "Không có trang này"),
        ("DELETE", "/en/receipts", 405, "There is no such page"),
        ("GET", "/vi/broken", 500, "Hệ thống đang gặp trục trặc"),
    ],
)
def test_people_are_refused_by_pages(method: str, path: str, status: int, words: str, whole: TestClient) -> None:
    answer = whole.request(method, path, headers=HTML)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert words in answer.text and "a query with a name" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    request_id = answer.headers["x-request-id"]
    assert (request_id in answer.text) == (status == 500)


def test_too_large_a_file_is_refused_by_a_page(whole: TestClient) -> None:
    answer = whole.post("/en/receipts/verify", files={"file": ("a.xml", b"x" * 1_100_000)}, headers=HTML)
    assert answer.status_code in (413, 422)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "The file is too large" in answer.text


def test_machines_are_refused_as_before(whole: TestClient) -> None:
    for path, headers in (("/api/v1/nowhere", HTML), ("/vi/nowhere", {"Accept": "application/json"})):
        answer = whole.get(path, headers=headers)
        assert answer.status_code in (401, 404)
        assert answer.headers["content-type"] == "application/problem+json"
