"""payOS's side: a numbered order becomes a page with a VietQR, a signed webhook tells of the transfer.

The signed text is written down here a second time, so that the connector is tested against the rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.contract import Call, Reply
from connectors.exact_json import Unreadable
from connectors.simulators.psp_book import Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.simulators.psp_till import Till, asked_in
from connectors.stamp import stamp_of

PAGE = "https://pay.payos.example/web/"
CREATE = "amount cancelUrl description orderCode returnUrl"


@dataclass(frozen=True, slots=True)
class PayosWire:
    """A channel at payOS whose money goes to `account`."""

    merchant: str
    api_key: str = field(repr=False)
    secret: str = field(repr=False)
    account: str = "113000000001"
    success: frozenset[str] = frozenset({"true"})
    tries: int = 5
    gap_s: int = 60

    def order(self, target: str) -> New | str:
        if not target.startswith(PAGE):
            raise PspRefused("psp.address_unreadable", field="target")
        return target.removeprefix(PAGE)

    def number(self, sale: Sale) -> str:
        return f"TF{sale.created[2:8]}{sale.id:06d}"

    def reply(self, call: Call, till: Till) -> Reply:
        if (call.headers.get("x-client-id"), call.headers.get("x-api-key")) != (self.merchant, self.api_key):
            return _said("401", "Unauthorized")
        try:
            asked = asked_in(call.body)
        except Unreadable:
            return _said("20", "Thông tin truyền lên không đúng.")
        if asked.get("signature", "") != self._sign({name: asked.get(name, "") for name in CREATE.split()}):
            return _said("201", "Mã kiểm tra không hợp lệ.")
        if till.book.by_reference(asked["orderCode"]):
            return _said("231", "Đơn thanh toán đã tồn tại.")
        sale = till.take(_new(asked, till))
        told = {"orderCode": int(sale.reference), "amount": sale.amount, "status": "PENDING"}
        return self._signed({**told, "paymentLinkId": sale.page, "checkoutUrl": PAGE + sale.page})

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message | None:
        """Nothing of a payment that failed."""
        if not sale.paid:
            return None
        at = sale.ended
        told = {
            "orderCode": int(sale.reference),
            "amount": amount,
            "description": sale.description,
            "accountNumber": self.account,
            "reference": sale.number,
            "transactionDateTime": f"{at[:4]}-{at[4:6]}-{at[6:8]} {at[8:10]}:{at[10:12]}:{at[12:]}",
            "currency": "VND",
            "paymentLinkId": sale.page,
            "code": "00",
            "desc": "success",
            "counterAccountName": None,
        }
        reply = self._signed(told, "a stranger's" if forged else "")
        return Message("POST", body=reply.body, content_type="application/json")

    def back(self, sale: Sale) -> str:
        return f"{sale.return_url}?orderCode={sale.reference}&status={'PAID' if sale.paid else 'CANCELLED'}"

    def answer_code(self, body: bytes) -> str:
        try:
            return str(json.loads(body)["success"]).lower()
        except (ValueError, KeyError, TypeError):
            return ""

    def unsigned(self, reply: Reply) -> Reply:
        said = json.loads(reply.body)
        return Reply(200, json.dumps({**said, "signature": "0" * 64}).encode())

    def _signed(self, data: Mapping[str, str | int | None], secret: str = "") -> Reply:
        signature = self._sign({name: "" if value is None else str(value) for name, value in data.items()}, secret)
        said = {"code": "00", "desc": "success", "success": True, "data": dict(data), "signature": signature}
        return Reply(200, json.dumps(said, ensure_ascii=False).encode())

    def _sign(self, fields: Mapping[str, str], secret: str = "") -> str:
        text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
        return hmac.new((secret or self.secret).encode(), text.encode(), hashlib.sha256).hexdigest()


def _said(code: str, message: str) -> Reply:
    return Reply(200, json.dumps({"code": code, "desc": message, "data": None}, ensure_ascii=False).encode())


def _new(asked: Mapping[str, str], till: Till) -> New:
    order, back = asked["orderCode"], asked["returnUrl"]
    page = hashlib.sha256(order.encode()).hexdigest()[:32]
    return New(order, stamp_of(till.now), int(asked["amount"]), asked["description"], page=page, return_url=back)
