"""A run over what is new or open gives, day after day, what a run over everything gives."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.statement import Parsed
from reconciliation.decide import decide
from reconciliation.ingest import store_statements
from reconciliation.model import Kind, RunResult, SourcePayment
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
given = sa.Table(
    "given",
    _host,
    *(sa.Column(name, sa.Text) for name in ("line_no", "reference")),
    sa.Column("touched", sa.BigInteger),
    sa.Column("taken", sa.Boolean),
)
Placing = Iterable[tuple[str, SourcePayment]]  # line number, payment


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

    def day(
        self,
        world: World,
        payments: list[SourcePayment],
        part: World,
        as_of: date,
        *,
        give: Placing = (),
        take: Placing = (),
        format: str = "camt.053",
    ) -> RunResult:
        """These payments are new or different, these lines come in, persons give money to payments and take it back."""
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
                    Parsed(format, part.parsed(balances=False).statements),
                    owner="A1",
                    name="s",
                    digest=f"d{self._step}",
                    now=now,
                    mint=self._mint,
                    own_accounts=(MAIN, OTHER),
                )
            self._place(connection, give, take)
            now_given = sa.select(given.c.reference).where(given.c.touched == self._step)
            touched = sa.or_(paid.c.touched == self._step, paid.c.reference.in_(now_given))
            changed = sa.select(paid.c.payment_id).where(touched)
            line = sa.select(statement_line.c.id).where(statement_line.c.line_no == given.c.line_no).scalar_subquery()
            moved = sa.select(line).where(given.c.touched == self._step)
            placed = sa.select(line.label("line_id"), given.c.reference).where(~given.c.taken)
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
                placed=placed,
                moved=lambda since: moved,
            )

    def _place(self, connection: sa.Connection, give: Placing, take: Placing) -> None:
        for number, payment in take:
            which = sa.and_(given.c.line_no == number, given.c.reference == payment.reference)
            connection.execute(sa.update(given).where(which).values(taken=True, touched=self._step))
        for number, payment in give:
            facts = {"line_no": number, "reference": payment.reference, "touched": self._step, "taken": False}
            connection.execute(sa.insert(given).values(facts))

    def decide(self, payments: list[str]) -> None:
        """An accountant calls every line and these payments one group."""
        with self._engine.begin() as connection:
            lines = connection.scalars(sa.select(statement_line.c.id)).all()
            told = {"owner": "A1", "kind": Kind.MATCH_MEMO, "lines": lines, "payments": payments}
            decide(connection, **told, decided_by="ke.toan", now=START, mint=self._mint)

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


@pytest.mark.parametrize("seed", range(6))
def test_what_persons_place_and_take_back_is_seen(engine: sa.Engine, seed: int) -> None:
    """A line given to one payment or split over two, the next day half of it taken back and more given."""
    dice = random.Random(seed)
    world = hostile(dice, 30, 50)
    numbers = [entry.line_no for _, entry in dice.sample(world.lines, 12)]
    placing = [
        (number, payment) for number in numbers for payment in dice.sample(world.payments, dice.choice((1, 1, 2)))
    ]
    first, later = placing[: len(placing) // 2], placing[len(placing) // 2 :]
    gone = dice.sample(first, len(first) // 2)
    told = []
    for incremental in (True, False):
        days = Days(engine, incremental=incremental)
        days.day(world, world.payments, World(lines=world.lines), FRIDAY)
        days.day(world, [], World(), FRIDAY, give=first)
        middle = days.rows()
        days.day(world, [], World(), FRIDAY, give=later, take=gone)
        again = days.day(world, [], World(), FRIDAY)
        assert (again.written, again.ended) == (0, 0)
        assert middle != days.rows()
        told.append((middle, days.rows()))
    assert told[0] == told[1]


def test_a_decision_survives_a_run_over_what_has_changed(engine: sa.Engine) -> None:
    world = World()
    payment = world.pay("MATCH_MEMO")
    world.line("UNKNOWN_REFERENCE", payment.amount, "nop phi")
    days = Days(engine, incremental=True)
    days.day(world, world.payments, world, FRIDAY)
    days.decide([payment.payment_id])
    later = days.day(world, [], World(), AS_OF)  # overdue by now, which is no new evidence
    assert (later.written, later.ended, later.contested) == (0, 0, ())
    more = World()
    more.line("DUPLICATE", payment.amount, payment.reference, bank_reference="FT-late", day=AS_OF)
    assert days.day(world, [], more, AS_OF).contested == (payment.payment_id,)
    assert days.day(world, [], World(), AS_OF).written == 0


def test_a_run_over_what_has_changed_has_to_know_what_was_placed(engine: sa.Engine) -> None:
    days = Days(engine, incremental=True)
    nothing = sa.select(paid.c.payment_id, paid.c.reference)
    with pytest.raises(ValueError, match="placed"), engine.begin() as connection:
        run(
            connection,
            owner="A1",
            payments=nothing,
            accounts=(MAIN,),
            as_of=AS_OF,
            now=START,
            mint=days._mint,
            changed=lambda since: nothing,
            placed=nothing,
        )


def test_a_line_that_its_statement_tells_again_is_looked_at_again(engine: sa.Engine) -> None:
    """Of two equal payments of one due the statement numbers the first alone: which of them counts goes by the key."""
    told = []
    for incremental in (True, False):
        world = World()
        payment = world.pay("MATCH_MEMO")
        early, late = World(), World()
        for first, second in (("FT1", "FT1"), ("FT2", "")):
            early.line("", payment.amount, payment.reference, bank_reference=first)
            late.line("", payment.amount, payment.reference, bank_reference=second)
        days = Days(engine, incremental=incremental)
        days.day(world, world.payments, early, FRIDAY, format="camt.052")
        days.day(world, [], late, FRIDAY)
        told.append(days.rows())
    assert len(told[0]) == 3
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
