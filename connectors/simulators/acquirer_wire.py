"""ISO 8583:1987 in ASCII between a terminal and its acquirer's host, as small as the faults need.

Primary account number, track and chip data (DE2, 35, 55) may come in a purchase; `safe` is all that anybody may keep.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from typing import Any

from connectors.terminal.contract import masked

Fields = dict[str, str]

PURCHASE, VOID, REFUND = "000000", "020000", "200000"
SETTLEMENT, UPLOADED, NETWORK_TEST = "920000", "960000", "990000"
CURRENCY, NII = "704", "001"
APPROVED, REFUSED, NO_FUNDS, WRONG_PIN, AWAY, DUPLICATE, TOTALS, FAULT = "00", "05", "51", "55", "91", "94", "95", "96"
NEVER_KEPT = frozenset({"2", "14", "35", "36", "45", "52", "55"})


class Garbled(ValueError):
    """Not a message of this protocol."""

    kind = "invalid"
    code = "iso8583.garbled"


def packed(fields: Mapping[str, str]) -> bytes:
    """The message's bytes; the type stands under `t`."""
    import iso8583

    return bytes(iso8583.encode(dict(fields), _spec())[0])


def unpacked(raw: bytes) -> Fields:
    """The fields of a message. Raises Garbled."""
    import iso8583

    try:
        fields, _ = iso8583.decode(raw, _spec())
    except iso8583.DecodeError:
        raise Garbled("no ISO 8583 message") from None
    return {name: str(value) for name, value in fields.items() if name not in ("h", "p", "1")}


def safe(fields: Mapping[str, str]) -> Fields:
    """What may be kept or logged of a message."""
    return {name: value for name, value in fields.items() if name not in NEVER_KEPT}


def shown_card(fields: Mapping[str, str]) -> str:
    """The masked number of the card in a purchase."""
    return masked(fields.get("2", ""))


def original(mti: str, stan: str, stamp: str) -> str:
    """DE90: which message is to be undone (MTI, STAN, transmission time, no institutions)."""
    return f"{mti}{stan}{stamp}".ljust(42, "0")


@cache
def _spec() -> Any:
    from iso8583.specs import default_ascii

    return copy.deepcopy(default_ascii)
