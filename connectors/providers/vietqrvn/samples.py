"""VietQR.vn as its documentation shows it, with made-up credentials, for the conformance kit."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.conformance.sample import Admission, Answers, Fields, Notices, Samples, Saying, json_request
from connectors.contract import Desk, Outcome, Reply, Request, Standing
from connectors.providers.vietqrvn.token import made

DESK = Desk(
    {"username": "vietqr-sample"},
    datetime(2026, 11, 21, 2, 20, tzinfo=UTC),
    secrets={"password": "sample-password-9041", "token_key": "sample-token-key-7730"},
)
FIELDS = {
    "bankaccount": "113000000001",
    "amount": "50000",
    "transType": "C",
    "content": "QR VQRa1b2c3d4e5 NOP LE PHI Ma giao dich Trace123456 Trace 123456",
    "transactionid": "4f0c1a9e",
    "transactiontime": "1795227420000",
    "referencenumber": "FT26325000001",
    "orderId": "",
    "terminalCode": "",
    "subTerminalCode": "",
    "serviceCode": "",
    "urlLink": "",
    "sign": "",
}
NUMBERS = ("amount", "transactiontime")


def samples() -> Samples:
    """What the connector must make of each message."""
    return Samples(DESK, notices=_notices(), answers=_answers(), admission=_admission())


def _write(told: Fields, signed: Fields | None = None, *, token: str | None = None) -> Request:
    message = {name: int(told[name]) if name in NUMBERS and _digits(told[name]) else told[name] for name in told}
    return json_request(message, {"authorization": f"Bearer {made(DESK) if token is None else token}"})


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def _notices() -> Notices:
    past = made(replace(DESK, now=DESK.now - timedelta(hours=1)))
    return Notices(
        FIELDS,
        _write,
        amount="amount",
        another={"referencenumber": "FT26325000002", "transactionid": "4f0c1a9f"},
        covers="nothing",
        memo="content",
        code="transType",
        repeat={"transactionid": "4f0c1a9f", "sign": "00"},
        sayings=(
            Saying({"amount": "90000"}, {"amount": 90_000}),
            Saying({"bankaccount": "999"}, {"account": "999"}),
            Saying({"transType": "D"}, {"direction": "DBIT"}),
            Saying({"orderId": "PAY0001"}, {"order_code": "PAY0001"}),
            Saying({"transType": "X"}, {"outcome": Outcome.UNKNOWN}),
        ),
        strangers=(
            json_request(FIELDS),
            _write(FIELDS, token=""),
            _write(FIELDS, token=past),
            _write(FIELDS, token=f"9{made(DESK)[1:]}"),
            json_request(FIELDS, {"authorization": _basic("vietqr-sample", "sample-password-9041")}),
        ),
    )


def _admission() -> Admission:
    def ask(authorization: str) -> Request:
        headers = {"authorization": authorization} if authorization else {}
        return Request("POST", "/callbacks/sample/api/token_generate", b"", headers)

    return Admission(
        ask(_basic("vietqr-sample", "sample-password-9041")),
        (
            ask(""),
            ask("Basic"),
            ask("Basic không"),
            ask("Basic ===="),
            ask(_basic("vietqr-sample", "sample-password-9042")),
            ask(_basic("vietqr", "-samplesample-password-9041")),
            ask(f"Bearer {made(DESK)}"),
        ),
        lambda reply: _write(FIELDS, token=str(json.loads(reply.body)["access_token"])),
    )


def _basic(name: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{name}:{password}'.encode()).decode()}"


def _answers() -> Answers:
    recorded = dict.fromkeys(
        (Standing.RECORDED, Standing.REPEATED, Standing.UNKNOWN_REFERENCE, Standing.AMOUNT_DIFFERS), "recorded"
    )
    refused = dict.fromkeys((Standing.FORGED, Standing.CONFLICTING, Standing.MALFORMED, Standing.BUSY), "refused")
    return Answers({**recorded, **refused}, _hear, frozenset({"recorded"}))


def _hear(reply: Reply) -> str:
    said = json.loads(reply.body)
    return "refused" if said["error"] or not said["object"] else "recorded"
