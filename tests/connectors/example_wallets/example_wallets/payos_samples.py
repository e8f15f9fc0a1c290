"""payOS's messages with made-up keys."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from connectors.conformance.sample import (
    Answers,
    Called,
    Fields,
    Golden,
    Notices,
    Samples,
    Saying,
    compact,
    json_request,
)
from connectors.contract import Desk, Order, Outcome, Reply, Request
from example_wallets.standings import STATUSES

NOW = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
KEY = "sample-checksum-key"
FIELDS = {
    "orderCode": "279718130648",
    "amount": "50000",
    "description": "CSXVJDO4J98 BLQ84G7ZWYRD",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2026-11-21 09:15:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "success",
    "counterAccountName": "",
}
ANSWER = {
    "orderCode": "279718130648",
    "amount": "50000",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "status": "PENDING",
    "checkoutUrl": "https://pay.payos.vn/web/124c33293c43417ab7879e14c8d9eb18",
}
NUMBERS = ("orderCode", "amount")


# The vendor's own sample, from its documentation.
PUBLISHED_KEY = "1a54716c8f0efb2744fb28b6e38b25da7f67a925d98bc1c18bd8faaecadd7675"
PUBLISHED = {
    "orderCode": 123,
    "amount": 3000,
    "description": "VQRIO123",
    "accountNumber": "12345678",
    "reference": "TF230204212323",
    "transactionDateTime": "2023-02-04 18:25:00",
    "currency": "VND",
    "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18",
    "code": "00",
    "desc": "Thành công",
    "counterAccountBankId": "",
    "counterAccountBankName": "",
    "counterAccountName": "",
    "counterAccountNumber": "",
    "virtualAccountName": "",
    "virtualAccountNumber": "",
}
PUBLISHED_SIGNATURE = "412e915d2871504ed31be63c8f62a149a4410d34c4c42affc9006ef9917eaa03"


def samples() -> Samples:
    """What the connector must make of each message."""
    desk = Desk({"client_id": "c-1", "cancel_url": "https://gw.example/back"}, NOW)
    desk = Desk(desk.settings, NOW, "N1", {"api_key": "sample-api-key-77", "checksum_key": KEY})
    return Samples(
        desk,
        notices=Notices(
            FIELDS,
            _write,
            amount="amount",
            another={"reference": "TF230204212324", "orderCode": "2"},
            signed=tuple(FIELDS),
            memo="description",
            code="code",
            sayings=(
                Saying({"amount": "90000"}, {"amount": 90_000}),
                Saying({"accountNumber": "999"}, {"account": "999"}),
                Saying({"currency": "USD"}, {"currency": "USD"}),
                Saying({"orderCode": "123"}, {"order_code": "123"}),
            ),
            strangers=(json_request({"data": FIELDS}), _write(FIELDS, key="another-key")),
        ),
        answers=Answers(
            {standing: str(status) for standing, status in STATUSES.items()},
            lambda reply: str(reply.status),
            frozenset({"200"}),
        ),
        golden=(
            Golden(
                json_request({"code": "00", "success": True, "data": PUBLISHED, "signature": PUBLISHED_SIGNATURE}),
                Desk({}, NOW, secrets={"checksum_key": PUBLISHED_KEY}),
                {"event_id": "TF230204212323", "amount": 3_000, "memo": "VQRIO123", "order_code": "123"},
            ),
        ),
        order=Order("BLQ84G7ZWYRD", 50_000, "Nop le phi", NOW, NOW + timedelta(minutes=15), "https://gw.example/r"),
        calls={"start": Called(ANSWER, _answer, tuple(ANSWER), Outcome.PENDING, "status")},
    )


def _signature(fields: Fields, key: str) -> str:
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


def _message(told: Fields, signed: Fields, key: str) -> dict[str, object]:
    data = {
        name: int(v) if name in NUMBERS and v.isdecimal() and v.isascii() and str(int(v)) == v else v
        for name, v in told.items()
    }
    return {"code": "00", "desc": "success", "success": True, "data": data, "signature": _signature(signed, key)}


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY) -> Request:
    return json_request(_message(told, signed or told, key))


def _answer(told: Fields, signed: Fields | None = None) -> Reply:
    return Reply(200, compact(_message(told, signed or told, KEY)))
