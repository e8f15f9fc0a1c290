"""A run over what is new or open gives, day after day, what a run over everything gives."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from reconciliation.ingest import store_statements
from reconciliation.model import RunResult, SourcePayment
from reconciliation.run import run
from reconciliation.store import metadata, recon_item, statement_line
from tests.reconciliation.test_hostile import hostile
from tests.reconciliation.world import AS_OF, FRIDAY, MAIN, OTHER, RATE, World

START = datetime(2026, 11, 20, 12, tzinfo=UTC)

_host = sa.MetaData()
_columns = [
    sa.Column(name, {"amount": sa.BigInteger, "paid_on": sa.Date}.get(name, sa.Text))
    for name in SourcePayment.__slots__
]
paid = sa.Table("paid", _host, *_columns, sa.Column("touched", sa.BigInteger))


class Days:
    """An owner whose world is told piece by piece."""

    def __init__(self, engine: sa.Engine, *, incremental: bool) -> None:
        self._engine, self._incremental = engine, incremental
        self._ids = itertools.count(1)
        metadata.drop_all(engine)
        _host.drop_all(engine)
        metadata.create_all(engine)
        _host.create_all(engine)
        self._step = 0

    def _mint(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):08d}"

    def day(self, world: World, payments: list[SourcePayment], part: World, as_of: date) -> RunResult:
        """These payments are new or different, these lines come in."""
        self._step += 1
        now = START + timedelta(days=3 * self._step)
        with self._engine.begin() as connection:
            connection.execute(sa.delete(paid).where(paid.c.payment_id.in_([p.payment_id for p in payments])))
            rows = [
                {name: getattr(p, name) for name in SourcePayment.__slots__} | {"touched": self._step} for p in payments
            ]
            if rows:
                connection.execute(sa.insert(paid), rows)
            if part.lines:
                store_statements(
                    connection,
                    part.parsed(balances=False),
                    owner="A1",
                    name="s",
                    digest=f"d{self._step}",
                    now=now,
                    mint=self._mint,
                    own_accounts=(MAIN, OTHER),
                )
            changed = sa.select(paid.c.payment_id).where(paid.c.touched == self._step)
            return run(
                connection,
                owner="A1",
                payments=sa.select(*(paid.c[name] for name in SourcePayment.__slots__)),
                accounts=(MAIN, OTHER),
                as_of=as_of,
                now=now,
                mint=self._mint,
                settlement=world.rows,
                rate=RATE,
                changed=(lambda since: changed) if self._incremental else None,
            )

    def rows(self) -> list[tuple[Any, ...]]:
        """Current results without ids that depend on the order of imports."""
        item = recon_item.c
        with self._engine.connect() as connection:
            numbers = dict(connection.execute(sa.select(statement_line.c.id, statement_line.c.natural_key)).all())
            found = connection.execute(sa.select(recon_item).where(item.superseded_by.is_(None))).all()
        members: dict[str, list[str]] = {}
        for row in found:
            members.setdefault(row.group_id, []).append(str(numbers.get(row.line_id, row.payment_id)))
        facts = ("kind", "rule", "amount", "difference", "reference", "how", "line_sum", "expected", "payment_sum")
        return sorted(
            (
                str(numbers.get(row.line_id, row.payment_id)),
                *(str(getattr(row, f)) for f in facts),
                sorted(members[row.group_id]),
            )
            for row in found
        )


@pytest.mark.parametrize("seed", range(6))
def test_what_is_open_is_enough(engine: sa.Engine, seed: int) -> None:
    dice = random.Random(seed)
    world = hostile(dice, 40, 60)
    dice.shuffle(world.lines)
    parts = [World(lines=world.lines[at : at + 15]) for at in range(0, 60, 15)]
    halves = [world.payments[:25], [*world.payments[25:], *dice.sample(world.payments[:25], 3)]]
    told = []
    for incremental in (True, False):
        days = Days(engine, incremental=incremental)
        for at, part in enumerate(parts):
            days.day(world, halves[at] if at < 2 else [], part, FRIDAY + timedelta(days=at))
        again = days.day(world, [], World(), FRIDAY + timedelta(days=3))
        assert (again.written, again.ended) == (0, 0)
        told.append(days.rows())
    assert told[0] == told[1]


def test_settled_history_is_not_looked_at(engine: sa.Engine) -> None:
    world = World()
    for _ in range(20):
        payment = world.pay("MATCH_MEMO")
        world.line("MATCH_MEMO", payment.amount, payment.reference)
    days = Days(engine, incremental=True)
    days.day(world, world.payments, world, AS_OF)
    late = world.pay("MATCH_MEMO")
    more = World(lines=[])
    more.line("MATCH_MEMO", late.amount, late.reference, bank_reference="FT-late")
    more.line("DUPLICATE", world.payments[0].amount, world.payments[0].reference, bank_reference="FTZ-again")
    result = days.day(world, [late], more, AS_OF)
    assert sum(total.lines for total in result.totals.values()) == 3  # two new lines, and the first's own
    assert result.written == 3
    assert result.totals["DUPLICATE"].lines == 1
