"""Casso's message with a made-up key."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

from connectors.conformance.sample import Answers, Fields, Notices, Samples, Saying, json_request
from connectors.contract import Desk, Request
from example_wallets.standings import STATUSES

KEY = "sample-casso-checksum-key"
FIELDS = {
    "id": "7001",
    "reference": "FT26325000001",
    "description": "BLQ84G7ZWYRD nop le phi",
    "amount": "50000",
    "runningBalance": "25000000",
    "transactionDateTime": "2026-11-21 15:30:00",
    "accountNumber": "113000000001",
    "bankName": "VietinBank",
    "virtualAccountNumber": "",
    "counterAccountName": "NGUYEN VAN AN",
    "counterAccountNumber": "8888888888",
    "counterAccountBankId": "970436",
}
NUMBERS = ("id", "amount", "runningBalance")


def samples() -> Samples:
    """What the connector must make of each message."""
    return Samples(
        Desk({}, datetime(2026, 11, 21, 8, 31, tzinfo=UTC), secrets={"checksum_key": KEY}),
        notices=Notices(
            FIELDS,
            _write,
            amount="amount",
            another={"id": "7002", "reference": "FT26325000002"},
            signed=tuple(FIELDS),
            memo="description",
            minus_is_out=True,
            sayings=(
                Saying({"amount": "90000"}, {"amount": 90_000}),
                Saying({"amount": "-50000"}, {"direction": "DBIT"}),
                Saying({"accountNumber": "999"}, {"account": "999"}),
                Saying({"virtualAccountNumber": "VA1"}, {"account": "VA1"}),
            ),
            strangers=(json_request({"error": 0, "data": FIELDS}), _write(FIELDS, key="another-key")),
        ),
        answers=Answers(
            {standing: str(status) for standing, status in STATUSES.items()},
            lambda reply: str(reply.status),
            frozenset({"200"}),
        ),
    )


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY) -> Request:
    text = json.dumps(_message(signed or told), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    signature = hmac.new(key.encode(), f"1795249860000.{text}".encode(), hashlib.sha512).hexdigest()
    return json_request(_message(told), {"x-casso-signature": f"t=1795249860000,v1={signature}"})


def _message(told: Fields) -> dict[str, object]:
    return {"error": 0, "data": {name: _number(value) if name in NUMBERS else value for name, value in told.items()}}


def _number(value: str) -> int | str:
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdecimal() and str(int(value)) == value else value
