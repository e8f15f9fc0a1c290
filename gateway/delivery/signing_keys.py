"""Which keys sign for whom: those at hand, and of them the one that the agency's registration lists.

Thông tư 91/2026/TT-BTC, Điều 17: only a listed certificate signs; where two overlap, the one of the newer registration.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import structlog

from gateway.delivery import revocation
from receipts import custody
from receipts.enrolment import Identity, identity
from receipts.keys import KeyUnusable, Signer, TokenKey
from receipts.model import ReceiptError
from receipts.sign import CertificateExpired, Prepared

log = structlog.get_logger(__name__)


class CertificateNotListed(ReceiptError):
    """No key at hand belongs to a certificate that the agency's registration lists: the receipt waits for one."""

    kind = "unavailable"
    code = "receipt.certificate_not_listed"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A receipt that a remote service has been asked to sign."""

    prepared: Prepared
    since: datetime


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The agencies' seals and the key of the printed token. `signer` is the first; `more` are the others at hand."""

    signer: Signer
    token: TokenKey
    demo: bool = False
    more: tuple[Signer, ...] = ()
    troubles: tuple[ReceiptError, ...] = ()  # of keys that should be here
    waiting: dict[str, Waiting] = field(default_factory=dict, repr=False)  # by receipt id

    @property
    def signers(self) -> tuple[Signer, ...]:
        return (self.signer, *self.more)


def load_keys(directory: Path) -> SigningKeys:
    """From the signers of `receipts.custody` and `token.key`, but those revoked. Raises KeyUnusable when there is none."""
    found = custody.look(directory)
    signers, revoked = _unrevoked(directory, found.signers)
    troubles = (*found.troubles, *revoked)
    if not signers:
        raise troubles[0] if troubles else KeyUnusable(f"no signer.key and signer.pem in {directory.name}")
    first, *more = signers
    token_key = TokenKey.from_pem(directory / "token.key")
    demo = any("DEMO" in one.subject for one in signers)
    return SigningKeys(first, token_key, demo, tuple(more), troubles)


def _unrevoked(directory: Path, signers: Sequence[Signer]) -> tuple[list[Signer], list[ReceiptError]]:
    """Those that may sign, and what is told of the others: their authority's word lies beside the keys."""
    good: list[Signer] = []
    troubles: list[ReceiptError] = []
    for one in signers:
        try:
            revocation.refuse_revoked(directory, one.certificate)
        except revocation.CertificateRevoked as error:
            troubles.append(error)
        else:
            good.append(one)
    return good, troubles


def renew_keys(directory: Path, known: SigningKeys | None, *, tell: bool) -> SigningKeys | None:
    """The keys as they now lie in `directory`; those known while there are none. With `tell` what is amiss is logged."""
    try:
        fresh = load_keys(directory)
    except (ReceiptError, OSError) as error:
        if tell:
            log.error("receipt.no_keys", code=getattr(error, "code", "receipt.key_unusable"))
        return known
    for trouble in fresh.troubles if tell else ():
        log.error("receipt.signer_missing", code=trouble.code, detail=str(trouble))
    return fresh if known is None else replace(fresh, waiting=known.waiting)


def choose(keys: SigningKeys, listed: Sequence[Identity] | None, at: datetime) -> Signer:
    """Who signs at a moment for an agency with these certificates in use (None: its list is kept elsewhere).

    Raises CertificateNotListed, CertificateExpired.
    """
    known = {identity(one.certificate): one for one in reversed(keys.signers)}
    able = list(keys.signers) if listed is None else [known[one] for one in listed if one in known]
    if not able:
        raise CertificateNotListed("no key at hand belongs to a listed certificate")
    valid = (one for one in able if one.valid[0] <= at <= one.valid[1])
    if (chosen := next(valid, None)) is None:
        raise CertificateExpired("no listed certificate at hand is valid now")
    return chosen


def sealer(keys: SigningKeys, source: bytes, signed_at: datetime) -> Signer | None:
    """Whose seal the PDF bears: the one in the XML; if that key is gone, one valid then; None without any."""
    named = (one for one in keys.signers if one.certificate_base64.encode() in source)
    valid = (one for one in keys.signers if one.valid[0] <= signed_at <= one.valid[1])
    return next(named, None) or next(valid, None)
