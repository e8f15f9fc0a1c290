"""A package proves its receipts by itself, and every single damage to it is found."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from receipts import ocsp, pdf, timestamp
from receipts.archive import ArchiveUnreadable, Kept, pack, unpack
from receipts.archive_check import Proven, examine
from receipts.pki import DemoKeys, demo_pki, publish_revocation
from receipts.sign import sign
from receipts.simulated_ocsp import Fault, simulated_responder
from receipts.simulated_tsa import simulated_tsa
from tests.receipts.forge import FACTS, NOW, data, genuine, keys, printed, signed, signer, trust
from tests.receipts.paper import LOOKUP

MADE_AT = "2026-11-25T02:30:00.000Z"


def revocation() -> list[x509.CertificateRevocationList]:
    return [x509.load_der_x509_crl(keys().revocation.read_bytes())]


@cache
def kept() -> Kept:
    key: Any = load_pem_private_key(keys().ca_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    tsa = simulated_tsa(trust()[0], key, lambda: NOW + timedelta(minutes=5))
    digest = timestamp.imprint(genuine())
    stamp = timestamp.read(tsa.answer(timestamp.query(digest, 7)), digest=digest, nonce=7, trust=trust())
    page = pdf.render(genuine(), demo=True, lookup_url=LOOKUP, signer=signer())
    return Kept("EBL01", "26TAA", 1, genuine(), page, stamp.token)


def packed(*receipts: Kept, **more: Any) -> bytes:
    chain = [signer().certificate, trust()[0]]
    return pack(receipts or (kept(),), **{"chain": chain, "revocation": revocation(), "made_at": MADE_AT} | more)


def codes(proven: Proven) -> set[str]:
    return {flaw.code for flaw in proven.flaws}


def test_a_whole_package_has_no_flaw() -> None:
    found = examine(packed(), trust=trust())
    assert (found.receipts, found.stamped, found.flaws, found.warnings) == (1, 1, (), ())
    assert packed() == packed()  # the same receipts, the same bytes


def test_without_stamp_seal_and_list_there_are_warnings_and_no_flaws() -> None:
    bare = replace(kept(), stamp=None, pdf=pdf.render(genuine(), demo=True, lookup_url=LOOKUP))
    found = examine(packed(bare, revocation=()), trust=trust())
    assert found.flaws == ()
    assert {one.code for one in found.warnings} == {"archive.no_stamp", "archive.no_revocation", "pdf.no_seal"}


def test_ten_years_later_it_still_holds() -> None:
    """Certificates have ended by then; the time of the stamp counts."""
    assert examine(packed(), trust=trust()).flaws == ()
    assert signer().valid[1] < NOW.replace(year=2036)


def test_another_authority_is_not_believed(tmp_path: Path) -> None:
    found = examine(packed(), trust=demo_pki(tmp_path, now=NOW).trust())
    assert codes(found) == {"stamp.untrusted", "certificate.untrusted"}


def test_every_damaged_byte_is_found() -> None:
    package = packed()
    step = 97  # a prime, so that every kind of place is met
    for place in range(0, len(package), step):
        damaged = bytearray(package)
        damaged[place] ^= 0x20
        try:
            found = examine(bytes(damaged), trust=trust())
        except ArchiveUnreadable:
            continue
        assert found.flaws, place


@pytest.mark.parametrize("cut", [0, 1, 100, 0.5, 0.99])
def test_a_cut_package_is_unreadable(cut: float) -> None:
    package = packed()
    with pytest.raises(ArchiveUnreadable):
        examine(package[: int(cut * len(package)) if cut < 1 else int(cut)], trust=trust())


def rebuilt(change: Callable[[dict[str, bytes]], None]) -> bytes:
    """A forger's package: changed, with a manifest that fits."""
    import hashlib
    import json

    files, _ = unpack(packed())
    change(files)
    listed = [{"name": n, "sha256": hashlib.sha256(d).hexdigest(), "bytes": len(d)} for n, d in files.items()]
    manifest = json.dumps({"format": "thuphi-archive-1", "made_at": MADE_AT, "files": listed}, indent=1) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, body in ({"manifest.json": manifest.encode()} | files).items():
            package.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body)
    return out.getvalue()


