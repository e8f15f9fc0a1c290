"""An agent who takes fees at his counters, a post office above all: a signed list, one transfer for all of it.

`batch` reads a list, `connector` puts it behind the contract. The format is our own, offered to the agent.
"""

from __future__ import annotations

from connectors.providers.postal.connector import Postal

__all__ = ["Postal"]
