"""ZaloPay's side of its v2: a form asks for an order, a callback tells of money and of nothing else.

The joined fields are written down here a second time, so that the connector is tested against the rule.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from connectors.contract import Call, Reply
from connectors.simulators.psp_book import Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.simulators.psp_till import Till
from connectors.stamp import stamp_of
from example_wallets.milliseconds import since_1970

PAGE = "https://gateway.zalopay.example/openinapp?order="
CREATE = "app_id app_trans_id app_user amount app_time embed_data item"


@dataclass(frozen=True, slots=True)
class ZalopayWire:
    """An app at ZaloPay: `key1` signs what comes, `key2` what goes."""

    merchant: str
    key1: str = field(repr=False)
    key2: str = field(repr=False)
    success: frozenset[str] = frozenset({"1", "2"})
    tries: int = 4
    gap_s: int = 120

    def order(self, target: str) -> New | str:
        if not target.startswith(PAGE):
            raise PspRefused("psp.address_unreadable", field="target")
        return target.removeprefix(PAGE)

    def number(self, sale: Sale) -> str:
        return f"{sale.created[2:8]}{sale.id:09d}"

    def reply(self, call: Call, till: Till) -> Reply:
        asked = dict(parse_qsl(call.body.decode(), keep_blank_values=True))
        text = "|".join(asked.get(name, "") for name in CREATE.split())
        if not hmac.compare_digest(asked.get("mac", ""), _mac(text, self.key1)):
            return _said(2, "mac is invalid")
        if asked["app_trans_id"][:6] != stamp_of(till.now)[2:8]:
            return _said(2, "app_trans_id starts with another day")
        if till.book.by_reference(asked["app_trans_id"]):
            return _said(2, "app_trans_id is used")
        till.take(_new(asked, till))
        return _said(1, "ok", order_url=PAGE + asked["app_trans_id"])

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message | None:
        """Nothing of a payment that failed."""
        if not sale.paid:
            return None
        told = {
            "app_id": int(self.merchant),
            "app_trans_id": sale.reference,
            "app_time": since_1970(sale.created),
            "app_user": "citizen",
            "amount": amount,
            "embed_data": "{}",
            "item": "[]",
            "zp_trans_id": int(sale.number),
            "server_time": since_1970(sale.ended),
        }
        data = json.dumps(told, separators=(",", ":"))
        mac = _mac(data, "a stranger's" if forged else self.key2)
        body = json.dumps({"data": data, "mac": mac, "type": 1}).encode()
        return Message("POST", body=body, content_type="application/json")

    def back(self, sale: Sale) -> str:
        return f"{sale.return_url}?apptransid={sale.reference}&status={1 if sale.paid else -49}"

    def answer_code(self, body: bytes) -> str:
        try:
            return str(json.loads(body)["return_code"])
        except (ValueError, KeyError, TypeError):
            return ""

    def unsigned(self, reply: Reply) -> Reply:
        """What it says of an order is not signed: spoiled is its address."""
        return Reply(reply.status, json.dumps({**json.loads(reply.body), "order_url": "javascript:0"}).encode())


def _mac(text: str, key: str) -> str:
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _said(code: int, message: str, **more: str) -> Reply:
    return Reply(200, json.dumps({"return_code": code, "return_message": message, **more}).encode())


def _new(asked: Mapping[str, str], till: Till) -> New:
    order, back = asked["app_trans_id"], json.loads(asked["embed_data"])["redirecturl"]
    return New(order, stamp_of(till.now), int(asked["amount"]), asked["description"], page=order, return_url=back)
