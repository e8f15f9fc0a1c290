"""The signed list of replaced receipts: made by the worker, which holds the key, kept in the database, served by the web.

A new one is due each day, and at once when a receipt was replaced since the last.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from gateway.kernel.uow import Environment, insert_if_new
from receipts import replacement_list
from receipts.keys import TokenKey
from receipts.life_tables import replaced_list
from receipts.tables import receipt, replacement, series

VALID = timedelta(days=3)  # a list made late is better than a check that refuses: two days of grace
RENEWED = timedelta(days=1)


def latest(connection: sa.Connection) -> str | None:
    """The newest list there is."""
    query = sa.select(replaced_list.c.body).order_by(replaced_list.c.number.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def renew(environment: Environment, key: TokenKey) -> int:
    """Make a list if one is due; 1 if it was made."""
    now = environment.clock()
    with environment.read() as connection:
        query = sa.select(replaced_list.c.number, replaced_list.c.made_at)
        last = connection.execute(query.order_by(replaced_list.c.number.desc()).limit(1)).one_or_none()
        newest = connection.execute(sa.select(sa.func.max(replacement.c.replaced_at))).scalar_one()
        if last is not None and now - last.made_at < RENEWED and (newest is None or newest <= last.made_at):
            return 0
        named = (series.c.tax_code, receipt.c.form, receipt.c.symbol, receipt.c.number)
        replaced = sa.select(*named).join_from(receipt, series).join(replacement, replacement.c.old_id == receipt.c.id)
        names = [replacement_list.name(*row) for row in connection.execute(replaced)]
    number = last.number + 1 if last else 1
    body = replacement_list.make(names, number=number, made_at=now, next_at=now + VALID, key=key)
    row = {"number": number, "body": body, "made_at": now, "next_at": now + VALID}
    with environment.begin(actor="worker") as uow:
        made = insert_if_new(uow.connection, replaced_list, row)  # another worker may have been faster
        uow.connection.execute(sa.delete(replaced_list).where(replaced_list.c.number < number - 1))
    return int(made)
