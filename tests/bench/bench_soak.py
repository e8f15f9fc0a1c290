"""A busy day's hour in small: bills come on schedule, come what may, and each goes its whole way to a signed receipt.

`THUPHI_SOAK_SECONDS=600 pytest -m bench tests/bench/bench_soak.py -n 0 -s` (60 seconds unless told). On PostgreSQL with
two server processes and one worker: 180 payments a second are created over HTTP, the bank's signed notice of each is
posted to the callback door, the worker settles, numbers, signs and prints. Asserted is that nothing is lost or doubled;
times are only told.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import secrets
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.simulators import bank_key
from connectors.simulators.bank_faults import plan
from connectors.simulators.bank_notice import Credit, message
from gateway.kernel.uow import Environment
from gateway.payments.store import payment
from gateway.settlement.store import inbox, notice
from receipts.store import receipt
from tests.bench import load
from tests.bench.bench_money import dossiers, installation
from tests.bench.cluster import Cluster, running
from tests.bench.serving import serving, working
from tests.town import ACCOUNT, AGENCY, Town

pytestmark = pytest.mark.bench

RATE = 180.0  # bills a second
SECONDS = float(os.environ.get("THUPHI_SOAK_SECONDS", "60"))
CONNECTIONS = 128
PATIENCE = 60 + 5 * SECONDS  # until the last receipt is signed; a backlog is told, not a failure


@dataclass
class Told:
    """What the clients saw: statuses by address, seconds from the schedule to the payment, and of the notice."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    created: list[float] = field(default_factory=list)
    noticed: list[float] = field(default_factory=list)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as found:
        yield found


