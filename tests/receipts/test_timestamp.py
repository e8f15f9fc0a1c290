"""A time stamp proves when: checked here and by openssl, kept beside a receipt whose bytes never change."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from receipts import timestamp
from receipts.pki import demo_pki
from receipts.simulated_tsa import POLICY, Fault, SimulatedTsa, simulated_tsa
from receipts.timestamp import Stamp, StampRefused
from tests.conftest import HandClock, require
from tests.receipts.forge import NOW, genuine, keys, refusal, trust

NONCE = 0x1234_5678_9ABC_DEF0


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW + timedelta(seconds=90))


def authority(clock: HandClock, **more: Any) -> SimulatedTsa:
    key: Any = load_pem_private_key(keys().ca_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    return simulated_tsa(trust()[0], key, clock, **more)


def asked(tsa: SimulatedTsa, **more: Any) -> Stamp:
    digest = timestamp.imprint(genuine())
    answer = tsa.answer(timestamp.query(digest, NONCE, more.get("policy")))
    return timestamp.read(answer, **{"digest": digest, "nonce": NONCE, "trust": trust()} | more)


def test_a_stamp_says_when_and_by_whom(clock: HandClock) -> None:
    stamp = asked(authority(clock), policy=POLICY)
    assert stamp.at == clock()
    assert (stamp.authority, stamp.policy) == ("CN=DEMO TSA Thu Phí", POLICY)
    assert timestamp.check(stamp.token, digest=timestamp.imprint(genuine()), trust=trust()) == stamp


def test_openssl_agrees(clock: HandClock, tmp_path: Path) -> None:
    stamp = asked(authority(clock))
    (tmp_path / "stamped.xml").write_bytes(timestamp.signature_value(genuine()))
    (tmp_path / "stamp.tst").write_bytes(stamp.token)
    command = [
        require("openssl"),
        "ts",
        "-verify",
        "-token_in",
        "-in",
        "stamp.tst",
        "-attime",
        f"{stamp.at.timestamp():.0f}",
    ]
    command += ["-CAfile", str(keys().ca_certificate), "-data"]
    good = subprocess.run([*command, "stamped.xml"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert good.returncode == 0 and "Verification: OK" in good.stdout, good.stderr
    (tmp_path / "stamped.xml").write_bytes(timestamp.signature_value(genuine()) + b" ")
    assert subprocess.run([*command, "stamped.xml"], cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_openssl_s_own_stamps_are_understood(tmp_path: Path) -> None:
    """A foreign authority: openssl ts -reply, with a certificate of our demo authority."""
    openssl = require("openssl")
    clock = HandClock(NOW)
    made = authority(clock, days=3650)
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    (tmp_path / "tsa.key").write_bytes(made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "tsa.pem").write_bytes(made.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\nsigner_digest=sha256\n"
        "default_policy=1.2.3.4\ndigests=sha256\n"
    )
    digest = timestamp.imprint(genuine())
    (tmp_path / "q.tsq").write_bytes(timestamp.query(digest, NONCE))
    command = [openssl, "ts", "-reply", "-config", "tsa.cnf", "-section", "t", "-queryfile", "q.tsq", "-out", "r.tsr"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    answer = (tmp_path / "r.tsr").read_bytes()
    try:
        stamp = timestamp.read(answer, digest=digest, nonce=NONCE, trust=trust())
    except StampRefused as refused:  # openssl takes the machine's time, at which the demo certificate may have ended
        assert refused.code == "stamp.expired"
    else:
        assert stamp.policy == "1.2.3.4"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("rejected", "stamp.rejected"),
        ("nonce", "stamp.nonce"),
        ("imprint", "stamp.imprint"),
        ("policy", "stamp.policy"),
        ("changed", "stamp.signature"),
        ("swapped", "stamp.certificate_swapped"),
        ("garbage", "stamp.malformed"),
        ("no_certificate", "stamp.no_certificate"),
    ],
)
def test_an_answer_that_proves_nothing(clock: HandClock, fault: Fault, code: str) -> None:
    tsa = authority(clock)
    tsa.faults = [fault]
    with pytest.raises(StampRefused) as refused:
        asked(tsa, policy=POLICY)
    assert (refused.value.kind, refused.value.code) == ("unavailable", code)


def test_only_a_certificate_for_time_stamping(clock: HandClock) -> None:
    with pytest.raises(StampRefused) as refused:
        asked(authority(clock, purpose=ExtendedKeyUsageOID.CODE_SIGNING))
    assert refused.value.code == "stamp.purpose"


def test_only_of_a_trusted_authority(clock: HandClock, tmp_path: Path) -> None:
    with pytest.raises(StampRefused) as refused:
        asked(authority(clock), trust=demo_pki(tmp_path, now=NOW).trust())
    assert refused.value.code == "stamp.untrusted"


def test_only_while_its_certificate_is_valid(clock: HandClock) -> None:
    tsa = authority(clock, days=1)
    clock.advance(days=2)
    with pytest.raises(StampRefused) as refused:
        asked(tsa)
    assert refused.value.code == "stamp.expired"


def test_a_byte_changed_anywhere_in_the_token_is_found(clock: HandClock) -> None:
    stamp = asked(authority(clock))
    digest = timestamp.imprint(genuine())
    accepted = []
    for place in range(0, len(stamp.token), 7):
        changed = bytearray(stamp.token)
        changed[place] ^= 0x41
        try:
            found = timestamp.check(bytes(changed), digest=digest, trust=trust())
        except StampRefused:
            continue
        accepted.append((place, found.at == stamp.at))
    assert all(same for _, same in accepted)  # what is not signed (an algorithm's parameters) changes no fact


def test_the_stamped_file_is_for_others_and_the_receipt_stays_as_it_is(clock: HandClock, tmp_path: Path) -> None:
    file = timestamp.with_stamp(genuine(), asked(authority(clock)))
    (tmp_path / "xades-t.xml").write_bytes(file)
    command = [require("xmlsec1"), "--verify", "--verification-gmt-time", "2026-11-24+03:00:00"]
    for element in (
        "DLBLai",
        "http://www.w3.org/2000/09/xmldsig#:Object",
        "http://uri.etsi.org/01903/v1.3.2#:SignedProperties",
    ):
        command += ["--id-attr:Id", element]
    command += ["--trusted-pem", str(keys().ca_certificate), "--enabled-reference-uris", "empty,same-doc"]
    done = subprocess.run([*command, str(tmp_path / "xades-t.xml")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert refusal(file) == "structure.unknown_element"  # one receipt, one face: ours is the file without
