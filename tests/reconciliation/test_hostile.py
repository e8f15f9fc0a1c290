"""Data made to confuse: equal amounts, many references in one memo, other accounts, debits, reversals, broken batches.

Whatever comes in, nothing is lost, nothing is counted twice, and what is called a match is one.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.reference import references
from reconciliation import invariants, sources
from reconciliation.engine import DatabaseEngine, evaluate
from reconciliation.lines import drafts
from reconciliation.model import SourceLine
from reconciliation.outcome import natural
from reconciliation.totals import totals_by_kind
from tests.reconciliation.world import AS_OF, FRIDAY, MAIN, OTHER, RATE, World

AMOUNTS = (100, 100, 200, 300)
Rows = tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]


def hostile(dice: random.Random, payments: int, lines: int, world: World | None = None) -> World:
    """So many more payments and lines, in a world of their own or around another."""
    world = world or World(seed=dice.randrange(1 << 30))
    for _ in range(payments):
        world.pay(
            "",
            dice.choice(AMOUNTS),
            channel=dice.choice(("QR", "QR", "POS")),
            status=dice.choice(("SUCCEEDED", "SUCCEEDED", "PENDING", "FAILED")),
            receipt=dice.random() < 0.7,
            paid_on=FRIDAY + timedelta(days=dice.randrange(5)),
            account=dice.choice((MAIN, MAIN, OTHER)),
        )
    known = [payment.reference for payment in world.payments]
    for _ in range(lines):
        named = dice.sample(known, min(len(known), dice.choice((0, 1, 1, 1, 2, 3))))
        words = [*named, dice.choice(("", "LO-0001", "LO-0002", "T01", "PHI DICH VU", "BOI HOAN", world.reference()))]
        dice.shuffle(words)
        world.line(
            "",
            dice.choice(AMOUNTS) * dice.choice((1, 1, 1, 2, -1)),
            " ".join(words),
            e2e=dice.choice(known) if known and dice.random() < 0.2 else "",
            account=dice.choice((MAIN, MAIN, OTHER)),
            day=FRIDAY + timedelta(days=dice.randrange(4)),
            reversal=dice.random() < 0.1,
            bank_reference=dice.choice(("", "FT1")),
        )
    for payment in dice.sample(world.payments, payments // 3):
        world.sale(
            f"LO-000{dice.randrange(3)}",
            payment,
            gross=dice.choice((payment.amount, payment.amount, 100, -100)),
            mdr=dice.choice((None, None, 0, 5)),
        )
    return world


def source_lines(world: World) -> list[SourceLine]:
    found = []
    for head in world.parsed().statements:
        for draft in drafts(head, {MAIN, OTHER}):
            facts = (draft.account, draft.booking_date, draft.credit, draft.amount, draft.reversal, draft.nature)
            found.append(SourceLine(draft.line_no, natural(draft.line_no), *facts, draft.references))
    return found


def results(connection: sa.Connection, world: World) -> Rows:
    """Both results, sorted; invariants hold or this raises."""
    with DatabaseEngine(connection).sources() as engine:
        sources.fill_payments(engine, world.payments)
        sources.fill_lines(engine, source_lines(world))
        sources.fill_rest(engine, as_of=AS_OF, settlement=world.rows, rate=RATE)
        evaluate(engine)
        invariants.check(engine)
        totals = totals_by_kind(engine)
        assert all(total.line_amount - total.payment_amount == total.difference for total in totals.values())
        columns = "kind, group_id, rule, difference, lead, reference, how, line_count, payment_count, expected"
        found = tuple(
            sorted(tuple(row) for row in engine.rows(f"select {side}_id, {columns} from {side}_result"))
            for side in ("line", "payment")
        )
    return found[0], found[1]


def in_memory(world: World) -> Rows:
    database = sa.create_engine("sqlite://")
    try:
        with database.begin() as connection:
            return results(connection, world)
    finally:
        database.dispose()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(0, 9), st.integers(0, 14))
def test_a_match_is_a_match(dice: random.Random, payments: int, lines: int) -> None:
    world = hostile(dice, payments, lines)
    found_lines, found_payments = in_memory(world)
    assert [row[0] for row in found_lines] == sorted(entry.line_no for _, entry in world.lines)
    assert [row[0] for row in found_payments] == sorted(payment.payment_id for payment in world.payments)
    _judge(world, found_lines, found_payments)


def _judge(world: World, found_lines: list[tuple[Any, ...]], found_payments: list[tuple[Any, ...]]) -> None:
    """Matched groups by the definition's own words, without the definition's SQL."""
    lines = {entry.line_no: (account, entry) for account, entry in world.lines}
    payments = {payment.payment_id: payment for payment in world.payments}
    groups: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((found_lines, found_payments)):
        for subject, kind, group, *_ in rows:
            if kind.startswith("MATCH_") and kind != "MATCH_BATCH":
                groups[group][side].append(subject)
    for line_nos, payment_ids in groups.values():
        assert line_nos
        assert payment_ids
        members = [payments[payment_id] for payment_id in payment_ids]
        assert all(p.status == "SUCCEEDED" and p.receipt_no for p in members)
        accounts = {lines[number][0] for number in line_nos} | {p.account for p in members}
        assert len(accounts) == 1
        entries = [lines[number][1] for number in line_nos]
        assert sum((entry.amount for entry in entries), Decimal(0)) == sum(p.amount for p in members)
        for entry in entries:
            assert entry.amount > 0
            assert not entry.reversal
            named = set(entry.references) or set(references(entry.memo))
            assert named & {p.reference for p in members}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 9), st.integers(1, 14))
def test_shuffled_input_gives_the_same_rows(dice: random.Random, payments: int, lines: int) -> None:
    world = hostile(dice, payments, lines)
    before = in_memory(world)
    for listed in (world.payments, world.lines, world.rows):
        dice.shuffle(listed)
    assert in_memory(world) == before


@pytest.mark.parametrize("seed", [1, 2])
def test_both_databases_give_equal_rows(engine: sa.Engine, seed: int) -> None:
    """The same text, thousands of rows, against an in-memory SQLite."""
    world = hostile(random.Random(seed), 2_000, 3_000)
    with engine.begin() as connection:
        assert results(connection, world) == in_memory(world)
