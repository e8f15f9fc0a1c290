"""SePay's message with a made-up key."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from connectors.conformance.sample import Answers, Fields, Notices, Samples, Saying, compact, json_request
from connectors.contract import Desk, Outcome, Request
from example_wallets.standings import STATUSES

KEY, SENT_AT = "sample-webhook-secret", "1795249860"
FIELDS = {
    "id": "92704",
    "gateway": "VietinBank",
    "transactionDate": "2026-11-21 15:30:00",
    "accountNumber": "113000000001",
    "subAccount": "",
    "code": "",
    "content": "BLQ84G7ZWYRD nop le phi",
    "transferType": "in",
    "transferAmount": "50000",
    "referenceCode": "FT26325000001",
}


def samples() -> Samples:
    """What the connector must make of each message."""
    return Samples(
        Desk({}, datetime(2026, 11, 21, 8, 31, tzinfo=UTC), secrets={"webhook_secret": KEY}),
        notices=Notices(
            FIELDS,
            _write,
            amount="transferAmount",
            another={"id": "92705", "referenceCode": "FT26325000002"},
            covers="bytes",
            signed=tuple(FIELDS),
            memo="content",
            code="transferType",
            sayings=(
                Saying({"transferAmount": "90000"}, {"amount": 90_000}),
                Saying({"accountNumber": "999"}, {"account": "999"}),
                Saying({"subAccount": "VA1"}, {"account": "VA1"}),
                Saying({"transferType": "out"}, {"direction": "DBIT"}),
                Saying({"transferType": "sideways"}, {"outcome": Outcome.UNKNOWN}),
                Saying({"code": "PAY1"}, {"order_code": "PAY1"}),
            ),
            strangers=(
                json_request(FIELDS),
                _write(FIELDS, key="another-key"),
                _write(FIELDS, sent_at="1795249500"),
                json_request(FIELDS, {"authorization": f"Apikey {KEY}"}),
            ),
        ),
        answers=Answers(
            {standing: str(status) for standing, status in STATUSES.items()},
            lambda reply: str(reply.status),
            frozenset({"200"}),
        ),
    )


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY, sent_at: str = SENT_AT) -> Request:
    text = f"{sent_at}.".encode() + compact(signed or told)
    signature = hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
    return json_request(told, {"x-sepay-timestamp": sent_at, "x-sepay-signature": f"sha256={signature}"})
