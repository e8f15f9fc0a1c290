"""The sheet for the annual settlement of phí and lệ phí (quyết toán): collected, retained, handed over, still to go.

Per fee, of business days in the year; handed over counts what a statement has proven.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gateway.access import own
from gateway.remitting.model import RemittanceState
from gateway.remitting.owed import owed
from gateway.remitting.store import remittance, remittance_line


@dataclass(frozen=True, slots=True)
class YearLine:
    """One fee. Amounts in đồng; collected = retained + handed_over + ordered + waiting."""

    fee_code: str
    name: str
    kind: str
    collected: int
    retained: int
    handed_over: int
    ordered: int  # prepared or approved, not yet proven
    waiting: int  # proven money no remittance has taken yet


def year_sheet(connection: sa.Connection, agency_id: str, year: int) -> list[YearLine]:
    """By fee; remittances count in the year their period ends."""
    found: dict[tuple[str, str, str], dict[str, int]] = {}

    def add(fee: str, name: str, kind: str, **amounts: int) -> None:
        sums = found.setdefault((fee, name, kind), {"retained": 0, "handed_over": 0, "ordered": 0, "waiting": 0})
        for key, amount in amounts.items():
            sums[key] += amount

    line = remittance_line.c
    query = (
        sa.select(
            line.fee_code,
            line.name,
            line.kind,
            remittance.c.state,
            sa.func.sum(line.retained),
            sa.func.sum(line.budget),
        )
        .join(remittance, remittance.c.id == line.remittance_id)
        .where(own(remittance, agency_id), remittance.c.state != RemittanceState.DROPPED.value)
        .where(remittance.c.last_day.between(date(year, 1, 1), date(year, 12, 31)))
        .group_by(line.fee_code, line.name, line.kind, remittance.c.state)
    )
    for fee, name, kind, state, retained, budget in connection.execute(query):
        where = "handed_over" if state == RemittanceState.CONFIRMED else "ordered"
        add(fee, name, kind, **{"retained": int(retained), where: int(budget)})
    for one in owed(connection, agency_id, date(year, 12, 31)):
        add(one.fee_code, one.name, one.kind, waiting=one.amount)
    return [
        YearLine(
            *key,
            sum(sums.values()),
            sums["retained"],
            sums["handed_over"],
            sums["ordered"],
            sums["waiting"],
        )
        for key, sums in sorted(found.items())
    ]
