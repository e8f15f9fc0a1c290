"""Hostile files: by their bytes, and by a structure under a signature that is valid as far as signxml is concerned."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree
from signxml.verifier import SignatureConfiguration, XMLVerifier

from receipts.parse import MAX_BYTES
from tests.receipts import forge
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
)

NAMESPACES = " ".join(f'xmlns:n{place}="urn:{place}"' for place in range(9_000))  # canonical form would take seconds
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"


# Bytes


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (lambda: b"", "file.empty"),
        (lambda: b" \n", "file.empty"),
        (lambda: genuine() + b" " * MAX_BYTES, "file.too_large"),
        (lambda: b"%PDF-1.7", "structure.not_xml"),
        (lambda: genuine()[:-1], "structure.not_xml"),
        (lambda: genuine()[:3_000], "structure.not_xml"),
        (lambda: genuine() + genuine(), "structure.instruction"),
        (lambda: genuine() + b"<x/>", "structure.not_xml"),
        (lambda: b" " + genuine(), "structure.instruction"),
        (lambda: b"\xef\xbb\xbf" + genuine(), "structure.byte_order_mark"),
        (lambda: genuine().decode().encode("utf-16"), "structure.byte_order_mark"),
        (lambda: genuine().decode().encode("utf-16-le"), "structure.encoding"),
        (lambda: genuine().replace("Ánh".encode(), "Ánh".encode("latin-1")), "structure.encoding"),
        (lambda: genuine().replace(b"Thanh", b"Th\xed\xa0\x80nh"), "structure.encoding"),
        (lambda: altered('encoding="UTF-8"', 'encoding="ISO-8859-1"'), "structure.encoding"),
        (lambda: altered('encoding="UTF-8"', 'encoding="UTF-7"'), "structure.encoding"),
        (lambda: altered('version="1.0"', 'version="1.1"'), "structure.declaration"),
        (lambda: genuine().replace(b"Thanh", b"Th\x00nh"), "structure.not_xml"),
        (lambda: altered("?><BLai>", '?><!DOCTYPE BLai SYSTEM "file:///etc/passwd"><BLai>'), "structure.doctype"),
        (lambda: altered("?><BLai>", '?><!DOCTYPE BLai [<!ENTITY a "b">]><BLai>'), "structure.doctype"),
        (lambda: altered("?><BLai>", "?><!DOCTYPE BLai [<!ATTLIST KThu Id ID #IMPLIED>]><BLai>"), "structure.doctype"),
        (lambda: altered("<TgTien>250000", "<TgTien>2<!---->50000"), "structure.comment"),
        (lambda: altered("<TgTien>250000", "<TgTien><![CDATA[250000]]>"), "structure.cdata"),
        (lambda: altered("<TgTien>250000", "<TgTien>2<?a b?>50000"), "structure.instruction"),
        (lambda: altered("<TgTien>250000", "<TgTien>&amount;250000"), "structure.not_xml"),
        (lambda: b"<BLai>" * 100_000, "structure.not_xml"),
        (lambda: altered("?><BLai>", f"?><BLai {NAMESPACES}>"), "structure.namespaces"),
        (lambda: b"<a>" + b"<b/>" * 200_000 + b"</a>", "structure.signature_count"),
        (lambda: b'<a x="' + b"&#9;" * 200_000 + b'"/>', "structure.signature_count"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_bytes(file: Callable[[], bytes], code: str) -> None:
    assert refusal(file()) == code


# Structure: every file here carries a signature that is valid for it as far as signxml is concerned.


def wrap(work: Tree) -> None:
    """The signed original moves into an object of the signature, a forged one takes its place."""
    original = work.find("DLBLai")
    evil = deepcopy(original)
    evil.set("Id", "evil")
    evil.find("NDBLai/TToan/TgTien").text = "1"  # type: ignore[union-attr]
    work.root.replace(original, evil)
    etree.SubElement(work.signature, f"{DS}Object").append(original)


def wrap_same_id(work: Tree) -> None:
    original = work.find("DLBLai")
    evil = deepcopy(original)
    evil.find("NDBLai/TToan/TgTien").text = "1"  # type: ignore[union-attr]
    work.root.insert(0, evil)


def wrap_other_spelling(work: Tree) -> None:
    """A second element whose identifier is spelled `ID`."""
    evil = deepcopy(work.find("DLBLai"))
    del evil.attrib["Id"]
    evil.set("ID", "data")
    work.root.append(evil)


def wrap_root(work: Tree) -> None:
    outer = etree.Element("Hop")
    outer.append(work.root)
    work.root = outer


def second_signature(work: Tree) -> None:
    work.find("DSCKS/TCThu").append(etree.Element(f"{DS}Signature"))


def move_signature(work: Tree) -> None:
    work.root.append(work.signature)


def drop_reference(place: int) -> Callable[[Tree], None]:
    return lambda work: work.signed_info.remove(work.references[place])


def repeat_reference(work: Tree) -> None:
    work.signed_info.append(deepcopy(work.references[0]))


def reorder_references(work: Tree) -> None:
    work.signed_info.append(work.references[0])


def whole_document(work: Tree) -> None:
    work.references[0].set("URI", "")


def foreign_address(work: Tree) -> None:
    work.references[0].set("URI", "file:///etc/passwd")


def pointer(work: Tree) -> None:
    work.references[0].set("URI", "#xpointer(id('data'))")


def type_elsewhere(work: Tree) -> None:
    work.references[0].set("Type", "http://uri.etsi.org/01903#SignedProperties")


def no_type(work: Tree) -> None:
    del work.references[2].attrib["Type"]


def other_type(work: Tree) -> None:
    work.references[2].set("Type", "http://www.w3.org/2000/09/xmldsig#Object")


def transform(algorithm: str, *, first: bool = False) -> Callable[[Tree], None]:
    def add(work: Tree) -> None:
        transforms = work.references[0][0]
        transforms.insert(0 if first else 1, etree.Element(f"{DS}Transform", Algorithm=algorithm))

    return add


def no_transform(work: Tree) -> None:
    transforms = work.references[0][0]
    transforms.remove(transforms[0])


def prefix_list(work: Tree) -> None:
    etree.SubElement(work.references[0][0][0], f"{{{C14N}}}InclusiveNamespaces", PrefixList="xades")


def algorithm(path: str, value: str) -> Callable[[Tree], None]:
    return lambda work: work.find(path).set("Algorithm", value)


def add(path: str, tag: str, text: str = "x", place: int | None = None) -> Callable[[Tree], None]:
    def change(work: Tree) -> None:
        parent = work.find(path) if path else work.root
        new = etree.Element(tag)
        new.text = text
        parent.insert(len(parent) if place is None else place, new)

    return change


def double(path: str) -> Callable[[Tree], None]:
    def change(work: Tree) -> None:
        element = work.find(path)
        element.addnext(deepcopy(element))

    return change


def drop(path: str) -> Callable[[Tree], None]:
    def change(work: Tree) -> None:
        element = work.find(path)
        parent = element.getparent()
        assert parent is not None
        parent.remove(element)

    return change


def swap(path: str) -> Callable[[Tree], None]:
    """The element changes places with the next one."""

    def change(work: Tree) -> None:
        element = work.find(path)
        following = element.getnext()
        assert following is not None
        following.addnext(element)

    return change


def attribute(path: str, name: str, value: str = "x") -> Callable[[Tree], None]:
    return lambda work: work.find(path).set(name, value) if path else work.root.set(name, value)


SIGNATURE = f"DSCKS/TCThu/{DS}Signature"
INFO = f"{SIGNATURE}/{DS}SignedInfo"
SHA1 = "http://www.w3.org/2000/09/xmldsig#sha1"
HOSTILE: list[tuple[str, Callable[[Tree], object], str]] = [
    ("wrapped into an object", wrap, "structure.objects"),
    ("wrapped with the same id", wrap_same_id, "structure.duplicate_id"),
    ("wrapped with another spelling of id", wrap_other_spelling, "structure.duplicate_id"),
    ("wrapped into another root", wrap_root, "structure.root"),
    ("foreign root namespace", lambda work: setattr(work.root, "tag", "{urn:x}BLai"), "structure.root"),
    ("xml:id beside Id", attribute("DLQRCode", "{http://www.w3.org/XML/1998/namespace}id", "data"), "structure.duplicate_id"),
    ("id of an unsigned element", attribute("DSCKS", "Id", "more"), "structure.attribute"),
    ("second signature", second_signature, "structure.signature_count"),
    ("no signature", drop(SIGNATURE), "structure.signature_count"),
    ("signature moved", move_signature, "structure.missing_element"),
    ("top elements in another order", swap("DLBLai"), "structure.element_order"),
    ("unknown element at the top", add("", "DLKhac"), "structure.unknown_element"),
    ("no DLQRCode", drop("DLQRCode"), "structure.missing_element"),
    ("two DLQRCode", double("DLQRCode"), "structure.duplicate_element"),
    ("element in DLQRCode", add("DLQRCode", "b"), "structure.unknown_element"),
    ("data under another id", lambda w: (attribute("DLBLai", "Id", "d2")(w), w.references[0].set("URI", "#d2")), "structure.id"),
    ("no reference to the data", drop_reference(0), "structure.references"),
    ("no reference to the time", drop_reference(1), "structure.references"),
    ("no reference to the properties", drop_reference(2), "structure.references"),
    ("a reference twice", repeat_reference, "structure.references"),
    ("references in another order", reorder_references, "structure.references"),
    ("reference to the whole document", whole_document, "structure.references"),
    ("reference to a file", foreign_address, "structure.references"),
    ("reference by pointer", pointer, "structure.references"),
    ("Type on the data", type_elsewhere, "structure.attribute"),
    ("no Type on the properties", no_type, "structure.attribute"),
    ("another Type on the properties", other_type, "structure.references"),
    ("enveloped transform", transform(f"{DS[1:-1]}enveloped-signature", first=True), "algorithm.transform"),
    ("XPath transform", transform("http://www.w3.org/TR/1999/REC-xpath-19991116"), "algorithm.transform"),
    ("XSLT transform", transform("http://www.w3.org/TR/1999/REC-xslt-19991116"), "algorithm.transform"),
    ("the same transform twice", transform(C14N), "algorithm.transform"),
    ("no transform", no_transform, "structure.missing_element"),
    ("prefix list", prefix_list, "structure.unknown_element"),
    ("transform with comments", algorithm(f".//{DS}Transform", f"{C14N}WithComments"), "algorithm.transform"),
    ("c14n with comments", algorithm(f"{INFO}/{DS}CanonicalizationMethod", f"{C14N}WithComments"), "algorithm.canonicalization"),
    ("inclusive c14n", algorithm(f"{INFO}/{DS}CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"), "algorithm.canonicalization"),
    ("RSA with SHA-1", algorithm(f"{INFO}/{DS}SignatureMethod", f"{DS[1:-1]}rsa-sha1"), "algorithm.signature"),
    ("HMAC", algorithm(f"{INFO}/{DS}SignatureMethod", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"), "algorithm.signature"),
    ("SHA-1 digest", algorithm(f".//{DS}DigestMethod", SHA1), "algorithm.digest"),
    ("SHA-1 certificate digest", algorithm(f".//{XADES}CertDigest/{DS}DigestMethod", SHA1), "algorithm.digest"),
    ("key value beside the certificate", add(f"{SIGNATURE}/{DS}KeyInfo", f"{DS}KeyValue"), "structure.unknown_element"),
    ("two certificates", double(f".//{DS}X509Certificate"), "structure.duplicate_element"),
    ("no certificate", drop(f".//{DS}X509Certificate"), "structure.missing_element"),
    ("no subject name", drop(f".//{DS}X509SubjectName"), "structure.missing_element"),
    ("a third object", add(SIGNATURE, f"{DS}Object"), "structure.objects"),
    ("no time object", lambda w: (drop_reference(1)(w), drop(f"{SIGNATURE}/{DS}Object")(w)), "structure.objects"),
    ("unsigned properties", add(f".//{XADES}QualifyingProperties", f"{XADES}UnsignedProperties"), "structure.unknown_element"),
    ("Target elsewhere", attribute(f".//{DS}SignatureProperty", "Target", "#data"), "structure.target"),
    ("properties of another signature", attribute(f".//{XADES}QualifyingProperties", "Target", "#data"), "structure.target"),
    ("stray text in the data", lambda w: setattr(w.find("DLBLai/TTChung"), "tail", "x"), "structure.stray_text"),
    ("stray text after the data", lambda w: setattr(w.find("DLBLai"), "tail", "\u00a0"), "structure.stray_text"),
    ("text in an algorithm", set_text(f"{INFO}/{DS}SignatureMethod", "x"), "structure.stray_text"),
    ("unknown element in the data", add("DLBLai/NDBLai", "GiamGia"), "structure.unknown_element"),
    ("known element in a foreign namespace", add("DLBLai/NDBLai/TToan", "{urn:x}TgTien"), "structure.unknown_element"),
    ("amount twice", double("DLBLai/NDBLai/TToan/TgTien"), "structure.duplicate_element"),
    ("two sets of lines", double("DLBLai/NDBLai/DSKThu"), "structure.duplicate_element"),
    ("no total", drop("DLBLai/NDBLai/TToan"), "structure.missing_element"),
    ("no lines", drop("DLBLai/NDBLai/DSKThu/*"), "content.line_order"),
    ("elements in another order", swap("DLBLai/TTChung/KHMCTu"), "structure.element_order"),
    ("attribute in the data", attribute("DLBLai/NDBLai/TToan", "currency"), "structure.attribute"),
    ("child of an amount", add("DLBLai/NDBLai/TToan/TgTien", "b"), "structure.unknown_element"),
    ("empty optional element", set_text("DLBLai/NDBLai/TCThu/SDThoai", ""), "structure.empty_element"),
    ("empty payer", set_text("DLBLai/NDBLai/NNop/Ten", " "), "structure.empty_element"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "code"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_hostile_structure_under_a_valid_signature(edit: Callable[[Tree], object], code: str) -> None:
    assert refusal(forged(edit)) == code


def test_the_forger_s_bench_signs_validly() -> None:
    """Else the refusals above would prove nothing."""
    assert accepted(forged(lambda work: None)).number == 1


@pytest.mark.parametrize("edit", [wrap, transform("http://www.w3.org/TR/1999/REC-xslt-19991116")])
def test_what_signxml_alone_lets_through(edit: Callable[[Tree], object]) -> None:
    configuration = SignatureConfiguration(expect_references=3, verification_time=LATER)
    found = XMLVerifier().verify(
        forged(edit), x509_cert=forge.signer().certificate, validate_schema=False, expect_config=configuration
    )
    assert isinstance(found, list)
    assert refusal(forged(edit))
