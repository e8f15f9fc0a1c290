"""How machines and clerks write an amount, a moment or an id in a message or a list, and what of it is taken.

One or two zeros behind a point are the decimals that đồng do not have; three are a Vietnamese thousand (`150.000`) or
an English fraction, so no amount we dare read. A moment without an offset is in Vietnam time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from connectors.exact_json import Unreadable
from connectors.stamp import VIETNAM, business_day, moment_of

_AMOUNT = re.compile(r"([1-9][0-9]{0,14})(?:\.0{1,2})?")
_ID = re.compile("[!-~]{1,64}")
_ISO = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_LOCAL = re.compile(r"(\d\d)/(\d\d)/(20\d\d) (\d\d:\d\d(?::\d\d)?)", re.ASCII)


def amount(text: str, field: str) -> int:
    """Whole đồng above zero. Raises Unreadable `amount.unreadable`."""
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise Unreadable("amount.unreadable", field)
    return int(found[1])


def identity(text: str, field: str) -> str:
    """1 to 64 visible ASCII characters. Raises Unreadable `field.unreadable`."""
    if not _ID.fullmatch(text):
        raise Unreadable("field.unreadable", field)
    return text


def moment(text: str, field: str) -> datetime:
    """UTC, of `yyyyMMddHHmmss`, `yyyy-MM-dd[T ]HH:mm[:ss]` with or without offset, or `dd/MM/yyyy HH:mm[:ss]`.

    Raises Unreadable `date.unreadable`.
    """
    if (stamped := moment_of(text)) is not None:
        return stamped
    local = _LOCAL.fullmatch(text)
    iso = f"{local[3]}-{local[2]}-{local[1]} {local[4]}" if local else text
    try:
        found = datetime.fromisoformat(iso) if _ISO.fullmatch(iso) else None
    except ValueError:
        found = None
    if found is None:
        raise Unreadable("date.unreadable", field)
    return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)


def day(text: str, field: str) -> date:
    """A calendar day, `yyyy-MM-dd`, `dd/MM/yyyy` or the day of a moment in Vietnam. Raises Unreadable."""
    return business_day(moment(text if ":" in text or moment_of(text) else f"{text} 00:00", field))
