"""The signed webhook behind the contract.

Settings, all optional: `signature_header`, `signature_prefix`, `timestamp_header`, `tolerance_s` (seconds by which the
sender's clock may differ from ours), `field_<ours>` (the sender's name for each of `fields.NAMES`), `words_in`,
`words_out`, `words_paid`, `words_failed`, `words_reversed` (comma-separated, in any case).
Secret: `signing_keys`, one or several, separated by blanks: the next key is added before the change, the old one taken
out after it.
"""

from __future__ import annotations

import json

from connectors.contract import Capabilities, Desk, Malformed, Received, Reply, Request, Standing
from connectors.exact_json import Unreadable
from connectors.providers.webhook import fields, signature

# Money whose reference or amount we cannot place is kept in suspense, so to the sender it is recorded.
STATUSES = {
    Standing.RECORDED: 200,
    Standing.REPEATED: 200,
    Standing.UNKNOWN_REFERENCE: 200,
    Standing.AMOUNT_DIFFERS: 200,
    Standing.FORGED: 401,
    Standing.CONFLICTING: 409,
    Standing.MALFORMED: 422,
    Standing.BUSY: 503,
}


class Webhook:
    """Notices by signed webhook."""

    name = "webhook"
    capabilities = Capabilities(
        channels=frozenset({"vietqr", "bank_transfer"}),
        issue_on="notice",
        signed_fields=frozenset(
            {
                *("event_id", "outcome", "amount", "currency", "direction", "account", "memo", "order_code"),
                *("bank_reference", "booked_on", "occurred_at", "payer_name", "payer_account", "payer_bank"),
            }
        ),
        secrets=("signing_keys",),
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice. Raises SettingMissing for our own configuration, nothing for bad input."""
        if forged := signature.not_signed(request, desk):
            return forged
        try:
            return fields.notice(request.body, desk)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """2xx ends the sender's calls; after anything else it is expected to call again."""
        status = STATUSES[standing]
        told = {"success": True} if status == 200 else {"success": False, "reason": standing.value}
        return Reply(status, json.dumps(told, separators=(",", ":")).encode())
