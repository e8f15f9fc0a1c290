"""A postal agent behind the contract: his list as a file, or as a bulk notice signed over timestamp and body.

A bulk notice is taken whole or not at all: the agent's machine can mend a list that does not add up, and hears so. Of a
file, which a person looks at, every row that can be read is taken. Secret: `signing_keys`, one or several.
"""

from __future__ import annotations

import json

from connectors.contract import (
    Capabilities,
    Desk,
    Malformed,
    Notice,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.listing import Listing
from connectors.providers.postal import batch
from connectors.signing import fingerprint
from connectors.stamped import Stamp, not_signed

# A list whose payments we cannot place is kept in suspense, so to the agent it is recorded.
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
BYTES_LIMIT = 1 << 20  # of a bulk notice: some five thousand rows; a longer list comes as a file


class Postal:
    """Payments at the counters of a postal agent."""

    name = "postal"
    capabilities = Capabilities(
        channels=frozenset({"postal"}),
        issue_on="notice",
        signed_fields=frozenset(
            {"event_id", "outcome", "amount", "currency", "direction", "account", "memo", "bank_reference", "booked_on"}
        ),
        secrets=("signing_keys",),
        lists=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """The transfer of one batch, `bulk`: `lines` has its payments. Raises SettingMissing, nothing for bad input."""
        if forged := not_signed(request, desk.secret("signing_keys").split(), desk.now, Stamp()):
            return forged
        if len(request.body) > BYTES_LIMIT:
            return Malformed("body.too_large")
        listing = batch.read(request.body)
        if listing.problems:
            return Malformed(listing.problems[0].code, listing.problems[0].where)
        return _transfer(listing) if len(listing.lumps) == 1 else Malformed("lump.unclear")

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """2xx ends the agent's calls; a list that cannot be taken is told where it goes wrong."""
        status = STATUSES[standing]
        told: dict[str, object] = {"success": status == 200}
        if status != 200:
            told["reason"] = standing.value
        if isinstance(received, Malformed) and standing is Standing.MALFORMED:
            told |= {"code": received.reason, "where": received.field}
        return Reply(status, json.dumps(told, separators=(",", ":")).encode())

    def lines(self, data: bytes, desk: Desk) -> Listing:
        """A list (CSV, JSON, XLSX), or the body of a bulk notice. Raises nothing for bad input."""
        return batch.read(data)


def _transfer(listing: Listing) -> Notice:
    """What the statement will show: one credit under the batch's own id."""
    (lump,) = listing.lumps
    return Notice(
        event_id=lump.batch_id,
        fingerprint=fingerprint(
            [lump.account, str(lump.stated), str(lump.booked_on), *sorted(n.fingerprint for n in listing.notices)]
        ),
        outcome=Outcome.PAID,
        amount=lump.net,
        currency="VND",
        direction="CRDT",
        account=lump.account,
        memo=lump.batch_id,
        bank_reference=lump.batch_id,
        booked_on=lump.booked_on,
        bulk=True,
    )
