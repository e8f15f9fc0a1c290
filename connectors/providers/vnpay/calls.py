"""What we ask of VNPAY: the payer's page, a query (querydr) and a refund; and what its signed answers say.

A page is a URL signed as a sorted form; a call is JSON whose named values are signed in a fixed order, joined by `|`.
Amounts travel as hundredths of a đồng.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from connectors import exact_json
from connectors.answered import answered, texts
from connectors.asked import payer_ip_of, reference_of
from connectors.contract import (
    Answer,
    Call,
    Desk,
    Failure,
    Order,
    OrderRefused,
    Outcome,
    Purpose,
    Redirect,
    Refund,
    Reply,
)
from connectors.exact_json import Unreadable
from connectors.providers.vnpay.fields import (
    ANSWERED,
    ASKED,
    HASH,
    PART,
    QUERIED,
    QUERY,
    REASONS,
    REFUND,
    REFUNDED,
    VERSION,
    WHOLE,
)
from connectors.providers.vnpay.ipn import amount_of, notice
from connectors.signing import hmac_sha512_holds, hmac_sha512_sign, piped, sorted_form
from connectors.stamp import stamp_of
from connectors.vietqr.unaccented import unaccented

PAGE = "/paymentv2/vpcpay.html"
API = "/merchant_webapi/api/transaction"
DEFAULTS = {"order_type": "other", "server_ip": "127.0.0.1"}

QUERY_TIMEOUT_S = 15
REFUND_TIMEOUT_S = 30

_REQUEST = re.compile("[A-Za-z0-9]{1,32}")
_ADDRESS = re.compile("https?://[!-~]{1,247}")
_NO_LETTER = re.compile("[^A-Za-z0-9 .,:/_-]")


def page(order: Order, desk: Desk) -> Redirect:
    """The payer's page. The same order is the same URL, however often the payer comes back to it."""
    if not _ADDRESS.fullmatch(order.return_url):
        raise OrderRefused("order.address_unreadable", "return_url")
    if order.expires_at <= order.created_at:
        raise OrderRefused("order.expired", "expires_at")
    asked = {
        "vnp_Version": VERSION,
        "vnp_Command": "pay",
        "vnp_TmnCode": desk.setting("tmn_code"),
        "vnp_Amount": _hundredths(order.amount),
        "vnp_BankCode": desk.settings.get("bank_code", ""),
        "vnp_CreateDate": stamp_of(order.created_at),
        "vnp_CurrCode": "VND",
        "vnp_ExpireDate": stamp_of(order.expires_at),
        "vnp_IpAddr": payer_ip_of(order),
        "vnp_Locale": "vn" if order.language == "vi" else "en",
        "vnp_OrderInfo": _plain(order.description) or _reference(order),
        "vnp_OrderType": _setting(desk, "order_type"),
        "vnp_ReturnUrl": order.return_url,
        "vnp_TxnRef": _reference(order),
    }
    form = sorted_form(asked)
    signature = hmac_sha512_sign(form, desk.secret("hash_secret"))
    return Redirect(f"{_url(desk, 'pay_url', PAGE)}?{form}&{HASH}={signature}", order.expires_at)


def query(order: Order, desk: Desk) -> Call:
    """querydr; VNPAY takes a request id once a day, so the nonce must be a new one for each attempt."""
    asked = {
        "vnp_RequestId": request_id(desk.nonce, "nonce"),
        "vnp_Command": QUERY,
        "vnp_TxnRef": _reference(order),
        "vnp_OrderInfo": f"Truy van {_reference(order)}",
    }
    return _call("query", asked, order, desk, QUERY_TIMEOUT_S, key=order.reference)


def refund(order: Order, wanted: Refund, desk: Desk) -> Call:
    """A refund under its own request id: VNPAY knows a repeat on the same day, and on that day only."""
    if not 1 <= wanted.amount <= order.amount:
        raise OrderRefused("refund.amount_out_of_range", "amount")
    if not (by := _plain(wanted.approved_by)):
        raise OrderRefused("refund.approver_missing", "approved_by")
    asked = {
        "vnp_RequestId": request_id(wanted.refund_id, "refund_id"),
        "vnp_Command": REFUND,
        "vnp_TransactionType": WHOLE if wanted.amount == order.amount else PART,
        "vnp_TxnRef": _reference(order),
        "vnp_Amount": _hundredths(wanted.amount),
        "vnp_TransactionNo": order.provider_id,
        "vnp_CreateBy": by,
        "vnp_OrderInfo": _plain(wanted.reason) or f"Hoan {_reference(order)}",
    }
    return _call("refund", asked, order, desk, REFUND_TIMEOUT_S, key=wanted.refund_id)


