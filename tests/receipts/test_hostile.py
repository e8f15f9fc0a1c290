"""More hostile files, class by class: bombs, encodings, sizes, and signatures that say something else than they seem to."""

from __future__ import annotations

import base64
import gzip
import random
from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree

from receipts.parse import MAX_BYTES
from receipts.refused import Refused
from receipts.verify import verify
from tests.receipts.forge import (
    DS,
    LATER,
    XADES,
    Tree,
    accepted,
    altered,
    forged,
    genuine,
    refusal,
    set_text,
    tree,
    trust,
)

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE BLai [<!ENTITY l0 "ha">{LAUGHS}]>'
MORE = "http://www.w3.org/2001/04/xmldsig-more#"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (lambda: altered("?><BLai>", f"?>{BOMB}<BLai>").replace(b"<TgTien>250000", b"<TgTien>&l9;"), "structure.doctype"),
        (lambda: altered("?><BLai>", f"?><!DOCTYPE BLai [<!ENTITY a \"{'A' * 900_000}\">]><BLai>"), "structure.doctype"),
        (lambda: altered("?><BLai>", '?><!DOCTYPE BLai [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x">%p;]><BLai>'), "structure.doctype"),
        (lambda: altered("?><BLai>", '?><!DOCTYPE BLai PUBLIC "-//X//EN" "http://127.0.0.1:9/x.dtd"><BLai>'), "structure.doctype"),
        (lambda: altered("?><BLai>", '?><!doctype BLai SYSTEM "x"><BLai>'), "structure.cdata"),
        (lambda: altered("?><BLai>", '?><?xml-stylesheet href="http://127.0.0.1:9/x.xsl"?><BLai>'), "structure.instruction"),
        (lambda: genuine().decode().encode("utf-32"), "structure.byte_order_mark"),
        (lambda: genuine().decode().encode("utf-32-be"), "structure.encoding"),
        (lambda: genuine().decode().encode("utf-16-be"), "structure.encoding"),
        (lambda: genuine().decode().encode("cp037", "replace"), "structure.encoding"),
        (lambda: genuine().replace(b"Thanh", b"Th\xc0\xa1nh"), "structure.encoding"),
        (lambda: genuine().replace(b"<TgTien>2", b"\xe0\x80\xbcTgTien>2"), "structure.encoding"),
        (lambda: genuine().replace(b"Thanh", b"Th&#0;nh"), "structure.not_xml"),
        (lambda: genuine().replace(b"Thanh", b"Th&#xD800;nh"), "structure.not_xml"),
        (lambda: gzip.compress(genuine(), mtime=0), "structure.encoding"),
        (lambda: b"PK\x03\x04" + genuine(), "structure.instruction"),
        (lambda: genuine()[: len(genuine()) // 2], "structure.not_xml"),
        (lambda: genuine()[len(genuine()) // 2 :], "structure.not_xml"),
        (lambda: genuine() * 400, "file.too_large"),
        (lambda: b"<a>" * 300_000 + b"</a>" * 10, "structure.not_xml"),
        (lambda: b"<a " + b" ".join(b'b%d=""' % n for n in range(80_000)) + b"/>", "structure.signature_count"),
        (lambda: altered("<Ten>Nguyễn", f"<Ten>{'x' * (MAX_BYTES - 8_000)}Nguyễn"), "signature.digest_differs"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_hostile_bytes(file: Callable[[], bytes], code: str) -> None:
    assert refusal(file()) == code


def rename(path: str, tag: str) -> Callable[[Tree], None]:
    return lambda work: setattr(work.find(path), "tag", tag)


def method(value: str) -> Callable[[Tree], None]:
    return lambda work: work.find(f".//{DS}SignatureMethod").set("Algorithm", value)


def uri(value: str) -> Callable[[Tree], None]:
    return lambda work: work.references[0].set("URI", value)


def into_key_info(tag: str) -> Callable[[Tree], None]:
    return lambda work: work.find(f".//{DS}KeyInfo").insert(0, etree.Element(tag, URI="#data"))


def manifest(work: Tree) -> None:
    """The reference is to a list of references, which a reader would have to follow."""
    listed = etree.SubElement(etree.SubElement(work.signature, f"{DS}Object"), f"{DS}Manifest", Id="list")
    listed.append(deepcopy(work.references[0]))
    work.references[0].set("URI", "#list")


def time_as_data(work: Tree) -> None:
    work.references[0].set("URI", "#SigningTime")


def two_signatures_in_two_places(work: Tree) -> None:
    work.find("DLQRCode").append(deepcopy(work.signature))


def signature_in_the_data(work: Tree) -> None:
    work.find("DLBLai").append(work.signature)


def swapped_objects(work: Tree) -> None:
    first = work.signature.find(f"{DS}Object")
    assert first is not None
    work.signature.append(first)


def id_of_the_time_on_the_root(work: Tree) -> None:
    work.root.set("Id", "SigningTime")


def second_data(work: Tree) -> None:
    twin = deepcopy(work.find("DLBLai"))
    twin.set("Id", "data2")
    work.root.insert(1, twin)


HOSTILE: list[tuple[str, Callable[[Tree], object], str]] = [
    ("RSA-PSS", method("http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1"), "algorithm.signature"),
    ("RSA with SHA-512", method(f"{MORE}rsa-sha512"), "algorithm.signature"),
    ("RSA with MD5", method(f"{MORE}rsa-md5"), "algorithm.signature"),
    ("ECDSA over an RSA key", method(f"{MORE}ecdsa-sha256"), "algorithm.signature"),
    ("no algorithm", method(""), "algorithm.signature"),
    ("algorithm with a blank", method(f"{MORE}rsa-sha256 "), "algorithm.signature"),
    ("MD5 digest", lambda w: w.find(f".//{DS}DigestMethod").set("Algorithm", f"{MORE}md5"), "algorithm.digest"),
    ("key by name", into_key_info(f"{DS}KeyName"), "structure.unknown_element"),
    ("key from elsewhere", into_key_info(f"{DS}RetrievalMethod"), "structure.unknown_element"),
    ("key of PGP", into_key_info(f"{DS}PGPData"), "structure.unknown_element"),
    ("revocation list inside", lambda w: etree.SubElement(w.find(f".//{DS}X509Data"), f"{DS}X509CRL"), "structure.unknown_element"),
    ("escaped reference", uri("#dat%61"), "structure.references"),
    ("reference to a page", uri("http://127.0.0.1:9/receipt.xml#data"), "structure.references"),
    ("reference without a hash", uri("data"), "structure.references"),
    ("reference with a blank", uri("#data "), "structure.references"),
    ("reference by id()", uri("#id('data')"), "structure.references"),
    ("the time in place of the data", time_as_data, "structure.references"),
    ("manifest", manifest, "structure.objects"),
    ("signature in the printed token", two_signatures_in_two_places, "structure.duplicate_id"),
    ("signature moved into the data", signature_in_the_data, "structure.unknown_element"),
    ("objects in another order", swapped_objects, "structure.attribute"),
    ("an id moved to the root", id_of_the_time_on_the_root, "structure.duplicate_id"),
    ("second data under another id", second_data, "structure.duplicate_element"),
    ("XInclude", lambda w: etree.SubElement(w.find("DLBLai/NDBLai"), "{http://www.w3.org/2001/XInclude}include", href="/etc/passwd"), "structure.unknown_element"),
    ("schema location", lambda w: w.root.set("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "x http://127.0.0.1:9/x.xsd"), "structure.attribute"),
    ("xml:base", lambda w: w.root.set("{http://www.w3.org/XML/1998/namespace}base", "http://127.0.0.1:9/"), "structure.attribute"),
    ("amount in another case", rename("DLBLai/NDBLai/TToan/TgTien", "tgtien"), "structure.unknown_element"),
    ("amount with a look-alike tag", rename("DLBLai/NDBLai/TToan/TgTien", "TgTi\u0435n"), "structure.unknown_element"),
    ("old XAdES", rename(f".//{XADES}SigningCertificateV2", f"{XADES}SigningCertificate"), "structure.unknown_element"),
    ("time in UTC", set_text(f".//{DS}SigningTime", "2026-11-24T02:30:15Z"), "content.time"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "code"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_structure_under_a_renewed_signature(edit: Callable[[Tree], object], code: str) -> None:
    assert refusal(forged(edit)) == code


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_file_cut_anywhere_is_refused(cut: int) -> None:
    assert refusal(genuine()[: len(genuine()) * cut // 20]).startswith("structure.")


def certificate_text(file: bytes) -> tuple[int, int]:
    """Where the certificate stands in the file."""
    start = file.index(b"<X509Certificate>") + len(b"<X509Certificate>")
    return start, file.index(b"</X509Certificate>")


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # a serial below zero
@pytest.mark.parametrize("mask", [0x01, 0x40, 0xFF])
def test_a_certificate_with_any_byte_changed_is_refused_and_nothing_breaks(mask: int) -> None:
    """Versions, times, names and keys that no certificate has: whatever the reader meets, it is a refusal."""
    file = genuine()
    start, end = certificate_text(file)
    der = base64.b64decode(file[start:end])
    for place in range(0, len(der), 3):
        changed = bytearray(der)
        changed[place] ^= mask
        assert refusal(file[:start] + base64.b64encode(changed) + file[end:])


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@pytest.mark.parametrize("seed", range(4))
def test_a_file_with_any_byte_changed_is_refused_and_nothing_breaks(seed: int) -> None:
    file, draw = genuine(), random.Random(seed)
    for _ in range(60):
        changed = bytearray(file)
        place = draw.randrange(len(file))
        changed[place] ^= draw.randrange(1, 256)
        try:
            found = verify(bytes(changed), trust=trust(), at=LATER)
        except Refused as refused:
            assert refused.code
        else:  # outside the signed bytes there is no room for anything but the printed token, which is checked too
            assert (found.amount, found.number, found.digest) == (250_000, 1, accepted(file).digest)


def wrapped(place: str) -> Callable[[Tree], None]:
    """XSW: the signed data moves to where nobody reads it, forged data takes its place."""

    def edit(work: Tree) -> None:
        signed = work.find("DLBLai")
        false = deepcopy(signed)
        amount = false.find("NDBLai/TToan/TgTien")
        assert amount is not None
        amount.text = "950000"
        parent = signed.getparent()
        assert parent is not None
        parent.replace(signed, false)
        if place == "object":
            etree.SubElement(work.signature, f"{DS}Object").append(signed)
        elif place == "token":
            work.find("DLQRCode").append(signed)
        elif place == "tail":
            work.root.append(signed)
        elif place == "key info":
            work.find(f".//{DS}KeyInfo").append(signed)
        elif place == "itself":
            false.append(signed)
        elif place == "properties":
            work.properties.append(signed)
        false.set("Id", "data" if place == "object" else "false")

    return edit


@pytest.mark.parametrize("place", ["object", "token", "tail", "key info", "itself", "properties"])
def test_wrapping_with_the_old_signature(place: str) -> None:
    work = tree()
    wrapped(place)(work)
    assert refusal(etree.tostring(work.root, encoding="UTF-8", xml_declaration=True)).startswith("structure.")
