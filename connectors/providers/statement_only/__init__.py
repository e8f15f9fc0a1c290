"""A bank without any API: the payer transfers to an account, and the statement is the first that tells of it."""

from __future__ import annotations

from connectors.providers.statement_only.connector import StatementOnly

__all__ = ["StatementOnly"]