AT = "receipts/EBL01-26TAA-00000001"


def other_receipt(files: dict[str, bytes]) -> None:
    element = data(FACTS, number=2)
    files[f"{AT}/receipt.xml"] = signed(element, printed(element, FACTS, 2))


def other_amount(files: dict[str, bytes]) -> None:
    files[f"{AT}/receipt.xml"] = files[f"{AT}/receipt.xml"].replace(b"<Ten>Nguy", b"<Ten>nguy", 1)


def other_page(files: dict[str, bytes]) -> None:
    element = data(FACTS, number=2)
    other = signed(element, printed(element, FACTS, 2))
    files[f"{AT}/receipt.pdf"] = pdf.render(other, demo=True, lookup_url=LOOKUP, signer=signer())


def changed_page(files: dict[str, bytes]) -> None:
    page = files[f"{AT}/receipt.pdf"]
    files[f"{AT}/receipt.pdf"] = page.replace(b"/Producer", b"/Producex", 1)


def added_to_page(files: dict[str, bytes]) -> None:
    files[f"{AT}/receipt.pdf"] += b"\n% more"


def other_stamp(files: dict[str, bytes]) -> None:
    key: Any = load_pem_private_key(keys().ca_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    tsa = simulated_tsa(trust()[0], key, lambda: NOW + timedelta(minutes=5))
    files[f"{AT}/stamp.tst"] = timestamp.read(
        tsa.answer(timestamp.query(bytes(32), 7)), digest=bytes(32), nonce=7, trust=trust()
    ).token


def other_value(files: dict[str, bytes]) -> None:
    files[f"{AT}/stamped.xml"] += b" "


def no_receipt(files: dict[str, bytes]) -> None:
    del files[f"{AT}/receipt.xml"]


def no_chain(files: dict[str, bytes]) -> None:
    for name in [name for name in files if name.startswith("chain/")]:
        del files[name]


def broken_list(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("revocation/"))
    files[name] = b"not a list"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (other_receipt, "stamp.imprint"),
        (other_amount, "signature.digest_differs"),
        (other_page, "pdf.source"),
        (changed_page, "pdf.digest_differs"),
        (added_to_page, "pdf.seal"),
        (other_stamp, "stamp.imprint"),
        (other_value, "stamp.imprint"),
        (no_receipt, "archive.no_receipt"),
        (no_chain, "archive.no_chain"),
        (broken_list, "archive.unreadable"),
    ],
)
def test_a_forged_package_with_a_fitting_manifest(change: Callable[[dict[str, bytes]], None], code: str) -> None:
    assert code in codes(examine(rebuilt(change), trust=trust()))


def test_the_unchanged_package_rebuilt_holds() -> None:
    assert examine(rebuilt(lambda _: None), trust=trust()).flaws == ()


def test_a_receipt_under_another_s_name() -> None:
    found = examine(packed(replace(kept(), number=2)), trust=trust())
    assert codes(found) == {"archive.misplaced"}


SIGNED, STAMPED = NOW, NOW + timedelta(minutes=5)


