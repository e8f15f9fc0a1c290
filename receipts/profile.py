"""The strict structure profile: what a receipt file must look like before its signature is worth checking.

A signature says which bytes were signed, not that a reader looks at them: wrapped, moved and doubled elements, foreign
transforms and weak algorithms pass in every library. So one layout is allowed, the one that `sign.py` writes, with
exactly three references (`#data`, the signing time, SignedProperties), and all else is refused with a code.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from receipts.refused import Refused
from receipts.shapes import BLANK, Shape, branch, fit, maybe, one, some
from receipts.sign import C14N, DS, RSA_SHA256, SHA256, SIGNED_PROPERTIES, XADES
from receipts.xml import DATA_ID

_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_ATTRIBUTES = etree.XPath("//@*")


def _ds(tag: str) -> str:
    return f"{{{DS}}}{tag}"


def _xades(tag: str) -> str:
    return f"{{{XADES}}}{tag}"


_GENERAL = branch(
    *map(one, ("PBan", "TBLai", "KHMCTu", "KHCTu", "SCTu", "NLap", "DVTTe", "TGia", "HTTToan", "MTCuu")),
    maybe("TTBLLQuan", branch(*map(one, ("KHMCTu", "KHCTu", "SCTu", "NLap")))),
    maybe("TTKhac", branch(some("TTin", branch(*map(one, ("TTruong", "KDLieu", "DLieu")))))),
)
_ORG = branch(one("Ten"), one("MST"), *map(maybe, ("DChi", "SDThoai", "STKNHang", "TNHang", "MDDanh")))
_PAYER = branch(one("Ten"), *map(maybe, ("MST", "CCCDan", "DChi")))
_LINE = branch(*map(one, ("STT", "LKThu", "MKThu", "Ten", "SLuong", "DGia", "ThTien")), *map(maybe, ("Chuong", "TMuc")))
_CONTENT = branch(
    one("TCThu", _ORG),
    maybe("TCNUNhiem", branch(*map(one, ("Ten", "DChi", "MST")))),
    one("NNop", _PAYER),
    one("HSo", branch(one("MHSo"), maybe("MTTHC"), maybe("TTTHC"))),
    one("DSKThu", branch(some("KThu", _LINE))),
    one("TToan", branch(one("TgTien"), one("STBChu"))),
    maybe("GDich", branch(one("MGDich"), one("TGGDich"), maybe("NHang"))),
)
DATA = branch(one("TTChung", _GENERAL), one("NDBLai", _CONTENT), attributes=["Id"])

_ALGORITHM = Shape(attributes=frozenset({"Algorithm"}), text="none")
_DIGEST = (one(_ds("DigestMethod"), _ALGORITHM), one(_ds("DigestValue")))
_TRANSFORMS = one(_ds("Transforms"), branch(some(_ds("Transform"), _ALGORITHM)))
_REFERENCE = branch(_TRANSFORMS, *_DIGEST, attributes=["URI"])
_TYPED_REFERENCE = branch(_TRANSFORMS, *_DIGEST, attributes=["Type", "URI"])
_SIGNED_INFO = branch(
    one(_ds("CanonicalizationMethod"), _ALGORITHM),
    one(_ds("SignatureMethod"), _ALGORITHM),
    some(_ds("Reference"), Shape(text="any")),
)
_KEY_INFO = branch(one(_ds("X509Data"), branch(one(_ds("X509SubjectName")), one(_ds("X509Certificate")))))
_TIME = branch(one(_ds("SignatureProperty"), branch(one(_ds("SigningTime")), attributes=["Target"])))
_TIME_OBJECT = branch(one(_ds("SignatureProperties"), _TIME), attributes=["Id"])
_CERTIFICATE = branch(one(_xades("Cert"), branch(one(_xades("CertDigest"), branch(*_DIGEST)))))
_SIGNED = branch(one(_xades("SigningTime")), one(_xades("SigningCertificateV2"), _CERTIFICATE))
_PROPERTIES = branch(one(_xades("SignedSignatureProperties"), _SIGNED), attributes=["Id"])
_QUALIFYING = branch(one(_xades("SignedProperties"), _PROPERTIES), attributes=["Target"])
_PROPERTIES_OBJECT = branch(one(_xades("QualifyingProperties"), _QUALIFYING))
_SIGNATURE = branch(
    one(_ds("SignedInfo"), _SIGNED_INFO),
    one(_ds("SignatureValue")),
    one(_ds("KeyInfo"), _KEY_INFO),
    some(_ds("Object"), Shape(text="any")),
    attributes=["Id"],
)
_SIGNATURES = one("DSCKS", branch(one("TCThu", branch(one(_ds("Signature"), _SIGNATURE)))))
_FILE = branch(one("DLBLai", DATA), one("DLQRCode", Shape(text="free")), _SIGNATURES)
_ENVELOPE = branch(one("DLBLai", Shape(text="any")), one("DLQRCode", Shape(text="free")), _SIGNATURES)


@dataclass(frozen=True, slots=True)
class Outline:
    """A file whose structure is as it must be. Nothing in it is proven yet."""

    targets: tuple[etree._Element, ...]  # what the references are to: data, time, properties
    certificate: bytes  # DER
    subject: str  # X509SubjectName
    printed: str  # the text of DLQRCode


def outline(root: etree._Element) -> Outline:
    """Raises Refused `structure.*` or `algorithm.*`."""
    return _outlined(root, _FILE)


def envelope(root: etree._Element) -> Outline:
    """The same without a look into `DLBLai`: whether what is around the data is as it must be."""
    return _outlined(root, _ENVELOPE)


def _outlined(root: etree._Element, shape: Shape) -> Outline:
    _refuse_twins(root)
    if root.tag != "BLai":
        raise Refused("structure.root", "the root element is not BLai")
    fit(root, shape)
    signature = root[2][0][0]
    signed_info, value, key_info, *objects = signature
    _refuse_algorithms(signed_info)
    time, properties = _objects(objects)
    targets = (root[0], time, properties)
    _refuse_references(list(signed_info)[2:], targets)
    _refuse_identifiers(signature, *targets)
    decoded(value)
    subject, certificate = key_info[0]
    return Outline(targets, decoded(certificate), subject.text or "", root[1].text or "")


def _refuse_twins(root: etree._Element) -> None:
    """One identifier, one element, however it is spelled; one signature."""
    attributes: Any = _ATTRIBUTES(root)
    ids = [str(value) for value in attributes if value.attrname.rpartition("}")[2].lower() == "id"]
    if len(set(ids)) != len(ids):
        raise Refused("structure.duplicate_id", "two elements have the same identifier")
    if sum(1 for _ in root.iter("{*}Signature")) != 1:
        raise Refused("structure.signature_count", "the file does not hold exactly one signature")


def _objects(objects: list[etree._Element]) -> tuple[etree._Element, etree._Element]:
    """The object of the signing time, and SignedProperties."""
    if len(objects) != 2:
        raise Refused("structure.objects", "the signature does not hold exactly two objects")
    fit(objects[0], _TIME_OBJECT)
    fit(objects[1], _PROPERTIES_OBJECT)
    properties = objects[1][0][0]
    certificate_digest = properties[0][1][0][0]
    _refuse_algorithm(certificate_digest[0], SHA256, "digest")
    decoded(certificate_digest[1])
    return objects[0], properties


def _refuse_algorithms(signed_info: etree._Element) -> None:
    _refuse_algorithm(signed_info[0], C14N, "canonicalization")
    _refuse_algorithm(signed_info[1], RSA_SHA256, "signature")


def _refuse_algorithm(element: etree._Element, algorithm: str, what: str) -> None:
    if element.get("Algorithm") != algorithm:
        raise Refused(f"algorithm.{what}", f"the {what} algorithm is not {algorithm}")


def _refuse_references(references: list[etree._Element], targets: Sequence[etree._Element]) -> None:
    """Data, time, properties, in this order, each by one transform; only the last states its type."""
    if len(references) != len(targets):
        raise Refused("structure.references", f"the signature holds {len(references)} references, not {len(targets)}")
    for reference, target in zip(references, targets, strict=True):
        last = target is targets[-1]
        fit(reference, _TYPED_REFERENCE if last else _REFERENCE)
        transforms, method, value = reference
        if reference.get("URI") != f"#{target.get('Id')}" or (last and reference.get("Type") != SIGNED_PROPERTIES):
            raise Refused("structure.references", "a reference does not name what it must")
        if len(transforms) != 1:
            raise Refused("algorithm.transform", "a reference has more than one transform")
        _refuse_algorithm(transforms[0], C14N, "transform")
        _refuse_algorithm(method, SHA256, "digest")
        decoded(value)


def _refuse_identifiers(
    signature: etree._Element, data: etree._Element, time: etree._Element, properties: etree._Element
) -> None:
    if data.get("Id") != DATA_ID:
        raise Refused("structure.id", f"the Id of DLBLai is not {DATA_ID}")
    if not all(_ID.fullmatch(element.get("Id", "")) for element in (signature, time, properties)):
        raise Refused("structure.id", "an Id in the signature is not a plain name")
    whole = f"#{signature.get('Id')}"
    if time[0][0].get("Target") not in ("", whole):
        raise Refused("structure.target", "SignatureProperty has another Target than this signature")
    parent = properties.getparent()
    if parent is None or parent.get("Target") != whole:
        raise Refused("structure.target", "QualifyingProperties has another Target than this signature")


def decoded(element: etree._Element) -> bytes:
    """Canonical base64, broken into lines or not. Raises Refused."""
    text = element.text or ""
    if any(blank in text for blank in BLANK):
        text = "".join(re.split(f"[{BLANK}]", text))
    try:
        raw = base64.b64decode(text)
    except ValueError:
        raw = b""
    if not raw or base64.b64encode(raw).decode() != text:  # b64decode alone skips what is not base64
        raise Refused("structure.base64", "a signature value is not base64")
    return raw
