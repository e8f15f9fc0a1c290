"""VNPAY's side of its protocol 2.1.0: the page's address, the IPN, querydr and refund.

Field orders and the form encoding are written down here a second time, so that the connector is tested against the
protocol and not against itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote_plus, urlsplit

from connectors.contract import Call, Reply
from connectors.exact_json import Unreadable
from connectors.simulators.psp_book import Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.simulators.psp_till import Till, asked_in

HASH = "vnp_SecureHash"

QUERY = "RequestId|Version|Command|TmnCode|TxnRef|TransactionDate|CreateDate|IpAddr|OrderInfo"
REFUND = (
    "RequestId|Version|Command|TmnCode|TransactionType|TxnRef|Amount|TransactionNo|TransactionDate|CreateBy|"
    "CreateDate|IpAddr|OrderInfo"
)
ANSWER = (
    "ResponseId|Command|ResponseCode|Message|TmnCode|TxnRef|Amount|BankCode|PayDate|TransactionNo|TransactionType|"
    "TransactionStatus|OrderInfo"
)
PROMOTION = "|PromotionCode|PromotionAmount"

MESSAGES = {
    "00": "Success",
    "03": "Invalid data",
    "91": "Transaction not found",
    "94": "Duplicate request",
    "95": "Refund refused",
    "97": "Invalid checksum",
}


@dataclass(frozen=True, slots=True)
class Vnpay:
    """A merchant's terminal at VNPAY."""

    merchant: str
    secret: str = field(repr=False)
    success: frozenset[str] = frozenset({"00", "02"})
    tries: int = 10
    gap_s: int = 300

    def order(self, target: str) -> New | str:
        fields = _read(urlsplit(target).query)
        signature = fields.pop(HASH, "")
        if not hmac.compare_digest(self._sign(_form(fields)), signature.lower()):
            raise PspRefused("psp.signature_invalid", field="target")
        if fields.get("vnp_TmnCode") != self.merchant or not fields.get("vnp_Amount", "").endswith("00"):
            raise PspRefused("psp.address_unreadable", field="target")
        return New(
            reference=fields["vnp_TxnRef"],
            created=fields["vnp_CreateDate"],
            amount=int(fields["vnp_Amount"]) // 100,
            description=fields["vnp_OrderInfo"],
            return_url=fields["vnp_ReturnUrl"],
            expires=fields["vnp_ExpireDate"],
        )

    def number(self, sale: Sale) -> str:
        return str(14_000_000 + sale.id)

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message:
        return Message("GET", query=self._told(sale, amount, forged=forged))

    def back(self, sale: Sale) -> str:
        joint = "&" if "?" in sale.return_url else "?"
        return f"{sale.return_url}{joint}{self._told(sale, sale.amount, forged=False)}"

    def answer_code(self, body: bytes) -> str:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        code = said.get("RspCode") if isinstance(said, dict) else None
        return code if isinstance(code, str) else ""

    def reply(self, call: Call, till: Till) -> Reply:
        try:
            asked = asked_in(call.body)
        except Unreadable:
            return self._answer({}, "03")
        if asked.get(HASH, "").lower() != self._sign(_piped(asked, REFUND if _refund(asked) else QUERY)):
            return self._answer(asked, "97")
        if not till.first_time(asked["vnp_RequestId"]):
            return self._answer(asked, "94")
        sale = till.find(asked["vnp_TxnRef"], asked["vnp_TransactionDate"])
        if sale is None:
            return self._answer(asked, "91")
        return self._refunded(asked, sale, till) if _refund(asked) else self._queried(asked, sale, till)

    def unsigned(self, reply: Reply) -> Reply:
        said = json.loads(reply.body)
        return _json({**said, HASH: self._sign(said[HASH])})

    def _queried(self, asked: Mapping[str, str], sale: Sale, till: Till) -> Reply:
        back = till.refunded(sale, done=True)
        whole = back == sale.amount
        status = "00" if sale.paid else "02" if sale.code else "01"
        return self._answer(asked, "00", sale, kind="02" if whole else "01", status=status, amount=sale.amount)

    def _refunded(self, asked: Mapping[str, str], sale: Sale, till: Till) -> Reply:
        amount = int(asked["vnp_Amount"]) // 100
        if (asked["vnp_TransactionType"] == "02") != (amount == sale.amount):
            return self._answer(asked, "03", sale)
        if till.refund(sale, amount) != "taken":
            return self._answer(asked, "95", sale, kind=asked["vnp_TransactionType"], amount=amount)
        return self._answer(asked, "00", sale, kind=asked["vnp_TransactionType"], status="05", amount=amount)

    def _answer(
        self,
        asked: Mapping[str, str],
        code: str,
        sale: Sale | None = None,
        *,
        kind: str = "",
        status: str = "",
        amount: int = 0,
    ) -> Reply:
        said = {
            "vnp_ResponseId": hashlib.sha256(f"{asked.get('vnp_RequestId')}{code}".encode()).hexdigest()[:32],
            "vnp_Command": asked.get("vnp_Command", ""),
            "vnp_ResponseCode": code,
            "vnp_Message": MESSAGES[code],
            "vnp_TmnCode": self.merchant,
            "vnp_TxnRef": asked.get("vnp_TxnRef", ""),
            "vnp_OrderInfo": asked.get("vnp_OrderInfo", ""),
        }
        if sale:
            said |= {"vnp_BankCode": sale.bank, "vnp_PayDate": sale.ended, "vnp_TransactionNo": sale.number}
            said |= {"vnp_TransactionType": kind, "vnp_TransactionStatus": status}
        if amount:
            said["vnp_Amount"] = f"{amount}00"
        names = ANSWER if _refund(asked) else ANSWER + PROMOTION
        return _json({**said, HASH: self._sign(_piped(said, names))})

    def _told(self, sale: Sale, amount: int, *, forged: bool) -> str:
        fields = {
            "vnp_Amount": f"{amount}00",
            "vnp_BankCode": sale.bank,
            "vnp_BankTranNo": f"VNP{sale.number}" if sale.paid else "",
            "vnp_CardType": "ATM",
            "vnp_OrderInfo": sale.description,
            "vnp_PayDate": sale.ended,
            "vnp_ResponseCode": sale.code,
            "vnp_TmnCode": self.merchant,
            "vnp_TransactionNo": sale.number or "0",
            "vnp_TransactionStatus": "00" if sale.paid else "02",
            "vnp_TxnRef": sale.reference,
        }
        form = _form(fields)
        return f"{form}&{HASH}={self._sign(form + '.' if forged else form)}"

    def _sign(self, text: str) -> str:
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def _refund(asked: Mapping[str, str]) -> bool:
    return asked.get("vnp_Command") == "refund"


def _read(query: str) -> dict[str, str]:
    return dict(parse_qsl(query, keep_blank_values=True))


def _form(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={quote_plus(fields[name])}" for name in sorted(fields) if fields[name])


def _piped(fields: Mapping[str, str], names: str) -> str:
    return "|".join(str(fields.get(f"vnp_{name}", "")) for name in names.split("|"))


def _json(said: Mapping[str, str]) -> Reply:
    return Reply(200, json.dumps(said, separators=(",", ":")).encode())
