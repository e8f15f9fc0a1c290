"""When a signature was there, by a third party's word: RFC 3161 time stamps, level B-T of XAdES (ETSI EN 319 132-1, 5.3).

The imprint is of the canonical `ds:SignatureValue`, so the stamp proves the signature and all it covers. It is kept
beside the receipt and never put into it: the signed file goes out within a second, the stamp comes when the authority
answers, and a file that many people hold must not have two faces. `with_stamp` makes the XAdES-T file for who wants one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from receipts.chain import ChainBroken, stamping_chain
from receipts.model import ReceiptError

if TYPE_CHECKING:
    from cryptography import x509

UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)  # asn1crypto on hostile bytes
GRANTED = ("granted", "granted_with_mods")
DS = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
_END = b"</xades:QualifyingProperties>"


class StampRefused(ReceiptError):
    """An answer that proves no time; `code` says why: `stamp.rejected`, `.malformed`, `.imprint`, `.nonce`, ..."""

    kind = "unavailable"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = f"stamp.{code}"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A proven stamp: the token (DER), the moment it states (UTC), who states it (RFC 4514), under which policy."""

    token: bytes
    at: datetime
    authority: str
    policy: str
    chain: tuple[x509.Certificate, ...]  # from the stamping certificate to the one below the trusted authority


def signature_value(signed_xml: bytes) -> bytes:
    """The canonical `ds:SignatureValue` of a receipt: what is stamped. Raises Refused (not a signed receipt)."""
    from lxml import etree

    from receipts.parse import parse
    from receipts.profile import outline

    root = parse(signed_xml)
    outline(root)
    value = root.find(f".//{{{DS}}}SignatureValue")
    assert value is not None  # as the outline has one
    canonical: bytes = etree.tostring(value, method="c14n", exclusive=True, with_comments=False)
    return canonical


def imprint(signed_xml: bytes) -> bytes:
    """SHA-256 of `signature_value`."""
    return hashlib.sha256(signature_value(signed_xml)).digest()


def query(digest: bytes, nonce: int, policy: str | None = None) -> bytes:
    """A TimeStampReq (DER) for a SHA-256 digest that asks for the authority's certificate."""
    from asn1crypto import algos, tsp

    asked: dict[str, Any] = {
        "version": "v1",
        "message_imprint": {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "hashed_message": digest},
        "nonce": nonce,
        "cert_req": True,
    }
    if policy is not None:
        asked["req_policy"] = policy
    request: bytes = tsp.TimeStampReq(asked).dump()
    return request


def read(
    answer: bytes, *, digest: bytes, nonce: int, trust: Sequence[x509.Certificate], policy: str | None = None
) -> Stamp:
    """The stamp in a TimeStampResp, which has to be of this digest and nonce. Raises StampRefused."""
    from asn1crypto import core, tsp

    try:
        response = core.Sequence.load(answer, strict=True)
        status = tsp.PKIStatusInfo.load(response[0].dump())["status"].native
        token = None if status not in GRANTED else response[1].dump()
    except UNREADABLE as error:
        raise StampRefused("malformed", "the answer is no TimeStampResp") from error
    if token is None:
        raise StampRefused("rejected", f"the authority answered {status}")
    return check(token, digest=digest, trust=trust, policy=policy, nonce=nonce)


