"""DuckDB's own reading of plain CSV files: quick where every cell is plain, and never different."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciliation.bulk import BulkEngine
from reconciliation.engines import DATABASE, DUCKDB, opened
from tests.reconciliation.engines import needed
from tests.reconciliation.test_engines import outcome
from tests.reconciliation.world import MAIN, World, read_csv, write_csv, write_files


@pytest.fixture(autouse=True)
def duckdb() -> None:
    needed(DUCKDB)


def _small() -> World:
    world = World()
    for n in range(3):
        payment = world.pay("", 100_000 + n)
        world.line("", payment.amount, f"nop phi {payment.reference}" if n else "", e2e="" if n else payment.reference)
    world.line("", -1_000, "PHI DICH VU")
    return world


CELLS = (
    *("", " ", "x", "-1", "0", "00150000", "1e5", "150000.0", "1_000", "９", "a b", 'a"b', "a,b", "a\nb", "\ufeff"),
    *("2026-11-20", "2026-02-30", "20261120", "2026-11-20T23:30:00Z", "2026-11-20T10:15:00+07:00", "2026-11-20 10:15"),
    *(
        "2026-11-20T10:15:00.5+07:00",
        "DBIT",
        "CRDT",
        "crdt",
        "POS",
        "qr",
        "PENDING",
        "notprovided",
        "Đóng lệ phí",
        "1.2.3",
    ),
)
LIBERTIES: tuple[Callable[[str], str], ...] = (
    str.lower,
    lambda cell: f" {cell} ",
    lambda cell: f"{cell}\u00a0",
    lambda cell: cell[:6] + " " + cell[6:],
    lambda cell: cell + cell,
    lambda cell: cell.replace("0", "O"),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_cells_are_read_as_the_careful_readers_read_them(data: st.DataObject, tmp_path_factory: Any) -> None:
    """DuckDB's own reading of the files may be quick, but never different."""
    place = tmp_path_factory.mktemp("odd")
    paths = write_files(_small(), place / "in")
    del paths["settlement"]
    for _ in range(data.draw(st.integers(1, 3))):
        path = paths[data.draw(st.sampled_from(sorted(paths)))]
        rows = read_csv(path)
        row = data.draw(st.sampled_from(rows))
        column = data.draw(st.sampled_from(sorted(row)))
        row[column] = (
            data.draw(st.sampled_from(LIBERTIES))(row[column])
            if data.draw(st.booleans())
            else data.draw(st.sampled_from(CELLS))
        )
        write_csv(path, list(rows[0]), [list(one.values()) for one in rows])
    assert outcome(paths, place / "a", DUCKDB) == outcome(paths, place / "b", DATABASE)


def test_plain_files_are_scanned_by_duckdb_itself(tmp_path: Path) -> None:
    paths = write_files(_small(), tmp_path)
    del paths["settlement"]
    with opened(DUCKDB) as engine:
        assert isinstance(engine, BulkEngine)
        assert engine.scan(**paths, account=MAIN) is not None
        assert sorted(engine.rows("select line_id, how from src_line_ref where how < 3")) == [
            ("1", 1),
            ("2", 2),
            ("3", 2),
        ]
