"""VietinBank iConnect, as public integrations show it: the credit notice 1200/1210 and the inquiry 1100/1110.

The bank signs `transId transTime custCode amount bankTransId remark` joined without separator. So transType,
currencyCode and the receiving account are only claims: they must agree with our own configuration and are proven by
the statement. A digit moved between neighbouring fields keeps the signature valid (`amount_unambiguous = False`), and
the fingerprint therefore covers the fields one by one, not their concatenation.

Settings: `bank_public_key` (PEM, one or several) must be set. Optional: `provider_id`, `merchant_id` (a message that
names another is not ours), `trans_types_in`, `trans_types_out` (comma-separated), `repeat_code` (`00` or `05`, as
agreed with the bank). Secret: `private_key` (PEM), with which answers are signed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime

from connectors import exact_json
from connectors.contract import (
    Asked,
    Bill,
    Capabilities,
    Desk,
    Direction,
    Forged,
    Inquiry,
    Malformed,
    Notice,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.signing import joined, rsa_sha256_holds, rsa_sha256_sign
from connectors.stamp import business_day, moment_of, stamp_of

SIGNED_NOTICE = ("transId", "transTime", "custCode", "amount", "bankTransId", "remark")
SIGNED_INQUIRY = ("transId", "transTime", "custCode")
SIGNED_BILL = ("transId", "transTime", "custCode", "custName", "billId", "amount", "errorCode")
SIGNED_ANSWER = ("transId", "errorCode", "errorDesc")
UNSIGNED = (
    "msgId",
    "msgType",
    "providerId",
    "merchantId",
    "transType",
    "currencyCode",
    "sendBankId",
    "sendAcctId",
    "sendAcctName",
    "recvAcctId",
    "recvVirtualAcctId",
)
FIELDS = frozenset((*SIGNED_NOTICE, *UNSIGNED, "signature"))
# What a repeat must repeat:
RELIED_ON = (*SIGNED_NOTICE, "transType", "currencyCode", "recvAcctId", "recvVirtualAcctId")

DEFAULTS = {"trans_types_in": "C,CR,CRDT", "trans_types_out": "D,DR,DBIT", "repeat_code": "00"}

FIELD_LIMIT = 2000  # characters; the signature, the longest, has 344
ID_LIMIT = 64

# One or two zeros after a point are the decimals that đồng do not have, taken if the bank signed them so (`150000.00`);
# three are a Vietnamese thousand (`150.000`) and no amount we dare read. No sign, no leading zero.
_AMOUNT = re.compile(r"([1-9][0-9]{0,14})(?:\.0{1,2})?")
_ID = re.compile(rf"[!-~]{{1,{ID_LIMIT}}}")

# Money whose reference or amount we cannot place is kept in suspense, so to the bank it is recorded: anything else
# would make it call again, or make its clerks return the money behind our back.
ANSWERS = {
    Standing.RECORDED: "00",
    Standing.UNKNOWN_REFERENCE: "00",
    Standing.AMOUNT_DIFFERS: "00",
    Standing.FORGED: "01",
    Standing.CONFLICTING: "03",
    Standing.MALFORMED: "99",
    Standing.BUSY: "99",
}
DESCRIPTIONS = {
    "00": "Thanh cong",
    "01": "Chu ky khong hop le",
    "02": "Khong tim thay khoan phai nop",
    "03": "Khong ghi nhan duoc",
    "05": "Trung giao dich",
    "99": "Loi khong xac dinh",
}


class VietinBank:
    """Credit notices of VietinBank accounts."""

    name = "vietinbank"
    capabilities = Capabilities(
        channels=frozenset({"vietqr", "bank_transfer"}),
        issue_on="notice",
        signed_fields=frozenset({"event_id", "occurred_at", "order_code", "amount", "bank_reference", "memo"}),
        amount_unambiguous=False,
        settings=("bank_public_key",),
        secrets=("private_key",),
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice 1200. Raises SettingMissing or KeyUnreadable for our own configuration, nothing for bad input."""
        try:
            fields = _fields(request.body)
            return _not_signed(fields, SIGNED_NOTICE, desk) or _notice(fields, desk)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """The answer 1210, HTTP 200 whatever it says. Raises SettingMissing or KeyUnreadable."""
        code = _setting(desk, "repeat_code") if standing is Standing.REPEATED else ANSWERS[standing]
        identity = received.event_id if isinstance(received, Notice) else _genuine_id(request.body, desk)
        answer = {"transId": identity, "errorCode": code, "errorDesc": DESCRIPTIONS.get(code, "")}
        return _signed(answer, SIGNED_ANSWER, desk)

    def inquire(self, request: Request, desk: Desk) -> Asked:
        """An inquiry 1100. Raises SettingMissing or KeyUnreadable for our own configuration, nothing for bad input."""
        try:
            fields = _fields(request.body)
            return _not_signed(fields, SIGNED_INQUIRY, desk) or _inquiry(fields, desk)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def answer(self, inquiry: Asked, bill: Bill | None, desk: Desk) -> Reply:
        """The answer 1110: name and amount, or 02 where nothing may be paid. Raises as `acknowledge`."""
        told = dict.fromkeys(SIGNED_BILL, "")
        if isinstance(inquiry, Inquiry):
            told |= {"transId": inquiry.event_id, "transTime": stamp_of(inquiry.occurred_at)}
            told |= {"custCode": inquiry.order_code, "errorCode": "00" if bill else "02"}
            if bill:
                told |= {"custName": bill.name, "billId": bill.bill_id, "amount": str(bill.amount)}
        else:
            told["errorCode"] = "01" if isinstance(inquiry, Forged) else "99"
        return _signed(told, SIGNED_BILL, desk)


