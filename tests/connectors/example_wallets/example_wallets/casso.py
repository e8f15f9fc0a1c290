"""Casso v2: HMAC-SHA512 over `t`, full stop and the JSON with names sorted at every level, no blanks, accents as they are.

An amount below zero is money that went out. Secret: `checksum_key`.
"""

from __future__ import annotations

import re

from connectors import exact_json, written
from connectors.contract import (
    Capabilities,
    Desk,
    Forged,
    Malformed,
    Notice,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.signing import fingerprint, hmac_sha512_holds
from connectors.stamp import business_day
from example_wallets.standings import STATUSES

NAMES = (
    *("id", "reference", "description", "amount", "transactionDateTime", "accountNumber", "virtualAccountNumber"),
    *("counterAccountName", "counterAccountNumber", "counterAccountBankId"),
)
SIGNED = re.compile("t=([1-9][0-9]{12}),v1=([0-9a-fA-F]{128})")


class Casso:
    """Movements that Casso tells of."""

    name = "casso"
    capabilities = Capabilities(
        channels=frozenset({"vietqr"}),
        issue_on="notice",
        signed_fields=frozenset(
            {"event_id", "amount", "direction", "account", "memo", "bank_reference", "booked_on", "occurred_at"}
            | {"payer_name", "payer_account", "payer_bank"}
        ),
        secrets=("checksum_key",),
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice. Raises SettingMissing for our own configuration, nothing for bad input."""
        key, found = desk.secret("checksum_key"), SIGNED.fullmatch(request.headers.get("x-casso-signature", ""))
        try:
            message = exact_json.read(request.body)
            if not found or not hmac_sha512_holds(f"{found[1]}.{exact_json.canonical(message)}", found[2], key):
                return Forged("signature.invalid")
            data = message.get("data")
            if not isinstance(data, dict):
                return Malformed("field.not_an_object", "data")
            return _notice({name: exact_json.text_of(data.get(name), name, limit=2000) for name in NAMES})
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """2xx ends its calls."""
        status = STATUSES[standing]
        return Reply(status, b'{"success":true}' if status == 200 else b'{"success":false}')


def _notice(fields: dict[str, str]) -> Notice:
    moment = written.moment(fields["transactionDateTime"], "transactionDateTime")
    amount = fields["amount"]
    return Notice(
        event_id=written.identity(fields["id"], "id"),
        fingerprint=fingerprint(fields.values()),
        outcome=Outcome.PAID,
        amount=written.amount(amount.removeprefix("-"), "amount"),
        currency="VND",
        direction="DBIT" if amount.startswith("-") else "CRDT",
        account=fields["virtualAccountNumber"] or fields["accountNumber"],
        memo=fields["description"],
        bank_reference=fields["reference"],
        booked_on=business_day(moment),
        occurred_at=moment,
        payer_name=fields["counterAccountName"],
        payer_account=fields["counterAccountNumber"],
        payer_bank=fields["counterAccountBankId"],
    )
