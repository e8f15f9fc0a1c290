"""What the ledger says stands on an account."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from gateway.ledger.store import entry, posting


def balances(connection: sa.Connection, agency_id: str, *, up_to: date | None = None) -> dict[str, int]:
    """Every account's balance in đồng, debit positive, up to and including a business day."""
    total = sa.func.sum(posting.c.amount)
    chosen = sa.select(posting.c.account, total).where(posting.c.agency_id == agency_id)
    if up_to is not None:
        chosen = chosen.join(entry, entry.c.id == posting.c.entry_id).where(entry.c.day <= up_to)
    rows = connection.execute(chosen.group_by(posting.c.account).order_by(posting.c.account))
    return {account: int(amount) for account, amount in rows}
