"""A full disk refuses, and loses nothing: what was acknowledged before, between and after is kept, the numbers too.

SQLite answers SQLITE_FULL at `PRAGMA max_page_count` just as it does on ENOSPC.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.chaos.harness import READY_SECONDS, Plan, Stage, load, run
from tests.chaos.journal import Journal
from tests.chaos.processes import Zygote, eventually

ROOM = 25  # pages of 4 KiB that are left
REFUSALS = 8


def disk_full(plan: Plan, stage: Stage, journal: Journal) -> None:
    """Under load the disk gets full, stays so for a while, and gets room again."""
    server = stage.processes[0]
    with load(plan, stage, journal):
        assert eventually(lambda: len(journal.answered) > 10, READY_SECONDS)
        server.kill()
        server.most_pages = _pages(stage.office.data / "thuphi.db") + ROOM
        server.start()
        assert eventually(lambda: journal.counts["write answered 503"] >= REFUSALS, READY_SECONDS)
        server.kill()
        server.most_pages = 0
        server.start()
        assert eventually(stage.ready, READY_SECONDS)
        acknowledged = len(journal.answered)
        assert eventually(lambda: len(journal.answered) > acknowledged + 5, READY_SECONDS)


def test_disk_full(zygote: Zygote, tmp_path: Path) -> None:
    report = run(Plan(seed=5, kills=0, clients=3, think=0.1), tmp_path / "run", zygote, None, disk_full)
    print(report.table())
    assert report.violations == []
    assert report.counts["write answered 503"] >= REFUSALS
    assert report.money["bank"] == report.money["money_in"] > 0


def _pages(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("PRAGMA page_count").fetchone()[0])
