"""What VNPAY sends: the IPN, a GET whose query string is signed as a whole by HMAC-SHA512 over its `vnp_` parameters.

The signature is over names and values, so it is checked over what was decoded, whatever the order of the parameters and
whichever way a blank was written. A name that comes twice would let two readers see two messages, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote_plus

from connectors import exact_json
from connectors.contract import Desk, Forged, Notice, Outcome
from connectors.exact_json import Unreadable
from connectors.providers.vnpay.fields import HASH, NOT_PAID, UNSIGNED
from connectors.signing import fingerprint, hmac_sha512_holds, sorted_form
from connectors.stamp import business_day, moment_of

SIZE_LIMIT = 8192  # characters; an IPN has about six hundred
FIELD_LIMIT = 2000

# VNPAY writes hundredths of a đồng; anything but two zeros there is no amount of đồng.
_AMOUNT = re.compile("([1-9][0-9]{0,14})00")
_NAME = re.compile("vnp_[A-Za-z0-9_]{1,40}")
_NUMBER = re.compile("[!-~]{1,64}")
_REFERENCE = re.compile("[!-~]{1,100}")


def parameters(query: str) -> dict[str, str]:
    """The `vnp_` parameters that are not empty, decoded. Raises Unreadable."""
    if not query:
        raise Unreadable("query.empty")
    if len(query) > SIZE_LIMIT:
        raise Unreadable("query.too_large")
    found: dict[str, str] = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        name = _decoded(name)
        if not name.startswith("vnp_"):
            continue  # what others hang onto an address is neither signed nor read
        if not _NAME.fullmatch(name):
            raise Unreadable("query.malformed")
        if name in found:
            raise Unreadable("field.repeated", name)
        found[name] = _decoded(value)
    return {name: value for name, value in found.items() if value}


def not_signed(fields: Mapping[str, str], desk: Desk) -> Forged | None:
    """Why these parameters are not VNPAY's; None if they are. Raises SettingMissing."""
    secret = desk.secret("hash_secret")
    if HASH not in fields:
        return Forged("signature.missing")
    text = sorted_form({name: value for name, value in fields.items() if name not in UNSIGNED})
    return None if hmac_sha512_holds(text, fields[HASH], secret) else Forged("signature.invalid")


def outcome_of(response: str, status: str) -> Outcome:
    """Paid only if both codes say so; where they contradict each other nothing is known."""
    if response == "00":
        return Outcome.PAID if status == "00" else Outcome.UNKNOWN
    return NOT_PAID.get(response, Outcome.UNKNOWN) if status == "02" else Outcome.UNKNOWN


def notice(fields: Mapping[str, str], outcome: Outcome, codes: tuple[str, str], desk: Desk) -> Notice:
    """What an IPN, or the answer to a query, says of the payment; the same money has the same id and fingerprint in both.

    `codes` are the IPN's response code and status. Raises Unreadable or SettingMissing.
    """
    if fields.get("vnp_TmnCode", "") != desk.setting("tmn_code"):
        raise Unreadable("field.not_ours", "vnp_TmnCode")
    reference = _matching(_REFERENCE, fields, "vnp_TxnRef")
    number = _number(fields, outcome)
    amount = amount_of(fields)
    paid_at = _paid_at(fields, outcome)
    # Only an IPN has the bank's number of the payment, and its date need not be the query's: neither is in here.
    currency = fields.get("vnp_CurrCode", "VND")
    told = (desk.setting("tmn_code"), reference, number, str(amount), currency, *codes)
    return Notice(
        event_id="-".join((number or reference, *codes)),
        fingerprint=fingerprint(told),
        outcome=outcome,
        amount=amount,
        currency=currency,
        direction="CRDT",
        account=desk.setting("account"),
        memo=fields.get("vnp_OrderInfo", ""),
        order_code=reference,
        bank_reference=number,
        booked_on=business_day(paid_at) if paid_at else None,
        occurred_at=paid_at,
        payer_bank=fields.get("vnp_BankCode", ""),
    )


def amount_of(fields: Mapping[str, str]) -> int:
    """Đồng. Raises Unreadable."""
    found = _AMOUNT.fullmatch(fields.get("vnp_Amount", ""))
    if found is None:
        raise Unreadable("amount.unreadable", "vnp_Amount")
    return int(found[1])


def _decoded(text: str) -> str:
    try:
        return exact_json.text_of(unquote_plus(text, errors="strict"), "query", limit=FIELD_LIMIT)
    except UnicodeDecodeError:
        raise Unreadable("query.not_utf8") from None


def _number(fields: Mapping[str, str], outcome: Outcome) -> str:
    """VNPAY's number of the payment; it writes 0, or nothing, where no bank was ever asked."""
    number = fields.get("vnp_TransactionNo", "0")
    if number == "0" and outcome is not Outcome.PAID:
        return ""
    if number == "0":
        raise Unreadable("field.unreadable", "vnp_TransactionNo")
    return _matching(_NUMBER, fields, "vnp_TransactionNo")


def _paid_at(fields: Mapping[str, str], outcome: Outcome) -> datetime | None:
    moment = moment_of(fields.get("vnp_PayDate", ""))
    if moment is None and outcome is Outcome.PAID:
        raise Unreadable("date.unreadable", "vnp_PayDate")
    return moment


def _matching(shape: re.Pattern[str], fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not shape.fullmatch(value):
        raise Unreadable("field.unreadable", name)
    return value
