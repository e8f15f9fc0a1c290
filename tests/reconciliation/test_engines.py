"""One definition on every engine: the very same bytes, the same refusals, and invariants that stop each of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciliation import engines, invariants, sources
from reconciliation.bulk import BulkEngine
from reconciliation.engine import DatabaseEngine, Engine, evaluate
from reconciliation.engines import DATABASE, DUCKDB, ENGINES, EngineMissing, opened
from reconciliation.files import reconcile_files
from reconciliation.model import InvariantBroken
from reconciliation.tabulated import FilesRefused
from tests.reconciliation.engines import INSTALLED
from tests.reconciliation.labelled.generate import laid, write
from tests.reconciliation.test_hostile import hostile, source_lines
from tests.reconciliation.world import AS_OF, MAIN, RATE, World, every_kind, read_csv, write_csv, write_files

WRITTEN = ("lines.csv", "payments.csv", "summary.json")
OTHERS = [engine for engine in INSTALLED if engine != DATABASE]
PLAIN = [engine for engine in INSTALLED if engine in (DATABASE, DUCKDB)]  # those whose tables can be spoilt by hand


def outcome(paths: dict[str, Path], out: Path, engine: str) -> dict[str, Any]:
    """What was written, byte for byte, or why nothing was."""
    try:
        reconcile_files(**paths, account=MAIN, as_of=AS_OF, rate=RATE, out=out, engine=engine)
    except FilesRefused as refusal:
        assert not out.exists()
        return {"refused": refusal.problems}
    return {name: (out / name).read_bytes() for name in WRITTEN}


@pytest.mark.parametrize("engine", OTHERS)
@pytest.mark.parametrize("seed", range(3))
def test_hostile_files_give_the_same_bytes(engine: str, seed: int, tmp_path: Path) -> None:
    paths = write_files(hostile(random.Random(seed), 150, 250), tmp_path / "in", order=random.Random(seed))
    assert outcome(paths, tmp_path / "a", engine) == outcome(paths, tmp_path / "b", DATABASE)


@pytest.mark.parametrize("engine", OTHERS)
def test_every_kind_gives_the_same_bytes(engine: str, tmp_path: Path) -> None:
    for name, paths in (
        ("csv", write_files(every_kind(), tmp_path / "csv")),
        ("camt", write(laid(50, 5), tmp_path / "camt")),
    ):
        paths.pop("truth", None)
        told = outcome(paths, tmp_path / f"{name}-a", engine)
        assert told == outcome(paths, tmp_path / f"{name}-b", DATABASE)
        assert set(told) == set(WRITTEN)


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


@pytest.mark.skipif(DUCKDB not in INSTALLED, reason="the extra [bulk] is not installed")
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


@pytest.mark.skipif(DUCKDB not in INSTALLED, reason="the extra [bulk] is not installed")
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


@pytest.mark.parametrize("engine", [name for name in ENGINES if name != DATABASE])
def test_a_missing_extra_is_named(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(EngineMissing) as missing, opened(engine):
        pass
    assert missing.value.extra == {"duckdb": "thuphi[bulk]", "spark": "thuphi[cluster]"}[engine]


SPOILT = {
    "every line has exactly one kind": [
        "delete from line_result where line_id = '1'",
        "insert into line_result select * from line_result where line_id = '1'",
    ],
    "every payment has exactly one kind": [
        "delete from payment_result where payment_id = 'P001'",
        "insert into payment_result select * from payment_result where payment_id = 'P001'",
    ],
    "in each kind, lines minus payments are the recorded differences": [
        "update line_result set difference = difference + 1 where kind = 'DUPLICATE' and lead = 1"
    ],
    "matched lines and payments are equal to the đồng": [
        "update line_result set line_sum = line_sum + 1 where kind = 'MATCH_MEMO'"
    ],
    "a matched lump is the net of its batches": [
        "update line_result set expected = expected + 1 where kind = 'MATCH_BATCH'"
    ],
    "in a sound batch, net and commission are the gross": ["update batch set mdr = mdr + 1 where sound = 1"],
    "what is short is short, what is over is over": [
        "update line_result set kind = 'AMOUNT_OVER' where kind = 'AMOUNT_UNDER'",
    ],
}


def test_each_invariant_can_be_broken() -> None:
    assert {promise for promise, _ in invariants.CHECKS} == set(SPOILT)


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(("promise", "act"), [(promise, act) for promise, acts in SPOILT.items() for act in acts])
def test_a_broken_invariant_stops_the_engine(name: str, promise: str, act: str) -> None:
    world = every_kind()
    with opened(name) as engine:
        sources.fill_payments(engine, world.payments)
        sources.fill_lines(engine, source_lines(world))
        sources.fill_rest(engine, as_of=AS_OF, settlement=world.rows, rate=RATE)
        evaluate(engine)
        invariants.check(engine)
        _run(engine, act)
        if promise.startswith("what is short"):  # a kind that is wrong on both sides escapes the sums
            _run(engine, act.replace("line_result", "payment_result"))
        with pytest.raises(InvariantBroken) as broken:
            invariants.check(engine)
    assert str(broken.value).startswith(promise)


def _run(engine: Engine, text: str) -> None:
    if isinstance(engine, BulkEngine):
        engine.database.execute(text)
    else:
        assert isinstance(engine, DatabaseEngine)
        engine._run(text)
