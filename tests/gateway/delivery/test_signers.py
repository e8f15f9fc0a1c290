"""Whoever signs: certificates overlap, devices are slow, locked or unplugged, services lose answers; no receipt is lost."""

from __future__ import annotations

import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.delivery import enrol
from gateway.delivery.documents import SigningKeys, load_keys, render_waiting, renew_keys, sign_waiting
from gateway.kernel import outbox
from gateway.kernel.uow import Environment
from gateway.worker import Worker
from receipts import sign, store
from receipts.hardware import PinLocked, TokenMissing
from receipts.keys import Certified, FileSigner, KeyUnusable
from receipts.pki import DemoKeys, _leaf, _rsa_key, _write
from receipts.remote import RemoteSigner
from receipts.simulated_remote import SimulatedService
from receipts.verify import Verified, verify
from tests.conftest import HandClock
from tests.gateway.settlement.test_race import at_once
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def paid(town: Town, count: int = 1) -> None:
    for _ in range(count):
        town.money_comes(town.payment(LE_PHI))


def verified(town: Town, at: datetime) -> list[Verified]:
    trust = [x509.load_pem_x509_certificate((town.environment.settings.keys / "ca.pem").read_bytes())]
    with town.environment.read() as connection:
        files = [store.document(connection, row.id, "xml", town.environment.vault) for row in town.receipts()]
    return [verify(file, trust=trust, at=at) for file in files if file is not None]


def states(town: Town) -> list[str]:
    return [row.state for row in town.receipts()]


# Rotation


def successor(town: Town, clock: HandClock) -> FileSigner:
    """A new key and certificate of the same authority, put beside the old one."""
    from cryptography.hazmat.primitives.serialization import Encoding

    files = DemoKeys(town.environment.settings.keys)
    key = _rsa_key(files.directory / "signer-2.key", files.directory / "signer-2.pem")
    ca_key: Any = load_pem_private_key(files.ca_key.read_bytes(), None)
    leaf = _leaf(key, "Sở Xây dựng 2", files.trust()[0], ca_key, clock())
    _write(files.directory / "signer-2.pem", leaf.public_bytes(Encoding.PEM))
    return FileSigner.from_pem(files.directory / "signer-2.key", files.directory / "signer-2.pem")


def test_the_new_certificate_takes_over_from_its_day_and_both_kinds_verify(town: Town, clock: HandClock) -> None:
    new = successor(town, clock)
    keys = load_keys(town.environment.settings.keys)
    assert len(keys.signers) == 2
    paid(town)
    sign_waiting(town.environment, keys)  # the new one is not registered: the old one signs
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.declare(uow, AGENCY, [new.certificate], date(2026, 11, 26))
    clock.moment = datetime(2026, 11, 25, 2, tzinfo=UTC)
    paid(town)
    sign_waiting(town.environment, keys)
    clock.moment = datetime(2026, 11, 26, 2, tzinfo=UTC)
    paid(town)
    sign_waiting(town.environment, keys)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.stop(uow, AGENCY, f"{town.keys.signer.certificate.serial_number:x}")
    paid(town)
    sign_waiting(town.environment, keys)
    found = verified(town, clock())
    old, fresh = town.keys.signer.certificate, new.certificate
    assert [one.certificate for one in found] == [old, old, fresh, fresh]
    assert render_waiting(town.environment, keys) == 4


def test_a_key_that_is_not_on_the_list_signs_nothing(town: Town, clock: HandClock) -> None:
    new = successor(town, clock)
    paid(town)
    with structlog.testing.capture_logs() as logs:
        assert sign_waiting(town.environment, SigningKeys(new, town.keys.token, demo=True)) == 0
    assert [one["code"] for one in logs] == ["receipt.certificate_not_listed"]
    assert states(town) == ["numbered"]
    assert sign_waiting(town.environment, town.keys) == 1


def test_the_worker_finds_a_new_pair_while_it_runs(town: Town, clock: HandClock) -> None:
    paid(town)
    keys = town.environment.settings.keys
    shutil.move(keys / "signer.key", keys / "away.key")
    worker = Worker(town.environment)
    with structlog.testing.capture_logs() as logs:
        worker.run_until_quiet()
    assert "receipt.no_keys" in {one["event"] for one in logs}
    assert states(town) == ["numbered"]
    shutil.move(keys / "away.key", keys / "signer.key")
    clock.advance(minutes=2)
    worker.run_until_quiet()
    assert states(town) == ["signed"]


# Devices


class Device(Certified):
    """A token that fails as told, one entry a signature."""

    def __init__(self, real: FileSigner, *failures: Exception | None) -> None:
        super().__init__(real.certificate)
        self._real, self.failures, self.asked = real, list(failures), 0

    def sign(self, data: bytes) -> bytes:
        self.asked += 1
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return self._real.sign(data)


