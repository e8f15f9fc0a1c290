"""VietQR.vn: it fetches a token of ours, then tells of each movement on the linked account; nothing it says is signed.

`token` makes and checks tokens, `sync` reads a movement, `connector` puts both behind the contract.
"""

from __future__ import annotations

from connectors.providers.vietqrvn.connector import VietQRVN

__all__ = ["VietQRVN"]
