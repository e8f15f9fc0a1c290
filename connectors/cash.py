"""Cash as a way money comes: an officer at a counter says so, nobody can call, and a bank deposit proves it later."""

from __future__ import annotations

from connectors.contract import Capabilities, Desk, Forged, Received, Reply, Request, Standing

CASH = "cash"
MOST = 20_000_000  # đồng in one payment; what is more goes through a bank


class Cash:
    """The connector of the name `cash`: its notices are written by the counter, never received."""

    name = CASH
    capabilities = Capabilities(channels=frozenset({CASH}), issue_on="notice", notifies=False, maximum_amount=MOST)

    def receive(self, request: Request, desk: Desk) -> Received:
        """Nobody may call: an officer's word is given on a page, in a session."""
        return Forged("cash does not call")

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """As if there were nothing here."""
        return Reply(404, b"", "text/plain")
