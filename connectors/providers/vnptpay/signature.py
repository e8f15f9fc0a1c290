"""SECURE_CODE: plain SHA-256 over the signed fields and the secret, joined by `|`; who reads a field reads a signed one.

The hash binds the text, not its division into fields: digits could move across a separator that stands in a value. So
only the last free text of a message may hold `|`, which leaves one way to divide it; and fields that are not under the
signature do not get past this module.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.answered import texts
from connectors.contract import Desk, SettingMissing
from connectors.exact_json import Unreadable
from connectors.providers.vnptpay.fields import FREE_TEXTS, SIGNATURE, VERSIONS
from connectors.signing import sha256_holds, sha256_sign

DEFAULT_VERSION = "1.0.6"


class NotSigned(Exception):
    """The message is not VNPT's; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def version(desk: Desk) -> str:
    """The version of the protocol that is set."""
    return desk.settings.get("version") or DEFAULT_VERSION


def order_of(message: str, desk: Desk) -> tuple[str, ...]:
    """The signed fields of a kind of message, as set or as its version has them; none where the version has it not.

    Raises SettingMissing where the version that is set is not one of those known.
    """
    if own := desk.settings.get(f"signed_{message}"):
        return tuple(name.strip() for name in own.split(","))
    if version(desk) not in VERSIONS:
        raise SettingMissing("version")
    return VERSIONS[version(desk)].get(message, ())


def signed(fields: Mapping[str, str], message: str, desk: Desk) -> str:
    """The SECURE_CODE of a message of ours. Raises SettingMissing."""
    return sha256_sign((fields.get(name, "") for name in order_of(message, desk)), desk.secret("secret_key"))


def verified(message: Mapping[str, object], kind: str, desk: Desk) -> dict[str, str]:
    """The signed fields of a message of VNPT, and no others. Raises NotSigned, Unreadable or SettingMissing."""
    secret = desk.secret("secret_key")
    fields = texts(message, (*order_of(kind, desk), SIGNATURE))
    signature = fields.pop(SIGNATURE)
    if not signature:
        raise NotSigned("signature.missing")
    if not sha256_holds(fields.values(), signature, secret):
        raise NotSigned("signature.invalid")
    free = [name for name in fields if name in FREE_TEXTS][-1:]
    for name, value in fields.items():
        if "|" in value and name not in free:
            raise Unreadable("field.ambiguous", name)
    return fields
