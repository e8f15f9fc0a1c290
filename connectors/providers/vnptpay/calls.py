"""What we ask of VNPT Pay: to start a payment (init, init_m_merch or pay_qrcode) and what became of it (query).

Every message is JSON with a SECURE_CODE, ours and theirs; the key in the header only opens the door.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from connectors import exact_json
from connectors.answered import answered
from connectors.asked import payer_ip_of, reference_of
from connectors.contract import Answer, Call, Desk, Failure, Order, OrderRefused, Outcome, Purpose, Reply
from connectors.exact_json import Unreadable
from connectors.providers.vnptpay.fields import NOT_SIGNED, QUERY_OP, REASONS, SIGNATURE, STARTED
from connectors.providers.vnptpay.ipn import amount_of, notice
from connectors.providers.vnptpay.signature import NotSigned, order_of, signed, verified, version
from connectors.stamp import stamp_of
from connectors.vietqr.unaccented import unaccented

DEFAULTS = {
    "service_id": "1",
    "device": "1",
    "payment_method": "VNPTPAY",
    "service_category": "57",
    "channel_id": "1",
    "paid_statuses": "00",
}
ACTIONS = {"init": "INIT", "init_m_merch": "INIT", "pay_qrcode": "PAY"}

START_TIMEOUT_S = 30
QUERY_TIMEOUT_S = 15

_ADDRESS = re.compile("https?://[!-~]{1,1900}")


def start(order: Order, desk: Desk) -> Call:
    """Begin the payment. Not to be repeated once bytes have left: ask instead, the answer to a repeat has no address."""
    op = start_op(desk)
    if not order_of(op, desk):
        raise OrderRefused("order.operation_unknown", "start_op")
    fields = _asked(order, desk) | {"ACTION": ACTIONS[op], "CREATE_DATE": stamp_of(order.created_at)}
    return _call("start", op, op, fields, order, desk, START_TIMEOUT_S)


def query(order: Order, desk: Desk) -> Call:
    """Ask what became of it, by our reference and the moment at which it was started."""
    fields = {
        "ACTION": "QUERY",
        "VERSION": version(desk),
        "MERCHANT_SERVICE_ID": desk.setting("merchant_service_id"),
        "MERCHANT_ORDER_ID": _reference(order),
        "CREATE_DATE": stamp_of(order.created_at),
    }
    op = desk.settings.get("query_op") or QUERY_OP.get(version(desk), "query")
    return _call("query", "query", op, fields, order, desk, QUERY_TIMEOUT_S)


def read(call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
    """What the answer says. Raises SettingMissing."""
    code = ""
    try:
        asked = exact_json.read(call.body)
        fields = verified(answered(reply), _kind(call, asked), desk)
        code = fields.get("RESPONSE_CODE", "")
        return _queried(fields, asked, desk) if call.purpose == "query" else _started(fields)
    except (Unreadable, NotSigned) as problem:
        return Answer(Outcome.UNKNOWN, problem.code, code)


def _kind(call: Call, asked: Mapping[str, object]) -> str:
    if call.purpose == "query":
        return "query_answer"
    return "qr_answer" if asked.get("ACTION") == ACTIONS["pay_qrcode"] else "init_answer"


def start_op(desk: Desk) -> str:
    """The operation that starts a payment: as set, else the agencies' one where an agency is set."""
    op = desk.settings.get("start_op") or ("init_m_merch" if desk.settings.get("agency_id") else "init")
    return op if op in ACTIONS else ""


