"""A bulk notice of one payment and a list of two, under a made-up key, for the conformance kit.

The signed text is written down here a second time, so that the connector is held against the rule and not itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, date, datetime

from connectors.conformance.sample import Answers, Fields, Lists, Notices, Samples, Saying, compact, json_request
from connectors.contract import Desk, Reply, Request, Standing

KEY = "sample-key-of-a-postal-agent"
SENT_AT = "1795249860"
HEAD = ("batch_id", "account", "booked_on", "total")
FIELDS = {
    "batch_id": "VNP-20261121-01",
    "account": "113000000001",
    "booked_on": "2026-11-21",
    "total": "50000",
    "id": "1",
    "reference": "BLQ84G7ZWYRD",
    "amount": "50000",
    "paid_at": "2026-11-21T09:15:00+07:00",
    "office": "440000",
    "payer_name": "NGUYEN VAN AN",
}


def samples() -> Samples:
    """What the connector must make of each message and list."""
    desk = Desk({}, datetime(2026, 11, 21, 8, 31, tzinfo=UTC), secrets={"signing_keys": KEY})
    first, second = {**FIELDS, "total": "80000"}, {**FIELDS, "total": "80000", "id": "2", "amount": "30000"}
    second["reference"] = "BLQGP1XF3A77"
    lists = Lists((first, second), compact_rows, amount="amount", id="id", stated="total")
    return Samples(desk, notices=_notices(), answers=_answers(), lists=lists)


def compact_rows(rows: tuple[Fields, ...]) -> bytes:
    """A JSON list of rows."""
    return compact([dict(row) for row in rows])


def _write(told: Fields, signed: Fields | None = None, *, key: str = KEY, sent_at: str = SENT_AT) -> Request:
    text = f"{sent_at}.{json.dumps(_nested(signed or told), ensure_ascii=False, separators=(',', ':'))}"
    signature = hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return json_request(_nested(told), {"x-timestamp": sent_at, "x-signature": f"sha256={signature}"})


def _nested(told: Fields) -> dict[str, object]:
    head: dict[str, object] = {name: value for name, value in told.items() if name in HEAD}
    return {**head, "rows": [{name: value for name, value in told.items() if name not in HEAD}]}


def _notices() -> Notices:
    return Notices(
        FIELDS,
        _write,
        amount="total",
        another={"batch_id": "VNP-20261121-02"},
        covers="bytes",
        signed=tuple(FIELDS),
        sayings=(
            Saying({"total": "90000", "amount": "90000"}, {"amount": 90_000}),
            Saying({"account": "999"}, {"account": "999"}),
            Saying({"booked_on": "2026-11-23"}, {"booked_on": date(2026, 11, 23)}),
        ),
        strangers=(
            json_request(_nested(FIELDS)),
            _write(FIELDS, key="another-key"),
            _write(FIELDS, sent_at="1795246260"),
            _write(FIELDS, sent_at="1795253460"),
        ),
    )


def _answers() -> Answers:
    recorded = (Standing.RECORDED, Standing.REPEATED, Standing.UNKNOWN_REFERENCE, Standing.AMOUNT_DIFFERS)
    refused = {
        Standing.FORGED: "401",
        Standing.CONFLICTING: "409",
        Standing.MALFORMED: "422",
        Standing.BUSY: "503",
    }
    return Answers({**dict.fromkeys(recorded, "200"), **refused}, _hear, frozenset({"200"}))


def _hear(reply: Reply) -> str:
    return str(reply.status)
