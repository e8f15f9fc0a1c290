"""SePay: HMAC-SHA256 over timestamp, full stop and raw body, five minutes at most; wants `{"success":true}`.

Its other way, an API key in a header, signs nothing and is left out. Secret: `webhook_secret`, one or several.
"""

from __future__ import annotations

from connectors import exact_json, written
from connectors.contract import (
    Capabilities,
    Desk,
    Direction,
    Malformed,
    Notice,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.signing import fingerprint
from connectors.stamp import business_day
from connectors.stamped import Stamp, not_signed
from example_wallets.standings import STATUSES

NAMES = (
    *("id", "gateway", "transactionDate", "accountNumber", "subAccount", "code", "content", "transferType"),
    *("transferAmount", "referenceCode"),
)
STAMP = Stamp("x-sepay-signature", "sha256=", "x-sepay-timestamp")
MOVEMENTS: dict[str, Direction] = {"in": "CRDT", "out": "DBIT"}


class SePay:
    """Movements that SePay tells of."""

    name = "sepay"
    capabilities = Capabilities(
        channels=frozenset({"vietqr"}),
        issue_on="notice",
        signed_fields=frozenset(
            {"event_id", "outcome", "amount", "currency", "direction", "account", "memo", "order_code"}
            | {"bank_reference", "booked_on", "occurred_at"}
        ),
        secrets=("webhook_secret",),
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice. Raises SettingMissing for our own configuration, nothing for bad input."""
        if forged := not_signed(request, desk.secret("webhook_secret").split(), desk.now, STAMP):
            return forged
        try:
            message = exact_json.read(request.body)
            return _notice({name: exact_json.text_of(message.get(name), name, limit=2000) for name in NAMES})
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """It calls up to seven times more, at Fibonacci minutes, until it hears success."""
        status = STATUSES[standing]
        return Reply(status, b'{"success":true}' if status == 200 else b'{"success":false}')


def _notice(fields: dict[str, str]) -> Notice:
    moment = written.moment(fields["transactionDate"], "transactionDate")
    kind = fields["transferType"]
    return Notice(
        event_id=written.identity(fields["id"], "id"),
        fingerprint=fingerprint(fields.values()),
        outcome=Outcome.PAID if kind in MOVEMENTS else Outcome.UNKNOWN,
        amount=written.amount(fields["transferAmount"], "transferAmount"),
        currency="VND",
        direction=MOVEMENTS.get(kind, "CRDT"),
        account=fields["subAccount"] or fields["accountNumber"],
        memo=fields["content"],
        order_code=fields["code"],
        bank_reference=fields["referenceCode"],
        booked_on=business_day(moment),
        occurred_at=moment,
    )
