"""MoMo v2: HMAC-SHA256 over `k=v&k=v` in a fixed order, `accessKey` among them without being sent; wants 204.

Its answer to a new order is not signed here, so it proves nothing but where to pay. Settings: `partner_code`,
`ipn_url`. Secrets: `access_key`, `secret_key`.
"""

from __future__ import annotations

import json

from connectors import exact_json, written
from connectors.answered import answered, texts
from connectors.asked import amount_within, reference_of
from connectors.contract import (
    Answer,
    Call,
    Capabilities,
    Desk,
    Failure,
    Forged,
    Malformed,
    Notice,
    Order,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.signing import ambiguous, fingerprint, hmac_sha256_holds, hmac_sha256_sign, pairs
from connectors.stamp import business_day
from connectors.stamped import moment_of
from example_wallets.standings import STATUSES

HOST = "https://payment.momo.vn"
CREATE = (
    *("accessKey", "amount", "extraData", "ipnUrl", "orderId", "orderInfo", "partnerCode", "redirectUrl"),
    *("requestId", "requestType"),
)
IPN = (
    *("accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType"),
    *("requestId", "responseTime", "resultCode", "transId"),
)
OUTCOMES = {"0": Outcome.PAID, **dict.fromkeys(("9000", "1000", "7000", "7002"), Outcome.PENDING)}


class MoMo:
    """Payments from MoMo wallets."""

    name = "momo"
    capabilities = Capabilities(
        channels=frozenset({"momo"}),
        issue_on="notice",
        minimum_amount=1_000,
        maximum_amount=50_000_000,
        signed_fields=frozenset(
            {"event_id", "outcome", "amount", "account", "memo", "order_code", "bank_reference", "occurred_at"}
        ),
        settings=("partner_code", "ipn_url"),
        secrets=("access_key", "secret_key"),
        starts=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """An IPN. Raises SettingMissing for our own configuration, nothing for bad input."""
        key, access, ours = desk.secret("secret_key"), desk.secret("access_key"), desk.setting("partner_code")
        try:
            fields = texts(exact_json.read(request.body), (*IPN, "signature")) | {"accessKey": access}
            if not hmac_sha256_holds(pairs((name, fields[name]) for name in IPN), fields["signature"], key):
                return Forged("signature.invalid")
            return _notice(fields, ours)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """204 and nothing else ends its calls."""
        status = STATUSES[standing]
        return Reply(204 if status == 200 else status, b"")

    def start(self, order: Order, desk: Desk) -> Call:
        """Raises OrderRefused or SettingMissing."""
        code, amount = reference_of(order, limit=50), amount_within(order, self.capabilities)
        told = {"accessKey": desk.secret("access_key"), "amount": str(amount), "extraData": "", "orderId": code}
        told |= {"ipnUrl": desk.setting("ipn_url"), "orderInfo": order.description, "requestId": code}
        told |= {"partnerCode": desk.setting("partner_code"), "redirectUrl": order.return_url}
        told["requestType"] = "captureWallet"
        signature = hmac_sha256_sign(pairs((name, told[name]) for name in CREATE), desk.secret("secret_key"))
        sent = {name: told[name] for name in CREATE[1:]} | {"lang": order.language, "signature": signature}
        body = json.dumps({**sent, "amount": amount}, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"content-type": "application/json; charset=utf-8"}
        return Call("start", "POST", f"{HOST}/v2/gateway/api/create", body, headers, True, 30, code)

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """PENDING with the address to pay at; whatever else it says is not signed."""
        try:
            told = texts(answered(reply), ("resultCode", "orderId", "payUrl"))
        except Unreadable as problem:
            return Answer(Outcome.UNKNOWN, problem.code)
        if told["resultCode"] != "0" or not told["payUrl"].startswith("https://"):
            return Answer(Outcome.UNKNOWN, "code.unlisted", told["resultCode"])
        if told["orderId"] != json.loads(call.body)["orderId"]:
            return Answer(Outcome.UNKNOWN, "answer.other_order")
        return Answer(Outcome.PENDING, provider_code="0", pay_url=told["payUrl"])


def _notice(fields: dict[str, str], ours: str) -> Notice:
    if name := ambiguous({name: fields[name] for name in IPN}, "&", free="orderInfo"):
        raise Unreadable("field.ambiguous", name)
    if fields["partnerCode"] != ours:
        raise Unreadable("field.not_ours", "partnerCode")
    if (moment := moment_of(fields["responseTime"])) is None:
        raise Unreadable("date.unreadable", "responseTime")
    return Notice(
        event_id=written.identity(fields["transId"], "transId"),
        fingerprint=fingerprint(
            fields[name] for name in ("transId", "orderId", "amount", "resultCode", "partnerCode", "orderInfo")
        ),
        outcome=OUTCOMES.get(fields["resultCode"], Outcome.UNKNOWN),
        amount=written.amount(fields["amount"], "amount"),
        currency="VND",
        direction="CRDT",
        account=fields["partnerCode"],
        memo=fields["orderInfo"],
        order_code=fields["orderId"],
        bank_reference=fields["transId"],
        booked_on=business_day(moment),
        occurred_at=moment,
    )