@pytest.mark.parametrize(
    "trouble", [TokenMissing("no token"), PinLocked("locked"), KeyUnusable("does not sign: DeviceError")]
)
def test_a_device_that_fails_is_named_and_left_alone_until_the_next_round(town: Town, trouble: KeyUnusable) -> None:
    paid(town, 4)
    assert isinstance(town.keys.signer, FileSigner)
    device = Device(town.keys.signer, None, trouble)
    keys = SigningKeys(device, town.keys.token, demo=True)
    stuck: set[str] = set()
    with structlog.testing.capture_logs() as logs:
        assert sign_waiting(town.environment, keys, failed=stuck) == 1
    assert [(one["event"], one["code"], one["waiting"]) for one in logs] == [("receipt.signer_down", trouble.code, 3)]
    assert states(town) == ["signed", "numbered", "numbered", "numbered"]
    assert device.asked == 2  # and not once for each that waits
    assert sign_waiting(town.environment, keys, failed=stuck) == 0
    assert device.asked == 2
    stuck.clear()  # as the worker does each minute
    assert sign_waiting(town.environment, keys, failed=stuck) == 3
    assert {one.signer for one in verified(town, town.environment.clock())} == {town.keys.signer.subject}


def test_a_slow_device_keeps_what_it_has_signed(town: Town) -> None:
    """Its batch is cut into portions, each kept by itself, so that a restart loses few signatures."""
    paid(town, 12)
    assert isinstance(town.keys.signer, FileSigner)
    seen: list[int] = []

    class Slow(Device):
        def sign(self, data: bytes) -> bytes:
            seen.append(states(town).count("signed"))
            return super().sign(data)

    sign_waiting(town.environment, SigningKeys(Slow(town.keys.signer), town.keys.token, demo=True))
    assert seen == [0] * 10 + [10] * 2
    assert states(town) == ["signed"] * 12


def test_a_locked_pin_stops_the_lane_and_is_told_once_a_minute(town: Town, clock: HandClock) -> None:
    """Each further try could be the last one that the token allows: nothing is asked of it but by the minute."""
    paid(town, 12)
    assert isinstance(town.keys.signer, FileSigner)
    device = Device(town.keys.signer, PinLocked("locked"), PinLocked("locked"))
    worker = Worker(town.environment, SigningKeys(device, town.keys.token, demo=True))
    for minute in (1, 2):
        with structlog.testing.capture_logs() as logs:
            worker.run_until_quiet()
            worker.run_until_quiet()
        told = [(one["code"], one["waiting"]) for one in logs if one["event"] == "receipt.signer_down"]
        assert (told, device.asked) == ([("receipt.pin_locked", 12)], minute)
        assert states(town) == ["numbered"] * 12
        clock.advance(minutes=1)
    worker.run_until_quiet()  # unlocked by hand meanwhile
    assert states(town) == ["signed"] * 12


# Threads


class Counted(FileSigner):
    """A file's key that remembers who asked it for what, and fails where it is told."""

    def __init__(self, real: FileSigner, *refused: bytes) -> None:
        super().__init__(real._key, real.certificate)
        self.asked: list[tuple[str, bytes]] = []
        self.refused = list(refused)
        self.error: Exception = KeyUnusable("this one not")

    def sign(self, data: bytes) -> bytes:
        if data != b"thuphi":  # the proof at the start
            self.asked.append((threading.current_thread().name, data))
            if any(mark in data for mark in self.refused):
                raise self.error
        return super().sign(data)


def counted(town: Town, monkeypatch: pytest.MonkeyPatch, hands: int) -> tuple[Counted, SigningKeys]:
    assert isinstance(town.keys.signer, FileSigner)
    monkeypatch.setattr("os.cpu_count", lambda: hands)
    signer = Counted(town.keys.signer)
    return signer, SigningKeys(signer, town.keys.token, demo=True)


def test_several_threads_sign_a_batch_and_each_receipt_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    paid(town, 14)
    signer, keys = counted(town, monkeypatch, 3)
    assert sign_waiting(town.environment, keys) == 14
    assert len({data for _, data in signer.asked}) == len(signer.asked) == 14
    assert {name.partition("_")[0] for name, _ in signer.asked} == {"thuphi-sign"}
    found = verified(town, town.environment.clock())
    assert [one.number for one in found] == list(range(1, 15))
    assert sign_waiting(town.environment, keys) == 0
    assert len([one for one in town.rows(outbox.event) if one.kind == "receipt.signed"]) == 14


