"""The labelled period: nothing wrong, and no false match; the score itself sees what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reconciliation.engines import DATABASE, DUCKDB
from reconciliation.files import reconcile_files
from tests.reconciliation.engines import needed
from tests.reconciliation.labelled.generate import laid, write
from tests.reconciliation.labelled.score import score
from tests.reconciliation.labelled.traps import TRAPS
from tests.reconciliation.world import AS_OF, MAIN, RATE, read_csv, write_csv


@pytest.mark.parametrize("engine", [DATABASE, DUCKDB])
@pytest.mark.parametrize("csv", [False, True], ids=["camt", "csv"])
def test_nothing_is_wrong_in_either_format(engine: str, csv: bool, tmp_path: Path) -> None:
    """Every engine gives the same bytes (test_engines); these two read the formats in ways of their own."""
    needed(engine)
    paths = write(laid(300, 7, csv=csv), tmp_path / "in", csv=csv)
    truth = paths.pop("truth")
    reconcile_files(**paths, account=MAIN, as_of=AS_OF, rate=RATE, out=tmp_path / "out", engine=engine)
    found = score(tmp_path / "out" / "lines.csv", tmp_path / "out" / "payments.csv", truth)
    assert found.wrong == []
    assert (found.missing, found.false_matches) == (0, 0)
    assert found.right == len(read_csv(truth))


def test_there_are_traps_enough() -> None:
    assert len(TRAPS) == len(set(TRAPS)) >= 25


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(laid(20, 3), tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_the_score_tells_false_matches_apart(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "truth.csv",
        ["side", "id", "kind", "partners"],
        [("line", "1", "MATCH_MEMO", "P1"), ("line", "2", "UNKNOWN_REFERENCE", ""), ("line", "3", "BANK_FEE", "")],
    )
    rows = [("1", "MATCH_MEMO", "P2"), ("2", "UNKNOWN_DEBIT", ""), ("4", "MATCH_E2E", "P9")]
    write_csv(tmp_path / "lines.csv", ["line_no", "kind", "payment_ids"], rows)
    write_csv(tmp_path / "payments.csv", ["payment_id", "kind", "line_nos"], [])
    found = score(tmp_path / "lines.csv", tmp_path / "payments.csv", tmp_path / "truth.csv")
    assert (found.right, found.missing, len(found.wrong), found.false_matches) == (0, 1, 3, 2)


def test_anybody_can_run_it(tmp_path: Path) -> None:
    package, made = "tests.reconciliation.labelled", tmp_path / "in"
    _python("-m", f"{package}.generate", str(made), "--cases", "5", "--csv")
    paths = {name: made / f"{name}.csv" for name in ("payments", "receipts", "settlement", "statement")}
    reconcile_files(**paths, account=MAIN, as_of=AS_OF, rate=RATE, out=tmp_path)  # type: ignore[arg-type]
    files = [str(tmp_path / "lines.csv"), str(tmp_path / "payments.csv"), "--truth", str(made / "truth.csv")]
    assert _python("-m", f"{package}.score", *files).endswith("wrong 0, missing 0, false matches 0")


def _python(*words: str) -> str:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, *words], check=True, capture_output=True, text=True, cwd=root)
    return done.stdout.strip()
