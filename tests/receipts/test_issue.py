"""One money event, one receipt, one number: through repeats, rollbacks, rivals and killed processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from receipts import store
from receipts.model import FeeLine, Payer
from receipts.rules import BadAmount, BadKind, NoLines
from receipts.series import SeriesClosed, close_series
from receipts.xml import Unwritable
from tests.receipts.desk import LE_PHI, NOW, PHI, SEALER, Desk, make_facts


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def test_facts_become_numbered_receipts_in_order(desk: Desk) -> None:
    opened = desk.open()
    facts = [make_facts(), make_facts(lines=(PHI,)), make_facts(lines=(LE_PHI, PHI))]
    issued = desk.issue(*facts)
    assert [one.number for one in issued] == [1, 2, 3]
    assert [one.source for one in issued] == [one.source for one in facts]
    assert [one.amount for one in issued] == [100_000, 150_000, 250_000]
    assert {(one.form, one.symbol, one.day, one.repeated) for one in issued} == {
        ("EBL01", "26TAA", facts[0].day, False)
    }
    with desk.engine.begin() as connection:
        rows = [store.find(connection, one.id) for one in issued]
    assert [row and row.kind_split for row in rows] == ["LE_PHI", "PHI", "ALL"]
    assert [row and store.load_facts(row, SEALER) for row in rows] == facts
    assert all(row and (row.state, row.series_id, row.issued_at) == ("numbered", opened.id, NOW) for row in rows)


def test_names_are_nowhere_in_clear(desk: Desk) -> None:
    desk.open()
    [issued] = desk.issue(make_facts(payer=Payer("Trần Quang Khải", id_number="038090009876", address="12 Lê Lai")))
    with desk.engine.begin() as connection:
        row = store.find(connection, issued.id)
    assert row is not None
    assert row.payer_masked == "Tr** Qu*** Kh**"
    kept = b"".join(str(value).encode() if not isinstance(value, bytes) else value for value in row)
    assert not [secret for secret in ("Trần", "Khải", "038090009876", "Lê Lai") if secret.encode() in kept]


def test_a_batch_of_five_hundred(desk: Desk) -> None:
    desk.open()
    desk.issue(make_facts())
    issued = desk.issue(*(make_facts() for _ in range(500)))
    assert [one.number for one in issued] == list(range(2, 502))
    assert [one.id for one in issued] == sorted(one.id for one in issued)
    assert desk.gaps() == []


def test_one_counter_bump_and_one_insert_whatever_the_size(desk: Desk) -> None:
    desk.open()
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement.split()[0])

    sa.event.listen(desk.engine, "before_cursor_execute", note)
    desk.issue(*(make_facts() for _ in range(50)))
    assert [verb for verb in seen if verb != "BEGIN"] == ["SELECT", "SELECT", "UPDATE", "INSERT"]


def test_an_empty_batch_writes_nothing(desk: Desk) -> None:
    assert desk.issue() == []


def test_a_repeated_source_takes_no_number(desk: Desk) -> None:
    desk.open()
    [first] = desk.issue(make_facts("src_a"))
    again = desk.issue(make_facts("src_b"), make_facts("src_a"), make_facts("src_c"))
    assert again[1] == replace(first, repeated=True)
    assert [(one.number, one.repeated) for one in again] == [(2, False), (1, True), (3, False)]
    assert desk.gaps() == []


def test_a_source_twice_in_one_batch_is_one_receipt(desk: Desk) -> None:
    desk.open()
    issued = desk.issue(make_facts("src_a"), make_facts("src_b"), make_facts("src_a"))
    assert [(one.number, one.repeated) for one in issued] == [(1, False), (2, False), (1, True)]
    assert issued[2].id == issued[0].id
    assert desk.numbers() == [1, 2]


def test_the_same_source_of_another_owner_is_another_receipt(desk: Desk) -> None:
    desk.open()
    desk.open("26TAB", owner="agc_other")
    issued = desk.issue(make_facts("src_a"), make_facts("src_a", owner="agc_other"))
    assert [(one.symbol, one.number, one.repeated) for one in issued] == [("26TAA", 1, False), ("26TAB", 1, False)]


def test_a_repeat_is_answered_even_when_the_series_is_closed(desk: Desk) -> None:
    opened = desk.open()
    [first] = desk.issue(make_facts("src_a"))
    with desk.engine.begin() as connection:
        close_series(connection, opened.id, NOW)
    assert desk.issue(make_facts("src_a")) == [replace(first, repeated=True)]


def test_the_day_decides_the_series(desk: Desk) -> None:
    desk.open("26TAA")
    desk.open("27TAA")
    issued = desk.issue(
        make_facts(day=date(2026, 12, 31)), make_facts(day=date(2027, 1, 1)), make_facts(day=date(2026, 12, 31))
    )
    assert [(one.symbol, one.number) for one in issued] == [("26TAA", 1), ("27TAA", 1), ("26TAA", 2)]
    assert desk.gaps() == []


def test_the_new_year_needs_its_own_symbol(desk: Desk) -> None:
    desk.open("26TAA")
    with pytest.raises(SeriesClosed) as refused:
        desk.issue(make_facts(day=date(2026, 12, 31)), make_facts(day=date(2027, 1, 1)))
    assert (refused.value.owner, refused.value.year) == ("agc_thanhhoa", 2027)
    assert desk.numbers() == []


def test_a_series_of_another_organisation_is_not_used(desk: Desk) -> None:
    desk.open(tax_code="2800000002")
    with pytest.raises(SeriesClosed):
        desk.issue(make_facts())


def test_a_batch_runs_on_into_the_next_range(desk: Desk) -> None:
    desk.open(first=1, last=3)
    desk.open(first=11, last=99)
    assert [one.number for one in desk.issue(*(make_facts() for _ in range(5)))] == [1, 2, 3, 11, 12]
    assert desk.gaps() == []


def test_an_exhausted_range_refuses_the_whole_batch(desk: Desk) -> None:
    desk.open(last=3)
    desk.issue(make_facts())
    with pytest.raises(SeriesClosed):
        desk.issue(*(make_facts() for _ in range(3)))
    assert [one.number for one in desk.issue(make_facts(), make_facts())] == [2, 3]
    with pytest.raises(SeriesClosed):
        desk.issue(make_facts())
    assert desk.gaps() == []


def test_a_refusal_writes_nothing_even_if_the_caller_commits(desk: Desk) -> None:
    desk.open(last=2)
    with desk.engine.begin() as connection, pytest.raises(SeriesClosed):
        desk.issue_in(connection, [make_facts() for _ in range(3)])
    assert desk.gaps() == []


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ((), NoLines),
        ((replace(LE_PHI, kind="OTHER"),), BadKind),
        ((replace(LE_PHI, quantity=2),), BadAmount),
        ((LE_PHI, replace(LE_PHI, unit_price=0, amount=0)), BadAmount),
        ((FeeLine("PHI", "P", "Phí", -1, -5, 5),), BadAmount),
        ((FeeLine("PHI", "P", "Phí", 1, 5.0, 5.0),), BadAmount),  # type: ignore[arg-type]
        ((FeeLine("PHI", "P", "Phí", True, 5, 5),), BadAmount),
        ((replace(LE_PHI, name="  "),), Unwritable),
    ],
)
def test_impossible_facts_are_refused_before_a_number_is_spent(
    desk: Desk, lines: tuple[FeeLine, ...], error: type[Exception]
) -> None:
    desk.open()
    with desk.engine.begin() as connection, pytest.raises(error) as refused:
        desk.issue_in(connection, [make_facts(), make_facts(lines=lines)])
    assert getattr(refused.value, "kind", None) == "invalid"
    assert desk.numbers() == []
    assert desk.gaps() == []


def test_a_rollback_gives_the_numbers_back(desk: Desk) -> None:
    desk.open()
    desk.issue(make_facts())
    with desk.engine.connect() as connection, connection.begin() as database_transaction:
        assert [one.number for one in desk.issue_in(connection, [make_facts(), make_facts()])] == [2, 3]
        database_transaction.rollback()
    assert [one.number for one in desk.issue(make_facts())] == [2]
    assert desk.gaps() == []


def test_rivals_never_meet_at_one_number(desk: Desk) -> None:
    desk.open()
    desk.open("26TAB", owner="agc_other")

    def clerk(who: int) -> None:
        for turn in range(10):
            facts = [make_facts(f"src_{who}_{turn}_{i}") for i in range(3)]
            shared = make_facts(f"src_shared_{turn}")  # both clerks hear of the same money
            desk.issue(*facts, shared, make_facts(f"src_{who}_{turn}", owner="agc_other"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(clerk, range(2)))
    with desk.engine.begin() as connection:
        query = sa.select(store.receipt.c.owner, sa.func.count().label("receipts")).group_by(store.receipt.c.owner)
        counts = {row.owner: row.receipts for row in connection.execute(query)}
    assert counts == {"agc_thanhhoa": 70, "agc_other": 20}
    assert desk.gaps() == []


def test_who_waited_for_the_same_money_gets_its_receipt(desk: Desk) -> None:
    desk.open()
    with ThreadPoolExecutor(1) as pool:
        with desk.engine.begin() as connection:
            [first] = desk.issue_in(connection, [make_facts("src_a")])
            waiting = pool.submit(desk.issue, make_facts("src_b"), make_facts("src_a"))
        second, repeat = waiting.result(timeout=30)
    assert (second.number, repeat) == (2, replace(first, repeated=True))
    assert desk.gaps() == []


def start_clerk(url: str, name: str, batches: int, stop_at: int) -> subprocess.Popen[str]:
    """Another process that issues `batches` batches of 7 and, in batch `stop_at`, stands still before its commit."""
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.receipts.clerk", url, name, str(batches), str(stop_at)],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_killed_before_its_commit_leaves_no_hole(desk: Desk, database_url: str) -> None:
    desk.open()
    for round_ in range(2):
        clerk = start_clerk(database_url, f"killed_{round_}", batches=3, stop_at=2)
        assert clerk.stdout is not None
        assert clerk.stdout.readline() == "inside\n"  # 7 rows and the counter are written, not committed
        os.kill(clerk.pid, signal.SIGKILL)
        assert clerk.wait(timeout=30) == -signal.SIGKILL
        clerk.stdout.close()
        assert desk.issue(make_facts())[0].number == 15 * (round_ + 1)
    assert desk.numbers() == list(range(1, 31))
    assert desk.gaps() == []


def test_two_processes_at_once_share_one_series(desk: Desk, database_url: str) -> None:
    desk.open()
    clerks = [start_clerk(database_url, name, batches=10, stop_at=-1) for name in ("left", "right")]
    for clerk in clerks:
        clerk.communicate(timeout=60)
        assert clerk.returncode == 0
    assert desk.numbers() == list(range(1, 141))
    assert desk.gaps() == []
