"""Revocation answers are asked for where it is allowed, kept until the next one, and a revoked seal signs no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from gateway.delivery import enrol, revocation
from gateway.delivery.documents import load_keys, sign_waiting
from gateway.kernel.uow import Environment
from gateway.worker import Worker
from receipts.pki import DemoKeys, _leaf, _rsa_key, _write, publish_revocation
from receipts.simulated_ocsp import VALID, Fault, SimulatedResponder, served, simulated_responder
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def responder(town: Town, clock: HandClock) -> Iterator[SimulatedResponder]:
    """It runs, may be asked, and the town's seal names it."""
    files = DemoKeys(town.environment.settings.keys)
    made = simulated_responder(files, clock)
    with served(made) as url:
        named_signer(town, clock, url)
        town.environment.settings.ocsp_hosts = "ocsp.example.vn, 127.0.0.1"
        yield made


def named_signer(town: Town, clock: HandClock, url: str) -> None:
    """The same key, a new certificate that names a responder, in the place of the old one and registered."""
    files = DemoKeys(town.environment.settings.keys)
    ca_key: Any = load_pem_private_key(files.ca_key.read_bytes(), None)
    key = _rsa_key(files.signer_key, files.signer_certificate)
    leaf = _leaf(key, "Sở Xây dựng", files.trust()[0], ca_key, clock(), url)
    _write(files.signer_certificate, leaf.public_bytes(Encoding.PEM))
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.declare(uow, AGENCY, [leaf], date(2026, 11, 1))
    town.keys = load_keys(files.directory)


def seal(town: Town) -> x509.Certificate:
    return town.keys.signer.certificate


def renewed(town: Town) -> int:
    return revocation.renew(town.environment, [seal(town)])


def kept(town: Town) -> list[Path]:
    return sorted(town.environment.settings.keys.glob("*.ocsp"))


def test_an_answer_is_kept_until_the_next_one_is_due(
    town: Town, responder: SimulatedResponder, clock: HandClock
) -> None:
    assert [renewed(town), renewed(town)] == [1, 0]
    clock.moment += VALID
    assert renewed(town) == 0  # its last second
    clock.advance(seconds=1)
    assert renewed(town) == 1
    assert (responder.asked, len(kept(town))) == (2, 1)


TROUBLES: tuple[tuple[Fault, str], ...] = (
    ("silent", "ocsp.unavailable"),
    ("try_later", "ocsp.status"),
    ("wrong_signature", "ocsp.signature"),
    ("wrong_certificate", "ocsp.other_certificate"),
    ("expired", "ocsp.stale"),
    ("nonce", "ocsp.nonce"),
    ("garbage", "ocsp.malformed"),
)


def test_an_answer_that_proves_nothing_is_told_and_not_kept(town: Town, responder: SimulatedResponder) -> None:
    for fault, code in TROUBLES:
        responder.faults = [fault]
        with structlog.testing.capture_logs() as logs:
            assert renewed(town) == 0
        assert [(one["event"], one["code"]) for one in logs] == [("revocation.no_answer", code)]
        assert kept(town) == []
    assert renewed(town) == 1  # it is asked again


def test_what_was_kept_stays_when_the_responder_falls_silent(
    town: Town, responder: SimulatedResponder, clock: HandClock
) -> None:
    renewed(town)
    before = kept(town)[0].read_bytes()
    clock.moment += VALID + timedelta(hours=1)
    responder.faults = ["silent"]
    assert renewed(town) == 0
    assert kept(town)[0].read_bytes() == before


def test_only_hosts_that_are_listed_are_asked(town: Town, responder: SimulatedResponder) -> None:
    for hosts in ("", "ocsp.example.vn", "27.0.0.1", "127.0.0.1.example.vn"):
        town.environment.settings.ocsp_hosts = hosts
        assert renewed(town) == 0
    assert responder.asked == 0


FOREIGN = ("file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1@example.vn/", "http://a@127.0.0.1/", "http://[")


