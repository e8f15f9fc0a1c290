"""What a receipt's own PDF proves: its seal covers every byte, and what is attached is the receipt it was made from.

For files this product made (ISO 32000-1, 12.8.1; ETSI EN 319 142-1), read by their bytes: one signature, whose ByteRange
leaves out nothing but its own contents. Foreign viewers see the same (pdfsig, pyHanko).
"""

from __future__ import annotations

import hashlib
import re
import zlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from receipts.refused import Refused

LARGEST_SOURCE = 1_000_000  # bytes

_RANGE = re.compile(rb"/ByteRange \[\s*0\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
_SOURCE = re.compile(rb"/Type /EmbeddedFile\b[^\0]{0,400}?>>\s*stream\r?\n", re.DOTALL)
_ATTRIBUTES = {"content_type", "message_digest", "signing_certificate_v2"}


def attached(pdf: bytes) -> bytes:
    """The one file attached. Raises Refused `pdf.source`."""
    found = list(_SOURCE.finditer(pdf))
    if len(found) != 1:
        raise Refused("pdf.source", f"{len(found)} files are attached")
    decoder = zlib.decompressobj()
    try:
        content = decoder.decompress(pdf[found[0].end() :], LARGEST_SOURCE)
    except zlib.error as error:
        raise Refused("pdf.source", "the attached file cannot be read") from error
    if not decoder.eof:
        raise Refused("pdf.source", "the attached file is cut or too large")
    return content


def sealed_by(pdf: bytes) -> x509.Certificate | None:
    """Whose seal the PDF bears, proven; None without one. Raises Refused `pdf.*`; trust is the caller's question."""
    ranges = list(_RANGE.finditer(pdf))
    if not ranges and b"/ByteRange" not in pdf:
        return None
    if len(ranges) != 1:
        raise Refused("pdf.seal", "not exactly one signature")
    start, end, rest = map(int, ranges[0].groups())
    contents = pdf[start:end]
    if end + rest != len(pdf) or not re.fullmatch(rb"<[0-9a-fA-F]+>", contents):
        raise Refused("pdf.seal", "the signature does not cover the file")
    return _signer(bytes.fromhex(contents[1:-1].decode()), hashlib.sha256(pdf[:start] + pdf[end:]).digest())


def _signer(signature: bytes, digest: bytes) -> x509.Certificate:
    from asn1crypto import cms, tsp  # tsp teaches cms what a signing certificate is

    assert tsp
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        (signer,) = signed["signer_infos"]
        (certificate,) = [x509.load_der_x509_certificate(one.chosen.dump()) for one in signed["certificates"]]
        said = {one["type"].native: one["values"][0] for one in signer["signed_attrs"]}
        named = said["signing_certificate_v2"]["certs"][0]["cert_hash"].native
        stated, value, attributes = said["message_digest"].native, signer["signature"].native, signer["signed_attrs"]
        covered = attributes.untag().dump()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, x509.InvalidVersion) as error:
        raise Refused("pdf.seal", "the signature cannot be read") from error
    if set(said) != _ATTRIBUTES or stated != digest:
        raise Refused("pdf.digest_differs", "the file was changed")
    key = certificate.public_key()
    if named != certificate.fingerprint(SHA256()) or not isinstance(key, rsa.RSAPublicKey):
        raise Refused("pdf.seal", "the certificate is not the one that was signed for")
    try:
        key.verify(value, covered, padding.PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise Refused("pdf.seal", "the signature is not of its certificate") from error
    return certificate
