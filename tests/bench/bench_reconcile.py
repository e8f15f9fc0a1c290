"""Reconciliation at size: every engine beside its baseline, no planner cliff, and cost that grows with the data.

`pytest -m bench tests/bench/bench_reconcile.py -n 0 -s`; THUPHI_BENCH_ROWS payments and as many lines (100 000 unless
told). The DuckDB engine works from the files, every cell read, judged and matched, to both result tables with all
invariants checked; its baseline reads the same files into tables and does nothing else. The database engines do the
same from payments and lines that are stored, as the application has them. Where another process works, only wall clock
can be compared: both sides are then measured in the same minute.
"""

from __future__ import annotations

import itertools
import os
import random
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.reference import make
from connectors.statement import Entry, Parsed, Statement
from reconciliation import files, invariants, sources
from reconciliation import run as runs
from reconciliation.engine import DatabaseEngine, evaluate
from reconciliation.engines import DUCKDB, installed, opened
from reconciliation.ingest import store_statements
from reconciliation.model import SourcePayment
from reconciliation.run import PAYMENT_COLUMNS, run
from reconciliation.store import metadata
from tests.reconciliation.world import moment, write_csv

pytestmark = pytest.mark.bench

ROWS = int(os.environ.get("THUPHI_BENCH_ROWS", "100000"))
NEW = ROWS // 100
WITHIN = {"postgresql": 9, "sqlite": 12}  # times the DuckDB engine
SCANS = 5  # times reading the files, for the DuckDB engine
FASTER = 25  # the incremental run, against the full one
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 1)
AS_OF = date(2026, 11, 23)
ACCOUNT = "1900123456789"

_host = sa.MetaData()
paid_table = sa.Table(
    "paid",
    _host,
    *(
        sa.Column(
            name, {"amount": sa.BigInteger, "paid_on": sa.Date}.get(name, sa.Text), primary_key=name == "payment_id"
        )
        for name in PAYMENT_COLUMNS
    ),
    sa.Column("fresh", sa.Boolean),
    sa.Index("ix_paid_reference", "reference"),
    sa.Index("ix_paid_fresh", "fresh"),
)
SELECT = sa.select(*(paid_table.c[name] for name in PAYMENT_COLUMNS))


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


def write_files(directory: Path, paid: list[SourcePayment]) -> dict[str, Path]:
    """The same period as the contract's CSV files."""
    paths = {name: directory / f"{name}.csv" for name in ("payments", "receipts", "statement")}
    write_csv(
        paths["payments"],
        ["payment_id", "dossier_id", "reference", "amount", "channel", "status", "paid_at", "terminal", "receipt_no"],
        ((p.payment_id, "", p.reference, p.amount, p.channel, p.status, moment(p.paid_on), "", "") for p in paid),
    )
    write_csv(
        paths["receipts"],
        ["receipt_no", "payment_id", "amount", "issued_on"],
        ((p.receipt_no, p.payment_id, p.amount, p.paid_on) for p in paid),
    )
    write_csv(
        paths["statement"],
        ["line_no", "account", "booking_date", "value_date", "direction", "amount", "e2e_ref", "memo", "bank_ref"],
        (
            (
                *(e.line_no, ACCOUNT, e.booking_date, e.value_date, "CRDT", e.amount),
                *(e.references[0] if e.references else "NOTPROVIDED", e.memo, e.bank_reference),
            )
            for e in entries(paid)
        ),
    )
    return paths


