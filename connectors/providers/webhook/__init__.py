"""A signed webhook of whoever has no protocol of its own here: HMAC-SHA256 over `timestamp.body`, field names as settings.

`signature` checks who speaks and when, `fields` finds our facts under the sender's names, `connector` puts both behind
the contract.
"""

from __future__ import annotations

from connectors.providers.webhook.connector import Webhook

__all__ = ["Webhook"]
