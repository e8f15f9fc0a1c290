"""CPU of a receipt signed and of one verified, beside what cannot be avoided: RSA itself, and signxml with all pinned.

`pytest -m bench tests/bench/bench_receipts.py -n 0 -s`
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from receipts import sign, token, xml
from receipts.keys import FileSigner, TokenKey
from receipts.model import FeeLine
from receipts.pki import DemoKeys, demo_pki
from receipts.verify import verify
from tests.receipts.desk import NOW, make_facts

pytestmark = pytest.mark.bench

LINES = tuple(FeeLine("PHI", f"P-{n}", f"Phí thẩm định hồ sơ số {n}", 1, 75_000, 75_000) for n in range(8))
FACTS = make_facts(lines=LINES)  # about 3 kB, as in the measurements the targets come from
ROUNDS, LEAST = 9, 0.1
SIGNED_AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DemoKeys:
    return demo_pki(tmp_path_factory.mktemp("keys"), now=NOW)


def rates(*works: Callable[[], object]) -> list[float]:
    """Calls per second of CPU time, the best of nine rounds each, taken in turn so that noise falls on all alike."""
    times = [_calls(work) for work in works]
    best = [0.0] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            start = time.process_time()
            for _ in range(times[place]):
                work()
            best[place] = max(best[place], times[place] / (time.process_time() - start))
    return best


def _calls(work: Callable[[], object]) -> int:
    """How many calls take `LEAST` seconds."""
    work()
    start, calls = time.process_time(), 0
    while time.process_time() - start < LEAST:
        work()
        calls += 1
    return calls


def built(signer: FileSigner, key: TokenKey, number: int) -> bytes:
    """All that makes one receipt: data element, printed token, signature."""
    data = xml.data_element(
        FACTS,
        form="EBL01",
        symbol="26TAA",
        number=number,
        lookup_code="7KQ2M9XD4TPA",
        token_public_key=key.public_base64,
    )
    said = token.TokenFacts(FACTS.org.tax_code, "EBL01", "26TAA", number, FACTS.day, FACTS.amount, sign.digest(data))
    qr = token.printed("https://thuphi.example", token.make(said, key))
    return sign.sign(data, signer=signer, signed_at=SIGNED_AT, qr=qr)


def test_a_receipt_built_and_signed_against_raw_rsa(keys: DemoKeys) -> None:
    signer, key = keys.signer(), keys.token()
    private, text = signer._key, b"x" * 1_000
    numbers = iter(range(1, 10_000_000))
    raw, ours = rates(
        lambda: private.sign(text, padding.PKCS1v15(), SHA256()), lambda: built(signer, key, next(numbers))
    )
    print(f"\nsigned {ours:,.0f}/s, raw RSA-2048 {raw:,.0f}/s, ratio {ours / raw:.2f} (at least 0.65)")
    assert ours / raw >= 0.65


def test_a_receipt_verified_against_signxml(keys: DemoKeys) -> None:
    """signxml with certificate, place, algorithms and count of references pinned; it says nothing of the contents."""
    from lxml import etree
    from signxml.algorithms import DigestAlgorithm, SignatureMethod
    from signxml.verifier import SignatureConfiguration, XMLVerifier

    file = built(keys.signer(), keys.token(), 1)
    trust = tuple(keys.trust())
    certificate = x509.load_pem_x509_certificate(keys.signer_certificate.read_bytes())
    assert isinstance(certificate.public_key(), rsa.RSAPublicKey)
    pinned = SignatureConfiguration(
        location="./DSCKS/TCThu/",
        expect_references=3,
        signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
        digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        verification_time=SIGNED_AT,
    )

    def theirs() -> object:
        return XMLVerifier().verify(
            etree.fromstring(file), x509_cert=certificate, validate_schema=False, expect_config=pinned
        )

    plain, ours = rates(theirs, lambda: verify(file, trust=trust, at=SIGNED_AT))
    print(f"\nverified {ours:,.0f}/s, signxml {plain:,.0f}/s, ratio {ours / plain:.2f} (at least 0.9)")
    assert ours / plain >= 0.9