class Watch:
    """Wall clock and processor time of named acts."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall[name], self.cpu[name] = time.perf_counter() - wall, time.process_time() - cpu


def read_only(paths: dict[str, Path]) -> None:
    """The baseline: every cell of the files into tables of DuckDB."""
    import duckdb

    with duckdb.connect() as database:
        for name, path in paths.items():
            database.execute(
                f"create table {name} as select * from read_csv('{path}', header = true, all_varchar = true)"
            )


def by_duckdb(paths: dict[str, Path]) -> None:
    """From the files to both result tables."""
    with opened(DUCKDB) as engine:
        files.fill(engine, (), **paths, account=ACCOUNT)
        files.judge(engine, [], AS_OF, None, lambda step, done, total: None)


@pytest.mark.skipif(not installed(DUCKDB), reason="the extra [bulk] is not installed")
def test_duckdb_beside_reading_the_files(tmp_path: Path) -> None:
    paths = write_files(tmp_path, payments(ROWS))
    watch = Watch()
    with watch("read"):
        read_only(paths)
    with watch("reconcile"):
        by_duckdb(paths)
    ratio, work = (each["reconcile"] / each["read"] for each in (watch.wall, watch.cpu))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"\nduckdb {ROWS:,} x {ROWS:,}: {watch.wall['reconcile']:.2f} s, {ratio:.1f} x reading the files by the clock, "
        f"{work:.1f} x by processor time ({watch.wall['read']:.2f} s; target {SCANS}), peak of the process {peak} MiB"
    )
    assert ratio <= SCANS * max(1, 300_000 / ROWS)  # thirty small steps weigh on small files


class Books:
    """Payments and lines of one owner on one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._ids = itertools.count(1)
        for each in (metadata, _host):
            each.drop_all(engine)
            each.create_all(engine)

    def mint(self, prefix: str) -> str:
        return f"{prefix}_{next(self._ids):010d}"

    def store(self, paid: list[SourcePayment], lines: tuple[Entry, ...], number: str, *, days: int = 0) -> None:
        """More payments, and a statement."""
        statement = Statement(ACCOUNT, "VND", None, None, lines, number, DAY, AS_OF)
        rows = [{name: getattr(p, name) for name in PAYMENT_COLUMNS} | {"fresh": True} for p in paid]
        with self.engine.begin() as connection:
            connection.execute(sa.update(paid_table).where(paid_table.c.fresh).values(fresh=False))
            for at in range(0, len(rows), 20_000):
                connection.execute(sa.insert(paid_table), rows[at : at + 20_000])
            parsed = Parsed("camt.053", (statement,))
            store_statements(
                connection,
                parsed,
                owner="A",
                name=number,
                digest=number,
                now=NOW + timedelta(days=days),
                mint=self.mint,
            )

    def match(self) -> None:
        """From stored rows to both result tables, invariants checked: the engine's part of a run."""
        with self.engine.begin() as connection, DatabaseEngine(connection).sources() as engine:
            runs._fill_payments(engine, SELECT, (ACCOUNT,), None)
            runs._fill_lines(engine, "A", [ACCOUNT], None)
            sources.fill_rest(engine, as_of=AS_OF)
            evaluate(engine)
            invariants.check(engine)

    def run(self, changed: Callable[[datetime], sa.Select[Any]] | None = None, *, days: int = 0) -> int:
        """A whole run, results stored. Rows written."""
        now = NOW + timedelta(days=days)
        with self.engine.begin() as connection:
            return run(
                connection,
                owner="A",
                payments=SELECT,
                accounts=(ACCOUNT,),
                as_of=AS_OF,
                now=now,
                mint=self.mint,
                changed=changed,
            ).written


def test_the_database_beside_duckdb(engine: sa.Engine, tmp_path: Path) -> None:
    """Then new lines on top: what is settled is not looked at again."""
    name = engine.dialect.name
    paid = payments(ROWS + NEW)
    known, fresh = paid[:ROWS], paid[ROWS:]
    lines = tuple(entries(known))
    books, watch = Books(engine), Watch()
    with watch("import"):
        books.store(known, lines, "1")
    with watch("match"):
        books.match()
    if installed(DUCKDB):
        paths = write_files(tmp_path, known)
        with watch("duckdb"):
            by_duckdb(paths)
    with watch("full run"):
        assert books.run(days=2) == len(lines) + len(known)
    with watch("second run"):
        assert books.run(days=2) == 0
    more = tuple(_again(entries(fresh)))
    books.store(fresh, more, "2", days=3)
    changed = sa.select(paid_table.c.payment_id).where(paid_table.c.fresh)
    with watch("incremental"):
        written = books.run(lambda since: changed, days=3)
    assert written == len(more) + len(fresh)
    told = ", ".join(f"{act} {took:.1f} s" for act, took in watch.wall.items())
    ratio = watch.wall["match"] / watch.wall.get("duckdb", watch.wall["match"])
    saved = watch.wall["full run"] / watch.wall["incremental"]
    print(
        f"\n{name} {ROWS:,} x {ROWS:,}: {told}\n{name}: {ratio:.1f} x the DuckDB engine (target {WITHIN[name]}); "
        f"{len(more):,} new lines {saved:.0f} x faster than the full run (target {FASTER})"
    )
    assert ratio <= WITHIN[name]
    assert saved >= (FASTER if ROWS >= 1_000_000 else 5)


def _again(found: Iterator[Entry]) -> Iterator[Entry]:
    """The same shapes with the bank's numbers of a later day."""
    for entry in found:
        yield Entry(
            amount=entry.amount,
            currency="VND",
            value_date=AS_OF,
            booking_date=AS_OF,
            references=entry.references,
            memo=entry.memo,
            bank_reference=f"N{entry.bank_reference}",
            line_no=f"N{entry.line_no}",
        )


def test_cost_grows_with_the_data(engine: sa.Engine) -> None:
    """Ten times the rows take at most twenty times as long: no planner cliff."""
    took: dict[int, dict[str, float]] = {}
    for count in (ROWS // 10, ROWS):
        books, watch = Books(engine), Watch()
        paid = payments(count)
        with watch("import"):
            books.store(paid, tuple(entries(paid)), "1")
        with watch("match"):
            books.match()
        took[count] = watch.wall
    for act, seconds in took[ROWS].items():
        grown = seconds / max(took[ROWS // 10][act], 0.1)
        print(f"\n{engine.dialect.name} {act}: {ROWS:,} in {seconds:.1f} s, {grown:.1f} x the time of a tenth")
        assert grown <= 20