def _asked(order: Order, desk: Desk) -> dict[str, str]:
    amount = str(order.amount)
    return {
        "VERSION": version(desk),
        "MERCHANT_SERVICE_ID": desk.setting("merchant_service_id"),
        "AGENCY_ID": desk.settings.get("agency_id", ""),
        "MERCHANT_ORDER_ID": _reference(order),
        "AMOUNT": amount,
        "AMOUNT_DETAIL": amount,
        "PAYMENT_ACTION": "PAY",
        "SERVICE_ID": _setting(desk, "service_id"),
        "SERVICE_CATEGORY": _setting(desk, "service_category"),
        "CHANNEL_ID": _setting(desk, "channel_id"),
        "DEVICE": _setting(desk, "device"),
        "LOCALE": "vi-VN",
        "CURRENCY_CODE": "VND",
        "PAYMENT_METHOD": _setting(desk, "payment_method"),
        "DESCRIPTION": _plain(order.description) or order.reference,
        "CLIENT_IP": payer_ip_of(order),
        "MERCHANT_DATA": "",
    }


def _call(
    purpose: Purpose, message: str, op: str, fields: Mapping[str, str], order: Order, desk: Desk, timeout_s: int
) -> Call:
    named: dict[str, str | int] = {name: fields.get(name, "") for name in order_of(message, desk)}
    named |= {name: fields.get(name, "") for name in NOT_SIGNED.get(message, ())}
    if "AMOUNT" in named:
        named["AMOUNT"] = order.amount  # public clients send a number here and nowhere else
    whole = {**named, SIGNATURE: signed(fields, message, desk)}
    return Call(
        purpose,
        "POST",
        f"{desk.setting('base_url').rstrip('/')}/rest/payment/v{version(desk)}/{op}",
        json.dumps(whole, separators=(",", ":")).encode(),
        {"content-type": "application/json", "authorization": f"Bearer {desk.secret('api_key')}"},
        safe_to_repeat=purpose == "query",
        timeout_s=timeout_s,
        idempotency_key=order.reference,
    )


def _started(fields: Mapping[str, str]) -> Answer:
    code = fields.get("RESPONSE_CODE", "")
    outcome = STARTED.get(code, Outcome.UNKNOWN)
    if outcome is not Outcome.PENDING:
        return Answer(outcome, REASONS.get(code, f"code.{code}"), code)
    address, qr = fields.get("REDIRECT_URL", ""), fields.get("QR_CODE", "")
    if not qr and not _ADDRESS.fullmatch(address):
        raise Unreadable("field.unreadable", "REDIRECT_URL")
    return Answer(outcome, provider_code=code, pay_url=address, qr=qr)


def _queried(fields: Mapping[str, str], asked: Mapping[str, object], desk: Desk) -> Answer:
    """An answer whose signature leaves out which order it speaks of is an answer to nothing."""
    code = fields.get("RESPONSE_CODE", "")
    if code != "00":
        return Answer(Outcome.UNKNOWN, REASONS.get(code, f"code.{code}"), code)
    for name in ("MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID"):
        if fields.get(name) != asked.get(name):
            raise Unreadable("field.not_asked", name)
    status = fields.get("TRANSACTION_STATUS", "")
    outcome = _status(status, desk)
    known = outcome is not Outcome.UNKNOWN
    return Answer(
        outcome,
        "" if known else f"status.{status}",
        status,
        amount=amount_of(fields) if known else None,
        provider_id=fields.get("VNPTPAY_TRANSACTION_ID", ""),
        notice=notice(fields, outcome, "00", desk) if outcome is Outcome.PAID else None,
    )


def _status(status: str, desk: Desk) -> Outcome:
    """Which states mean failure is nowhere public, so until an installation sets them none does."""
    if status in _setting(desk, "paid_statuses").split(","):
        return Outcome.PAID
    failed = desk.settings.get("failed_statuses", "")
    return Outcome.FAILED if status and status in failed.split(",") else Outcome.UNKNOWN


def _reference(order: Order) -> str:
    return reference_of(order, limit=50)


def _plain(text: str) -> str:
    """Without accents, and without the separator of the signed text."""
    return " ".join(unaccented(text).replace("|", " ").split())[:255].rstrip()


def _setting(desk: Desk, name: str) -> str:
    return desk.settings.get(name) or DEFAULTS[name]
