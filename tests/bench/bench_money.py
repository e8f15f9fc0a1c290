"""The way of the money at speed: begin payments over HTTP, settle their notices; each beside a baseline of the same run.

`pytest -m bench tests/bench/bench_money.py -n 0 -s`. Nothing is asserted on time. On a machine that does other work too
only ratios of neighbouring runs mean anything, and even they flatter pgbench, whose 64 server processes get a larger
share of busy cores than our two; so CPU a payment is printed as well. Every database writes through to the disk: the
PostgreSQL cluster is one of its own with fsync on, SQLite runs in WAL with synchronous=FULL.
"""

from __future__ import annotations

import itertools
import json
import re
import resource
import secrets
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from connectors.contract import Notice, Outcome, Request
from gateway.dues import store as dues_store
from gateway.dues.model import DueRequest
from gateway.dues.register import DossierRequest, register_many
from gateway.dues.store import DossierView
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.migrations.history import migrate
from gateway.payments.start import StartRequest, start_many
from gateway.payments.store import PaymentRow
from gateway.settlement import inbox
from gateway.settlement.drain import BATCH, drain
from receipts import series as receipt_series
from tests.bench import load
from tests.bench.cluster import Cluster, running
from tests.bench.serving import serving
from tests.town import ACCOUNT, AGENCY, LE_PHI, PAYER, PHI, Town

pytestmark = pytest.mark.bench

CONNECTIONS = 64
SECONDS = 5.0
ROUNDS = 3
DOSSIERS = 2_000
NOTICES = 3_000
ALONE = 300  # notices settled one by one
ANSWER, EVENT, LEAF = 900, 46, 330  # bytes: the body of an answer, of its event, of its leaf


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as found:
        yield found


def installation(url: str, place: Path) -> Environment:
    """A migrated installation in its own directory."""
    environment = Environment(Settings(data=place, database_url=SecretStr(url)))
    migrate(environment.writer)
    return environment


def dossiers(environment: Environment, count: int) -> list[DossierView]:
    """Registered in batches."""
    made: list[DossierView] = []
    for first in range(0, count, 250):
        requests = [
            DossierRequest(AGENCY, f"H56.17-{first + n:06}", "1.004616", PAYER, (DueRequest((PHI, LE_PHI)[n % 2]),))
            for n in range(min(250, count - first))
        ]
        with environment.begin(actor="bench", agency=AGENCY) as uow:
            made += [one for one in register_many(uow, requests) if isinstance(one, DossierView)]
    assert len(made) == count
    return made


def requests_for(key: str, made: Sequence[DossierView]) -> Iterator[bytes]:
    """Endless: payments for these dossiers in turn, each with a key of its own."""
    run = secrets.token_hex(6)
    for n, one in enumerate(itertools.cycle(made)):
        body = json.dumps({"dossier_id": one.dossier.id, "channel": "vietqr"}).encode()
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": f"{run}-{n}"}
        yield load.post("127.0.0.1", "/api/v1/payments", body, headers)


# What one request writes; the ids are drawn, the rest is of the same length as ours.
ROWS = {
    "idempotency": "agency_id, key, fingerprint, status, body, created_at",
    "payment_due": "payment_id, due_id, position, due_version, amount",  # a payment is the sum of its dues: they come first
    "payment": "id, agency_id, account_id, reference, token, channel, amount, received, status, expires_at, created_at",
    "event": "id, agency_id, kind, subject, body, at, fanned_out",
    "audit_leaf": "id, agency_id, kind, ref, body, hash, at",
}
DUES = 1_000  # of pgbench's own: its clients do not queue for one row


def pgbench_dues(environment: Environment, due: str) -> None:
    """Dues named `due_<n>`, otherwise like this one."""
    with environment.writer.begin() as connection:
        names = [column.name for column in dues_store.due.c if column.name not in ("id", "position")]
        listed = ", ".join(names)
        copied = f"INSERT INTO due (id, position, {listed}) SELECT 'due_' || n, 100 + n, {listed} FROM due, "
        connection.execute(sa.text(f"{copied}generate_series(1, {DUES}) n WHERE id = :due"), {"due": due})


def pgbench_script(account: str, amount: int) -> str:
    """The same rows by plain INSERTs in one transaction: ids of 15 fixed and 15 drawn characters, as long as ours."""
    drawn, fixed = ":n::bigint::text", "01M88AEK5EA"
    payment = f"'pay_{fixed}' || {drawn}"
    values = {
        "idempotency": f"'{AGENCY}', 'b' || {drawn}, '{'f' * 64}', 201, '{'x' * ANSWER}', now()",
        "payment_due": f"{payment}, 'due_' || :d::bigint::text, 0, 1, {amount}",
        "payment": f"{payment}, '{AGENCY}', '{account}', 'BLQ' || {drawn}, 'ABCDEFGHJKM' || {drawn}, 'vietqr', "
        f"{amount}, 0, 'pending', now() + interval '1 hour', now()",
        "event": f"'evt_{fixed}' || {drawn}, '{AGENCY}', 'payment.started', {payment}, '{'e' * EVENT}', now(), false",
        "audit_leaf": f"'leaf_{fixed}' || {drawn}, '{AGENCY}', 'payment.started', {payment}, "
        f"'{'y' * LEAF}'::bytea, '{'h' * 32}'::bytea, now()",
    }
    inserts = [f"INSERT INTO {table} ({ROWS[table]}) VALUES ({values[table]});" for table in ROWS]
    draws = ["\\set n random(100000000000000, 999999999999999)", f"\\set d random(1, {DUES})"]
    return "\n".join([*draws, "BEGIN;", *inserts, "COMMIT;", ""])


