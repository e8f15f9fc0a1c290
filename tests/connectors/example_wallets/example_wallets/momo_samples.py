"""MoMo's messages with made-up keys."""

from __future__ import annotations

import hashlib
import hmac
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
from example_wallets.standings import STATUSES

NOW = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
KEY, ACCESS = "sample-momo-secret-key", "sample-momo-access-key"
FIELDS = {
    "partnerCode": "MOMOTEST",
    "orderId": "PAY0001",
    "requestId": "PAY0001",
    "amount": "50000",
    "orderInfo": "BLQ84G7ZWYRD nop le phi",
    "orderType": "momo_wallet",
    "transId": "4014083433",
    "resultCode": "0",
    "message": "Successful.",
    "payType": "qr",
    "responseTime": "1795249800000",
    "extraData": "",
}
ORDER = (
    *("accessKey", "amount", "extraData", "message", "orderId", "orderInfo", "orderType", "partnerCode", "payType"),
    *("requestId", "responseTime", "resultCode", "transId"),
)
ANSWER = {"partnerCode": "MOMOTEST", "orderId": "PAY0001", "resultCode": "0", "payUrl": "https://pay.momo.vn/t/1"}


def samples() -> Samples:
    """What the connector must make of each message."""
    settings = {"partner_code": "MOMOTEST", "ipn_url": "https://gw.example/callbacks/a/momo"}
    words = {standing: "204" if status == 200 else str(status) for standing, status in STATUSES.items()}
    return Samples(
        Desk(settings, NOW, "N1", {"access_key": ACCESS, "secret_key": KEY}),
        notices=Notices(
            FIELDS,
            _write,
            amount="amount",
            another={"transId": "4014083434", "orderId": "PAY0002", "requestId": "PAY0002"},
            signed=tuple(FIELDS),
            memo="orderInfo",
            code="resultCode",
            repeat={"responseTime": "1795249800999", "message": "Thành công."},
            sayings=(
                Saying({"amount": "90000"}, {"amount": 90_000}),
                Saying({"orderId": "PAY9"}, {"order_code": "PAY9"}),
                Saying({"resultCode": "9000"}, {"outcome": Outcome.PENDING}),
                Saying({"resultCode": "7002"}, {"outcome": Outcome.PENDING}),
                Saying({"resultCode": "1006"}, {"outcome": Outcome.UNKNOWN}),
            ),
            strangers=(json_request(FIELDS), _write(FIELDS, key="another-key")),
        ),
        answers=Answers(words, lambda reply: str(reply.status), frozenset({"204"})),
        order=Order("PAY0001", 50_000, "Nop le phi", NOW, NOW + timedelta(minutes=15), "https://gw.example/r"),
        calls={"start": Called(ANSWER, _answer, (), Outcome.PENDING, "resultCode")},
    )


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY) -> Request:
    covered = {**(signed or told), "accessKey": ACCESS}
    text = "&".join(f"{name}={covered.get(name, '')}" for name in ORDER)
    return json_request({**told, "signature": hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()})


def _answer(told: Fields, signed: Fields | None = None) -> Reply:
    return Reply(200, compact(dict(told)))
