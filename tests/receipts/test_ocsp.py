"""A responder's word counts when it is about the certificate, from whom the authority appointed, and of now."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as x509_ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from receipts import ocsp
from receipts.ocsp import Answer, AnswerRefused
from receipts.pki import demo_pki
from receipts.simulated_ocsp import VALID, Fault, SimulatedResponder, simulated_responder
from tests.conftest import require
from tests.receipts.forge import NOW, keys, signer, trust

NONCE = bytes(range(32))


@cache
def appointed() -> SimulatedResponder:
    return simulated_responder(keys(), lambda: NOW, appointed=True)


def responder(kind: str = "own", **more: Any) -> SimulatedResponder:
    """Fresh faults and counts, the slow key made once."""
    if kind == "own":
        return simulated_responder(keys(), lambda: NOW)
    made = appointed()
    return SimulatedResponder(made.key, made.certificate, made.authority, made.clock, **more)


def asked(answering: SimulatedResponder, **more: Any) -> Answer:
    certificate, authority = signer().certificate, trust()[0]
    answer = answering.answer(ocsp.query(certificate, authority, NONCE))
    said = {"certificate": certificate, "authority": authority, "nonce": NONCE, "now": NOW}
    return ocsp.read(answer, **said | more)


@pytest.mark.parametrize("kind", ["own", "appointed"])
def test_good_until_the_next_answer(kind: str) -> None:
    found = asked(responder(kind))
    assert (found.status, found.this_update, found.next_update) == ("good", NOW, NOW + VALID)
    certificate, authority = signer().certificate, trust()[0]
    assert ocsp.check(found.der, certificate=certificate, authority=authority) == found


@pytest.mark.parametrize("kind", ["own", "appointed"])
def test_revoked_since_a_moment(kind: str) -> None:
    answering = responder(kind)
    answering.revoked = {signer().certificate.serial_number: NOW - timedelta(days=2)}
    found = asked(answering)
    assert (found.status, found.revoked_at) == ("revoked", NOW - timedelta(days=2))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("try_later", "ocsp.status"),
        ("garbage", "ocsp.malformed"),
        ("unknown", "ocsp.unknown"),
        ("wrong_signature", "ocsp.signature"),
        ("wrong_certificate", "ocsp.other_certificate"),
        ("expired", "ocsp.stale"),
        ("early", "ocsp.early"),
        ("nonce", "ocsp.nonce"),
    ],
)
@pytest.mark.parametrize("kind", ["own", "appointed"])
def test_an_answer_that_proves_nothing(kind: str, fault: Fault, code: str) -> None:
    answering = responder(kind)
    answering.faults = [fault]
    with pytest.raises(AnswerRefused) as refused:
        asked(answering)
    assert (refused.value.code, refused.value.kind) == (code, "unavailable")


def test_an_answer_made_in_advance_bears_no_nonce_and_its_times_bound_it() -> None:
    answering = responder()
    answering.faults = ["cached", "cached"]
    assert asked(answering).status == "good"
    with pytest.raises(AnswerRefused, match="newer answer"):
        asked(answering, now=NOW + VALID + timedelta(seconds=1))


def test_the_clock_of_the_responder_may_run_a_little_ahead() -> None:
    assert asked(responder(), now=NOW - timedelta(minutes=4)).status == "good"
    with pytest.raises(AnswerRefused, match="the answer is of"):
        asked(responder(), now=NOW - timedelta(minutes=6))


def test_a_responder_for_another_purpose_is_not_appointed() -> None:
    answering = simulated_responder(keys(), lambda: NOW, appointed=True, purpose=ExtendedKeyUsageOID.CODE_SIGNING)
    with pytest.raises(AnswerRefused) as refused:
        asked(answering)
    assert refused.value.code == "ocsp.responder"


def test_a_responder_of_another_authority_is_not_appointed(tmp_path: Path) -> None:
    stranger = simulated_responder(demo_pki(tmp_path, now=NOW), lambda: NOW, appointed=True)
    with pytest.raises(AnswerRefused) as refused:
        asked(stranger)
    assert refused.value.code == "ocsp.responder"


def test_another_authority_of_the_same_name_signs_in_vain(tmp_path: Path) -> None:
    namesake = demo_pki(tmp_path, now=NOW)
    assert namesake.trust()[0].subject == trust()[0].subject
    with pytest.raises(AnswerRefused) as refused:
        asked(simulated_responder(namesake, lambda: NOW))
    assert refused.value.code == "ocsp.signature"


def test_a_responder_whose_certificate_had_ended_is_not_believed() -> None:
    answering = simulated_responder(keys(), lambda: NOW, appointed=True, days=3)
    answering.clock = lambda: NOW + timedelta(days=4)
    with pytest.raises(AnswerRefused) as refused:
        asked(answering, now=NOW + timedelta(days=4))
    assert refused.value.code == "ocsp.responder_expired"


def test_no_changed_byte_is_believed_and_none_breaks_the_reader() -> None:
    certificate, authority = signer().certificate, trust()[0]
    whole = asked(responder("appointed")).der
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0x01
        try:
            found = ocsp.check(bytes(changed), certificate=certificate, authority=authority)
        except AnswerRefused:
            continue
        unsigned = x509_ocsp.load_der_ocsp_response(bytes(changed))
        assert unsigned.tbs_response_bytes == x509_ocsp.load_der_ocsp_response(whole).tbs_response_bytes
        assert found.status == "good"


def test_the_certificate_names_its_responder(tmp_path: Path) -> None:
    files = demo_pki(tmp_path, now=NOW, responder_url="http://ocsp.example.vn/q")
    named = x509.load_pem_x509_certificate(files.signer_certificate.read_bytes())
    assert ocsp.address(named) == "http://ocsp.example.vn/q"
    assert ocsp.address(signer().certificate) is None


def openssl(*arguments: str | Path) -> str:
    command = [require("openssl"), "ocsp", "-issuer", keys().ca_certificate, "-cert", keys().signer_certificate]
    done = subprocess.run(
        [*map(str, command), *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.stdout


@pytest.mark.parametrize("kind", ["own", "appointed"])
def test_openssl_believes_our_responder(kind: str, tmp_path: Path) -> None:
    answer = tmp_path / "answer.der"
    answer.write_bytes(asked(responder(kind)).der)
    said = openssl("-respin", answer, "-CAfile", keys().ca_certificate, "-no_nonce", "-validity_period", 10**9)
    assert "Response verify OK" in said
    assert f"{keys().signer_certificate}: good" in said


@pytest.mark.parametrize(("state", "expected"), [("V", "good"), ("R", "revoked")])
def test_we_believe_openssl_s_responder(state: str, expected: str, tmp_path: Path) -> None:
    """Its index: state, expiry, revocation, serial number, file, subject."""
    certificate, authority = signer().certificate, trust()[0]
    revoked = "261120000000Z" if state == "R" else ""
    index, request, answer = tmp_path / "index.txt", tmp_path / "request.der", tmp_path / "answer.der"
    index.write_text(f"{state}\t311120000000Z\t{revoked}\t{certificate.serial_number:X}\tunknown\t/CN=DEMO\n")
    request.write_bytes(ocsp.query(certificate, authority, NONCE))
    ca = keys().ca_certificate
    answering = ["-index", index, "-CA", ca, "-rsigner", ca, "-rkey", keys().ca_key, "-ndays", 1]
    subprocess.run(
        [require("openssl"), "ocsp", *map(str, answering), "-reqin", str(request), "-respout", str(answer)],
        check=True,
        capture_output=True,
    )
    made = x509_ocsp.load_der_ocsp_response(answer.read_bytes()).produced_at_utc
    found = ocsp.read(answer.read_bytes(), certificate=certificate, authority=authority, nonce=NONCE, now=made)
    assert found.status == expected
