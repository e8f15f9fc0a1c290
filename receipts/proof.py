"""The cryptographic proof by signxml: certificate pinned, place, algorithms and number of references fixed.

Only for a tree that passed `parse` and `profile`: signxml alone accepts wrapped and downgraded files. Its schema check
stays off, as the W3C schema wants a foreign namespace for SigningTime, which Vietnamese files do not have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidDigest, SignXMLException
from signxml.verifier import SignatureConfiguration, VerifyResult, XMLVerifier

from receipts.parse import strict_parser
from receipts.profile import decoded
from receipts.refused import Refused

PLACE = "./DSCKS/TCThu/"
REFERENCES = 3

_METHODS = frozenset({SignatureMethod.RSA_SHA256})
_DIGESTS = frozenset({DigestAlgorithm.SHA256})


@dataclass(frozen=True, slots=True)
class Signed:
    """A part of the file as it was signed: the canonical bytes, and the element that these bytes are."""

    data: bytes
    element: etree._Element


def proven(
    root: etree._Element, targets: Sequence[etree._Element], certificate: x509.Certificate, at: datetime
) -> list[Signed]:
    """What was signed, in the order of the references: data, time, properties. Raises Refused `signature.*`."""
    configuration = SignatureConfiguration(
        location=PLACE,
        expect_references=REFERENCES,
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=at,
    )
    try:
        found = _Verifier(targets).verify(
            root, x509_cert=certificate, validate_schema=False, expect_config=configuration
        )
    except InvalidDigest as error:
        raise Refused("signature.digest_differs", "a signed part was changed") from error
    except (SignXMLException, InvalidSignature, ValueError, etree.LxmlError) as error:
        raise Refused("signature.invalid", "the signature is not of this file and certificate") from error
    assert isinstance(found, list)  # as more than one reference is expected
    return [Signed(part.signed_data, etree.fromstring(part.signed_data, strict_parser())) for part in found]


class _Verifier(XMLVerifier):
    """signxml, but a reference is to the element that the profile looked at, not to what a search by Id may find.

    That also spares a copy of the file for each reference, which only an enveloped transform would need.
    """

    def __init__(self, targets: Sequence[etree._Element]) -> None:
        super().__init__()
        self._targets = targets

    def get_root(self, data: etree._Element) -> etree._Element:
        """The tree is ours alone and already read strictly."""
        return data

    def _verify_reference(self, reference: etree._Element, index: int, *rest: Any) -> VerifyResult:
        *_, signature, key = rest
        signed = etree.tostring(self._targets[index], method="c14n", exclusive=True, with_comments=False)
        if decoded(reference[-1]) != hashlib.sha256(signed).digest():
            raise InvalidDigest(f"Digest mismatch for reference {index}")
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return VerifyResult(signed, None, signature, signature_key=pem)