def test_a_few_are_signed_without_threads(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    paid(town, 2)
    signer, keys = counted(town, monkeypatch, 3)
    assert sign_waiting(town.environment, keys) == 2
    assert {name for name, _ in signer.asked} == {threading.current_thread().name}


@pytest.mark.parametrize("error", [KeyUnusable("this one not"), ValueError("out of memory")])
@pytest.mark.parametrize("count", [3, 14])  # without threads and with
def test_a_failure_of_one_leaves_the_others(
    town: Town, monkeypatch: pytest.MonkeyPatch, count: int, error: Exception
) -> None:
    paid(town, count)
    signer, keys = counted(town, monkeypatch, 3)
    signer.error = error
    bad, numbers = town.receipts()[1], range(1, count + 1)
    real = sign.prepare

    def marked(data: bytes, **more: Any) -> Any:
        prepared = real(data, **more)
        if f"<SCTu>{bad.number}</SCTu>".encode() in data:
            signer.refused.append(prepared.digests[0].encode())
        return prepared

    monkeypatch.setattr(sign, "prepare", marked)
    stuck: set[str] = set()
    with structlog.testing.capture_logs() as logs:
        assert sign_waiting(town.environment, keys, failed=stuck) == count - 1
    assert [(one["event"], one["receipt"]) for one in logs] == [("receipt.unsigned", bad.id)]
    assert stuck == {bad.id}
    assert [row.number for row in town.receipts() if row.state == "signed"] == [n for n in numbers if n != bad.number]
    signer.refused.clear()
    monkeypatch.setattr(sign, "prepare", real)
    assert sign_waiting(town.environment, keys) == 1
    assert len(verified(town, town.environment.clock())) == count


def test_two_workers_on_one_batch_keep_each_signature_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both may compute; the first to store wins, and one event tells of it."""
    paid(town, 12)
    _, keys = counted(town, monkeypatch, 2)
    done: list[int] = []
    at_once(*[lambda: done.append(sign_waiting(town.environment, keys))] * 2)
    assert sum(done) == 12
    assert len(verified(town, town.environment.clock())) == 12
    events = [one.subject for one in town.rows(outbox.event) if one.kind == "receipt.signed"]
    assert len(events) == len(set(events)) == 12


# Remote


def remote(town: Town) -> tuple[SimulatedService, SigningKeys]:
    key: Any = load_pem_private_key((town.environment.settings.keys / "signer.key").read_bytes(), None)
    service = SimulatedService(key)
    signer = RemoteSigner(service, town.keys.signer.certificate, pause=lambda _: None)
    return service, SigningKeys(signer, town.keys.token, demo=True)


def test_a_slow_service_is_looked_at_again_and_signs_each_receipt_once(town: Town, clock: HandClock) -> None:
    paid(town, 3)
    service, keys = remote(town)
    service.slow = 2
    stuck: set[str] = set()
    assert sign_waiting(town.environment, keys, failed=stuck) == 0
    asked_at = clock()
    clock.advance(seconds=40)
    assert sign_waiting(town.environment, keys, failed=stuck) == 0
    clock.advance(seconds=40)
    assert sign_waiting(town.environment, keys, failed=stuck) == 3
    assert list(service.signed.values()) == [1, 1, 1]
    assert {one.signed_at for one in verified(town, clock())} == {asked_at}
    assert keys.waiting == {} and stuck == set()


@pytest.mark.parametrize("fault", ["down", "cut", "wrong"])
def test_a_service_that_fails_loses_nothing_and_signs_nothing_twice(town: Town, fault: Any) -> None:
    paid(town, 2)
    service, keys = remote(town)
    service.faults = [fault, fault]
    stuck: set[str] = set()
    with structlog.testing.capture_logs() as logs:
        assert sign_waiting(town.environment, keys, failed=stuck) == 0
    assert logs[-1]["event"] == "receipt.signer_down"
    stuck.clear()
    for _ in range(2):
        sign_waiting(town.environment, keys, failed=stuck)
        stuck.clear()
    assert states(town) == ["signed", "signed"]
    assert set(service.signed.values()) == {1}
    assert len(verified(town, town.environment.clock())) == 2


def test_a_request_nobody_answers_is_made_anew_with_a_new_time(town: Town, clock: HandClock) -> None:
    paid(town)
    service, keys = remote(town)
    service.slow = 1
    sign_waiting(town.environment, keys)
    clock.advance(minutes=20)
    sign_waiting(town.environment, keys)
    clock.advance(seconds=1)
    assert sign_waiting(town.environment, keys) == 1
    assert verified(town, clock())[0].signed_at == clock() - timedelta(seconds=1)


def test_waiting_requests_survive_a_fresh_look_at_the_keys(town: Town) -> None:
    paid(town)
    service, keys = remote(town)
    service.slow = 1
    sign_waiting(town.environment, keys)
    fresh = renew_keys(town.environment.settings.keys, keys, tell=False)
    assert fresh is not None and fresh.waiting == keys.waiting != {}
