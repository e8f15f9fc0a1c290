"""Which receipts the tax office has not been told of: signed ones of a day that no table in force has, and those that
were replaced after they had been told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.kernel.vault import Vault
from gateway.taxing.model import Related, Row, Status, TableState
from gateway.taxing.store import tax_table, tax_told
from receipts import store as receipts_store
from receipts.store import receipt, replacement

_successor, _old = receipt.alias("successor"), receipt.alias("old")

Waiting = tuple[sa.Row[Any], Status]


def days_waiting(connection: sa.Connection, agency_id: str, since: date) -> list[date]:
    """Days from `since` on that have something to tell, oldest first."""
    fresh = sa.select(receipt.c.day).where(_mine(agency_id), receipt.c.day >= since, _untold())
    replaced = sa.select(receipt.c.day).where(_mine(agency_id), receipt.c.day >= since, _untold_replaced())
    return sorted(set(connection.scalars(fresh.union(replaced))))


def waiting(connection: sa.Connection, agency_id: str, day: date, limit: int) -> list[Waiting]:
    """Up to `limit` receipts of `day` to tell of, in order of their numbers, each with its status."""
    fresh = _listed(connection, sa.and_(_mine(agency_id), receipt.c.day == day, _untold()), limit)
    replacing = set(receipts_store.replaced_of_all(connection, [row.id for row in fresh]))
    found = [(row, Status.REPLACES if row.id in replacing else Status.NEW) for row in fresh]
    gone = _listed(connection, sa.and_(_mine(agency_id), receipt.c.day == day, _untold_replaced()), limit - len(found))
    return found + [(row, Status.REPLACED) for row in gone]


def rows(connection: sa.Connection, found: Sequence[Waiting], vault: Vault) -> list[Row]:
    """The lines of the table: one for each kind of money on each receipt."""
    ids = [row.id for row, _ in found]
    replaces = receipts_store.replaced_of_all(connection, ids)
    successors = _successors(connection, ids)
    lines: list[Row] = []
    for row, status in found:
        old = replaces.get(row.id)
        related = Related(old.form, old.symbol, old.number) if status is Status.REPLACES and old else None
        note = successors.get(row.id, "") if status is Status.REPLACED else ""
        for name, amount in _sums(row, vault).items():
            lines.append(
                Row(row.id, row.form, row.symbol, row.number, row.day, name, amount, status, related, note=note)
            )
    return lines


def _sums(row: sa.Row[Any], vault: Vault) -> dict[str, int]:
    """Money by the name of its kind: one receipt may name a fee twice."""
    sums: dict[str, int] = defaultdict(int)
    for line in receipts_store.load_facts(row, vault).lines:
        sums[line.name] += line.amount
    return sums


def _listed(connection: sa.Connection, wanted: sa.ColumnElement[bool], limit: int) -> list[sa.Row[Any]]:
    query = sa.select(receipt).where(wanted).order_by(receipt.c.symbol, receipt.c.number).limit(limit)
    return list(connection.execute(query)) if limit > 0 else []


def _successors(connection: sa.Connection, ids: Sequence[str]) -> dict[str, str]:
    query = (
        sa.select(replacement.c.old_id, _successor.c.form, _successor.c.symbol, _successor.c.number)
        .join_from(replacement, _successor, _successor.c.id == replacement.c.new_id)
        .where(replacement.c.old_id.in_(ids))
    )
    return {
        old: f"Bị thay thế bởi biên lai mẫu {form} ký hiệu {symbol} số {number}"
        for old, form, symbol, number in connection.execute(query)
    }


def _mine(agency_id: str) -> sa.ColumnElement[bool]:
    return receipt.c.owner == agency_id


def _told(*statuses: Status) -> sa.Exists:
    """A table that was not withdrawn has it; one that was refused keeps it until a person lets go."""
    return sa.exists().where(
        tax_told.c.receipt_id == receipt.c.id,
        tax_told.c.status.in_([status.value for status in statuses]),
        tax_told.c.table_id == tax_table.c.id,
        tax_table.c.state != TableState.WITHDRAWN.value,
    )


def _untold() -> sa.ColumnElement[bool]:
    return receipt.c.signed_at.is_not(None) & ~_told(Status.NEW, Status.REPLACES)


def _untold_replaced() -> sa.ColumnElement[bool]:
    gone = receipt.c.replaced_by.is_not(None)
    return gone & _told(Status.NEW, Status.REPLACES) & ~_told(Status.REPLACED)
