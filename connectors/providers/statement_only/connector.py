"""The contract kept by a bank that never calls: whatever comes to its address is from somebody else.

No settings and no secrets. A payment settles when a line of the bank's statement, read from a file, matches it.
"""

from __future__ import annotations

from connectors.contract import Capabilities, Desk, Forged, Received, Reply, Request, Standing


class StatementOnly:
    """Accounts of which only statements tell."""

    name = "statement_only"
    capabilities = Capabilities(
        channels=frozenset({"vietqr", "bank_transfer"}),
        issue_on="statement",
        notifies=False,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """Always Forged."""
        return Forged("notice.not_expected")

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """404, as where there is nothing."""
        return Reply(404, b"", "text/plain")
