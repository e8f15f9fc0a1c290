"""VNPAY's messages with a made-up key, for the conformance kit. Field orders are written down here a second time."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote_plus

from connectors.conformance.sample import Answers, Called, Fields, Notices, Samples, Saying, compact
from connectors.contract import Desk, Order, Outcome, Refund, Reply, Request, Standing
from connectors.signing import hmac_sha512_sign

KEY = "sample-key-of-vnpay"
HASH = "vnp_SecureHash"
ANSWERED = (
    "ResponseId|Command|ResponseCode|Message|TmnCode|TxnRef|Amount|BankCode|PayDate|TransactionNo|TransactionType|"
    "TransactionStatus|OrderInfo"
)
PROMOTION = "|PromotionCode|PromotionAmount"

ORDER = Order(
    reference="PAY0001",
    amount=50_000,
    description="Nộp lệ phí",
    created_at=datetime(2026, 11, 21, 2, 15, tzinfo=UTC),
    expires_at=datetime(2026, 11, 21, 2, 30, tzinfo=UTC),
    return_url="https://gateway.example/return?x=1",
    payer_ip="203.0.113.9",
    provider_id="14271027",
)
IPN = {
    "vnp_Amount": "5000000",
    "vnp_BankCode": "NCB",
    "vnp_BankTranNo": "VNP14271027",
    "vnp_CardType": "ATM",
    "vnp_OrderInfo": "Nop le phi",
    "vnp_PayDate": "20261121091702",
    "vnp_ResponseCode": "00",
    "vnp_TmnCode": "SAMPLE01",
    "vnp_TransactionNo": "14271027",
    "vnp_TransactionStatus": "00",
    "vnp_TxnRef": "PAY0001",
}
ANSWER = {
    "vnp_ResponseId": "9b2a7c1e",
    "vnp_Command": "querydr",
    "vnp_ResponseCode": "00",
    "vnp_Message": "Success",
    "vnp_TmnCode": "SAMPLE01",
    "vnp_TxnRef": "PAY0001",
    "vnp_Amount": "5000000",
    "vnp_BankCode": "NCB",
    "vnp_PayDate": "20261121091702",
    "vnp_TransactionNo": "14271027",
    "vnp_TransactionType": "01",
    "vnp_TransactionStatus": "00",
    "vnp_OrderInfo": "Nop le phi",
}


def samples() -> Samples:
    """What the connector must make of each message."""
    settings = {"tmn_code": "SAMPLE01", "host": "https://pay.example", "account": "113000000001"}
    return Samples(
        Desk(settings, datetime(2026, 11, 21, 2, 20, tzinfo=UTC), "R0001", {"hash_secret": KEY}),
        notices=_notices(),
        answers=_answers(),
        order=ORDER,
        refund=Refund("R0002", 50_000, "Hoàn PAY0001", "thuquy01"),
        calls={"query": _queried(), "refund": _refunded()},
    )


def _ipn(told: Fields, signed: Fields | None = None, *, key: str = KEY) -> Request:
    query = f"{_form(told)}&{HASH}={hmac_sha512_sign(_form(signed or told), key)}"
    return Request("GET", "/callbacks/sample", b"", query=query)


def _form(fields: Fields) -> str:
    return "&".join(f"{name}={quote_plus(fields[name])}" for name in sorted(fields) if fields[name])


def _notices() -> Notices:
    return Notices(
        IPN,
        _ipn,
        amount="vnp_Amount",
        another={"vnp_TransactionNo": "14271028", "vnp_TxnRef": "PAY0002"},
        signed=tuple(IPN),
        memo="vnp_OrderInfo",
        code="vnp_ResponseCode",
        sayings=(
            Saying({"vnp_Amount": "9000000"}, {"amount": 90_000}),
            Saying({"vnp_CurrCode": "USD"}, {"currency": "USD"}),
            Saying({"vnp_TxnRef": "PAY0002"}, {"order_code": "PAY0002"}),
            *(_told(response, "00", Outcome.UNKNOWN) for response in ("07", "24", "99")),
            *(_told("00", status, Outcome.UNKNOWN) for status in ("01", "02", "04", "05", "06", "07", "09", "Z9")),
            *(_told(response, "02", Outcome.FAILED) for response in ("09", "10", "11", "12", "13", "51", "65", "75")),
            _told("79", "02", Outcome.FAILED),
            _told("24", "02", Outcome.CANCELLED),
            *(_told(response, "02", Outcome.UNKNOWN) for response in ("07", "99", "Z9")),
        ),
        strangers=(
            Request("GET", "/callbacks/sample", b"", query=_form(IPN)),
            Request("GET", "/callbacks/sample", b"", query=f"{_form(IPN)}&{HASH}="),
            _ipn(IPN, key="another-key"),
        ),
    )


def _told(response: str, status: str, outcome: Outcome) -> Saying:
    return Saying({"vnp_ResponseCode": response, "vnp_TransactionStatus": status}, {"outcome": outcome})


def _answers() -> Answers:
    words = {
        Standing.RECORDED: "00",
        Standing.REPEATED: "02",
        Standing.UNKNOWN_REFERENCE: "01",
        Standing.AMOUNT_DIFFERS: "04",
        Standing.FORGED: "97",
        Standing.CONFLICTING: "99",
        Standing.MALFORMED: "99",
        Standing.BUSY: "99",
    }
    return Answers(words, lambda reply: str(json.loads(reply.body)["RspCode"]), frozenset({"00", "02"}))


def _answer(told: Fields, signed: Fields | None = None) -> Reply:
    whole = signed or told
    names = ANSWERED if whole["vnp_Command"] == "refund" else ANSWERED + PROMOTION
    text = "|".join(whole.get(f"vnp_{name}", "") for name in names.split("|"))
    return Reply(200, compact({**told, HASH: hmac_sha512_sign(text, KEY)}))


def _queried() -> Called:
    return Called(
        ANSWER,
        _answer,
        signed=tuple(ANSWER),
        outcome=Outcome.PAID,
        code="vnp_TransactionStatus",
        sayings=(
            *(_state("01", status, Outcome.UNKNOWN) for status in ("01", "04", "07", "Z9")),
            _state("01", "02", Outcome.FAILED),
            _state("02", "00", Outcome.REVERSED),
            _state("03", "00", Outcome.UNKNOWN),
            *(Saying({"vnp_ResponseCode": code}, {"outcome": Outcome.UNKNOWN}) for code in ("91", "94", "97", "Z9")),
            Saying({"vnp_TxnRef": "PAY0002"}, {"outcome": Outcome.UNKNOWN}),
        ),
    )


def _refunded() -> Called:
    answer = {**ANSWER, "vnp_Command": "refund", "vnp_TransactionType": "02", "vnp_TransactionStatus": "05"}
    return Called(
        answer,
        _answer,
        signed=tuple(answer),
        outcome=Outcome.PENDING,
        code="vnp_TransactionStatus",
        sayings=(
            _state("02", "00", Outcome.REVERSED),
            _state("02", "06", Outcome.PENDING),
            _state("02", "09", Outcome.FAILED),
            Saying({"vnp_ResponseCode": "95"}, {"outcome": Outcome.FAILED}),
            *(Saying({"vnp_ResponseCode": code}, {"outcome": Outcome.UNKNOWN}) for code in ("91", "94", "97", "Z9")),
            Saying({"vnp_TxnRef": "PAY0002"}, {"outcome": Outcome.UNKNOWN}),
            Saying({"vnp_Amount": "9000000"}, {"outcome": Outcome.UNKNOWN}),
        ),
    )


def _state(kind: str, status: str, outcome: Outcome) -> Saying:
    return Saying({"vnp_TransactionType": kind, "vnp_TransactionStatus": status}, {"outcome": outcome})
