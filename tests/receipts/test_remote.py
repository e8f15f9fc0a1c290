"""A signature from somebody else's machine: asked for again under the same id, believed only when the certificate accepts it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from receipts.keys import KeyUnusable
from receipts.remote import HttpService, RemoteSigner, ServiceDown, ServiceSlow, WrongSignature
from receipts.sign import sign
from receipts.simulated_remote import Fault, SimulatedService, served
from tests.receipts.forge import NOW, accepted, data, keys, printed
from tests.receipts.forge import signer as file_signer


@pytest.fixture
def service() -> SimulatedService:
    key: Any = load_pem_private_key(keys().signer_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    return SimulatedService(key)


class Pauses:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds


def remote(service: Any, patience: float = 2.0, pauses: Pauses | None = None) -> RemoteSigner:
    return RemoteSigner(service, file_signer().certificate, patience=patience, pause=pauses or Pauses())


def test_a_receipt_signed_elsewhere_is_genuine(service: SimulatedService) -> None:
    element = data()
    file = sign(element, signer=remote(service), signed_at=NOW, qr=printed(element))
    assert accepted(file).warnings == ()
    assert file == sign(element, signer=file_signer(), signed_at=NOW, qr=printed(element))


def test_the_same_request_is_signed_once(service: SimulatedService) -> None:
    signer = remote(service)
    service.faults = ["cut"]
    with pytest.raises(ServiceDown):
        signer.sign(b"data")  # signed, but the answer was lost
    assert signer.sign(b"data") == signer.sign(b"data") == file_signer().sign(b"data")
    assert list(service.signed.values()) == [1]


def test_a_slow_service_is_waited_for_and_then_left(service: SimulatedService) -> None:
    pauses = Pauses()
    service.slow = 3
    assert remote(service, 2.0, pauses).sign(b"data") == file_signer().sign(b"data")
    assert pauses.seconds == pytest.approx(0.6)
    service.slow = 1_000
    with pytest.raises(ServiceSlow) as refused:
        remote(service).sign(b"other")
    assert (refused.value.kind, refused.value.code) == ("unavailable", "receipt.signing_service_slow")


@pytest.mark.parametrize("fault", ["wrong", "other", "garbage"])
def test_a_wrong_signature_is_never_used(service: SimulatedService, fault: Fault) -> None:
    service.faults = [fault]
    signer = remote(service)
    with pytest.raises(WrongSignature):
        signer.sign(b"data")
    assert signer.sign(b"data") == file_signer().sign(b"data")


def test_one_wrong_answer_holds_nobody_up(service: SimulatedService) -> None:
    service.faults = ["wrong"]
    found = remote(service).sign_some({"one": b"1", "two": b"2"})
    assert found == {"two": file_signer().sign(b"2")}


def test_the_same_id_for_something_else_is_refused(service: SimulatedService) -> None:
    signer = remote(service)
    signer.sign_some({"one": b"1"})
    with pytest.raises(ServiceDown, match="same request id"):
        signer.sign_some({"one": b"2"})


def test_over_http(service: SimulatedService) -> None:
    with served(service, "secret") as url, httpx2.Client(timeout=5) as client:
        signer = remote(HttpService(client, url, "seal", "secret"))
        service.slow = 2
        assert signer.sign(b"data") == file_signer().sign(b"data")
        service.faults = ["down"]
        with pytest.raises(ServiceDown):
            signer.sign(b"other")
        with pytest.raises(ServiceDown):
            remote(HttpService(client, url, "seal", "guessed")).sign(b"data")
    with httpx2.Client(timeout=5) as client, pytest.raises(ServiceDown):
        remote(HttpService(client, url, "seal", "secret")).sign(b"data")  # nobody listens any more


def test_only_for_a_key_that_may_sign_receipts(service: SimulatedService) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.hashes import SHA256

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    weak = builder.serial_number(1).not_valid_before(NOW).not_valid_after(NOW.replace(year=2030)).sign(key, SHA256())
    with pytest.raises(KeyUnusable):
        RemoteSigner(service, weak)
