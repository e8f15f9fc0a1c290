"""VNPT Pay (VNPT Money) 1.0.5 and 1.0.6, as public integrations show it; the vendor's document is not public.

`fields` holds the field orders of each version and the code tables as data, `ipn` reads what VNPT sends, `calls` words
what we ask and reads the answers, `connector` puts them behind the contract.
"""

from __future__ import annotations

from connectors.providers.vnptpay.connector import VNPTPay

__all__ = ["VNPTPay"]
