"""One definition on every engine: the very same bytes, the same refusals, and invariants that stop each of them."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.cli.reconcile import reconcile_app
from reconciliation import engines, invariants, sources
from reconciliation.bulk import BulkEngine
from reconciliation.engine import DatabaseEngine, Engine, evaluate
from reconciliation.engines import DATABASE, DUCKDB, ENGINES, SPARK, EngineMissing, opened
from reconciliation.files import reconcile_files
from reconciliation.model import PLACED, InvariantBroken
from reconciliation.tabulated import FilesRefused
from reconciliation.totals import totals_by_kind
from tests.conftest import PgDatabases
from tests.reconciliation.engines import OTHERS, needed, opening
from tests.reconciliation.labelled.generate import laid, write
from tests.reconciliation.labelled.score import score
from tests.reconciliation.test_hostile import hostile, source_lines
from tests.reconciliation.world import AS_OF, MAIN, RATE, every_kind, read_csv, write_files

WRITTEN = ("lines.csv", "payments.csv", "summary.json")
MACHINES = (*ENGINES, "postgresql")  # `database` from files alone is SQLite


def outcome(paths: dict[str, Path], out: Path, engine: str) -> dict[str, Any]:
    """What was written, byte for byte, or why nothing was."""
    try:
        reconcile_files(**paths, account=MAIN, as_of=AS_OF, rate=RATE, out=out, engine=engine)
    except FilesRefused as refusal:
        assert not out.exists()
        return {"refused": refusal.problems}
    return written(out)


def written(out: Path) -> dict[str, Any]:
    return {name: (out / name).read_bytes() for name in WRITTEN}


@pytest.fixture(params=OTHERS)
def other(request: pytest.FixtureRequest) -> str:
    """An engine to be compared with the database."""
    return opening(request.param, request)


@pytest.mark.parametrize("seed", range(3))
def test_hostile_files_give_the_same_bytes(seed: int, tmp_path: Path) -> None:
    needed(DUCKDB)
    paths = write_files(hostile(random.Random(seed), 150, 250), tmp_path / "in", order=random.Random(seed))
    assert outcome(paths, tmp_path / "a", DUCKDB) == outcome(paths, tmp_path / "b", DATABASE)


def test_the_labelled_period_is_all_right_and_the_same_bytes(other: str, tmp_path: Path) -> None:
    paths = write(laid(300, 7), tmp_path / "in")
    truth = paths.pop("truth")
    assert outcome(paths, tmp_path / "a", other) == outcome(paths, tmp_path / "b", DATABASE)
    found = score(tmp_path / "a" / "lines.csv", tmp_path / "a" / "payments.csv", truth)
    assert (found.wrong, found.missing, found.false_matches) == ([], 0, 0)
    assert found.right == len(read_csv(truth))


def test_the_same_files_again_and_in_another_order_give_the_same_bytes(other: str, tmp_path: Path) -> None:
    """Every kind by the command, then once more over what it wrote, rows shuffled."""
    plain = write_files(every_kind(), tmp_path / "plain")
    shuffled = write_files(every_kind(), tmp_path / "shuffled", order=random.Random(5))
    named = [word for name, path in plain.items() for word in (f"--{name}", str(path))]
    fixed = ["--account", MAIN, "--as-of", AS_OF.isoformat(), "--mdr", "11/1000", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(reconcile_app, ["files", *named, *fixed, "--json", "--engine", other])
    assert (done.exit_code, done.stderr) == (0, "")
    first = written(tmp_path / "out")
    assert json.loads(done.stdout) == json.loads(first["summary.json"])
    assert outcome(shuffled, tmp_path / "out", other) == first == outcome(plain, tmp_path / "again", DATABASE)


@pytest.mark.parametrize("engine", OTHERS)
def test_a_missing_extra_is_named(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    with pytest.raises(EngineMissing) as missing, opened(engine):
        pass
    assert missing.value.extra == {"duckdb": "thuphi[bulk]", "spark": "thuphi[cluster]"}[engine]


def test_spark_without_java_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(EngineMissing, match="Java"), opened(SPARK):
        pass


def test_spark_ends_with_the_process_that_started_it() -> None:
    """Even where that one is killed."""
    needed(SPARK)
    text = "import sys; from reconciliation import cluster; print(cluster._machine().proc.pid, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as started:
        assert started.stdout is not None
        java = os.pidfd_open(int(started.stdout.readline()))
        assert not ended(java, 0)
        started.send_signal(signal.SIGKILL)
    assert ended(java, 60)
    os.close(java)


def ended(process: int, seconds: int) -> bool:
    return bool(select.select([process], [], [], seconds)[0])


RESULT = (
    *("account", "kind", "group_id", "rule", "lead", "amount", "difference", "reference", "how", "line_count"),
    *("payment_count", "line_sum", "expected", "payment_sum", "due_on"),
)
COLUMNS = {
    "line_result": ("line_id", *RESULT),
    "payment_result": ("payment_id", *RESULT),
    "batch": (
        *("batch_key", "batch_id", "target", "trade_date", "due_on", "terminal_key", "account", "net", "mdr", "gross"),
        *("sound", "claim", "payment_count", "proved", "first_payment"),
    ),
}


class Confusion:
    """Every kind, hostile data around it, and money that officers placed though its line names nothing."""

    def __init__(self) -> None:
        self.world = hostile(random.Random(11), 80, 120, every_kind())
        self.placed = self.world.pay("MATCH_MEMO", 123_456)
        number = self.world.line("MATCH_MEMO", 123_456, "khong ghi gi")
        lines = source_lines(self.world)
        given = ((self.placed.reference, PLACED),)
        self.lines = [replace(line, references=given) if line.line_id == number else line for line in lines]
        self.placed_line = number

    def fill(self, engine: Engine, *, parts: int = 1, dice: random.Random | None = None) -> None:
        """Everything at once and in order, or in parts and shuffled; then judged, and the invariants checked."""
        payments, lines, rows = list(self.world.payments), list(self.lines), list(self.world.rows)
        for listed in (payments, lines, rows) if dice else ():
            dice.shuffle(listed)
        for part in range(parts):
            sources.fill_payments(engine, payments[part::parts])
            sources.fill_lines(engine, lines[part::parts])
        orders, refunds = ("LN-2026-0001",), [(self._debit(), "YCH-1")]
        sources.fill_rest(engine, as_of=AS_OF, settlement=rows, rate=RATE, orders=orders, refunds=refunds)
        evaluate(engine)
        invariants.check(engine)

    def _debit(self) -> str:
        return next(number for number, kind in self.world.line_kinds.items() if kind == "UNKNOWN_DEBIT")


def results(engine: Engine) -> dict[str, list[tuple[str, ...]]]:
    """Both results, every column, in one order; days and numbers as text."""
    return {
        table: sorted(tuple(map(str, row)) for row in engine.rows(f"select {', '.join(COLUMNS[table])} from {table}"))
        for table in ("line_result", "payment_result")
    }


@pytest.fixture(scope="module")
def confusion() -> Confusion:
    return Confusion()


@pytest.fixture(scope="module", params=MACHINES)
def judged(request: pytest.FixtureRequest, confusion: Confusion) -> Iterator[Engine]:
    """An engine that has judged it all, told in parts and out of order."""
    with (
        _on_postgresql(request) if request.param == "postgresql" else opened(opening(request.param, request))
    ) as engine:
        confusion.fill(engine, parts=2, dice=random.Random(3))
        yield engine


@contextmanager
def _on_postgresql(request: pytest.FixtureRequest) -> Iterator[Engine]:
    databases: PgDatabases = request.getfixturevalue("pg_databases")
    url = databases.create()
    database = sa.create_engine(url)
    with database.begin() as connection, DatabaseEngine(connection).sources() as engine:
        yield engine
    database.dispose()
    databases.drop(url)


def test_neither_order_nor_parts_decide(judged: Engine, confusion: Confusion) -> None:
    with opened(DATABASE) as at_once:
        confusion.fill(at_once)
        expected = results(at_once)
    assert results(judged) == expected


def test_each_line_and_each_payment_has_one_kind_and_all_is_accounted_for(judged: Engine, confusion: Confusion) -> None:
    found = results(judged)
    assert [row[0] for row in found["line_result"]] == sorted(line.line_id for line in confusion.lines)
    assert [row[0] for row in found["payment_result"]] == sorted(p.payment_id for p in confusion.world.payments)
    totals = totals_by_kind(judged).values()
    assert sum(t.line_amount for t in totals) == sum(x.amount if x.credit else -x.amount for x in confusion.lines)
    assert sum(t.payment_amount for t in totals) == sum(p.amount for p in confusion.world.payments)
    assert all(t.line_amount - t.payment_amount == t.difference for t in totals)


def test_what_persons_placed_counts(judged: Engine, confusion: Confusion) -> None:
    rows = {row[0]: dict(zip(("id", *RESULT), row, strict=True)) for side in results(judged).values() for row in side}
    line, payment = rows[confusion.placed_line], rows[confusion.placed.payment_id]
    assert line["group_id"] == payment["group_id"]
    assert (line["kind"], line["how"], line["reference"]) == ("MATCH_MEMO", str(PLACED), confusion.placed.reference)


def changed(table: str, column: str, value: str, where: str) -> tuple[str, str]:
    """The table with another value in some rows."""
    told = (
        f"case when {where} then {value} else {name} end as {name}" if name == column else name
        for name in COLUMNS[table]
    )
    return table, f"select {', '.join(told)} from kept"


def once(table: str, key: str, value: str) -> list[tuple[str, str]]:
    """The table without this row, and with it twice."""
    gone = f"select * from kept where {key} <> '{value}'"
    return [(table, gone), (table, f"select * from kept union all select * from kept where {key} = '{value}'")]


SPOILT: dict[str, list[tuple[str, str]]] = {
    "every line has exactly one kind": once("line_result", "line_id", "1"),
    "every payment has exactly one kind": once("payment_result", "payment_id", "P001"),
    "in each kind, lines minus payments are the recorded differences": [
        changed("line_result", "difference", "difference + 1", "kind = 'DUPLICATE' and lead = 1")
    ],
    "matched lines and payments are equal to the đồng": [
        changed("line_result", "line_sum", "line_sum + 1", "kind = 'MATCH_MEMO'")
    ],
    "a matched lump is the net of its batches": [
        changed("line_result", "expected", "expected + 1", "kind = 'MATCH_BATCH'")
    ],
    "in a sound batch, net and commission are the gross": [changed("batch", "mdr", "mdr + 1", "sound = 1")],
    "what is short is short, what is over is over": [
        changed("line_result", "difference", "-difference", "kind in ('AMOUNT_UNDER', 'AMOUNT_OVER') and lead = 0")
    ],
}


def test_each_invariant_can_be_broken() -> None:
    assert {promise for promise, _ in invariants.CHECKS} == set(SPOILT)


@pytest.mark.parametrize(("promise", "spoilt"), [(promise, each) for promise, acts in SPOILT.items() for each in acts])
def test_a_broken_invariant_stops_the_engine(judged: Engine, promise: str, spoilt: tuple[str, str]) -> None:
    table, text = spoilt
    with replaced(judged, table, text), pytest.raises(InvariantBroken) as broken:
        invariants.check(judged)
    assert str(broken.value).startswith(promise)


@contextmanager
def replaced(engine: Engine, table: str, text: str) -> Iterator[None]:
    """The table as the text makes it of `kept`, and afterwards as it was."""
    if isinstance(engine, BulkEngine | DatabaseEngine):
        run, new = (engine.database.execute, "") if isinstance(engine, BulkEngine) else (engine._run, "temporary")
        run(f"alter table {table} rename to kept")
        run(f"create {new} table {table} as {text}")
        yield
        run(f"drop table {table}")
        run(f"alter table kept rename to {table}")
        return
    from reconciliation.cluster import ClusterEngine

    assert isinstance(engine, ClusterEngine)
    engine._session.table(table).createOrReplaceTempView("kept")
    engine._session.sql(text).createOrReplaceTempView(table)
    yield
    engine._keep(table, engine._parts[table])
