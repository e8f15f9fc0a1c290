"""Receipts are stamped later: never waited for, asked for again when the authority fails, kept once, archived with all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.delivery import stamping
from gateway.delivery.documents import STAMP_JOB, render_waiting, sign_waiting
from gateway.kernel import outbox
from gateway.kernel.uow import Environment
from gateway.worker import Worker
from receipts import store, timestamp
from receipts.simulated_tsa import Fault, SimulatedTsa, served, simulated_tsa
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def tsa(town: Town, clock: HandClock) -> Iterator[SimulatedTsa]:
    keys = town.environment.settings.keys
    shutil.copy(keys / "ca.pem", keys / "tsa.pem")
    ca = x509.load_pem_x509_certificate((keys / "ca.pem").read_bytes())
    key: Any = load_pem_private_key((keys / "ca.key").read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    made = simulated_tsa(ca, key, clock)
    with served(made) as url:
        town.environment.settings.tsa_url = url
        yield made


def signed(town: Town, count: int = 1) -> None:
    for _ in range(count):
        town.money_comes(town.payment(LE_PHI))
    sign_waiting(town.environment, town.keys)


def stamped(town: Town) -> int:
    return stamping.stamp_waiting(town.environment, stamping.HttpAuthority(town.environment.settings.tsa_url))


def test_the_worker_has_each_receipt_stamped_once(town: Town, tsa: SimulatedTsa, clock: HandClock) -> None:
    signed(town, 2)
    worker = Worker(town.environment, town.keys)
    worker.run_until_quiet()
    clock.advance(seconds=10)
    worker.run_until_quiet()
    rows = town.rows(store.stamp)
    assert [row.authority for row in rows] == ["CN=DEMO TSA Thu Phí"] * 2
    assert tsa.stamped == 2
    assert [row.state for row in town.receipts()] == ["signed", "signed"]
    with town.environment.read() as connection:
        file = store.document(connection, rows[0].receipt_id, "xml", town.environment.vault)
    assert file is not None
    trust = stamping.trusted(town.environment)
    assert timestamp.check(rows[0].token, digest=timestamp.imprint(file), trust=trust).at == rows[0].stamped_at


def test_without_an_address_nothing_is_asked(town: Town) -> None:
    signed(town)
    Worker(town.environment, town.keys).run_until_quiet()
    assert town.rows(store.stamp) == []
    assert [row for row in town.rows(outbox.job) if row.kind == STAMP_JOB] == []


@pytest.mark.parametrize("fault", ["down", "rejected", "nonce", "changed", "garbage"])
def test_an_authority_that_fails_is_asked_again_later(
    town: Town, tsa: SimulatedTsa, clock: HandClock, fault: Fault
) -> None:
    signed(town, 2)
    tsa.faults = [fault]
    with structlog.testing.capture_logs() as logs:
        done = stamped(town)
    assert done == (0 if fault == "down" else 1)  # a machine that is down is not asked for the next
    assert logs[0]["event"] == "receipt.unstamped"
    assert stamped(town) == 0
    clock.advance(minutes=1)
    assert done + stamped(town) == 2
    assert len(town.rows(store.stamp)) == 2


def test_what_was_signed_before_can_be_stamped_too(town: Town, tsa: SimulatedTsa, clock: HandClock) -> None:
    url, town.environment.settings.tsa_url = town.environment.settings.tsa_url, ""
    signed(town, 2)
    town.environment.settings.tsa_url = url
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        day = timedelta(days=1)
        assert stamping.enqueue_missing(uow, AGENCY, clock() - day, clock() + day) == 2
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        stamping.enqueue_missing(uow, AGENCY, clock() - day, clock() + day)
    assert (stamped(town), stamped(town), tsa.stamped) == (2, 0, 2)


def test_the_archive_holds_everything_and_proves_itself(
    town: Town, tsa: SimulatedTsa, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    from gateway.audit import keys as log_keys
    from gateway.cli import build
    from receipts.archive import unpack

    log_keys.make(town.environment.settings.keys)
    signed(town, 3)
    render_waiting(town.environment, town.keys)
    worker = Worker(town.environment, town.keys)
    for _ in range(3):
        worker.run_until_quiet()
        clock.advance(minutes=2)
    worker.run_until_quiet()
    monkeypatch.setenv("THUPHI_DATA", str(town.environment.settings.data))
    if not town.environment.embedded:
        monkeypatch.setenv("THUPHI_DATABASE_URL", town.environment.settings.url)
    package, run = tmp_path / "a.zip", CliRunner().invoke
    made = run(build("receipts"), ["receipts", "archive", "--out", str(package), "--agency", AGENCY, "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.output.splitlines()[-1])
    assert (told["receipts"], told["stamped"]) == (3, 3)
    checked = run(
        build("receipts"),
        [
            "receipts",
            "archive-verify",
            str(package),
            "--trust",
            str(town.environment.settings.keys / "ca.pem"),
            "--json",
        ],
    )
    found = json.loads(checked.output.splitlines()[-1])
    assert (checked.exit_code, found["flaws"], found["warnings"]) == (0, [], []), found
    files, damaged = unpack(package.read_bytes())
    assert damaged == [] and len([name for name in files if name.endswith("/receipt.pdf")]) == 3
    assert found["proofs"] == told["proofs"] == 3
    body = bytearray(package.read_bytes())
    body[len(body) // 2] ^= 1
    package.write_bytes(body)
    again = run(
        build("receipts"),
        [
            "receipts",
            "archive-verify",
            str(package),
            "--trust",
            str(town.environment.settings.keys / "ca.pem"),
            "--json",
        ],
    )
    assert again.exit_code == 1
