"""Example Bank posts JSON, `mac` being HMAC-SHA512 over `id|account|amount|memo|at`, and wants `{"code":"ok"}` back.

Setting: `account`, our account there. Secret: `mac_key`, as agreed with the bank.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from connectors import exact_json
from connectors.conformance.sample import Answers, Fields, Notices, Samples, Saying, json_request
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
from connectors.signing import fingerprint, hmac_sha512_holds, hmac_sha512_sign, piped
from connectors.stamp import business_day, moment_of

SIGNED = ("id", "account", "amount", "memo", "at")
# Money that we cannot place is kept in suspense: to the bank it is recorded, or it would call for ever.
CODES = {
    Standing.RECORDED: "ok",
    Standing.REPEATED: "ok",
    Standing.UNKNOWN_REFERENCE: "ok",
    Standing.AMOUNT_DIFFERS: "ok",
    Standing.FORGED: "bad mac",
    Standing.CONFLICTING: "conflict",
    Standing.MALFORMED: "unreadable",
    Standing.BUSY: "again",
}


class ExampleBank:
    """Credit notices of Example Bank."""

    name = "example_bank"
    capabilities = Capabilities(
        channels=frozenset({"bank_transfer"}),
        issue_on="notice",
        signed_fields=frozenset(
            {"event_id", "account", "amount", "memo", "bank_reference", "booked_on", "occurred_at"}
        ),
        settings=("account",),
        secrets=("mac_key",),
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice. Raises SettingMissing for our own configuration, nothing for bad input."""
        key = desk.secret("mac_key")
        try:
            message = exact_json.read(request.body)
            fields = {name: exact_json.text_of(message.get(name), name, limit=200) for name in (*SIGNED, "mac")}
            mac = fields.pop("mac")
            if not hmac_sha512_holds(piped(fields.values()), mac, key):
                return Forged("signature.invalid")
            return _notice(fields, desk)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """The bank calls again until it hears `ok`."""
        return Reply(200, json.dumps({"code": CODES[standing]}).encode())


def _notice(fields: dict[str, str], desk: Desk) -> Notice:
    for name, value in fields.items():
        if "|" in value and name != "memo":  # one free text at most, or a digit could move across the separator
            raise Unreadable("field.ambiguous", name)
    if fields["account"] != desk.setting("account"):
        raise Unreadable("field.not_ours", "account")
    if not re.fullmatch("[1-9][0-9]{0,14}", fields["amount"]):
        raise Unreadable("amount.unreadable", "amount")
    moment = moment_of(fields["at"])
    if not fields["id"] or moment is None:
        raise Unreadable("field.unreadable", "at" if fields["id"] else "id")
    return Notice(
        event_id=fields["id"],
        fingerprint=fingerprint(fields.values()),
        outcome=Outcome.PAID,
        amount=int(fields["amount"]),
        currency="VND",
        direction="CRDT",
        account=fields["account"],
        memo=fields["memo"],
        bank_reference=fields["id"],
        booked_on=business_day(moment),
        occurred_at=moment,
    )


FIELDS = {"id": "EB0001", "account": "555", "amount": "50000", "memo": "NOP LE PHI", "at": "20261121153000"}


def samples() -> Samples:
    """What the conformance kit needs: one genuine message, how it is signed, and what the bank hears."""
    return Samples(
        Desk({"account": "555"}, datetime(2026, 11, 21, 8, 31, tzinfo=UTC), secrets={"mac_key": "sample-mac-key"}),
        notices=Notices(
            FIELDS,
            _write,
            amount="amount",
            another={"id": "EB0002"},
            signed=SIGNED,
            memo="memo",
            sayings=(
                Saying({"amount": "90000"}, {"amount": 90_000}),
                Saying({"memo": "BLQ84G7ZWYRD | NOP LE PHI"}, {"memo": "BLQ84G7ZWYRD | NOP LE PHI"}),
            ),
            strangers=(json_request(FIELDS), _write(FIELDS, key="another-key")),
        ),
        answers=Answers(CODES, lambda reply: str(json.loads(reply.body)["code"]), frozenset({"ok"})),
    )


def _write(told: Fields, signed: Fields | None = None, *, key: str = "sample-mac-key") -> Request:
    text = "|".join((signed or told).get(name, "") for name in SIGNED)
    return json_request({**told, "mac": hmac_sha512_sign(text, key)})
