"""The inquiry 1100 that VietinBank sends before its customer confirms, and how it reads the answer 1110.

The field orders of both signed texts are written down here a second time, so that the connector is tested against the
protocol and not against itself. A bank that cannot trust the answer pays nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.signing import rsa_sha256_holds, rsa_sha256_sign
from connectors.simulators.bank_refused import BankRefused
from connectors.stamp import stamp_of

ASKED = ("transId", "transTime", "custCode")
ANSWERED = ("transId", "transTime", "custCode", "custName", "billId", "amount", "errorCode")


@dataclass(frozen=True, slots=True)
class Question:
    """One inquiry: the body to post."""

    trans_id: str
    code: str  # what the customer typed
    body: bytes


@dataclass(frozen=True, slots=True)
class BillTold:
    """What the bank shows its customer."""

    code: str
    name: str
    amount: int  # đồng


def question(code: str, private_key: str, now: datetime, *, provider: str, number: int) -> Question:
    """What is owed under `code`?"""
    told = {"transId": f"VTQ{number:010d}", "transTime": stamp_of(now), "custCode": code}
    signature = rsa_sha256_sign("".join(told[name] for name in ASKED), private_key)
    whole = told | {"msgType": "1100", "providerId": provider, "signature": signature}
    return Question(told["transId"], code, json.dumps(whole, separators=(",", ":")).encode("ascii"))


def heard(asked: Question, body: bytes, their_key: str) -> BillTold:
    """The bill of a signed answer to this question. Raises BankRefused where nothing may be paid."""
    said = _fields(body)
    signed = "".join(said.get(name, "") for name in ANSWERED)
    if not rsa_sha256_holds(signed, said.get("signature", ""), their_key) or said.get("transId") != asked.trans_id:
        raise BankRefused("bank.answer_untrusted", field="signature")
    if said.get("errorCode") != "00":
        raise BankRefused("bank.bill_refused", field="custCode")
    amount = said["amount"]
    if not (amount.isascii() and amount.isdigit() and int(amount)):
        raise BankRefused("bank.amount_zero", field="amount")
    return BillTold(said["billId"], said["custName"], int(amount))


def _fields(body: bytes) -> Mapping[str, str]:
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise BankRefused("bank.answer_untrusted", field="body")
    return {name: value for name, value in said.items() if isinstance(value, str)}
