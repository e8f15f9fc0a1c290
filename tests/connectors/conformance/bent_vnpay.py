"""The bent ones among VNPAY's: their samples are VNPAY's."""

from __future__ import annotations

from bent import Generous, Gullible, Hasty

from connectors.providers.vnpay.samples import samples

__all__ = ["Generous", "Gullible", "Hasty", "samples"]
