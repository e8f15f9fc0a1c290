"""TLS to one machine: the certificate in hand is the only one it may show (RFC 6125 names play no part).

Checked inside the handshake, so that not one byte of a request reaches a stranger.
"""

from __future__ import annotations

import hashlib
import hmac
import ssl


class CertificateUnreadable(ValueError):
    """The pinned certificate is not PEM."""

    kind = "invalid"
    code = "terminal.certificate"


def fingerprint(pem: str) -> bytes:
    """SHA-256 of the certificate. Raises CertificateUnreadable."""
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.strip() + "\n")).digest()
    except ValueError:
        raise CertificateUnreadable("the certificate is not PEM") from None


def pinned(pem: str) -> ssl.SSLContext:
    """A client context that shakes hands with the owner of this certificate and nobody else."""
    wanted = fingerprint(pem)

    class Pinned(ssl.SSLObject):
        """Knows the machine by its certificate."""

        def do_handshake(self) -> None:
            super().do_handshake()
            shown = self.getpeercert(binary_form=True) or b""
            if not hmac.compare_digest(hashlib.sha256(shown).digest(), wanted):
                raise ssl.SSLCertVerificationError("another certificate than the pinned one")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the chain says nothing here; the pin above says everything
    context.sslobject_class = Pinned
    return context