@dataclass(frozen=True)
class Bench:
    """An authority of its own, whose word can change, and one receipt signed under it, stamped or not."""

    files: DemoKeys
    leaf: x509.Certificate
    receipt: Kept

    @classmethod
    def make(cls, directory: Path, *, stamped: bool) -> Bench:
        files = demo_pki(directory, now=NOW)
        receipt = sign(data(), signer=files.signer(), signed_at=SIGNED, qr="")
        stamp: bytes | None = None
        if stamped:
            key: Any = load_pem_private_key(files.ca_key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
            tsa, digest = simulated_tsa(files.trust()[0], key, lambda: STAMPED), timestamp.imprint(receipt)
            answer = tsa.answer(timestamp.query(digest, 7))
            stamp = timestamp.read(answer, digest=digest, nonce=7, trust=files.trust()).token
        leaf = x509.load_pem_x509_certificate(files.signer_certificate.read_bytes())
        return cls(files, leaf, Kept("EBL01", "26TAA", 1, receipt, stamp=stamp))

    def listed(self, revoked_at: datetime | None, said_at: datetime) -> dict[str, Any]:
        publish_revocation(self.files, [(self.leaf, revoked_at)] if revoked_at else [], now=said_at)
        return {"revocation": [x509.load_der_x509_crl(self.files.revocation.read_bytes())]}

    def answered(
        self, revoked_at: datetime | None, said_at: datetime, *, faults: Sequence[Fault] = ()
    ) -> dict[str, Any]:
        responder = simulated_responder(self.files, lambda: said_at)
        responder.revoked = {self.leaf.serial_number: revoked_at} if revoked_at else {}
        responder.faults = list(faults)
        return {"answers": [responder.answer(ocsp.query(self.leaf, self.files.trust()[0], bytes(range(32))))]}

    def proven(self, **word: Any) -> Proven:
        chain = [self.leaf, *self.files.trust()]
        return examine(pack([self.receipt], chain=chain, made_at=MADE_AT, **word), trust=self.files.trust())


@pytest.mark.parametrize("told", ["listed", "answered"])
@pytest.mark.parametrize(
    ("stamped", "after", "expected"),
    [
        (False, timedelta(days=-1), {"certificate.revoked"}),
        (True, timedelta(days=-1), {"certificate.revoked"}),
        (True, timedelta(minutes=4), {"certificate.revoked"}),  # after the time the signer states, before the stamp
        (True, timedelta(minutes=6), set()),
        (False, timedelta(days=1), {"certificate.revoked_unstamped"}),  # who holds a stolen key dates as he likes
    ],
)
def test_a_revoked_certificate_is_believed_only_where_a_stamp_came_before(
    told: str, stamped: bool, after: timedelta, expected: set[str], tmp_path: Path
) -> None:
    bench = Bench.make(tmp_path, stamped=stamped)
    word = getattr(bench, told)(SIGNED + after, NOW + timedelta(days=2))
    assert codes(bench.proven(**word)) == expected


def test_the_answer_goes_along_and_ten_years_later_needs_nobody(tmp_path: Path) -> None:
    """Responder and authority may be gone: what they said is in the package, with their certificates."""
    bench = Bench.make(tmp_path, stamped=True)
    found = bench.proven(**bench.answered(None, NOW + timedelta(days=1)))
    assert (found.flaws, found.warnings) == ((), ())


def test_an_answer_made_when_the_signature_was_counts_and_an_older_one_does_not(tmp_path: Path) -> None:
    bench = Bench.make(tmp_path, stamped=True)
    for said_at, speaks in ((NOW - timedelta(hours=11), True), (NOW - timedelta(hours=13), False)):
        found = bench.proven(**bench.answered(None, said_at))
        assert found.flaws == ()
        assert ("archive.no_revocation" in {one.code for one in found.warnings}) is not speaks


@pytest.mark.parametrize(
    ("fault", "code"), [("wrong_signature", "ocsp.signature"), ("unknown", "ocsp.unknown"), ("garbage", None)]
)
def test_an_answer_in_the_package_that_its_authority_did_not_give(
    fault: Fault, code: str | None, tmp_path: Path
) -> None:
    """What is about the signer has to hold; what is about nobody is as if it were not there."""
    bench = Bench.make(tmp_path, stamped=True)
    found = bench.proven(**bench.answered(None, NOW, faults=[fault]))
    assert codes(found) == ({code} if code else set())
    if code is None:
        assert {one.code for one in found.warnings} == {"archive.no_revocation"}
