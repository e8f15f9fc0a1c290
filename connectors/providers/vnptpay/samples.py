"""VNPT Pay's messages (1.0.6) with made-up keys, for the conformance kit. Field orders are written down a second time."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from functools import partial

from connectors.conformance.sample import Answers, Called, Fields, Notices, Samples, Saying, compact, json_request
from connectors.contract import Desk, Order, Outcome, Reply, Request, Standing

KEY = "sample-key-of-vnptpay"
CODE = "SECURE_CODE"

ORDER = Order(
    reference="PAY0001",
    amount=50_000,
    description="Nộp lệ phí",
    created_at=datetime(2026, 11, 21, 2, 15, tzinfo=UTC),
    expires_at=datetime(2026, 11, 21, 2, 30, tzinfo=UTC),
    payer_ip="203.0.113.9",
)
IPN = {
    "ACTION": "CONFIRM",
    "RESPONSE_CODE": "00",
    "MERCHANT_SERVICE_ID": "470",
    "MERCHANT_ORDER_ID": "PAY0001",
    "AMOUNT": "50000",
    "CURRENCY_CODE": "VND",
    "VNPTPAY_TRANSACTION_ID": "VNPT0009",
    "PAYMENT_METHOD": "VNPTPAY",
    "PAY_DATE": "20261121091702",
    "ADDITIONAL_INFO": "Nop le phi",
}
STARTED = {
    "RESPONSE_CODE": "00",
    "DESCRIPTION": "Thanh cong",
    "REDIRECT_URL": "https://pay.example/rest/payment/page/3f2a",
}
QUERIED = {
    "RESPONSE_CODE": "00",
    "DESCRIPTION": "Thanh cong",
    "MERCHANT_SERVICE_ID": "470",
    "MERCHANT_ORDER_ID": "PAY0001",
    "VNPTPAY_TRANSACTION_ID": "VNPT0009",
    "AMOUNT": "50000",
    "PAYMENT_METHOD": "VNPTPAY",
    "PAY_DATE": "20261121091702",
    "TRANSACTION_STATUS": "00",
    "ADDITIONAL_INFO": "",
}


def samples() -> Samples:
    """What the connector must make of each message."""
    settings = {"base_url": "https://pay.example", "merchant_service_id": "470", "account": "113000000001"}
    secrets = {"api_key": "sample-api-key-of-vnptpay", "secret_key": KEY}
    return Samples(
        Desk(settings, datetime(2026, 11, 21, 2, 17, 3, tzinfo=UTC), "N0001", secrets),
        notices=_notices(),
        answers=_answers(),
        order=ORDER,
        calls={"start": _started(), "query": _queried()},
    )


def _code(fields: Fields, names: Fields, key: str = KEY) -> str:
    return hashlib.sha256("|".join([*(fields.get(name, "") for name in names), key]).encode()).hexdigest()


def _ipn(told: Fields, signed: Fields | None = None, *, key: str = KEY) -> Request:
    return json_request({**told, CODE: _code(signed or told, IPN, key)})


def _answer(names: Fields, told: Fields, signed: Fields | None = None) -> Reply:
    return Reply(200, compact({**told, CODE: _code(signed or told, names)}))


def _notices() -> Notices:
    return Notices(
        IPN,
        _ipn,
        amount="AMOUNT",
        another={"VNPTPAY_TRANSACTION_ID": "VNPT0010", "MERCHANT_ORDER_ID": "PAY0002"},
        signed=tuple(IPN),
        memo="ADDITIONAL_INFO",
        code="RESPONSE_CODE",
        sayings=(
            Saying({"AMOUNT": "90000"}, {"amount": 90_000}),
            Saying({"CURRENCY_CODE": "USD"}, {"currency": "USD"}),
            Saying({"MERCHANT_ORDER_ID": "PAY0002"}, {"order_code": "PAY0002"}),
            Saying({"RESPONSE_CODE": "01"}, {"outcome": Outcome.FAILED}),
            *(Saying({"RESPONSE_CODE": code}, {"outcome": Outcome.UNKNOWN}) for code in ("04", "06", "96", "99")),
        ),
        strangers=(json_request(IPN), json_request({**IPN, CODE: ""}), _ipn(IPN, key="another-key")),
    )


def _answers() -> Answers:
    words = {
        Standing.RECORDED: "00",
        Standing.REPEATED: "02",
        Standing.UNKNOWN_REFERENCE: "01",
        Standing.AMOUNT_DIFFERS: "99",
        Standing.FORGED: "97",
        Standing.CONFLICTING: "99",
        Standing.MALFORMED: "99",
        Standing.BUSY: "08",
    }
    return Answers(words, lambda reply: str(json.loads(reply.body)["RESPONSE_CODE"]), frozenset({"00", "02"}))


def _started() -> Called:
    return Called(
        STARTED,
        partial(_answer, STARTED),
        signed=tuple(STARTED),
        outcome=Outcome.PENDING,
        code="RESPONSE_CODE",
        sayings=(
            *(_coded(code, Outcome.FAILED) for code in ("01", "02", "05", "07", "08", "09")),
            *(_coded(code, Outcome.UNKNOWN) for code in ("03", "04", "06", "96", "99", "Z9")),
        ),
    )


def _queried() -> Called:
    return Called(
        QUERIED,
        partial(_answer, QUERIED),
        signed=tuple(QUERIED),
        outcome=Outcome.PAID,
        code="TRANSACTION_STATUS",
        sayings=(
            *(_coded(code, Outcome.UNKNOWN) for code in ("01", "04", "05", "06", "96", "99", "Z9")),
            Saying({"MERCHANT_ORDER_ID": "PAY0002"}, {"outcome": Outcome.UNKNOWN}),
        ),
    )


def _coded(code: str, outcome: Outcome) -> Saying:
    return Saying({"RESPONSE_CODE": code}, {"outcome": outcome})
