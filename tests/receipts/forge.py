"""A forger's bench: genuine receipts, and the means to alter them with and without a valid signature."""

from __future__ import annotations

import atexit
import base64
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from receipts import token
from receipts.keys import FileSigner, TokenKey
from receipts.model import CollectingOrg, Delegate, DossierFacts, FeeLine, MoneyFacts, Payer, ReceiptFacts
from receipts.pki import DemoKeys, demo_pki
from receipts.refused import Refused
from receipts.sign import digest, sign
from receipts.verify import Verified, verify
from receipts.xml import data_element

NOW = datetime(2026, 11, 24, 2, 30, 15, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
BASE_URL = "https://thuphi.example"
LOOKUP_CODE = "7KQ2M9XD4TPA"

FACTS = ReceiptFacts(
    source="pay_1:org_1:all",
    owner="agency_1",
    payment="pay_1",
    org=CollectingOrg(
        "Sở Xây dựng tỉnh Thanh Hóa", "2800000001", "Thanh Hóa", "0237 3852 000", "1170001", "VietinBank", "H56.17"
    ),
    payer=Payer("Nguyễn Thị Đặng Ánh", id_number="038090001234", address="Phường Hạc Thành"),
    dossier=DossierFacts("000.17.22.H56-261124-0001", "1.004616", "Cấp chứng chỉ hành nghề"),
    lines=(
        FeeLine("LE_PHI", "LP-CCHN", "Lệ phí cấp chứng chỉ", 1, 100_000, 100_000, "560", "2852"),
        FeeLine("PHI", "P-TD", "Phí thẩm định <hồ sơ> & bản sao", 2, 75_000, 150_000),
    ),
    day=date(2026, 11, 24),
    method="QR",
    money=MoneyFacts("BLQ7K2M9XD4T", NOW, "VietinBank"),
    delegate=Delegate("Trung tâm Phục vụ hành chính công", "Thanh Hóa", "2800000002"),
)


@cache
def keys() -> DemoKeys:
    """One set of demo keys for the whole run."""
    directory = mkdtemp(prefix="thuphi-forge-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return demo_pki(Path(directory), now=NOW, organisation="TT PVHCC")


@cache
def signer() -> FileSigner:
    return keys().signer()


@cache
def token_key() -> TokenKey:
    return keys().token()


@cache
def trust() -> tuple[x509.Certificate, ...]:
    return tuple(keys().trust())


def data(facts: ReceiptFacts = FACTS, number: int = 1) -> bytes:
    """A genuine data element."""
    return data_element(
        facts,
        form="EBL01",
        symbol="26TAA",
        number=number,
        lookup_code=LOOKUP_CODE,
        token_public_key=token_key().public_base64,
    )


def printed(element: bytes, facts: ReceiptFacts = FACTS, number: int = 1) -> str:
    """The QR's text that belongs to a data element."""
    said = token.TokenFacts(facts.org.tax_code, "EBL01", "26TAA", number, facts.day, facts.amount, digest(element))
    return token.printed(BASE_URL, token.make(said, token_key()))


@cache
def genuine() -> bytes:
    """A file as the product writes it."""
    element = data()
    return sign(element, signer=signer(), signed_at=NOW, qr=printed(element))


def signed(element: bytes, qr: str = "", signed_at: datetime = NOW) -> bytes:
    """A file over any data element, the signature valid."""
    return sign(element, signer=signer(), signed_at=signed_at, qr=qr)


def altered(old: str, new: str) -> bytes:
    """The genuine file with one text changed and no signature renewed."""
    return once(genuine(), old, new)


def once(whole: bytes, old: str, new: str) -> bytes:
    """Replace what stands there exactly once."""
    assert whole.count(old.encode()) == 1, f"{old!r} stands there {whole.count(old.encode())} times"
    return whole.replace(old.encode(), new.encode())


@dataclass
class Tree:
    """The genuine file as a tree, with names for the parts that a forger reaches for."""

    root: etree._Element

    def find(self, path: str) -> etree._Element:
        found = self.root.find(path)
        assert found is not None, path
        return found

    @property
    def signature(self) -> etree._Element:
        """Wherever it stands now."""
        return self.find(f".//{DS}Signature")

    @property
    def signed_info(self) -> etree._Element:
        return self.find(f".//{DS}SignedInfo")

    @property
    def references(self) -> list[etree._Element]:
        return self.signed_info.findall(f"{DS}Reference")

    @property
    def properties(self) -> etree._Element:
        return self.find(f".//{XADES}SignedProperties")


def tree(whole: bytes | None = None) -> Tree:
    return Tree(etree.fromstring(whole or genuine()))


def forged(edit: Callable[[Tree], object], *, key: Path | None = None) -> bytes:
    """The genuine file after `edit`, digests and signature made anew with the signer's key or another."""
    work = tree()
    edit(work)
    resign(work, key or keys().signer_key)
    return etree.tostring(work.root, encoding="UTF-8", xml_declaration=True)


def resign(work: Tree, key: Path) -> None:
    """What a holder of the key can always do: make every digest and the signature fit the file as it is."""
    if work.root.find(f".//{DS}Signature") is None:
        return
    for reference in work.references:
        name = reference.get("URI", "")[1:]
        for target in work.root.iter():
            if name in (target.get("Id"), target.get("id"), target.get("ID")):
                value = reference.find(f"{DS}DigestValue")
                assert value is not None
                value.text = digest(canonical(target))
                break
    private = load_pem_private_key(key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    assert isinstance(private, rsa.RSAPrivateKey)
    proof = private.sign(canonical(work.signed_info), padding.PKCS1v15(), SHA256())
    value = work.signature.find(f"{DS}SignatureValue")
    assert value is not None
    value.text = base64.b64encode(proof).decode()


def canonical(element: etree._Element) -> bytes:
    """Exclusive canonical form without comments."""
    return etree.tostring(element, method="c14n", exclusive=True, with_comments=False, with_tail=False)


def certificate_digest(der: bytes) -> str:
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


def set_text(path: str, value: str) -> Callable[[Tree], None]:
    """An edit that puts another text into one element."""

    def change(work: Tree) -> None:
        work.find(path).text = value

    return change


def accepted(file: bytes, at: datetime = LATER) -> Verified:
    """What the verifier reads."""
    return verify(file, trust=trust(), at=at)


def refusal(file: bytes, at: datetime = LATER, authorities: tuple[x509.Certificate, ...] | None = None) -> str:
    """The code with which the verifier refuses; the person is told, nobody's name is."""
    with pytest.raises(Refused) as refused:
        verify(file, trust=trust() if authorities is None else authorities, at=at)
    assert refused.value.detail
    assert FACTS.payer.name not in str(refused.value)
    return refused.value.code
