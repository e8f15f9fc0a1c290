"""ZaloPay's messages with made-up keys."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

from connectors.conformance.sample import (
    Answers,
    Called,
    Fields,
    Notices,
    Samples,
    Saying,
    compact,
    json_request,
)
from connectors.contract import Desk, Order, Outcome, Reply, Request
from example_wallets.zalopay import CODES

NOW = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
KEY1, KEY2 = "sample-zalopay-key-one", "sample-zalopay-key-two"
FIELDS = {
    "app_id": "2553",
    "app_trans_id": "261121_PAY0001",
    "app_time": "1795249800000",
    "app_user": "citizen",
    "amount": "50000",
    "embed_data": "",
    "item": "[]",
    "zp_trans_id": "261121000000123",
    "server_time": "1795249850000",
}
ANSWER = {"return_code": "1", "return_message": "ok", "order_url": "https://qcgateway.zalopay.vn/openinapp?order=1"}


def samples() -> Samples:
    """What the connector must make of each message."""
    return Samples(
        Desk({"app_id": "2553"}, NOW, "N1", {"key1": KEY1, "key2": KEY2}),
        notices=Notices(
            FIELDS,
            _write,
            amount="amount",
            another={"zp_trans_id": "261121000000124", "app_trans_id": "261121_PAY0002"},
            covers="bytes",
            signed=tuple(FIELDS),
            sayings=(
                Saying({"amount": "90000"}, {"amount": 90_000}),
                Saying({"app_trans_id": "261121_PAY9"}, {"order_code": "PAY9"}),
            ),
            strangers=(json_request({"data": json.dumps(FIELDS)}), _write(FIELDS, key="another-key")),
        ),
        answers=Answers({standing: str(code) for standing, code in CODES.items()}, _hear, frozenset({"1", "2"})),
        order=Order("PAY0001", 50_000, "Nop le phi", NOW, NOW + timedelta(minutes=15), "https://gw.example/r"),
        calls={"start": Called(ANSWER, _answer, (), Outcome.PENDING, "return_code")},
    )


def _hear(reply: Reply) -> str:
    return str(json.loads(reply.body)["return_code"])


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY2) -> Request:
    mac = hmac.new(key.encode(), compact(dict(signed or told)), hashlib.sha256).hexdigest()
    return json_request({"data": compact(dict(told)).decode(), "mac": mac, "type": 1})


def _answer(told: Fields, signed: Fields | None = None) -> Reply:
    return Reply(200, compact(dict(told)))
