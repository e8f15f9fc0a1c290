"""`thuphi demo`: a day that ties, the same day for the same seed, and never half a day."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from typer.testing import CliRunner

from gateway.cli import build
from gateway.kernel.clock import system_clock
from gateway.trial import place
from gateway.trial.hours import TrialClock, morning
from gateway.trial.make import Made, make
from gateway.trial.story import WITHOUT_RECEIPT, Way, visits
from receipts.verify import verify

PAYMENTS = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("trial") / "day", payments=PAYMENTS, seed=3)


def test_the_day_ties_to_the_dong(made: Made) -> None:
    assert list(made.sums.flaws()) == []
    assert made.sums.bank_credits > made.sums.suspense > 0
    assert made.sums.receipts == made.sums.state_fees_paid > 0


def test_it_leaves_its_papers_and_says_where(made: Made) -> None:
    told = json.loads((made.directory / "demo.json").read_text())
    assert {"base_url", "api_key", "agency", "sample_fee_code", "sample_procedure_code", "counts"} <= told.keys()
    for name in ("ca.pem", "ca.key", "signer.pem", "signer.key", "token.pub.pem"):
        assert (made.directory / "keys" / name).is_file()
    assert len(list((made.directory / "statements").iterdir())) == 3
    assert (made.directory / "demo.json").stat().st_mode & 0o077 == 0


def test_the_day_is_sealed_and_proven(made: Made) -> None:
    told = CliRunner().invoke(build("audit"), ["audit", "verify", "--data", str(made.directory), "--json"])
    assert told.exit_code == 0, told.output
    proven: dict[str, Any] = json.loads(told.stdout)
    assert (proven["flaws"], proven["unnumbered"]) == ([], 0)
    assert proven["size"] == proven["signed"] > PAYMENTS
    assert (made.directory / "reports" / "audit" / "checkpoint.txt").read_text("utf-8") == made.head.note


def test_every_receipt_is_genuine_and_the_numbers_have_no_gap(made: Made) -> None:
    trust = [x509.load_pem_x509_certificate((made.directory / "keys" / "ca.pem").read_bytes())]
    files = sorted((made.directory / "receipts").glob("*.xml"))
    verified = [verify(file.read_bytes(), trust=trust, at=system_clock()) for file in files]

    assert len(verified) >= 0.75 * PAYMENTS
    assert [v.number for v in verified] == list(range(1, len(verified) + 1))
    assert sum(v.amount for v in verified) == made.sums.receipts
    assert {file.stem for file in files} == {file.stem for file in (made.directory / "receipts").glob("*.pdf")}


def test_the_same_seed_is_the_same_day(made: Made, tmp_path: Path) -> None:
    again = make(tmp_path / "again", payments=PAYMENTS, seed=3)
    other = make(tmp_path / "other", payments=PAYMENTS, seed=4)

    assert again.sums == made.sums
    assert again.lived.result.totals == made.lived.result.totals
    assert other.sums != made.sums
    assert again.mark["api_key"] != made.mark["api_key"]


@pytest.mark.parametrize("payments", [1, 3, 9])
def test_small_days_tie_too(payments: int, tmp_path: Path) -> None:
    day = make(tmp_path / "day", payments=payments, seed=11)
    assert list(day.sums.flaws()) == []
    assert day.sums.receipt_count >= 0.75 * payments


def test_a_trial_is_replaced_and_anything_else_is_left_alone(tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("keep me")
    with pytest.raises(place.NotATrial):
        make(other, payments=1, seed=1)
    assert (other / "letter.txt").read_text() == "keep me"

    trial = tmp_path / "trial"
    make(trial, payments=1, seed=1)
    (trial / "stale").write_text("")
    make(trial, payments=1, seed=2)
    assert place.read_mark(trial)["seed"] == 2
    assert not (trial / "stale").exists()


def test_killed_while_seeding_nothing_is_half_done(tmp_path: Path) -> None:
    directory = tmp_path / "trial"
    child = os.fork()
    if child == 0:  # pragma: no cover - the other process
        make(directory, payments=40, seed=1)
        os._exit(0)
    while not (tmp_path / ".trial.building" / "thuphi.db").exists():
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert not directory.exists()

    made = make(directory, payments=3, seed=1)
    assert list(made.sums.flaws()) == []
    assert [entry.name for entry in tmp_path.iterdir()] == ["trial"]


def test_the_command_prints_a_day_that_ties(tmp_path: Path) -> None:
    arguments = ["demo", "--data", str(tmp_path / "day"), "--payments", "5", "--json"]
    result = CliRunner().invoke(build("demo"), arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert told["ties"] is True and told["payments"] == 5


def test_the_story_has_every_way_and_enough_receipts() -> None:
    ways = Counter(visit.way for visit in visits(2_000, 1))
    assert set(ways) == set(Way)
    assert sum(ways[way] for way in WITHOUT_RECEIPT) <= 2_000 // 5


def test_the_trial_day_is_one_business_day_and_never_in_the_future() -> None:
    now = system_clock()
    for hours in range(24):
        moment = now.replace(hour=hours, minute=40)
        start = morning(moment)
        assert start <= moment - timedelta(hours=3)
        day = (start + timedelta(hours=7)).date()
        assert day == (start + timedelta(hours=9, minutes=5)).date()


def test_the_clock_only_goes_forward() -> None:
    clock = TrialClock()
    before = clock()
    clock.skip_to(before - timedelta(hours=1))
    assert clock() >= before
    clock.skip(timedelta(minutes=5))
    assert clock() >= before + timedelta(minutes=5)
