"""Reports within the day and the statement that closes it tell one line of money once, in whatever order they come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connectors.statement import Entry, Parsed, Statement
from reconciliation.balances import moved, stated
from reconciliation.ingest import Imported, store_statements
from reconciliation.store import statement_line
from tests.reconciliation.test_ingest import ACCOUNT, DAY, NOW, REFERENCE, Desk, entry, head


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def interim(desk: Desk, *entries: Entry, format: str = "camt.052") -> Imported:
    report = Statement(ACCOUNT, "VND", None, None, tuple(entries), "I1", DAY, DAY)
    with desk.engine.begin() as connection:
        return store_statements(
            connection,
            Parsed(format, (report,)),
            owner="A1",
            name="i.xml",
            digest=f"interim {next(desk._count)}",
            now=NOW,
            mint=lambda prefix: f"{prefix}_{next(desk._count):06d}",
        )


def amounts(desk: Desk) -> list[object]:
    return sorted(desk.column(statement_line.c.amount), key=str)


def ties(desk: Desk) -> None:
    with desk.engine.connect() as connection:
        total = sum(int(str(amount)) for amount in amounts(desk))
        assert stated(connection, "A1", ACCOUNT) == total
        assert moved(connection, "A1", ACCOUNT) == total


@pytest.mark.parametrize("format", ["camt.052", "camt.054", "mt942"])
def test_the_statement_tells_again_what_an_interim_report_told(desk: Desk, format: str) -> None:
    early = interim(desk, entry(1_000, bank_reference="FT1"), entry(2_000, bank_reference="FT2"), format=format)
    day = desk.take(head([entry(1_000, bank_reference="FT1"), entry(2_000, bank_reference="FT2"), entry(4_000)]))
    assert (early.new, day.new, day.known, [p.code for p in day.problems]) == (2, 1, 2, [])
    assert amounts(desk) == [1_000, 2_000, 4_000]
    ties(desk)


@pytest.mark.parametrize(
    ("early", "late"),
    [
        (entry(bank_reference="FT1"), entry()),  # the statement prints no number
        (entry(memo=f"{REFERENCE} a", bank_reference="FT1"), entry(memo=f"{REFERENCE} a", bank_reference="B7")),
    ],
)
def test_a_line_whose_number_changed_is_known_by_day_amount_and_memo(desk: Desk, early: Entry, late: Entry) -> None:
    interim(desk, early)
    day = desk.take(head([late]))
    assert (day.new, day.known, len(amounts(desk))) == (0, 1, 1)
    ties(desk)


def test_two_equal_lines_one_of_them_foretold_stay_two(desk: Desk) -> None:
    interim(desk, entry(bank_reference="FT1"))
    assert desk.take(head([entry(), entry()])).new == 1
    assert len(amounts(desk)) == 2
    ties(desk)


def test_an_entry_without_a_number_waits_for_the_statement(desk: Desk) -> None:
    early = interim(desk, entry(), entry(2_000, bank_reference="FT2", status="PDNG"))
    assert (early.new, [problem.code for problem in early.problems]) == (0, ["entry.interim"])
    assert desk.take(head([entry()])).new == 1


def test_an_interim_report_that_comes_late_adds_nothing_to_its_day(desk: Desk) -> None:
    desk.take(head([entry()]))
    late = interim(
        desk, entry(bank_reference="FT1"), entry(9_000, bank_reference="FT9", booking_date=DAY + timedelta(1))
    )
    assert (late.new, late.known, amounts(desk)) == (1, 1, [150_000, 9_000])


def test_what_only_interim_reports_told_breaks_no_balance(desk: Desk) -> None:
    desk.take(head([entry(1_000)]))
    interim(desk, entry(7_000, bank_reference="FT7", booking_date=DAY + timedelta(1)))
    with desk.engine.connect() as connection:
        assert (moved(connection, "A1", ACCOUNT), stated(connection, "A1", ACCOUNT)) == (1_000, 8_000)


def test_a_file_that_changed_between_the_looks_is_not_taken(desk: Desk) -> None:
    class Changed(Parsed):
        def batches(self):  # type: ignore[no-untyped-def]
            yield 0, [entry(1)]

    from reconciliation.model import InvariantBroken

    with pytest.raises(InvariantBroken), desk.engine.begin() as connection:
        store_statements(
            connection,
            Changed("mt940", (head([entry(), entry()]),)),
            owner="A1",
            name="x",
            digest="c",
            now=NOW,
            mint=lambda p: f"{p}_{next(desk._count)}",
        )
    assert amounts(desk) == []


@pytest.mark.parametrize("told", [0, 1, 2])
def test_pages_of_a_day_follow_one_another_whatever_interim_reports_told(desk: Desk, told: int) -> None:
    """Two equal lines, numbered within the day and without a number on the two pages of the statement."""
    interim(desk, *(entry(bank_reference=f"FT{n}") for n in range(told)), entry())
    first, second, whole = head([entry()], number="1"), head([entry()], 150_000, number="2"), head(equal(2))
    for page in (first, first, second, second, whole, first):
        desk.take(page)
    late = interim(desk, *(entry(bank_reference=f"FT{n}") for n in range(2)))
    assert (late.new, amounts(desk)) == (0, [150_000, 150_000])
    ties(desk)


def test_a_page_that_goes_on_claims_what_was_foretold_by_its_number(desk: Desk) -> None:
    interim(desk, entry(bank_reference="FT1"), entry(bank_reference="FT2"))
    first = desk.take(head([entry(bank_reference="FT1")]))
    second = desk.take(head([entry(bank_reference="FT2"), entry(bank_reference="FT2")], 150_000, number="2"))
    assert [(page.new, page.known) for page in (first, second)] == [(0, 1), (1, 1)]
    ties(desk)


def test_a_report_with_balances_of_its_own_is_no_page(desk: Desk) -> None:
    """Some banks print the day's opening balance in a camt.052 too."""
    desk.take(head([entry()], number="1"))
    report = head([entry(bank_reference="FT2")], 150_000, number="I1")
    with desk.engine.begin() as connection:
        facts = {"owner": "A1", "name": "i.xml", "digest": "i", "now": NOW, "mint": lambda prefix: f"{prefix}_i"}
        store_statements(connection, Parsed("camt.052", (report,)), **facts)
    assert desk.take(head([entry()], 150_000, number="2")).new == 1
    ties(desk)