def check(
    token: bytes,
    *,
    digest: bytes,
    trust: Sequence[x509.Certificate],
    policy: str | None = None,
    nonce: int | None = None,
) -> Stamp:
    """The stamp in a token, signed by a certificate that an authority in `trust` issued for time stamping.

    Raises StampRefused.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        signed, info, content = _opened(token)
        _refuse_other(info, digest, nonce, policy)
        at: datetime = info["gen_time"].native
        certificates = _certificates(signed)
        leaf = _signer(signed, certificates)
        _refuse_unsigned(signed["signer_infos"][0], content, leaf)
        chain = stamping_chain(leaf, certificates, trust, at)
    except ChainBroken as error:
        raise StampRefused(error.reason, str(error)) from error
    except (*UNREADABLE, x509.InvalidVersion, UnsupportedAlgorithm) as error:
        raise StampRefused("malformed", "the token cannot be read") from error
    return Stamp(token, at, leaf.subject.rfc4514_string(), info["policy"].dotted, chain)


def with_stamp(signed_xml: bytes, stamp: Stamp) -> bytes:
    """The XAdES-T file: the receipt with the stamp as an unsigned property; every signed byte stays as it is."""
    import base64

    if signed_xml.count(_END) != 1:
        raise StampRefused("malformed", "not a receipt of this product")
    unsigned = (
        "<xades:UnsignedProperties><xades:UnsignedSignatureProperties><xades:SignatureTimeStamp>"
        f'<CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
        f"<xades:EncapsulatedTimeStamp>{base64.b64encode(stamp.token).decode()}</xades:EncapsulatedTimeStamp>"
        "</xades:SignatureTimeStamp></xades:UnsignedSignatureProperties></xades:UnsignedProperties>"
    )
    return signed_xml.replace(_END, unsigned.encode() + _END)


def _opened(token: bytes) -> tuple[Any, Any, bytes]:
    """SignedData, TSTInfo and its bytes."""
    from asn1crypto import cms, tsp

    outer = cms.ContentInfo.load(token, strict=True)
    if outer["content_type"].native != "signed_data":
        raise StampRefused("malformed", "the token is not signed data")
    signed = outer["content"]
    inner = signed["encap_content_info"]
    if inner["content_type"].native != "tst_info" or len(signed["signer_infos"]) != 1:
        raise StampRefused("malformed", "the token does not hold one signed TSTInfo")
    content: bytes = inner["content"].contents
    return signed, tsp.TSTInfo.load(content, strict=True), content


def _refuse_other(info: Any, digest: bytes, nonce: int | None, policy: str | None) -> None:
    stamped = info["message_imprint"]
    if stamped["hash_algorithm"]["algorithm"].native != "sha256" or stamped["hashed_message"].native != digest:
        raise StampRefused("imprint", "the stamp is of something else")
    if nonce is not None and info["nonce"].native != nonce:
        raise StampRefused("nonce", "the stamp answers another question")
    if policy is not None and info["policy"].dotted != policy:
        raise StampRefused("policy", f"the stamp is under policy {info['policy'].dotted}")


def _certificates(signed: Any) -> list[x509.Certificate]:
    from cryptography import x509

    return [x509.load_der_x509_certificate(one.chosen.dump()) for one in signed["certificates"] or ()]


def _signer(signed: Any, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """The certificate that the SignerInfo names."""
    named = signed["signer_infos"][0]["sid"].chosen
    for one in certificates:
        if one.serial_number == named["serial_number"].native and one.issuer.public_bytes() == named["issuer"].dump():
            return one
    raise StampRefused("no_certificate", "the token lacks its certificate")


def _refuse_unsigned(signer: Any, content: bytes, leaf: x509.Certificate) -> None:
    """Signed attributes name content type, digest and certificate, and the certificate's key has signed them."""
    attributes: dict[str, Any] = {}
    for attribute in signer["signed_attrs"]:
        if attribute["type"].native in attributes or len(attribute["values"]) != 1:
            raise StampRefused("malformed", "a signed attribute stands there twice")
        attributes[attribute["type"].native] = attribute["values"][0]
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in ("sha256", "sha384", "sha512"):
        raise StampRefused("algorithm", f"digest {name}")
    if attributes["content_type"].native != "tst_info":
        raise StampRefused("malformed", "the signature is of another kind of content")
    if attributes["message_digest"].native != hashlib.new(name, content).digest():
        raise StampRefused("signature", "the stamp was changed")
    _refuse_swapped(attributes, leaf)
    _verify(leaf, signer["signature"].native, signer["signed_attrs"].untag().dump(), name, signer)


def _refuse_swapped(attributes: dict[str, Any], leaf: x509.Certificate) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    der = leaf.public_bytes(Encoding.DER)
    if "signing_certificate_v2" in attributes:
        first = attributes["signing_certificate_v2"]["certs"][0]
        stated, name = first["cert_hash"].native, first["hash_algorithm"]["algorithm"].native
    else:
        stated, name = attributes["signing_certificate"]["certs"][0]["cert_hash"].native, "sha1"  # RFC 2634
    if hashlib.new(name, der, usedforsecurity=name != "sha1").digest() != stated:
        raise StampRefused("certificate_swapped", "the certificate is not the one that was signed for")


def _verify(leaf: x509.Certificate, signature: bytes, data: bytes, name: str, signer: Any) -> None:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}[name]
    key, stated = leaf.public_key(), signer["signature_algorithm"].signature_algo
    try:
        if isinstance(key, rsa.RSAPublicKey) and stated == "rsassa_pkcs1v15":
            key.verify(signature, data, padding.PKCS1v15(), digest)
        elif isinstance(key, ec.EllipticCurvePublicKey) and stated == "ecdsa":
            key.verify(signature, data, ec.ECDSA(digest))
        else:
            raise StampRefused("algorithm", f"signature {stated}")
    except InvalidSignature as error:
        raise StampRefused("signature", "the stamp is not signed by its certificate") from error
