"""The credit notice 1200 as VietinBank sends it: nested `header` and `data`, numbers as text, signed by the bank.

The field order of the signed text is written down here a second time, so that the connector is tested against the
protocol and not against itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.signing import rsa_sha256_sign
from connectors.simulators import bank_key
from connectors.simulators.bank_faults import Planned
from connectors.stamp import stamp_of


@dataclass(frozen=True, slots=True)
class Credit:
    """The facts of one credit that a notice tells."""

    transfer_id: str
    account: str
    amount: int  # đồng
    memo: str
    occurred_at: datetime
    payer_name: str
    payer_account: str
    payer_bank: str


def message(credit: Credit, planned: Planned, private_key: str, *, provider: str, number: int) -> bytes:
    """The body to send. A forged one carries a stranger's signature, or the bank's over another amount."""
    key = bank_key.foreign() if planned.kind == "foreign_key" else private_key
    signature = rsa_sha256_sign(_signed_text(credit), key)
    told = replace(credit, amount=credit.amount * 10) if planned.kind == "altered_amount" else credit
    header = {
        "msgId": f"{stamp_of(credit.occurred_at)}{number:010d}",
        "msgType": "1200",
        "providerId": provider,
        "timestamp": stamp_of(credit.occurred_at),
        "signature": signature,
    }
    whole = {"header": header, "data": _data(told, planned.currency)}
    return json.dumps(whole, separators=(",", ":")).encode("ascii")


def _data(credit: Credit, currency: str) -> dict[str, str]:
    return {
        "transId": _trans_id(credit),
        "transTime": stamp_of(credit.occurred_at),
        "transType": "C",
        "custCode": "",
        "sendBankId": credit.payer_bank,
        "sendAcctId": credit.payer_account,
        "sendAcctName": credit.payer_name,
        "recvAcctId": credit.account,
        "recvVirtualAcctId": "",
        "amount": str(credit.amount),
        "bankTransId": credit.transfer_id,
        "remark": credit.memo,
        "currencyCode": currency,
    }


def _signed_text(credit: Credit) -> str:
    """transId, transTime, custCode (empty), amount, bankTransId, remark."""
    return "".join(
        (_trans_id(credit), stamp_of(credit.occurred_at), str(credit.amount), credit.transfer_id, credit.memo)
    )


def _trans_id(credit: Credit) -> str:
    """The notice has an id of its own; a repeat carries the same."""
    return f"VTB{credit.transfer_id}"
