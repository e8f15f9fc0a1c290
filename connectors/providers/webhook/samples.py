"""A sender that uses our own names, for the conformance kit."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.conformance.sample import Answers, Fields, Notices, Samples, Saying, compact, json_request
from connectors.contract import Desk, Outcome, Reply, Request, Standing
from connectors.providers.webhook.signature import sign

KEY = "sample-key-of-a-webhook-sender"
SENT_AT = "1763690100"
FIELDS = {
    "id": "WH0001",
    "amount": "50000",
    "currency": "VND",
    "direction": "CRDT",
    "status": "paid",
    "account": "113000000001",
    "memo": "NOP LE PHI",
    "order_code": "PAY0001",
    "bank_reference": "FT0001",
    "occurred_at": "2025-11-21T08:54:30+07:00",
    "payer_name": "NGUYEN VAN AN",
    "payer_account": "1012345678",
    "payer_bank": "970436",
}


def samples() -> Samples:
    """What the connector must make of each message."""
    moment = datetime(2025, 11, 21, 1, 55, 30, tzinfo=UTC)
    return Samples(Desk({}, moment, "N0001", {"signing_keys": KEY}), notices=_notices(), answers=_answers())


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY, sent_at: str = SENT_AT) -> Request:
    signature = sign(sent_at, compact(signed or told), key)
    return json_request(told, {"x-timestamp": sent_at, "x-signature": f"sha256={signature}"})


def _notices() -> Notices:
    return Notices(
        FIELDS,
        _write,
        amount="amount",
        another={"id": "WH0002", "order_code": "PAY0002", "bank_reference": "FT0002"},
        covers="bytes",
        signed=tuple(FIELDS),
        memo="memo",
        code="status",
        sayings=(
            Saying({"amount": "90000"}, {"amount": 90_000}),
            Saying({"account": "999"}, {"account": "999"}),
            Saying({"currency": "USD"}, {"currency": "USD"}),
            Saying({"direction": "out"}, {"direction": "DBIT"}),
            Saying({"direction": "sideways"}, {"outcome": Outcome.UNKNOWN}),
            Saying({"status": "failed"}, {"outcome": Outcome.FAILED}),
            Saying({"status": "reversed"}, {"outcome": Outcome.REVERSED}),
        ),
        strangers=(
            json_request(FIELDS),
            _write(FIELDS, key="another-key"),
            _write(FIELDS, sent_at="1763689000"),
            _write(FIELDS, sent_at="1763699000"),
        ),
    )


def _answers() -> Answers:
    return Answers(
        {
            Standing.RECORDED: "200",
            Standing.REPEATED: "200",
            Standing.UNKNOWN_REFERENCE: "200",
            Standing.AMOUNT_DIFFERS: "200",
            Standing.FORGED: "401",
            Standing.CONFLICTING: "409",
            Standing.MALFORMED: "422",
            Standing.BUSY: "503",
        },
        _hear,
        frozenset({"200"}),
    )


def _hear(reply: Reply) -> str:
    return str(reply.status)
