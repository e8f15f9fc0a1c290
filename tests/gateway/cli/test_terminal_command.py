"""`thuphi terminal`: a terminal added, listed and asked how it is, as an administrator does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import build
from tests.conftest import HandClock
from tests.flows.till import CERTIFICATE
from tests.town import ACCOUNT, AGENCY, Town


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_terminal_is_added_listed_and_asked(environment: Any, tmp_path: Path, clock: HandClock) -> None:
    Town(environment, tmp_path)
    environment.close()  # one process writes at a time
    certificate = tmp_path / "terminal.pem"
    certificate.write_text(CERTIFICATE)

    def thuphi(*words: str) -> tuple[int, dict[str, Any]]:
        data = ["--data", str(environment.settings.data), "--agency", AGENCY, "--json"]
        done = CliRunner().invoke(build("terminal"), ["terminal", *words, *data])
        return done.exit_code, json.loads(done.stdout.splitlines()[0])

    described = ["--acquirer", "demobank", "--poi", "POI-1", "--account", ACCOUNT, "--decimals", "2"]
    there = ["--address", "127.0.0.1:1", "--certificate", str(certificate)]
    assert thuphi("add", "POS-1", *described, *there)[0] == 0
    code, refused = thuphi("add", "POS-1", *described, *there)
    assert (code, refused["error"]) == (1, "terminal.invalid")
    code, listed = thuphi("list")
    assert [(row["name"], row["address"], row["decimals"]) for row in listed["terminals"]] == [
        ("POS-1", "https://127.0.0.1:1/nexo", 2)
    ]
    code, health = thuphi("check", "POS-1")
    assert (code, health["ready"], health["reason"]) == (1, False, "not_sent")
    assert thuphi("check", "POS-9") == (1, {**thuphi("check", "POS-9")[1], "error": "terminal.missing"})
