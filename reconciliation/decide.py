"""A person's word on lines and payments: stored beside what the passes had found, and never overwritten by a run."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from reconciliation.ingest import Mint
from reconciliation.model import Kind, ReconciliationError
from reconciliation.record import basis
from reconciliation.store import recon_item


class NothingToDecide(ReconciliationError):
    """A line or payment that no run has looked at yet."""

    kind = "missing"
    code = "reconciliation.nothing_to_decide"


def decide(
    connection: sa.Connection,
    *,
    owner: str,
    kind: Kind,
    lines: Collection[str] = (),
    payments: Collection[str] = (),
    decided_by: str,
    now: datetime,
    mint: Mint,
) -> str:
    """Declare these lines and payments one group of `kind`. Returns the decision's id.

    They become the current rows; a later run leaves them and only notes new evidence. Raises NothingToDecide.
    """
    c = recon_item.c
    chosen = sa.and_(
        c.owner == owner, c.superseded_by.is_(None), sa.or_(c.line_id.in_(lines), c.payment_id.in_(payments))
    )
    found = connection.execute(
        sa.select(recon_item, basis(recon_item).label("found")).where(chosen).order_by(c.subject)
    ).all()
    if not found or len(found) != len(set(lines)) + len(set(payments)):
        raise NothingToDecide("a line or payment of the decision has no current result")
    decision = mint("dec")
    connection.execute(sa.update(recon_item).where(chosen).values(superseded_by=decision))
    line_sum = sum(row.amount for row in found if row.line_id is not None)
    payment_sum = sum(row.amount for row in found if row.payment_id is not None)
    decided = {
        "run_id": decision,
        "kind": kind.value,
        "group_id": f"d:{decision}",
        "rule": "person.decided",
        "difference": line_sum - payment_sum,
        "line_count": len(set(lines)),
        "payment_count": len(set(payments)),
        "line_sum": line_sum,
        "expected": payment_sum,
        "payment_sum": payment_sum,
        "decided_by": decided_by,
        "decided_at": now,
        "contested_by": None,
        "superseded_by": None,
    }
    connection.execute(sa.insert(recon_item), [_standing(dict(row._mapping)) | decided for row in found])
    return decision


def _standing(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the basis of the decision: what the passes found, also where an earlier decision stood between."""
    found = row.pop("found")
    return row if row["decided_by"] else row | {"basis": found}
