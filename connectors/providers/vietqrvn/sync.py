"""A movement as VietQR.vn tells it (transaction-sync), keys in whichever case its versions write them.

`orderId` often comes empty, so it is a hint and the memo is what counts. A repeat has the same `referencenumber`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connectors import exact_json
from connectors.contract import Direction, Notice, Outcome
from connectors.exact_json import Unreadable
from connectors.signing import fingerprint
from connectors.stamp import business_day

NAMES = {
    name.lower(): name
    for name in (
        *("bankaccount", "amount", "transType", "content", "transactionid", "transactiontime", "referencenumber"),
        *("orderId", "terminalCode", "subTerminalCode", "serviceCode", "urlLink", "sign"),
    )
}
RELIED_ON = ("referencenumber", "bankaccount", "amount", "transType", "content", "orderId", "transactiontime")
MOVEMENTS: Mapping[str, Direction] = {"C": "CRDT", "D": "DBIT"}
FIELD_LIMIT = 2000  # characters

_AMOUNT = re.compile(r"([1-9][0-9]{0,14})(?:\.0{1,2})?")
_ID = re.compile("[!-~]{1,64}")
_MILLISECONDS = re.compile("[1-9][0-9]{12}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def notice(body: bytes) -> Notice:
    """What it says. Raises Unreadable."""
    fields = _fields(exact_json.read(body))
    moment = _moment(fields)
    kind = fields["transType"].strip().upper()
    return Notice(
        event_id=_reference(fields),
        fingerprint=fingerprint(fields[name] for name in RELIED_ON),
        outcome=Outcome.PAID if kind in MOVEMENTS else Outcome.UNKNOWN,
        amount=_amount(fields),
        currency="VND",
        direction=MOVEMENTS.get(kind, "CRDT"),
        account=fields["bankaccount"],
        memo=fields["content"],
        order_code=fields["orderId"],
        bank_reference=fields["referencenumber"],
        booked_on=business_day(moment),
        occurred_at=moment,
    )


def _fields(message: Mapping[str, object]) -> dict[str, str]:
    """The known fields; two keys that differ in case alone would let two readers see two messages."""
    fields = dict.fromkeys(NAMES.values(), "")
    seen: set[str] = set()
    for key, value in message.items():
        name = NAMES.get(key.lower())
        if name is None:
            continue
        if name in seen:
            raise Unreadable("field.repeated", name)
        seen.add(name)
        fields[name] = exact_json.text_of(value, name, limit=FIELD_LIMIT)
    return fields


def _reference(fields: Mapping[str, str]) -> str:
    if not _ID.fullmatch(fields["referencenumber"]):
        raise Unreadable("field.unreadable", "referencenumber")
    return fields["referencenumber"]


def _amount(fields: Mapping[str, str]) -> int:
    found = _AMOUNT.fullmatch(fields["amount"])
    if found is None:
        raise Unreadable("amount.unreadable", "amount")
    return int(found[1])


def _moment(fields: Mapping[str, str]) -> datetime:
    if not _MILLISECONDS.fullmatch(fields["transactiontime"]):
        raise Unreadable("date.unreadable", "transactiontime")
    return _EPOCH + timedelta(milliseconds=int(fields["transactiontime"]))