def _fields(body: bytes) -> dict[str, str]:
    """The message's known fields, nested in `header` and `data` or flat, each as the text that stands in the JSON."""
    message = exact_json.read(body)
    fields: dict[str, str] = {}
    for part in (message, _part(message, "header"), _part(message, "data")):
        for name in FIELDS & part.keys():
            text = exact_json.text_of(part[name], name, limit=FIELD_LIMIT)
            if fields.setdefault(name, text) != text:
                raise Unreadable("field.repeated", name)
    return fields


def _part(message: Mapping[str, object], name: str) -> dict[str, object]:
    part = message.get(name, {})
    if not isinstance(part, dict):
        raise Unreadable("field.not_an_object", name)
    return part


def _not_signed(fields: Mapping[str, str], names: tuple[str, ...], desk: Desk) -> Forged | None:
    keys = desk.setting("bank_public_key")
    signature = fields.get("signature", "")
    if not signature:
        return Forged("signature.missing")
    text = joined(fields.get(name, "") for name in names)
    return None if rsa_sha256_holds(text, signature, keys) else Forged("signature.invalid")


def _notice(fields: Mapping[str, str], desk: Desk) -> Notice:
    _expect(fields, "1200", desk)
    occurred_at = _moment(fields)
    direction, outcome = _movement(fields.get("transType", ""), desk)
    return Notice(
        event_id=_identity(fields),
        fingerprint=_fingerprint(fields),
        outcome=outcome,
        amount=_amount(fields),
        currency=fields.get("currencyCode", "").strip().upper() or VietinBank.capabilities.currency,
        direction=direction,
        account=fields.get("recvAcctId") or fields.get("recvVirtualAcctId", ""),
        memo=fields.get("remark", ""),
        order_code=fields.get("custCode", ""),
        bank_reference=fields.get("bankTransId", ""),
        booked_on=business_day(occurred_at),
        occurred_at=occurred_at,
        payer_name=fields.get("sendAcctName", ""),
        payer_account=fields.get("sendAcctId", ""),
        payer_bank=fields.get("sendBankId", ""),
    )


def _inquiry(fields: Mapping[str, str], desk: Desk) -> Inquiry:
    _expect(fields, "1100", desk)
    code = fields.get("custCode", "")
    if not _ID.fullmatch(code):
        raise Unreadable("field.unreadable", "custCode")
    return Inquiry(_identity(fields), code, _moment(fields))


def _expect(fields: Mapping[str, str], message_type: str, desk: Desk) -> None:
    """Refuse a message of another kind or for another merchant; the flat form may leave all three out."""
    expected = {
        "msgType": message_type,
        "providerId": desk.settings.get("provider_id", ""),
        "merchantId": desk.settings.get("merchant_id", ""),
    }
    for name, ours in expected.items():
        if ours and fields.get(name, "") not in ("", ours):
            raise Unreadable("field.not_ours", name)


def _identity(fields: Mapping[str, str]) -> str:
    identity = fields.get("transId", "")
    if not _ID.fullmatch(identity):
        raise Unreadable("field.unreadable", "transId")
    return identity


def _moment(fields: Mapping[str, str]) -> datetime:
    moment = moment_of(fields.get("transTime", ""))
    if moment is None:
        raise Unreadable("date.unreadable", "transTime")
    return moment


def _amount(fields: Mapping[str, str]) -> int:
    found = _AMOUNT.fullmatch(fields.get("amount", ""))
    if found is None:
        raise Unreadable("amount.unreadable", "amount")
    return int(found[1])


def _movement(trans_type: str, desk: Desk) -> tuple[Direction, Outcome]:
    """A 1200 without transType is a credit by its kind; an unlisted type is nothing we know."""
    if not trans_type or trans_type in _listed(desk, "trans_types_in"):
        return "CRDT", Outcome.PAID
    if trans_type in _listed(desk, "trans_types_out"):
        return "DBIT", Outcome.PAID
    return "CRDT", Outcome.UNKNOWN


def _listed(desk: Desk, name: str) -> list[str]:
    return [item.strip() for item in _setting(desk, name).split(",")]


def _setting(desk: Desk, name: str) -> str:
    return desk.settings.get(name) or DEFAULTS[name]


def _fingerprint(fields: Mapping[str, str]) -> str:
    """Each field apart: a moved digit keeps the signature, not the fingerprint."""
    content = json.dumps([fields.get(name, "") for name in RELIED_ON], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode("ascii")).hexdigest()


def _genuine_id(body: bytes, desk: Desk) -> str:
    """The transId of a message that the bank signed but we could not read, else nothing.

    Never an id of a stranger's choosing: `transId+errorCode+errorDesc` has no separator, so with our signature on
    `X00ok` + `01...` he could show the bank a success for `X`.
    """
    try:
        fields = _fields(body)
        return "" if _not_signed(fields, SIGNED_NOTICE, desk) else _identity(fields)
    except Unreadable:
        return ""


def _signed(answer: dict[str, str], names: tuple[str, ...], desk: Desk) -> Reply:
    signature = rsa_sha256_sign(joined(answer[name] for name in names), desk.secret("private_key"))
    whole = {**answer, "providerId": desk.settings.get("provider_id", ""), "signature": signature}
    return Reply(200, json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode())
