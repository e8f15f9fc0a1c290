"""Conservation of money: per account and business day, what came in = settled + suspense + returned, in đồng.

Held underpayments count as suspense. Each row of `notice` keeps the equation by a CHECK; here it is summed and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gateway.access import own
from gateway.settlement.store import notice


@dataclass(frozen=True, slots=True)
class Kept:
    """One account on one business day. Amounts in đồng."""

    account: str
    day: date
    money_in: int
    settled: int
    suspense: int
    returned: int


def days(connection: sa.Connection, agency_id: str) -> list[Kept]:
    """All days of the agency's accounts, oldest first."""
    sums = [
        sa.func.sum(column) for column in (notice.c.counted, notice.c.settled, notice.c.suspended, notice.c.returned)
    ]
    query = (
        sa.select(notice.c.account, notice.c.day, *sums)
        .where(own(notice, agency_id))
        .group_by(notice.c.account, notice.c.day)
        .order_by(notice.c.day, notice.c.account)
    )
    return [Kept(account, day, *map(int, amounts)) for account, day, *amounts in connection.execute(query)]


def differences(connection: sa.Connection) -> dict[str, int]:
    """Per agency, what came in beyond what is accounted for: 0, or money was lost or invented."""
    lost = notice.c.counted - notice.c.settled - notice.c.suspended - notice.c.returned
    query = sa.select(notice.c.agency_id, sa.func.sum(lost)).group_by(notice.c.agency_id)
    return {agency_id: int(total) for agency_id, total in connection.execute(query)}