def pgbench(cluster: Cluster, url: sa.URL, script: Path) -> tuple[float, float]:
    """Transactions a second with as many clients as ours, and CPU microseconds of each, its client's too."""
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    command = [cluster.programs / "pgbench", "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2"]
    before = _spent(cluster)
    done = subprocess.run(
        [*map(str, command), "-T", str(int(SECONDS)), "-f", str(script), plain],
        capture_output=True,
        text=True,
        check=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    count = re.search(r"actually processed: (\d+)", done.stdout)
    assert found is not None and count is not None, done.stdout
    return float(found[1]), 1e6 * (_spent(cluster) - before) / int(count[1])


def _spent(cluster: Cluster) -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return load.cpu_seconds(cluster.pid) + children.ru_utime + children.ru_stime


def test_begin_a_payment_over_http_on_postgresql(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.database("http")
    environment = installation(url.render_as_string(hide_password=False), tmp_path)
    town = Town(environment, tmp_path)
    made = dossiers(environment, DOSSIERS)
    account = town.payment(LE_PHI).account_id
    script = tmp_path / "same.sql"
    alike = town.dossier(LE_PHI).dues[0]
    pgbench_dues(environment, alike.id)
    script.write_text(pgbench_script(account, alike.amount))
    requests, ratios, reports = requests_for(town.api_key, made), [], []
    with serving(environment.settings, workers=2) as (port, pid):
        load.closed(port, requests, connections=CONNECTIONS, seconds=2)
        for _ in range(ROUNDS):
            baseline, cost = pgbench(cluster, url, script)
            before, database = load.cpu_seconds(pid), load.cpu_seconds(cluster.pid)
            report = load.closed(port, requests, connections=CONNECTIONS, seconds=SECONDS)
            ours, theirs = load.cpu_seconds(pid) - before, load.cpu_seconds(cluster.pid) - database
            reports.append(report)
            ratios.append(report.rate / baseline)
            print(_line("PostgreSQL, 2 workers", report, "pgbench", baseline, ours, theirs), end=" ")
            print(f"(pgbench {cost:,.0f}, {1e-6 * cost * len(report.waits) / (ours + theirs):.2f})")
        rate = 0.5 * statistics.median(report.rate for report in reports)
        late = load.opened(port, requests, rate=rate, connections=CONNECTIONS, seconds=SECONDS)
    print(f"median {statistics.median(ratios):.2f} of pgbench; {_open_line(late, rate)}")
    environment.close()
    assert all(set(report.statuses) == {201} for report in [*reports, late])


def test_begin_a_payment_over_http_on_sqlite(tmp_path: Path) -> None:
    place = tmp_path / "ours"
    environment = installation(f"sqlite:///{place / 'thuphi.db'}", _made(place))
    town = Town(environment, place)
    made = dossiers(environment, DOSSIERS)
    account = town.payment(LE_PHI).account_id
    other = _copy(place / "thuphi.db", tmp_path / "raw.db")
    environment.close()  # the server is the one process that writes
    requests, ratios, reports = requests_for(town.api_key, made), [], []
    with serving(environment.settings, workers=1) as (port, pid):
        load.closed(port, requests, connections=CONNECTIONS, seconds=2)
        for _ in range(ROUNDS):
            baseline = raw_sqlite(other, account, made[0].dues[0].id, made[0].dues[0].amount)
            before = load.cpu_seconds(pid)
            report = load.closed(port, requests, connections=CONNECTIONS, seconds=SECONDS)
            reports.append(report)
            ratios.append(report.rate / baseline)
            print(_line("SQLite", report, "raw sqlite3", baseline, load.cpu_seconds(pid) - before))
        rate = 0.5 * statistics.median(report.rate for report in reports)
        late = load.opened(port, requests, rate=rate, connections=CONNECTIONS, seconds=SECONDS)
    print(f"median {statistics.median(ratios):.2f} of raw sqlite3; {_open_line(late, rate)}")
    assert all(set(report.statuses) == {201} for report in [*reports, late])


def raw_sqlite(path: Path, account: str, due: str, amount: int) -> float:
    """Payments a second by a plain loop: the same rows, one commit each."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    statements = [
        f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * (names.count(',') + 1))})"
        for table, names in ROWS.items()
    ]
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        n, now = secrets.token_hex(13), "2026-11-24 02:30:00.000000"
        rows: list[tuple[object, ...]] = [
            (AGENCY, n, "f" * 64, 201, "x" * ANSWER, now),
            (f"pay_{n}", due, 0, 1, amount),
            (f"pay_{n}", AGENCY, account, f"BLQ{n}", n, "vietqr", amount, 0, "pending", now, now),
            (f"evt_{n}", AGENCY, "payment.started", f"pay_{n}", "e" * EVENT, now, 0),
            (f"leaf_{n}", AGENCY, "payment.started", f"pay_{n}", b"y" * LEAF, b"h" * 32, now),
        ]
        connection.execute("BEGIN IMMEDIATE")
        for statement, row in zip(statements, rows, strict=True):
            connection.execute(statement, row)
        connection.execute("COMMIT")
        done += 1
    seconds = time.perf_counter() - start
    connection.close()
    return done / seconds


def test_settle_notices_in_batches_on_postgresql(cluster: Cluster, tmp_path: Path) -> None:
    url = cluster.database("notices").render_as_string(hide_password=False)
    environment = installation(url, tmp_path)
    Town(environment, tmp_path)
    made = dossiers(environment, NOTICES + ALONE)
    started = started_for(environment, made)
    ids = itertools.count(1)

    def settled(payments: Sequence[PaymentRow], limit: int) -> tuple[float, float, float]:
        """Payments a second, CPU milliseconds of the worker and of the database for each."""
        notify(environment, payments, ids)
        start, ours, theirs = time.perf_counter(), time.process_time(), load.cpu_seconds(cluster.pid)
        while drain(environment, limit=limit):
            pass
        wall, ours = time.perf_counter() - start, time.process_time() - ours
        theirs = load.cpu_seconds(cluster.pid) - theirs
        return len(payments) / wall, 1e6 * ours / len(payments), 1e6 * theirs / len(payments)

    third = NOTICES // ROUNDS
    ratios = []
    for n in range(ROUNDS):
        alone = settled(started[NOTICES + n * (ALONE // ROUNDS) : NOTICES + (n + 1) * (ALONE // ROUNDS)], 1)
        batch = settled(started[n * third : (n + 1) * third], BATCH)
        ratios.append(batch[0] / alone[0])
        print(
            f"\nsettle on PostgreSQL: {batch[0]:,.0f}/s in batches of {BATCH}, {alone[0]:,.0f}/s one by one, ", end=""
        )
        print(f"{ratios[-1]:.1f}x; CPU {batch[1]:,.0f} + {batch[2]:,.0f} us a payment, ", end="")
        print(f"one by one {alone[1]:,.0f} + {alone[2]:,.0f}")
    print(f"median {statistics.median(ratios):.1f}x")
    with environment.read() as connection:
        assert receipt_series.gaps(connection) == []
    environment.close()


def started_for(environment: Environment, made: Sequence[DossierView]) -> list[PaymentRow]:
    """A payment for each dossier, begun in batches."""
    found: list[PaymentRow] = []
    for first in range(0, len(made), 250):
        requests = [StartRequest(AGENCY, "vietqr", dossier_ids=(d.dossier.id,)) for d in made[first : first + 250]]
        with environment.begin(actor="bench", agency=AGENCY) as uow:
            found += [row for rows in start_many(uow, requests) if isinstance(rows, list) for row in rows]
    return found


def notify(environment: Environment, payments: Sequence[PaymentRow], ids: Iterator[int]) -> None:
    """Notices as the door has stored them."""
    with environment.begin(actor="bench", agency=AGENCY) as uow:
        for payment, n in zip(payments, ids, strict=False):
            memo = f"{payment.reference} nop phi"
            digest = sha256(memo.encode()).hexdigest()
            told = Notice(
                f"ev{n}",
                digest,
                Outcome.PAID,
                payment.amount,
                "VND",
                "CRDT",
                ACCOUNT,
                memo,
                bank_reference=f"FT{n:010}",
            )
            request = Request("POST", f"/callbacks/{AGENCY}/vietinbank", memo.encode())
            inbox.keep(uow, AGENCY, "vietinbank", request, told)


def _line(name: str, report: load.Report, other: str, baseline: float, ours: float, theirs: float | None = None) -> str:
    count = len(report.waits)
    cpu = f"{1e6 * ours / count:,.0f}" + (f" + {1e6 * theirs / count:,.0f}" if theirs is not None else "")
    return (
        f"\n{name}: {report.rate:,.0f}/s, {other} {baseline:,.0f}/s, {report.rate / baseline:.2f}; "
        f"CPU {cpu} us a payment; p50 {report.quantile(0.5):.0f} ms, p99 {report.quantile(0.99):.0f} ms"
    )


def _open_line(report: load.Report, rate: float) -> str:
    return (
        f"on schedule at {rate:,.0f}/s: p50 {report.quantile(0.5):.0f}, p99 {report.quantile(0.99):.0f}, "
        f"worst {report.quantile(1):.0f} ms"
    )


def _made(place: Path) -> Path:
    place.mkdir(exist_ok=True)
    return place


def _copy(source: Path, target: Path) -> Path:
    with sqlite3.connect(source) as old, sqlite3.connect(target) as new:
        old.backup(new)
    return target
