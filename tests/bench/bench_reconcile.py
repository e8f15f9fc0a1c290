"""Reconciliation at size, on both databases: no planner cliff, and cost that grows with the data and not faster.

`pytest -m bench tests/bench/bench_reconcile.py -n 0 -s`. The baseline of each run is a tenth of its data: ten times the
rows may take at most twenty times as long.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.reference import make
from connectors.statement import Entry, Parsed, Statement
from reconciliation.ingest import store_statements
from reconciliation.model import SourcePayment
from reconciliation.run import run
from reconciliation.store import metadata

pytestmark = pytest.mark.bench

LINES = 100_000
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 1)
AS_OF = date(2026, 11, 23)
ACCOUNT = "1900123456789"


def payments(count: int) -> list[SourcePayment]:
    dice = random.Random(3)
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn.add(make(dice.randrange))
    return [
        SourcePayment(
            payment_id=f"P{n:07d}",
            dossier_id="",
            reference=reference,
            amount=50_000 + n % 16 * 10_000,
            channel="QR",
            status="SUCCEEDED",
            paid_on=DAY + timedelta(days=n % 20),
            terminal="",
            receipt_no=str(n),
            account=ACCOUNT,
        )
        for n, reference in enumerate(sorted(drawn))
    ]


def entries(paid: list[SourcePayment]) -> Iterator[Entry]:
    """90 % structured, 5 % in the memo, 2 % another amount, 1 % twice, 1 % missing, 0.5 % unknown."""
    for n, payment in enumerate(paid):
        if n % 100 == 99:
            continue
        amount = payment.amount + (1_000 if n % 50 == 7 else 0)
        structured = n % 20 != 3
        for again in range(2 if n % 100 == 13 else 1):
            yield Entry(
                amount=Decimal(amount),
                currency="VND",
                value_date=payment.paid_on,
                booking_date=payment.paid_on,
                references=(payment.reference,) if structured else (),
                memo="nop phi" if structured or n % 200 == 23 else f"MBVCB.{n}.{payment.reference}.CT tu 012",
                bank_reference=f"FT{n:010d}{again}",
                line_no=str(2 * n + again),
            )


def seconds(engine: sa.Engine, count: int) -> dict[str, float]:
    """Wall clock of the import, the first run and the second run."""
    metadata.drop_all(engine)
    metadata.create_all(engine)
    paid = payments(count)
    lines = tuple(entries(paid))
    statement = Statement(ACCOUNT, "VND", None, None, lines, "1", DAY, AS_OF)
    ids = itertools.count(1)
    took: dict[str, float] = {}

    def mint(prefix: str) -> str:
        return f"{prefix}_{next(ids):010d}"

    start = time.perf_counter()
    with engine.begin() as connection:
        store_statements(
            connection, Parsed("camt.053", (statement,)), owner="A", name="s", digest="d", now=NOW, mint=mint
        )
    took["import"] = time.perf_counter() - start
    for name in ("first run", "second run"):
        start = time.perf_counter()
        with engine.begin() as connection:
            result = run(connection, owner="A", payments=paid, accounts=(ACCOUNT,), as_of=AS_OF, now=NOW, mint=mint)
        took[name] = time.perf_counter() - start
        assert result.written == (len(lines) + len(paid) if name == "first run" else 0)
    return took


def test_cost_grows_with_the_data(engine: sa.Engine) -> None:
    small, large = seconds(engine, LINES // 10), seconds(engine, LINES)
    for name, took in large.items():
        print(
            f"\n{engine.dialect.name} {name}: {LINES:,} x {LINES:,} in {took:.1f} s, "
            f"{took / small[name]:.1f} x the time of a tenth"
        )
    assert all(took <= 20 * max(small[name], 0.1) for name, took in large.items())