@pytest.mark.parametrize("seed", range(12))
def test_however_a_day_is_told_each_line_is_there_once(desk: Desk, seed: int) -> None:
    """Lines that look alike, numbered in every interim report and here and there in the statement; pages told again."""
    dice = random.Random(seed)
    lines = [
        (entry(memo=dice.choice("ab"), bank_reference=f"FT{n}"), dice.random() < 0.5)
        for n in range(dice.randrange(2, 9))
    ]
    printed = [line if numbered else replace(line, bank_reference="") for line, numbered in lines]
    cuts = [0, *sorted(dice.sample(range(1, len(lines)), dice.randrange(1, len(lines)) // 2)), len(lines)]
    pages = [head(printed[a:b], a * 150_000, number=str(b)) for a, b in zip(cuts, cuts[1:], strict=False)]
    so_far = [head(printed[:b], number=f"0-{b}") for b in cuts[1:]]
    for at, page in enumerate(pages):
        told = [line for line, _ in lines[: dice.randrange(len(lines) + 1)] if dice.random() < 0.8]
        interim(desk, *told, format=dice.choice(("camt.052", "camt.054")))
        desk.take(page)
        desk.take(dice.choice([*pages[: at + 1], *so_far[: at + 1]]))
    assert len(amounts(desk)) == len(lines)
    ties(desk)


def equal(count: int) -> Sequence[Entry]:
    return [entry() for _ in range(count)]


def test_equal_lines_beyond_one_batch_keep_their_ordinals(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.statement.BATCH", 3)
    first = desk.take(head(equal(8)))
    goes_on = desk.take(head(equal(5), 8 * 150_000, number="2"))
    again = desk.take(head(equal(8)))
    assert (first.new, goes_on.new, again.new, again.known) == (8, 5, 0, 8)


def test_a_longer_telling_of_a_day_adds_only_what_is_new(desk: Desk) -> None:
    eve = DAY - timedelta(days=1)
    before = desk.take(head([entry(booking_date=eve), entry(booking_date=eve)], day=eve))
    short = desk.take(head(equal(3), 300_000))
    longer = desk.take(head(equal(5), 300_000))
    again = desk.take(head(equal(4), 300_000))
    assert (before.new, short.new, longer.new, longer.known, again.new, again.known) == (2, 3, 2, 3, 0, 4)
    assert amounts(desk) == [150_000] * 7


def test_days_that_were_told_on_their_own_are_not_told_again_by_their_week(desk: Desk) -> None:
    """Monday and Wednesday are stored; a file of Tuesday and Wednesday opens where Monday closed."""
    monday, wednesday = DAY, DAY + timedelta(days=2)
    desk.take(head([entry(bank_reference="M1")], day=monday))
    told = entry(bank_reference="W1", booking_date=wednesday, value_date=wednesday)
    desk.take(head([told], 300_000, day=wednesday))
    tuesday = entry(bank_reference="T1", booking_date=DAY + timedelta(days=1))
    both = desk.take(head([tuesday, told], 150_000, day=DAY + timedelta(days=1), to_date=wednesday))
    assert (both.new, both.known) == (1, 1)


def test_three_tellings_of_one_day_follow_one_another(desk: Desk) -> None:
    """Morning, noon and evening open where the one before closed: equal lines are lines of their own."""
    parts = [desk.take(head(equal(2), at * 300_000, number=str(at))) for at in range(3)]
    whole = desk.take(head(equal(6)))
    assert [part.new for part in parts] == [2, 2, 2] and (whole.new, whole.known) == (0, 6)