def test_bills_on_schedule_become_signed_receipts(cluster: Cluster, tmp_path: Path) -> None:
    environment = installation(cluster.database("soak").render_as_string(hide_password=False), tmp_path)
    town = Town(environment, tmp_path)
    count = int(RATE * SECONDS)
    bills = [(one.dossier.id, one.amount) for one in dossiers(environment, count)]
    key = bank_key.kept(tmp_path / "bank.db")
    with serving(environment.settings, workers=2) as (port, server), working(environment.settings) as worker:
        parts = {"servers": server, "worker": worker, "PostgreSQL": cluster.pid}
        before = {name: load.cpu_seconds(pid) for name, pid in parts.items()}
        start = time.perf_counter()
        told = asyncio.run(_bills(port, town.api_key, key, bills))
        scheduled = time.perf_counter() - start
        backlog = _backlog(environment)
        _until_signed(environment, count)
        late = time.perf_counter() - start - scheduled
        spent = {name: 1e6 * (load.cpu_seconds(pid) - before[name]) / count for name, pid in parts.items()}
    signed = _notice_to_signed(environment)
    print(f"\nsoak: {count:,} bills in {scheduled:.0f} s ({count / scheduled:,.0f}/s, wanted {RATE:.0f}/s)", end="")
    print(f"; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"payment created after its moment: {_spread(told.created)}; notice acknowledged: {_spread(told.noticed)}")
    print(f"notice to signed receipt: {_spread(signed)}; at the end of the schedule {backlog}, gone {late:.1f} s later")
    print("CPU us a payment: " + ", ".join(f"{name} {cpu:,.0f}" for name, cpu in spent.items()))
    assert told.statuses == {("payment", 201): count, ("notice", 200): count}
    assert len(signed) == count
    _nothing_lost(environment, count, sum(amount for _, amount in bills))
    town.ties()
    environment.close()


async def _bills(port: int, api_key: str, key: str, bills: list[tuple[str, int]]) -> Told:
    """Every bill at its moment, whether those before it were answered or not."""
    told, start, run = Told(), time.perf_counter(), secrets.token_hex(6)
    free: asyncio.Queue[load.Connection] = asyncio.Queue()
    for connection in await load.connect(port, CONNECTIONS):
        free.put_nowait(connection)
    tasks = set()
    for n, (dossier, amount) in enumerate(bills):
        due = start + n / RATE
        if (ahead := due - time.perf_counter()) > 0:
            await asyncio.sleep(ahead)
        headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": f"{run}-{n}"}
        body = json.dumps({"dossier_id": dossier, "channel": "vietqr"}).encode()
        request = load.post("127.0.0.1", "/api/v1/payments", body, headers)
        tasks.add(asyncio.create_task(_bill(free, told, request, due, n, amount, key)))
    await asyncio.gather(*tasks)
    while not free.empty():
        free.get_nowait().close()
    return told


async def _bill(
    free: asyncio.Queue[load.Connection], told: Told, request: bytes, due: float, n: int, amount: int, key: str
) -> None:
    status, body = await _ask(free, request)
    told.statuses["payment", status] += 1
    told.created.append(time.perf_counter() - due)
    if status != 201:
        return
    sent = time.perf_counter()
    status, _ = await _ask(free, _notice(json.loads(body)["reference"], n, amount, key))
    told.statuses["notice", status] += 1
    told.noticed.append(time.perf_counter() - sent)


async def _ask(free: asyncio.Queue[load.Connection], request: bytes) -> tuple[int, bytes]:
    connection = await free.get()
    answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    connection.send(request, answered.set_result)
    status = await answered
    free.put_nowait(connection)
    return status, connection.body


def _notice(reference: str, n: int, amount: int, key: str) -> bytes:
    """What the bank sends once the payer has sent the money, under its signature."""
    now = datetime.now(UTC)
    credit = Credit(f"FT{n:012}", ACCOUNT, amount, f"{reference} nop phi", now, "NGUYEN VAN AN", "1012345678", "970436")
    (planned,) = plan(frozenset(), secrets.randbits)
    body = message(credit, planned, key, provider="THUPHI", number=n)
    return load.post("127.0.0.1", f"/callbacks/{AGENCY}/vietinbank", body, {})


def _backlog(environment: Environment) -> str:
    with environment.read() as connection:
        waiting = connection.scalar(sa.select(sa.func.count()).where(inbox.c.state == "waiting"))
        unsigned = connection.scalar(sa.select(sa.func.count()).where(receipt.c.signed_at.is_(None)))
    return f"{waiting:,} notices and {unsigned:,} signatures waiting"


def _until_signed(environment: Environment, count: int) -> None:
    signed = sa.select(sa.func.count()).select_from(receipt).where(receipt.c.signed_at.is_not(None))
    for _ in itertools.takewhile(lambda end: time.monotonic() < end, itertools.repeat(time.monotonic() + PATIENCE)):
        with environment.read() as connection:
            if connection.scalar(signed) == count:
                return
        time.sleep(0.2)


def _notice_to_signed(environment: Environment) -> list[float]:
    """Seconds from the notice at the door to its receipt's signature."""
    query = (
        sa.select(inbox.c.received_at, receipt.c.signed_at)
        .join_from(inbox, notice, notice.c.id == inbox.c.id)
        .join(receipt, receipt.c.payment == notice.c.payment_id)
        .where(receipt.c.signed_at.is_not(None))
    )
    with environment.read() as connection:
        return [(row.signed_at - row.received_at).total_seconds() for row in connection.execute(query)]


def _nothing_lost(environment: Environment, count: int, dong: int) -> None:
    """Each bill paid once, with its money."""
    with environment.read() as connection:
        settled = connection.execute(
            sa.select(sa.func.count(), sa.func.sum(payment.c.received)).where(payment.c.status == "settled")
        ).one()
        receipted = connection.execute(
            sa.select(sa.func.count(receipt.c.payment.distinct()), sa.func.sum(receipt.c.amount))
        ).one()
    assert tuple(settled) == (count, dong)
    assert tuple(receipted) == (count, dong)


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "nothing"
    cuts = statistics.quantiles(seconds, n=100)
    return f"p50 {1000 * cuts[49]:,.0f} ms, p99 {1000 * cuts[98]:,.0f} ms"