def test_an_address_in_a_certificate_is_somebody_else_s_text(
    town: Town, responder: SimulatedResponder, clock: HandClock
) -> None:
    asked: list[str] = []

    def overheard(url: str, request: bytes) -> bytes:
        asked.append(url)
        return request

    for url in FOREIGN:
        named_signer(town, clock, url)
        with structlog.testing.capture_logs() as logs:
            revocation.renew(town.environment, [seal(town)], overheard)
        assert [one["code"] for one in logs] == ["ocsp.unavailable"]
    assert asked == []


def test_a_revoked_seal_signs_no_more_and_the_system_shouts(
    town: Town, responder: SimulatedResponder, clock: HandClock
) -> None:
    worker = Worker(town.environment)
    town.money_comes(town.payment(LE_PHI))
    worker.run_until_quiet()
    assert [row.state for row in town.receipts()] == ["signed"]
    responder.revoked = {seal(town).serial_number: clock()}
    clock.moment += VALID + timedelta(hours=1)
    worker.run_until_quiet()  # hears of it
    clock.advance(minutes=2)
    town.money_comes(town.payment(LE_PHI))
    with structlog.testing.capture_logs() as logs:
        Worker(town.environment).run_until_quiet()
    assert [row.state for row in town.receipts()] == ["signed", "numbered"]
    assert "receipt.certificate_revoked" in {one.get("code") for one in logs}


def test_a_list_beside_the_keys_says_the_same(town: Town, clock: HandClock) -> None:
    files = DemoKeys(town.environment.settings.keys)
    publish_revocation(files, [(seal(town), clock())], now=clock())
    with pytest.raises(revocation.CertificateRevoked):
        load_keys(files.directory)
    publish_revocation(files, [], now=clock())
    assert load_keys(files.directory).signers


def test_a_word_that_cannot_be_believed_stops_nobody(town: Town, responder: SimulatedResponder) -> None:
    renewed(town)
    kept(town)[0].write_bytes(kept(town)[0].read_bytes()[:-9] + bytes(9))
    (town.environment.settings.keys / "other.ocsp").write_bytes(b"nothing")
    assert load_keys(town.environment.settings.keys).signers


@pytest.mark.parametrize(("fault", "answers"), [(None, 1), ("silent", 0)])
def test_the_archive_carries_the_answer_or_else_the_list(
    town: Town,
    responder: SimulatedResponder,
    fault: Fault | None,
    answers: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    clock: HandClock,
) -> None:
    from typer.testing import CliRunner

    from gateway.cli import build

    town.money_comes(town.payment(LE_PHI))
    sign_waiting(town.environment, town.keys)
    responder.faults = [fault] if fault else []
    monkeypatch.setenv("THUPHI_DATA", str(town.environment.settings.data))
    monkeypatch.setenv("THUPHI_OCSP_HOSTS", "127.0.0.1")
    if not town.environment.embedded:
        monkeypatch.setenv("THUPHI_DATABASE_URL", town.environment.settings.url)
    responder.clock = revocation_clock()
    package, run = tmp_path / "a.zip", CliRunner().invoke
    made = run(build("receipts"), ["receipts", "archive", "--out", str(package), "--agency", AGENCY, "--json"])
    assert made.exit_code == 0, made.output
    told = json.loads(made.output.splitlines()[-1])
    assert (told["lists"], told["answers"]) == (1, answers)
    ca = str(town.environment.settings.keys / "ca.pem")
    checked = run(build("receipts"), ["receipts", "archive-verify", str(package), "--trust", ca, "--json"])
    found = json.loads(checked.output.splitlines()[-1])
    assert (checked.exit_code, found["flaws"]) == (0, []), found
    assert "archive.no_revocation" not in {one["code"] for one in found["warnings"]}


def revocation_clock() -> Any:
    """The command runs by the machine's clock."""
    from gateway.kernel.clock import system_clock

    return system_clock
