"""ZaloPay v2: HMAC-SHA256 with `key1` over our values joined by `|`, with `key2` over the text `data` of its callback.

Its answer to a new order is not signed, so it proves nothing but where to pay. Setting: `app_id`. Secrets: `key1`,
`key2`.
"""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import urlencode

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
from connectors.signing import fingerprint, hmac_sha256_holds, hmac_sha256_sign, piped
from connectors.stamp import VIETNAM, business_day
from connectors.stamped import moment_of

HOST = "https://openapi.zalopay.vn"
NAMES = ("app_id", "app_trans_id", "app_time", "app_user", "amount", "embed_data", "item", "zp_trans_id", "server_time")
CREATE = ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item")
CODES = {
    Standing.RECORDED: 1,
    Standing.REPEATED: 2,
    Standing.UNKNOWN_REFERENCE: 1,
    Standing.AMOUNT_DIFFERS: 1,
    Standing.FORGED: -1,
    Standing.CONFLICTING: -2,
    Standing.MALFORMED: -3,
    Standing.BUSY: 0,
}


class ZaloPay:
    """Payments from ZaloPay wallets."""

    name = "zalopay"
    capabilities = Capabilities(
        channels=frozenset({"zalopay"}),
        issue_on="notice",
        minimum_amount=1_000,
        maximum_amount=100_000_000,
        signed_fields=frozenset(
            {"event_id", "amount", "account", "order_code", "bank_reference", "booked_on", "occurred_at"}
        ),
        settings=("app_id",),
        secrets=("key1", "key2"),
        starts=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A callback: it comes for money only. Raises SettingMissing, nothing for bad input."""
        key, ours = desk.secret("key2"), desk.setting("app_id")
        try:
            message = exact_json.read(request.body)
            data = exact_json.text_of(message.get("data"), "data", limit=20_000)
            if not hmac_sha256_holds(data, exact_json.text_of(message.get("mac"), "mac", limit=200), key):
                return Forged("signature.invalid")
            return _notice(texts(exact_json.read(data.encode()), NAMES), ours)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """1 and 2 end its calls."""
        return Reply(200, json.dumps({"return_code": CODES[standing], "return_message": standing.value}).encode())

    def start(self, order: Order, desk: Desk) -> Call:
        """Raises OrderRefused or SettingMissing."""
        code = f"{order.created_at.astimezone(VIETNAM):%y%m%d}_{reference_of(order, limit=33)}"
        told = {"app_id": desk.setting("app_id"), "app_trans_id": code, "app_user": "citizen", "item": "[]"}
        told |= {
            "amount": str(amount_within(order, self.capabilities)),
            "app_time": str(int(order.created_at.timestamp()) * 1_000),
        }
        told["embed_data"] = json.dumps({"redirecturl": order.return_url}, separators=(",", ":"))
        told["mac"] = hmac_sha256_sign(piped(told[name] for name in CREATE), desk.secret("key1"))
        told["description"] = order.description
        told["expire_duration_seconds"] = str(max((order.expires_at - order.created_at) // timedelta(seconds=1), 300))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Call("start", "POST", f"{HOST}/v2/create", urlencode(told).encode(), headers, idempotency_key=code)

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """PENDING with the address to pay at; whatever else it says is not signed."""
        try:
            told = texts(answered(reply), ("return_code", "order_url"))
        except Unreadable as problem:
            return Answer(Outcome.UNKNOWN, problem.code)
        if told["return_code"] != "1" or not told["order_url"].startswith("https://"):
            return Answer(Outcome.UNKNOWN, "code.unlisted", told["return_code"])
        return Answer(Outcome.PENDING, provider_code="1", pay_url=told["order_url"])


def _notice(fields: dict[str, str], ours: str) -> Notice:
    if fields["app_id"] != ours:
        raise Unreadable("field.not_ours", "app_id")
    if (moment := moment_of(fields["server_time"])) is None:
        raise Unreadable("date.unreadable", "server_time")
    return Notice(
        event_id=written.identity(fields["zp_trans_id"], "zp_trans_id"),
        fingerprint=fingerprint(fields.values()),
        outcome=Outcome.PAID,
        amount=written.amount(fields["amount"], "amount"),
        currency="VND",
        direction="CRDT",
        account=fields["app_id"],
        memo="",
        order_code=fields["app_trans_id"].partition("_")[2],
        bank_reference=fields["zp_trans_id"],
        booked_on=business_day(moment),
        occurred_at=moment,
    )
