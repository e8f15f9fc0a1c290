"""Who may speak: Basic credentials (RFC 7617) buy a Bearer token (RFC 6750) that proves itself, so none is stored.

A token is `expiry.mac`, the expiry in Unix seconds under HMAC-SHA256 with a key of ours that never leaves; user name
and password are under it too, so that a new password ends the tokens of the old.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from datetime import UTC, datetime, timedelta

from connectors.contract import Desk, Forged, Request
from connectors.signing import fingerprint

LIFE_S = "300"  # default

_TOKEN = re.compile("([1-9][0-9]{9})\\.([0-9a-f]{64})")
_SCHEME = re.compile("(basic|bearer) +([!-~]{1,2000}) *", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def admitted(request: Request, desk: Desk) -> bool:
    """Whether the Basic credentials are those that are set. Raises SettingMissing."""
    ours = f"{desk.setting('username')}:{desk.secret('password')}".encode()
    try:
        given = base64.b64decode(_credentials(request, "basic"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(ours, given)


def made(desk: Desk) -> str:
    """A token good for `life_s` from now. Raises SettingMissing."""
    expiry = str((desk.now + timedelta(seconds=life_s(desk)) - _EPOCH) // timedelta(seconds=1))
    return f"{expiry}.{_mac(expiry, desk)}"


def not_admitted(request: Request, desk: Desk) -> Forged | None:
    """Why the bearer may not speak; None if it may. Raises SettingMissing."""
    given = _credentials(request, "bearer")
    found = _TOKEN.fullmatch(given)
    expected = _mac(found[1] if found else "", desk)
    if not given:
        return Forged("token.missing")
    if found is None or not hmac.compare_digest(expected, found[2]):
        return Forged("token.invalid")
    return None if desk.now < _EPOCH + timedelta(seconds=int(found[1])) else Forged("token.expired")


def life_s(desk: Desk) -> int:
    """Seconds. A setting that is no number of them must not make tokens live longer than the default."""
    text = desk.settings.get("token_life_s") or LIFE_S
    return int(text if re.fullmatch("[1-9][0-9]{0,5}", text) else LIFE_S)


def _credentials(request: Request, scheme: str) -> str:
    found = _SCHEME.fullmatch(request.headers.get("authorization", ""))
    return found[2] if found and found[1].lower() == scheme else ""


def _mac(expiry: str, desk: Desk) -> str:
    told = fingerprint((desk.setting("username"), desk.secret("password"), expiry))
    return hmac.digest(desk.secret("token_key").encode(), told.encode(), "sha256").hex()
