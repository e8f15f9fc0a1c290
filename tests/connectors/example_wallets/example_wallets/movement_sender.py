"""SePay and Casso as they tell of movements on an account, misbehaving on request: twice, altered, a stranger's, cut.

The signed texts are written down here a second time, so that the connectors are tested against the rules.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.contract import Request
from connectors.simulators.delivery import Bits, Delivery, cut, known, shuffled
from connectors.stamp import VIETNAM

FAULTS = frozenset({"duplicate", "wrong_amount", "bad_signature", "cut", "reorder"})
Write = Callable[["Movement", str, datetime], Request]  # a movement, the key, the moment of sending (UTC)


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that came in, or went out where `amount` (đồng) is below zero."""

    id: int
    account: str
    amount: int
    memo: str
    occurred_at: datetime  # UTC
    reference: str
    payer_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class MovementSender:
    """Keeps nothing; `write` is `sepay` or `casso`."""

    write: Write
    key: str = field(repr=False)

    def deliveries(self, told: Movement, now: datetime, faults: Collection[str] = (), *, bits: Bits) -> list[Delivery]:
        """What leaves for one movement, in order. ValueError names faults that do not exist."""
        known(faults, FAULTS)
        stated = replace(told, amount=told.amount * 10) if "wrong_amount" in faults else told
        sent = [Delivery(self.write(stated, self.key, now))]
        if "bad_signature" in faults:
            sent.insert(0, Delivery(self.write(stated, "a stranger's", now), genuine=False))
        if "cut" in faults:
            sent.insert(0, Delivery(cut(sent[-1].request), genuine=False))
        if "duplicate" in faults:
            sent += [Delivery(self.write(stated, self.key, now)) for _ in range(1 + bits(2))]
        return shuffled(sent, bits) if "reorder" in faults else sent


def sepay(told: Movement, key: str, now: datetime) -> Request:
    """`sha256=` over timestamp, full stop and body."""
    fields = {
        "id": told.id,
        "gateway": "VietinBank",
        "transactionDate": _moment(told),
        "accountNumber": told.account,
        "subAccount": None,
        "code": None,
        "content": told.memo,
        "transferType": "in" if told.amount > 0 else "out",
        "transferAmount": abs(told.amount),
        "referenceCode": told.reference,
    }
    body, sent_at = json.dumps(fields, ensure_ascii=False).encode(), str(int(now.timestamp()))
    signature = hmac.new(key.encode(), sent_at.encode() + b"." + body, hashlib.sha256).hexdigest()
    headers = {"x-sepay-timestamp": sent_at, "x-sepay-signature": f"sha256={signature}"}
    return Request("POST", "/callbacks/demo/sepay", body, headers)


def casso(told: Movement, key: str, now: datetime) -> Request:
    """`t=...,v1=` over milliseconds, full stop and the message with its names sorted."""
    data = {
        "id": told.id,
        "reference": told.reference,
        "description": told.memo,
        "amount": told.amount,
        "runningBalance": 25_000_000,
        "transactionDateTime": _moment(told),
        "accountNumber": told.account,
        "bankName": "VietinBank",
        "virtualAccountNumber": "",
        "counterAccountName": told.payer_name,
        "counterAccountNumber": "",
        "counterAccountBankId": "",
    }
    message = {"error": 0, "data": data}
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    sent_at = int(now.timestamp()) * 1_000
    signature = hmac.new(key.encode(), f"{sent_at}.{text}".encode(), hashlib.sha512).hexdigest()
    headers = {"x-casso-signature": f"t={sent_at},v1={signature}"}
    return Request("POST", "/callbacks/demo/casso", json.dumps(message, ensure_ascii=False).encode(), headers)


def _moment(told: Movement) -> str:
    return f"{told.occurred_at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}"
