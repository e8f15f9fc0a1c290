"""VietinBank's notice 1200 and inquiry 1100 under keys made on the spot, for the conformance kit.

Field orders are written down here a second time, so that the connector is held against the protocol and not itself.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

from connectors.conformance.sample import Answers, Fields, Inquiries, Notices, Samples, Saying, json_request
from connectors.contract import Bill, Desk, Outcome, Request, Standing
from connectors.signing import rsa_sha256_sign
from connectors.simulators.bank_key import foreign, made, public_of

NOTICE = {
    "transId": "VTB202611210001",
    "transTime": "20261121153000",
    "custCode": "DVC0001",
    "amount": "50000",
    "bankTransId": "BANK0001",
    "remark": "NOP LE PHI",
    "msgId": "M0001",
    "transType": "C",
    "sendBankId": "970436",
    "sendAcctId": "1012345678",
    "sendAcctName": "NGUYEN VAN AN",
    "recvAcctId": "113000000001",
    "recvVirtualAcctId": "",
    "currencyCode": "VND",
}
INQUIRY = {"msgType": "1100", "transId": "VTB202611210002", "transTime": "20261121152900", "custCode": "BLQGP1XF3A77"}
SIGNED_NOTICE = ("transId", "transTime", "custCode", "amount", "bankTransId", "remark")
SIGNED_INQUIRY = ("transId", "transTime", "custCode")
MOMENT = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)


class _Bank:
    """The bank's pen."""

    def __init__(self, key: str, names: tuple[str, ...]) -> None:
        self._key = key
        self._names = names

    def __call__(self, told: Fields, signed: Fields | None = None) -> Request:
        text = "".join((signed or told)[name] for name in self._names)
        header = {"providerId": "SAMPLE", "signature": rsa_sha256_sign(text, self._key)}
        return json_request({"header": header, "data": dict(told)})


def samples() -> Samples:
    """What the connector must make of each message."""
    bank, ours = made(), made()
    return Samples(
        Desk({"bank_public_key": public_of(bank)}, MOMENT, "N0001", {"private_key": ours}),
        notices=_notices(bank),
        answers=_answers(),
        inquiries=Inquiries(
            INQUIRY, _Bank(bank, SIGNED_INQUIRY), SIGNED_INQUIRY, Bill("P0001", 150_000, "NGUYEN VAN A***")
        ),
    )


def _notices(bank: str) -> Notices:
    return Notices(
        NOTICE,
        _Bank(bank, SIGNED_NOTICE),
        amount="amount",
        another={"transId": "VTB202611210009", "bankTransId": "BANK0009"},
        signed=SIGNED_NOTICE,
        memo="remark",
        code="transType",
        repeat={"msgId": "M0002"},
        sayings=(
            Saying({"amount": "90000"}, {"amount": 90_000}),
            Saying({"recvAcctId": "999"}, {"account": "999"}),
            Saying({"currencyCode": "USD"}, {"currency": "USD"}),
            Saying({"transType": "D"}, {"direction": "DBIT"}),
            Saying({"transType": "X9"}, {"outcome": Outcome.UNKNOWN}),
        ),
        strangers=(
            json_request(NOTICE),
            json_request({**NOTICE, "signature": ""}),
            _Bank(foreign(), SIGNED_NOTICE)(NOTICE),
        ),
    )


def _answers() -> Answers:
    words = {
        Standing.RECORDED: "00",
        Standing.REPEATED: "00",
        Standing.UNKNOWN_REFERENCE: "00",
        Standing.AMOUNT_DIFFERS: "00",
        Standing.FORGED: "01",
        Standing.CONFLICTING: "03",
        Standing.MALFORMED: "99",
        Standing.BUSY: "99",
    }
    return Answers(words, lambda reply: str(json.loads(reply.body)["errorCode"]), frozenset({"00", "05"}))
