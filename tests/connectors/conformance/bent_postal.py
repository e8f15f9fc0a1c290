"""Postal agents whose lists are read wrongly; their samples are the agent's."""

from __future__ import annotations

import json
from dataclasses import replace

from connectors.contract import Desk
from connectors.listing import Listing
from connectors.providers.postal import Postal
from connectors.providers.postal.samples import samples

__all__ = ["Doubling", "Guessing", "Smoothing", "samples"]


class Doubling(Postal):
    """Numbers rows itself, so that a row that comes twice is two payments."""

    name = "doubling"

    def lines(self, data: bytes, desk: Desk) -> Listing:
        try:
            rows = json.loads(data)
            return super().lines(json.dumps([{**row, "id": n} for n, row in enumerate(rows, 1)]).encode(), desk)
        except (ValueError, TypeError, RecursionError):
            return super().lines(data, desk)


class Guessing(Postal):
    """Takes the figures out of whatever stands for an amount."""

    name = "guessing"

    def lines(self, data: bytes, desk: Desk) -> Listing:
        try:
            rows = [
                {**row, "amount": "".join(filter(str.isdigit, row["amount"])) or "1000"} for row in json.loads(data)
            ]
            return super().lines(json.dumps(rows).encode(), desk)
        except (ValueError, TypeError, KeyError, RecursionError):
            return super().lines(data, desk)


class Smoothing(Postal):
    """States whatever the rows come to."""

    name = "smoothing"

    def lines(self, data: bytes, desk: Desk) -> Listing:
        listing = super().lines(data, desk)
        return replace(listing, lumps=tuple(replace(lump, stated=lump.net) for lump in listing.lumps))
