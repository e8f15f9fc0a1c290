"""A signer whose key is somebody else's machine: a hash goes out, a signature comes back, later or never.

`prepare -> hash out -> signature in` (as CSC API v2, 11.11 `signatures/signHash`, and the Vietnamese remote signing
services have it). A request carries an id of its own and may be sent any number of times; the service signs it once. A
signature is believed only when the certificate's key accepts it, so a wrong answer costs a try and never a receipt.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from receipts.keys import MIN_RSA_BITS, Certified, KeyUnusable

PATIENCE = 20.0  # seconds that one call may wait for a signature
LOOK_EVERY = 0.2
ALGORITHM = "RSA-SHA256"

_PREHASHED = Prehashed(SHA256())


class ServiceDown(KeyUnusable):
    """The service does not answer, or not in a way that can be understood."""

    code = "receipt.signing_service_down"


class ServiceSlow(KeyUnusable):
    """The service has the request and has not signed it in time; the same request may be asked for again."""

    code = "receipt.signing_service_slow"


class WrongSignature(KeyUnusable):
    """What came back is not a signature of what was asked for."""

    code = "receipt.wrong_signature"


class SigningService(Protocol):
    """Takes SHA-256 digests and gives PKCS#1 v1.5 signatures; speaks to one account, that is one certificate."""

    def request(self, request_id: str, digest: bytes) -> bytes | None:
        """The signature, or None while it is not there. The same id asks for the same again. Raises ServiceDown."""
        ...


class RemoteSigner(Certified):
    """`sign` waits for one; `sign_some` takes what is there of many and leaves the rest for the next look."""

    def __init__(
        self,
        service: SigningService,
        certificate: x509.Certificate,
        *,
        patience: float = PATIENCE,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`pause` sleeps. Raises KeyUnusable when the certificate is not for an RSA key of 2048 bits or more."""
        super().__init__(certificate)
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey) or public.key_size < MIN_RSA_BITS:
            raise KeyUnusable(f"the certificate is not for an RSA key of {MIN_RSA_BITS} bits")
        self._public = public
        self._service = service
        self._looks = max(1, round(patience / LOOK_EVERY))
        self._pause = pause

    def sign(self, data: bytes) -> bytes:
        """RSA PKCS#1 v1.5 over SHA-256 of `data`. Raises ServiceDown, ServiceSlow, WrongSignature."""
        request_id = hashlib.sha256(data).hexdigest()
        for look in range(self._looks):
            found = self.sign_some({request_id: data})
            if request_id in found:
                return found[request_id]
            if look + 1 < self._looks:
                self._pause(LOOK_EVERY)
        raise ServiceSlow("the signing service has not signed in time")

    def sign_some(self, wanted: Mapping[str, bytes]) -> dict[str, bytes]:
        """Of `wanted` (request id -> data) the signatures that are there, each checked.

        Raises ServiceDown; WrongSignature only when nothing else came back, so that one wrong answer holds nobody up.
        """
        found, wrong = {}, 0
        for request_id, data in wanted.items():
            digest = hashlib.sha256(data).digest()
            signature = self._service.request(request_id, digest)
            if signature is None:
                continue
            if self._accepts(signature, digest):
                found[request_id] = signature
            else:
                wrong += 1
        if wrong and not found:
            raise WrongSignature(f"{wrong} signatures are not of what was asked for")
        return found

    def _accepts(self, signature: bytes, digest: bytes) -> bool:
        try:
            self._public.verify(signature, digest, padding.PKCS1v15(), _PREHASHED)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class HttpService:
    """Our own small protocol over HTTP and JSON; an adapter to a provider's puts its calls in this place.

    `POST {url}/signatures {"request_id", "account", "algorithm", "hash"}` answers 200 `{"signature"}` (base64) or 202.
    """

    client: Any  # of httpx2, with its time-out
    url: str
    account: str
    secret: str

    def request(self, request_id: str, digest: bytes) -> bytes | None:
        """The signature, or None while it is not there. Raises ServiceDown."""
        import httpx2

        asked = {
            "request_id": request_id,
            "account": self.account,
            "algorithm": ALGORITHM,
            "hash": base64.b64encode(digest).decode(),
        }
        headers = {"Authorization": f"Bearer {self.secret}", "Idempotency-Key": request_id}
        try:
            answer = self.client.post(f"{self.url.rstrip('/')}/signatures", json=asked, headers=headers)
            if answer.status_code == httpx2.codes.ACCEPTED:
                return None
            answer.raise_for_status()
            return base64.b64decode(answer.json()["signature"], validate=True)
        except (httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
            raise ServiceDown(f"the signing service does not answer: {type(error).__name__}") from error


def http_service(url: str, account: str, secret: str, *, timeout: float = PATIENCE) -> HttpService:
    """A service at `url`."""
    import httpx2

    return HttpService(httpx2.Client(timeout=timeout, follow_redirects=False), url, account, secret)
