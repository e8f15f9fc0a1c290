"""Chromium before a town's whole application on a loopback port; the embedded database, as a commune has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.kernel.uow import Environment
from gateway.main import create_app
from tests.conftest import HandClock, require
from tests.gateway.web.serving import serving
from tests.town import Town

ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@dataclass(frozen=True)
class Site:
    """A town, its clock and the address of its pages."""

    town: Town
    clock: HandClock
    url: str


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each module: while Playwright is open, its thread can run no other event loop."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=require("chromium"), args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


@pytest.fixture
def site(environment: Environment, clock: HandClock, tmp_path: Path) -> Iterator[Site]:
    town = Town(environment, tmp_path)
    with serving(create_app(environment)) as url:
        yield Site(town, clock, url)


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console says; a test takes out what it expects."""
    return []


@pytest.fixture
def page(browser: Browser, site: Site, complaints: list[str]) -> Iterator[Page]:
    """A phone-sized window, closed before its site; any error of script or policy fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield page
    context.close()
    assert complaints == []
