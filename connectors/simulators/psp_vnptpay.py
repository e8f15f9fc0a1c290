"""VNPT Pay's side of its protocol 1.0.5 and 1.0.6: init, pay_qrcode, query and the IPN in either form.

Field orders are written down here a second time, so that the connector is tested against the protocol and not against
itself.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from connectors.contract import Call, Reply
from connectors.exact_json import Unreadable
from connectors.simulators.psp_book import Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.simulators.psp_till import Till, asked_in

CODE = "SECURE_CODE"

_TAIL = "DEVICE|LOCALE|CURRENCY_CODE|PAYMENT_METHOD|DESCRIPTION|CREATE_DATE|CLIENT_IP"
ASKED = {
    ("1.0.5", "init"): f"ACTION|VERSION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|AMOUNT|AMOUNT_DETAIL|SERVICE_ID|{_TAIL}",
    ("1.0.6", "init"): f"ACTION|VERSION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|AMOUNT|SERVICE_ID|{_TAIL}",
    ("1.0.6", "init_m_merch"): (
        f"ACTION|VERSION|MERCHANT_SERVICE_ID|AGENCY_ID|MERCHANT_ORDER_ID|AMOUNT|SERVICE_ID|{_TAIL}"
    ),
    ("1.0.6", "pay_qrcode"): (
        "ACTION|VERSION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|AMOUNT|PAYMENT_ACTION|SERVICE_CATEGORY|CHANNEL_ID|"
        f"{_TAIL}"
    ),
    ("1.0.5", "query_transaction"): "ACTION|VERSION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|CREATE_DATE",
    ("1.0.6", "query"): "ACTION|VERSION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|CREATE_DATE",
}
IPN = (
    "ACTION|RESPONSE_CODE|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|AMOUNT|CURRENCY_CODE|VNPTPAY_TRANSACTION_ID|"
    "PAYMENT_METHOD|PAY_DATE|ADDITIONAL_INFO"
)
IPN_ANSWER = "RESPONSE_CODE|DESCRIPTION|MERCHANT_SERVICE_ID|MERCHANT_ORDER_ID|CREATE_DATE"

DESCRIPTIONS = {
    "00": "Thanh cong",
    "02": "Du lieu khong dung dinh dang",
    "03": "Ma giao dich da ton tai",
    "05": "Khong tim thay du lieu",
    "07": "Chu ky khong dung",
    "09": "Merchant service khong ton tai",
}

_PATH = re.compile(r"/rest/payment/v([0-9.]+)/([a-z_]+)$")


@dataclass(frozen=True, slots=True)
class Vnptpay:
    """A merchant's service at VNPT Pay. `form`: notifications come as a form with the field `data`."""

    merchant: str
    secret: str = field(repr=False)
    api_key: str = field(repr=False)
    host: str = "https://psp.example"
    form: bool = False
    success: frozenset[str] = frozenset({"00", "02"})
    tries: int = 10
    gap_s: int = 300

    def order(self, target: str) -> New | str:
        if not target.startswith((f"{self.host}/pay/", "VNPTQR.")):
            raise PspRefused("psp.address_unreadable", field="target")
        return target.removeprefix(f"{self.host}/pay/").removeprefix("VNPTQR.")

    def number(self, sale: Sale) -> str:
        return f"VNPT{sale.id:010d}"

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message:
        told = {
            "ACTION": "CONFIRM",
            "RESPONSE_CODE": "00" if sale.paid else "01",
            "MERCHANT_SERVICE_ID": self.merchant,
            "MERCHANT_ORDER_ID": sale.reference,
            "AMOUNT": str(amount),
            "CURRENCY_CODE": "VND",
            "VNPTPAY_TRANSACTION_ID": sale.number,
            "PAYMENT_METHOD": sale.bank,
            "PAY_DATE": sale.ended,
            "ADDITIONAL_INFO": "",
        }
        whole = json.dumps(
            {**told, CODE: self._sign(told, IPN, "a stranger's" if forged else "")}, separators=(",", ":")
        )
        if self.form:
            return Message(
                "POST", body=f"data={quote_plus(whole)}".encode(), content_type="application/x-www-form-urlencoded"
            )
        return Message("POST", body=whole.encode(), content_type="application/json")

    def back(self, sale: Sale) -> str:
        return sale.return_url

    def answer_code(self, body: bytes) -> str:
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        if not isinstance(said, dict) or said.get(CODE) != self._sign(said, IPN_ANSWER):
            return ""
        return str(said["RESPONSE_CODE"])

    def reply(self, call: Call, till: Till) -> Reply:
        if call.headers.get("authorization") != f"Bearer {self.api_key}":
            return Reply(401, b'{"message":"Unauthorized"}')
        found = _PATH.search(call.url)
        version, op = (found[1], found[2]) if found else ("", "")
        if (version, op) not in ASKED:
            return Reply(404, b'{"message":"Not found"}')
        try:
            asked = asked_in(call.body)
        except Unreadable:
            return self._started("02")
        query = op.startswith("query")
        if asked.get(CODE, "") != self._sign(asked, ASKED[version, op]):
            return self._queried("07") if query else self._started("07")
        return self._query(asked, till) if query else self._start(asked, till, qr=op == "pay_qrcode")

    def unsigned(self, reply: Reply) -> Reply:
        said = json.loads(reply.body)
        return Reply(200, json.dumps({**said, CODE: hashlib.sha256(said[CODE].encode()).hexdigest()}).encode())

    def _start(self, asked: Mapping[str, str], till: Till, *, qr: bool) -> Reply:
        if asked["MERCHANT_SERVICE_ID"] != self.merchant:
            return self._started("09", qr=qr)
        if till.book.by_reference(asked["MERCHANT_ORDER_ID"]):
            return self._started("03", qr=qr)
        page = hashlib.sha256(f"{self.secret}{asked['MERCHANT_ORDER_ID']}".encode()).hexdigest()[:24]
        till.take(
            New(
                reference=asked["MERCHANT_ORDER_ID"],
                created=asked["CREATE_DATE"],
                amount=int(asked["AMOUNT"]),
                description=asked["DESCRIPTION"],
                page=page,
            )
        )
        return self._started("00", page, qr=qr)

    def _query(self, asked: Mapping[str, str], till: Till) -> Reply:
        sale = till.find(asked["MERCHANT_ORDER_ID"], asked["CREATE_DATE"])
        return self._queried("00", sale) if sale else self._queried("05")

    def _started(self, code: str, page: str = "", *, qr: bool = False) -> Reply:
        where = {"QR_CODE": page and f"VNPTQR.{page}"} if qr else {"REDIRECT_URL": page and f"{self.host}/pay/{page}"}
        return self._signed({"RESPONSE_CODE": code, "DESCRIPTION": DESCRIPTIONS[code], **where})

    def _queried(self, code: str, sale: Sale | None = None) -> Reply:
        said = {
            "RESPONSE_CODE": code,
            "DESCRIPTION": DESCRIPTIONS[code],
            "MERCHANT_SERVICE_ID": self.merchant,
            "MERCHANT_ORDER_ID": sale.reference if sale else "",
            "VNPTPAY_TRANSACTION_ID": sale.number if sale else "",
            "AMOUNT": str(sale.amount) if sale else "",
            "PAYMENT_METHOD": sale.bank if sale else "",
            "PAY_DATE": sale.ended if sale else "",
            "TRANSACTION_STATUS": ("00" if sale.paid else sale.code and "01") if sale else "",
            "ADDITIONAL_INFO": "",
        }
        return self._signed(said)

    def _signed(self, said: Mapping[str, str]) -> Reply:
        """Values in the order of the message."""
        return Reply(200, json.dumps({**said, CODE: self._sign(said, "|".join(said))}, separators=(",", ":")).encode())

    def _sign(self, fields: Mapping[str, object], names: str, secret: str = "") -> str:
        text = "|".join(str(fields.get(name, "")) for name in names.split("|"))
        return hashlib.sha256(f"{text}|{secret or self.secret}".encode()).hexdigest()
