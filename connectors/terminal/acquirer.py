"""An acquirer as the settlement sees it: whoever pays out, days later, what its terminals have taken.

Its notices come from a terminal over TLS with the pinned certificate, never through a callback.
"""

from __future__ import annotations

from connectors.contract import Capabilities, Desk, Forged, Received, Reply, Request, Standing
from connectors.terminal.contract import ACQUIRER


class Acquirer:
    """The connector of the name `pos.<acquirer>`."""

    capabilities = Capabilities(channels=frozenset({"pos"}), issue_on="notice")

    def __init__(self, name: str) -> None:
        if not name.startswith(ACQUIRER):
            raise ValueError(name)
        self.name = name

    def receive(self, request: Request, desk: Desk) -> Received:
        """Nobody may call: there is nothing that could prove who does."""
        return Forged("acquirers do not call")

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """As if there were nothing here."""
        return Reply(404, b"", "text/plain")
