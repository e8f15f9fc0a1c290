"""The national portal behind the contract: it is known by its files, and whatever calls in its name is from a stranger.

Settings, all optional: `paid_codes`, `failed_codes` (values of MaLoi, comma-separated), `column_batch`,
`column_booked_on`, `column_commission`, `column_stated` (names of a settlement file's columns).
"""

from __future__ import annotations

from connectors.contract import Capabilities, Desk, Forged, Received, Reply, Request, Standing
from connectors.listing import Listing
from connectors.providers.dvcqg import files, live


class NationalPortal:
    """Payments made on dichvucong.gov.vn, as its files tell of them. A file is not signed: the statement settles."""

    name = "national_portal"
    capabilities = Capabilities(
        channels=frozenset({"national_portal"}),
        issue_on="statement",
        notifies=False,
        lists=True,
        unverified=live.UNVERIFIED,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """Always Forged."""
        return Forged("notice.not_expected")

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """404, as where there is nothing."""
        return Reply(404, b"", "text/plain")

    def lines(self, data: bytes, desk: Desk) -> Listing:
        """A result or settlement file (CSV, JSON, XLSX). Raises nothing for bad input."""
        return files.lines(data, desk)
