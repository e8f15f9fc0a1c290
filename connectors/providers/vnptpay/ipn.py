"""What VNPT Pay sends: the IPN (ACTION=CONFIRM), as JSON or as a form whose one field `data` holds the JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from connectors import exact_json
from connectors.contract import Desk, Notice, Outcome
from connectors.exact_json import SIZE_LIMIT, Unreadable
from connectors.signing import fingerprint
from connectors.stamp import business_day, moment_of

_AMOUNT = re.compile("[1-9][0-9]{0,14}")
_ID = re.compile("[!-{}~]{1,100}")  # visible, without `|`


def message(body: bytes) -> dict[str, object]:
    """The JSON object, whichever way it came. Raises Unreadable."""
    if len(body) > SIZE_LIMIT:
        raise Unreadable("body.too_large")
    start = body.lstrip()[:1]
    return exact_json.read(_form_data(body) if start and start not in b"{[" else body)


def notice(fields: Mapping[str, str], outcome: Outcome, code: str, desk: Desk) -> Notice:
    """What an IPN, or the answer to a query, says of the payment; the same money has the same id and fingerprint in both.

    `code` is the IPN's response code. Raises Unreadable or SettingMissing.
    """
    if fields.get("MERCHANT_SERVICE_ID") != desk.setting("merchant_service_id"):
        raise Unreadable("field.not_ours", "MERCHANT_SERVICE_ID")
    reference = _id(fields, "MERCHANT_ORDER_ID")
    paid = outcome is Outcome.PAID
    number = _id(fields, "VNPTPAY_TRANSACTION_ID") if paid else fields.get("VNPTPAY_TRANSACTION_ID", "")
    paid_at = moment_of(fields.get("PAY_DATE", ""))
    if paid_at is None and paid:
        raise Unreadable("date.unreadable", "PAY_DATE")
    amount, currency = amount_of(fields), fields.get("CURRENCY_CODE") or "VND"
    # The date of an IPN need not be the query's: it is not in here.
    told = (desk.setting("merchant_service_id"), reference, number, str(amount), currency, code)
    return Notice(
        event_id=f"{number or reference}-{code}",
        fingerprint=fingerprint(told),
        outcome=outcome,
        amount=amount,
        currency=currency,
        direction="CRDT",
        account=desk.setting("account"),
        memo=fields.get("ADDITIONAL_INFO", ""),
        order_code=reference,
        bank_reference=number,
        booked_on=business_day(paid_at) if paid_at else None,
        occurred_at=paid_at,
        payer_bank=fields.get("PAYMENT_METHOD", ""),
    )


def amount_of(fields: Mapping[str, str]) -> int:
    """Đồng. Raises Unreadable."""
    amount = fields.get("AMOUNT", "")
    if not _AMOUNT.fullmatch(amount):
        raise Unreadable("amount.unreadable", "AMOUNT")
    return int(amount)


def _form_data(body: bytes) -> bytes:
    found = [value for name, _, value in (pair.partition(b"=") for pair in body.strip().split(b"&")) if name == b"data"]
    if not found:
        raise Unreadable("json.malformed")
    if len(found) > 1:
        raise Unreadable("field.repeated", "data")
    return unquote_to_bytes(found[0].replace(b"+", b" "))


def _id(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name, "")
    if not _ID.fullmatch(value):
        raise Unreadable("field.unreadable", name)
    return value
