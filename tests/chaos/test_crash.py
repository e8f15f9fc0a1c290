"""Kill -9 under load, bad lines, lying notices: afterwards nothing is lost, doubled or unexplained, on both databases.

The short form runs with every suite. The long form is chosen by its marker and takes the number of kills from
THUPHI_CHAOS_KILLS (default 300) and the place of its report from THUPHI_CHAOS_REPORTS:

    THUPHI_CHAOS_KILLS=300 pytest -n 0 -s -m chaos tests/chaos
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster
from tests.chaos.harness import Plan, run
from tests.chaos.processes import Zygote

KILLS = int(os.environ.get("THUPHI_CHAOS_KILLS", "300"))
OUTBOX_SECONDS = 900  # an endpoint that was away is asked again after at most as long as it was away


@contextmanager
def own_cluster(database_kind: str, *, durable: bool) -> Iterator[Cluster | None]:
    """A PostgreSQL that may be killed, or None for SQLite."""
    if database_kind == "sqlite":
        yield None
        return
    with Cluster(durable=durable) as cluster:
        yield cluster


def test_short_storm(zygote: Zygote, database_kind: str, tmp_path: Path) -> None:
    plan = Plan(seed=11, kills=4, clients=3, think=0.3, most_errands=12, pause=(0.2, 0.8))
    with own_cluster(database_kind, durable=False) as cluster:
        report = run(plan, tmp_path / "run", zygote, cluster)
    print(report.table())
    assert report.violations == []
    assert sum(report.kills.values()) == plan.kills
    assert report.money["settled"] > 0
    assert report.money["bank"] == report.money["money_in"] == report.money["settled"] + report.money["suspense"]


@pytest.mark.chaos
def test_long_storm(zygote: Zygote, database_kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = Plan(
        seed=int(os.environ.get("THUPHI_CHAOS_SEED", "1")),
        kills=KILLS,
        quiet_seconds=900,
        outbox_seconds=OUTBOX_SECONDS,
    )
    with own_cluster(database_kind, durable=True) as cluster:
        report = run(plan, tmp_path / "run", zygote, cluster)
    path = report.write(Path(os.environ.get("THUPHI_CHAOS_REPORTS", tmp_path)))
    with capsys.disabled():
        print(f"\n{report.table()}\nreport: {path}")
    assert report.violations == []
    assert sum(report.kills.values()) == plan.kills
