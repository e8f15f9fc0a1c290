"""The signature of a webhook by our own scheme, with the sender's names for its headers (`connectors.stamped`)."""

from __future__ import annotations

import re
from datetime import timedelta

from connectors.contract import Desk, Forged, Request
from connectors.stamped import Stamp, moment_of, sign
from connectors.stamped import not_signed as _not_signed

__all__ = ["moment_of", "not_signed", "sign"]

DEFAULTS = {
    "signature_header": "x-signature",
    "signature_prefix": "sha256=",
    "timestamp_header": "x-timestamp",
    "tolerance_s": "300",
}


def not_signed(request: Request, desk: Desk) -> Forged | None:
    """Why this is not the sender's; None if it is. Raises SettingMissing."""
    stamp = Stamp(
        _setting(desk, "signature_header"),
        _setting(desk, "signature_prefix"),
        _setting(desk, "timestamp_header"),
        _tolerance(desk),
    )
    return _not_signed(request, desk.secret("signing_keys").split(), desk.now, stamp)


def _tolerance(desk: Desk) -> timedelta:
    """A setting that is no number must not open the door wider than the default does."""
    text = _setting(desk, "tolerance_s")
    return timedelta(seconds=int(text if re.fullmatch("[0-9]{1,5}", text) else DEFAULTS["tolerance_s"]))


def _setting(desk: Desk, name: str) -> str:
    return desk.settings.get(name) or DEFAULTS[name]