def read(call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
    """What the answer says. Raises SettingMissing."""
    code = ""
    try:
        fields = _said(call, reply, desk)
        code = fields["vnp_ResponseCode"]
        _expect(fields, call, desk)
        if code != "00":
            refused = call.purpose == "refund" and code == "95"
            return Answer(Outcome.FAILED if refused else Outcome.UNKNOWN, REASONS.get(code, "code.unknown"), code)
        return _refunded(fields) if call.purpose == "refund" else _queried(fields, desk)
    except Unreadable as problem:
        return Answer(Outcome.UNKNOWN, problem.code, code)


def request_id(ours: str, field: str) -> str:
    """At most 32 letters and digits; longer or other ids are told by their hash. Raises OrderRefused on none at all."""
    if not ours:
        raise OrderRefused("call.id_missing", field)
    return ours if _REQUEST.fullmatch(ours) else hashlib.sha256(ours.encode()).hexdigest()[:32]


def _call(purpose: Purpose, asked: dict[str, str], order: Order, desk: Desk, timeout_s: int, *, key: str) -> Call:
    whole = asked | {
        "vnp_Version": VERSION,
        "vnp_TmnCode": desk.setting("tmn_code"),
        "vnp_TransactionDate": stamp_of(order.created_at),
        "vnp_CreateDate": stamp_of(desk.now),
        "vnp_IpAddr": _setting(desk, "server_ip"),
    }
    named = {name: whole[name] for name in ASKED[purpose]}
    signature = hmac_sha512_sign(piped(named.values()), desk.secret("hash_secret"))
    return Call(
        purpose,
        "POST",
        _url(desk, "api_url", API),
        json.dumps({**named, HASH: signature}, separators=(",", ":")).encode(),
        {"content-type": "application/json"},
        safe_to_repeat=purpose == "query",
        timeout_s=timeout_s,
        idempotency_key=key,
    )


def _said(call: Call, reply: Reply | Failure, desk: Desk) -> dict[str, str]:
    """The signed fields of the answer, and no others."""
    names = ANSWERED[call.purpose]
    secret = desk.secret("hash_secret")
    message = answered(reply)
    fields = texts(message, (*names, HASH))
    signature = fields.pop(HASH)
    if not signature:
        raise Unreadable("signature.missing")
    if not hmac_sha512_holds(piped(fields.values()), signature, secret):
        raise Unreadable("signature.invalid")
    return fields


def _expect(fields: Mapping[str, str], call: Call, desk: Desk) -> None:
    """Refuse a genuine answer to somebody else's question. An answer that knows no order may leave its code out."""
    asked = exact_json.read(call.body)
    names = ["vnp_Command", "vnp_TmnCode", "vnp_TxnRef", *(["vnp_Amount"] if call.purpose == "refund" else [])]
    for name in names:
        if fields[name] != asked.get(name) and (fields[name] or fields["vnp_ResponseCode"] in ("00", "95")):
            raise Unreadable("field.not_asked", name)


def _queried(fields: Mapping[str, str], desk: Desk) -> Answer:
    state = (fields["vnp_TransactionType"], fields["vnp_TransactionStatus"])
    outcome = QUERIED.get(state, Outcome.UNKNOWN)
    known = outcome is not Outcome.UNKNOWN
    return Answer(
        outcome,
        "" if known else f"status.{state[1]}",
        state[1],
        amount=amount_of(fields) if known else None,
        provider_id=fields["vnp_TransactionNo"],
        notice=notice(fields, outcome, ("00", "00"), desk) if outcome is Outcome.PAID else None,
    )


def _refunded(fields: Mapping[str, str]) -> Answer:
    status = fields["vnp_TransactionStatus"]
    outcome = REFUNDED.get(status, Outcome.UNKNOWN)
    reason = f"status.{status}" if outcome is Outcome.UNKNOWN else ""
    return Answer(outcome, reason, status, amount=amount_of(fields), provider_id=fields["vnp_TransactionNo"])


def _reference(order: Order) -> str:
    return reference_of(order, limit=100)


def _hundredths(amount: int) -> str:
    return str(amount * 100)


def _plain(text: str) -> str:
    """VNPAY takes no accents and no special characters."""
    return " ".join(_NO_LETTER.sub(" ", unaccented(text)).split())[:255].rstrip()


def _url(desk: Desk, name: str, path: str) -> str:
    """Production has the page and the API on different hosts: each may be set whole."""
    return desk.settings.get(name) or desk.setting("host").rstrip("/") + path


def _setting(desk: Desk, name: str) -> str:
    return desk.settings.get(name) or DEFAULTS[name]
