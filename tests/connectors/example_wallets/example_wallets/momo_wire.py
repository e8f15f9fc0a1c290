"""MoMo's side of its v2: takes an order, tells of its end whether paid or not, wants 204.

The order of the signed fields is written down here a second time, so that the connector is tested against the rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connectors.contract import Call, Reply
from connectors.exact_json import Unreadable
from connectors.simulators.psp_book import Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.simulators.psp_till import Till, asked_in
from connectors.stamp import stamp_of
from example_wallets.milliseconds import since_1970

PAGE = "https://pay.momo.example/t/"
CREATE = "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
IPN = (
    "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime "
    "resultCode transId"
)
REFUSED = {"11": "Bad signature", "41": "Duplicated orderId", "22": "Amount out of range"}
FAILED = "1006"  # the payer declined


@dataclass(frozen=True, slots=True)
class MomoWire:
    """A partner at MoMo."""

    merchant: str
    access_key: str = field(repr=False)
    secret: str = field(repr=False)
    success: frozenset[str] = frozenset({""})  # 204 has no body
    tries: int = 8
    gap_s: int = 60

    def order(self, target: str) -> New | str:
        if not target.startswith(PAGE):
            raise PspRefused("psp.address_unreadable", field="target")
        return target.removeprefix(PAGE)

    def number(self, sale: Sale) -> str:
        return str(4_014_000_000 + sale.id)

    def reply(self, call: Call, till: Till) -> Reply:
        try:
            asked = asked_in(call.body)
        except Unreadable:
            return Reply(400, b"{}")
        if asked.get("signature", "") != self._sign(asked, CREATE):
            return self._refused("11", asked)
        if not 1_000 <= int(asked["amount"]) <= 50_000_000:
            return self._refused("22", asked)
        if till.book.by_reference(asked["orderId"]):
            return self._refused("41", asked)
        till.take(_new(asked, till))
        return self._said("0", "Successful.", asked, payUrl=PAGE + asked["orderId"])

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message:
        told = {
            "partnerCode": self.merchant,
            "orderId": sale.reference,
            "requestId": sale.reference,
            "amount": str(amount),
            "orderInfo": sale.description,
            "orderType": "momo_wallet",
            "transId": sale.number or str(self.number(sale)),
            "resultCode": "0" if sale.paid else FAILED,
            "message": "Successful." if sale.paid else "Transaction declined by the payer.",
            "payType": "qr",
            "responseTime": str(since_1970(sale.ended)),
            "extraData": "",
        }
        signer = replace(self, secret="a stranger's") if forged else self
        body = json.dumps({**told, "signature": signer._sign(told, IPN)}, ensure_ascii=False)
        return Message("POST", body=body.encode(), content_type="application/json; charset=utf-8")

    def back(self, sale: Sale) -> str:
        return f"{sale.return_url}?orderId={sale.reference}&resultCode={'0' if sale.paid else FAILED}"

    def answer_code(self, body: bytes) -> str:
        return body.decode("latin-1")

    def unsigned(self, reply: Reply) -> Reply:
        """What it says of an order is not signed: spoiled is its address."""
        return Reply(reply.status, json.dumps({**json.loads(reply.body), "payUrl": "javascript:0"}).encode())

    def _said(self, code: str, message: str, asked: Mapping[str, str], **more: str) -> Reply:
        said = {"partnerCode": self.merchant, "orderId": asked.get("orderId", ""), "message": message}
        return Reply(200, json.dumps({**said, "resultCode": int(code), **more}).encode())

    def _refused(self, code: str, asked: Mapping[str, str]) -> Reply:
        return self._said(code, REFUSED[code], asked)

    def _sign(self, fields: Mapping[str, str], names: str) -> str:
        covered = {**fields, "accessKey": self.access_key}
        text = "&".join(f"{name}={covered.get(name, '')}" for name in names.split())
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _new(asked: Mapping[str, str], till: Till) -> New:
    order = asked["orderId"]
    info, back = asked["orderInfo"], asked["redirectUrl"]
    return New(order, stamp_of(till.now), int(asked["amount"]), info, page=order, return_url=back)
