"""`thuphi reconcile files` as a person or a program calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.reconcile import reconcile_app
from reconciliation import engines
from tests.reconciliation.world import MAIN, World, every_kind, read_csv, write_csv, write_files


def call(paths: dict[str, Path], out: Path, *more: str) -> tuple[int, str, str]:
    named = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    fixed = ["--account", MAIN, "--as-of", "2026-11-23", "--mdr", "11/1000", "--out", str(out)]
    done = CliRunner().invoke(reconcile_app, ["files", *named, *fixed, *more])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def paths(tmp_path: Path) -> dict[str, Path]:
    return write_files(every_kind(), tmp_path / "in")


def test_json_is_the_summary(paths: dict[str, Path], tmp_path: Path) -> None:
    code, stdout, stderr = call(paths, tmp_path / "out", "--json")
    assert (code, stderr) == (0, "")
    summary = json.loads(stdout)
    assert summary == json.loads((tmp_path / "out" / "summary.json").read_text("utf-8"))
    assert summary["totals"]["DUPLICATE"]["lines"] == 3
    assert len(read_csv(tmp_path / "out" / "lines.csv")) == summary["lines"]["count"]


def test_people_get_a_table(paths: dict[str, Path], tmp_path: Path) -> None:
    code, stdout, _ = call(paths, tmp_path / "out")
    assert code == 0
    assert "MATCH_ONE_TO_MANY" in stdout
    assert "lines.csv" in stdout


def test_breaks_are_no_failure(tmp_path: Path) -> None:
    world = World()
    world.pay("MISSING_IN_BANK")
    world.line("UNKNOWN_DEBIT", -1, "rut tien")
    code, _, _ = call(write_files(world, tmp_path / "in"), tmp_path / "out", "--json")
    assert code == 0


def test_settlement_is_optional(paths: dict[str, Path], tmp_path: Path) -> None:
    del paths["settlement"]
    code, stdout, _ = call(paths, tmp_path / "out", "--json")
    assert code == 0
    assert "MATCH_BATCH" not in json.loads(stdout)["totals"]


def test_bad_input_is_refused_in_words(paths: dict[str, Path], tmp_path: Path) -> None:
    rows = read_csv(paths["payments"])
    rows[2]["amount"] = "nhiều"
    write_csv(paths["payments"], list(rows[0]), [list(row.values()) for row in rows])
    code, stdout, stderr = call(paths, tmp_path / "out", "--json")
    assert code == 1
    assert json.loads(stdout)["problems"][0] == {
        "file": "payments.csv",
        "line": 4,
        "column": "amount",
        "code": "amount.unreadable",
        "message": "Số tiền không phải số nguyên đồng / the amount is not a whole number of đồng",
    }
    assert "payments.csv, dòng/line 4, amount: amount.unreadable" in stderr
    assert "Traceback" not in stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "usage",
    [
        ("--engine", "abacus"),
        ("--as-of", "23/11/2026"),
        ("--mdr", "11"),
        ("--mdr", "1/0"),
        ("--account", " "),
        ("--payments", "/nowhere.csv"),
    ],
)
def test_bad_usage_exits_2(paths: dict[str, Path], tmp_path: Path, usage: tuple[str, str]) -> None:
    code, _, stderr = call(paths, tmp_path / "out", *usage)
    assert code == 2
    assert usage[0] in stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_a_missing_extra_is_a_refusal_that_names_it(
    paths: dict[str, Path], tmp_path: Path, as_json: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    code, stdout, stderr = call(paths, tmp_path / "out", "--engine", "duckdb", *(["--json"] if as_json else []))
    assert code == 1
    assert "thuphi[bulk]" in stderr
    assert not as_json or json.loads(stdout)["extra"] == "thuphi[bulk]"
    assert not (tmp_path / "out").exists()
