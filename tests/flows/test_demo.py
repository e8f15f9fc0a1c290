"""`thuphi demo`: a day that ties, the same day for the same seed, and never half a day."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from lxml import etree
from typer.testing import CliRunner

from gateway.cli import build
from gateway.kernel.clock import VIETNAM, business_day, system_clock
from gateway.trial import place
from gateway.trial.hours import TrialClock
from gateway.trial.make import Made, make
from gateway.trial.story import MOST_CARDS, RAILS, WITHOUT_RECEIPT, Rail, Way, visits
from receipts.verify import verify
from reconciliation.workdays import next_working_day, working
from tests.conftest import require

PAYMENTS = 60
SIDES = ("vietinbank", "pos.vietinbank", "vnpay", "vnptpay")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("trial") / "day", payments=PAYMENTS, seed=3)


def command(*arguments: str) -> dict[str, Any]:
    """What a command says as JSON; it has to succeed."""
    told = CliRunner().invoke(build(arguments[0]), [*arguments, "--json"])
    assert told.exit_code == 0, told.output
    said: dict[str, Any] = json.loads(told.stdout)
    return said


def test_the_day_ties_to_the_dong(made: Made) -> None:
    sums = made.sums
    assert list(sums.flaws()) == []
    assert sums.bank_credits > sums.suspense > 0
    assert sums.receipts == sums.state_fees_paid > 0
    assert {side.name: side.theirs > 0 for side in sums.sides} == dict.fromkeys(SIDES, True)
    assert sums.lumps + sums.commission == sum(side.theirs for side in sums.sides if side.name != "vietinbank")
    assert sums.returned == sum(order.total for order in made.lived.refunds) > 0
    assert made.lived.allocated > 0


def test_a_sum_that_differs_by_one_dong_is_told(made: Made) -> None:
    for name in ("money_in", "lumps", "settled", "returned", "receipts", "budget", "violations"):
        bent = replace(made.sums, **{name: getattr(made.sums, name) + 1})
        assert list(bent.flaws()), name


def test_it_leaves_its_papers_and_says_where(made: Made) -> None:
    told = json.loads((made.directory / "demo.json").read_text())
    assert {"base_url", "api_key", "agency", "sample_fee_code", "sample_procedure_code", "counts"} <= told.keys()
    for name in ("ca.pem", "ca.key", "signer.pem", "signer.key", "token.pub.pem"):
        assert (made.directory / "keys" / name).is_file()
    assert (made.directory / "demo.json").stat().st_mode & 0o077 == 0


def test_what_is_paid_out_in_lumps_is_on_its_way_in_the_evening_and_matched_in_the_morning(made: Made) -> None:
    evening, morning = made.lived.evening.totals, made.lived.result.totals
    assert evening["LATE_CUTOFF"].payments > 0 and "MATCH_BATCH" not in evening
    assert morning["MATCH_BATCH"].payments >= evening["LATE_CUTOFF"].payments and "LATE_CUTOFF" not in morning
    assert morning["MATCH_BATCH"].difference == -made.sums.commission
    assert (morning["REFUND"].lines, morning["REMITTANCE"].line_amount) == (1, -made.sums.budget)


def test_the_statements_tell_the_same_in_every_format(made: Made) -> None:
    accounts: dict[str, list[Any]] = {}
    for file in sorted((made.directory / "statements").glob("*-??????.*")):
        if file.suffix != ".csv":
            (told,) = command("statements", "parse", str(file))["statements"]
            assert told["balances"] is True
            lines = [(entry["amount"], entry["booking_date"], entry["bank_reference"]) for entry in told["entries"]]
            accounts.setdefault(file.name.partition(".")[0], []).append((told["opening"], told["closing"], lines))
    assert sorted(len(forms) for forms in accounts.values()) == [2, 2, 3]
    assert all(form == forms[0] for forms in accounts.values() for form in forms)
    assert {file.suffix for file in (made.directory / "statements").iterdir()} == {".xml", ".sta", ".xlsx", ".csv"}


@pytest.mark.parametrize("proof", [("ledger", "check"), ("receipts", "gaps"), ("audit", "verify")])
def test_every_proof_holds_on_what_is_left(made: Made, proof: tuple[str, str]) -> None:
    command(*proof, "--data", str(made.directory))


def test_the_day_is_sealed_and_proven(made: Made) -> None:
    proven = command("audit", "verify", "--data", str(made.directory))
    assert (proven["flaws"], proven["unnumbered"]) == ([], 0)
    assert proven["size"] == proven["signed"] > PAYMENTS
    assert (made.directory / "reports" / "audit" / "checkpoint.txt").read_text("utf-8") == made.head.note


def test_the_minutes_are_on_paper_under_a_name(made: Made) -> None:
    stem = made.directory / "reports" / "minutes" / f"bien-ban-doi-soat-{made.lived.day.isoformat()}"
    told = etree.fromstring(stem.with_suffix(".xml").read_bytes())
    money = {name: int(told.findtext(f"TCong/{name}") or -1) for name in ("money_in", "settled", "suspense")}
    assert told.findtext("NLap") == "Phạm Văn Toán"
    assert money["money_in"] == money["settled"] + money["suspense"]
    assert 0 < money["money_in"] <= made.sums.money_in
    assert stem.with_suffix(".pdf").read_bytes().startswith(b"%PDF-")


def test_the_treasury_is_ordered_to_get_what_the_slip_says(made: Made) -> None:
    (one,) = made.lived.remitted
    place = made.directory / "reports" / "remittance"
    order = etree.fromstring((place / f"{one.order.number}.pain001.xml").read_bytes())
    slip = json.loads((place / f"{one.order.number}.slip.json").read_text("utf-8"))
    assert order.findtext(".//{*}InstdAmt") == str(made.sums.budget) == str(slip["amount"])
    assert sum(line["amount"] for line in slip["lines"]) == made.sums.budget
    assert (place / f"{one.order.number}.xlsx").is_file()


def test_the_reports_and_the_tax_table_add_up(made: Made) -> None:
    reports = made.directory / "reports"
    for by in ("fee", "channel", "day"):
        with (reports / "collected" / f"by-{by}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))[1:]
        assert sum(int(row[-1]) for row in rows) == made.sums.settled
        assert (reports / "collected" / f"by-{by}.xlsx").is_file()
        if by == "channel":
            assert {row[0] for row in rows} == {"vietqr", "vnpay", "vnptpay", "pos"}
    tables = [etree.fromstring(file.read_bytes()) for file in (reports / "tax").glob("*.xml")]
    told = sum(int(amount.text) for table in tables for amount in table.iter("TgTien"))
    with (reports / "audit" / "receipts.csv").open(encoding="utf-8", newline="") as file:
        of_the_day = [int(row["amount"]) for row in csv.DictReader(file) if row["issued_on"] == made.mark["day"]]
    assert told == sum(of_the_day) > 0


def test_every_receipt_is_genuine_and_the_numbers_have_no_gap(made: Made) -> None:
    trust = [x509.load_pem_x509_certificate((made.directory / "keys" / "ca.pem").read_bytes())]
    files = sorted((made.directory / "receipts").glob("*.xml"))
    verified = [verify(file.read_bytes(), trust=trust, at=system_clock()) for file in files]

    assert len(verified) >= 0.75 * PAYMENTS
    assert [v.number for v in verified] == list(range(1, len(verified) + 1))
    assert sum(v.amount for v in verified) == made.sums.receipts
    assert {file.stem for file in files} == {file.stem for file in (made.directory / "receipts").glob("*.pdf")}


def test_a_foreign_tool_believes_the_receipts(made: Made) -> None:
    ids = ("DLBLai", "http://www.w3.org/2000/09/xmldsig#:Object", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
    call = [require("xmlsec1"), "--verify", *(word for name in ids for word in ("--id-attr:Id", name))]
    call += ["--trusted-pem", str(made.directory / "keys" / "ca.pem"), "--enabled-reference-uris", "empty,same-doc"]
    files = sorted((made.directory / "receipts").glob("*.xml"))
    for file in (files[0], files[-1]):
        assert subprocess.run([*call, str(file)], capture_output=True, check=False).returncode == 0


def test_the_same_seed_is_the_same_day(made: Made, tmp_path: Path) -> None:
    again = make(tmp_path / "again", payments=PAYMENTS, seed=3)

    assert again.sums == made.sums
    for one, other in ((again.lived.evening, made.lived.evening), (again.lived.result, made.lived.result)):
        assert one.totals == other.totals
    assert visits(PAYMENTS, 4) != visits(PAYMENTS, 3)
    assert again.mark["api_key"] != made.mark["api_key"]


@pytest.mark.parametrize("payments", [1, 9])
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
    rails = Counter(visit.rail for visit in visits(2_000, 1))
    assert all(rails[rail] > 100 for rail in RAILS if rail is not Rail.POS)
    assert rails[Rail.POS] == MOST_CARDS


@pytest.mark.parametrize("minutes", range(0, 14 * 24 * 60, 127))
def test_the_trial_day_and_its_morning_are_working_days_that_are_over(minutes: int) -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    clock = TrialClock(lambda: now)
    day = business_day(clock())
    assert working(day) and clock().astimezone(VIETNAM).hour == 8
    clock.next_morning()
    assert business_day(clock()) == next_working_day(day)
    assert clock() + timedelta(hours=1) < now
    assert clock.today() == business_day(now)


def test_the_clock_only_goes_forward() -> None:
    clock = TrialClock()
    before = clock()
    clock.skip_to(before - timedelta(hours=1))
    assert clock() >= before
    clock.skip(timedelta(minutes=5))
    assert clock() >= before + timedelta(minutes=5)
