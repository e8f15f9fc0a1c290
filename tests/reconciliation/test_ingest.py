"""P0: lines stored once, references and natures found once, gaps in the balances flagged."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from connectors.reference import make
from connectors.statement import Entry, Parsed, Problem, Statement
from reconciliation.ingest import Imported, store_statements
from reconciliation.store import line_ref, metadata, statement, statement_file, statement_line

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
DAY = date(2026, 11, 20)
ACCOUNT = "1900123456789"
REFERENCE, OTHER = (make(random.Random(seed).randrange) for seed in (1, 2))


class Desk:
    """Imports files one after another."""

    def __init__(self, engine: sa.Engine) -> None:
        metadata.create_all(engine)
        self.engine = engine
        self._count = itertools.count(1)

    def take(self, *heads: Statement, owner: str = "A1", digest: str = "", sealed: bool = False) -> Imported:
        with self.engine.begin() as connection:
            return store_statements(
                connection,
                Parsed("camt.053", heads),
                owner=owner,
                name="s.xml",
                digest=digest or f"digest {next(self._count)}",
                now=NOW,
                mint=lambda prefix: f"{prefix}_{next(self._count):06d}",
                sealer=(lambda place, data: f"{place}:".encode() + data[::-1]) if sealed else None,
            )

    def column(self, column: sa.Column[object]) -> list[object]:
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(column).order_by(*column.table.primary_key)))


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def entry(amount: int = 150_000, memo: str = "nop phi", **more: object) -> Entry:
    facts = Entry(
        amount=Decimal(amount),
        currency="VND",
        value_date=DAY,
        booking_date=DAY,
        references=(),
        memo=memo,
        bank_reference="",
        line_no="1",
    )
    return replace(facts, **more)


def head(entries: Sequence[Entry], opening: int | None = 0, *, day: date = DAY, **more: object) -> Statement:
    booked = sum((e.amount for e in entries if e.status == "BOOK"), Decimal(0))
    facts = Statement(
        account=ACCOUNT,
        currency="VND",
        opening=None if opening is None else Decimal(opening),
        closing=None if opening is None else opening + booked,
        entries=tuple(entries),
        number=day.isoformat(),
        from_date=day,
        to_date=day,
    )
    return replace(facts, **more)


def codes(imported: Imported) -> list[str]:
    return [problem.code for problem in imported.problems]


def test_the_same_file_twice_adds_nothing(desk: Desk) -> None:
    day = head([entry(), entry(1_000)])
    first = desk.take(day, digest="d")
    again = desk.take(day, digest="d")
    assert (first.new, first.known, len(first.statements), codes(first)) == (2, 0, 1, [])
    assert (again.new, again.known, again.statements, codes(again)) == (0, 2, (), ["file.known"])
    assert len(desk.column(statement_file.c.id)) == 1


def test_the_same_statement_in_other_bytes_adds_no_line(desk: Desk) -> None:
    day = head([entry(), entry(), entry(bank_reference="FT1")])
    desk.take(day)
    again = desk.take(day)
    assert (again.new, again.known, codes(again)) == (0, 3, [])


def test_overlapping_periods_add_nothing_twice(desk: Desk) -> None:
    monday = head([entry(1_000), entry(2_000, bank_reference="FT1")], day=DAY)
    tuesday = head([entry(3_000, booking_date=DAY + timedelta(1))], 3_000, day=DAY + timedelta(1))
    desk.take(monday)
    desk.take(tuesday)
    both = replace(monday, entries=monday.entries + tuesday.entries, closing=tuesday.closing, to_date=tuesday.to_date)
    week = desk.take(both)
    assert (week.new, week.known, codes(week)) == (0, 3, [])


def test_two_citizens_in_one_second_are_two_lines(desk: Desk) -> None:
    imported = desk.take(head([entry(), entry(), entry()]))
    assert imported.new == 3
    assert len(set(desk.column(statement_line.c.natural_key))) == 3


def test_an_equal_line_of_the_next_page_is_one_more_line(desk: Desk) -> None:
    first, second = head([entry()], number="1"), head([entry()], 150_000, number="2")
    desk.take(first)
    more = desk.take(second)
    assert (more.new, more.known, codes(more)) == (1, 0, [])
    for page in (first, second):
        assert desk.take(page).new == 0


def test_one_bank_reference_for_a_payment_and_its_commission_is_two_lines(desk: Desk) -> None:
    imported = desk.take(head([entry(bank_reference="FT1"), entry(-1_100, bank_reference="FT1")]))
    assert imported.new == 2


def test_only_booked_entries_are_money(desk: Desk) -> None:
    imported = desk.take(head([entry(), entry(5_000, status="PDNG")]))
    assert imported.new == 1
    assert desk.column(statement_line.c.amount) == [150_000]


@pytest.mark.parametrize(
    ("flawed", "code"),
    [
        (head([entry()], currency="USD"), "currency.not_vnd"),
        (head([entry(currency="USD")]), "currency.not_vnd"),
        (head([replace(entry(), amount=Decimal("1.5"))]), "amount.not_whole"),
        (head([entry()], opening=None, closing=Decimal("0.1")), "amount.not_whole"),
        (head([entry(booking_date=None, value_date=None)]), "date.missing"),
        (head([entry()], account=""), "account.missing"),
    ],
)
def test_a_statement_that_cannot_be_taken_is_left_out_whole(desk: Desk, flawed: Statement, code: str) -> None:
    good = head([entry(7_000)], account="222")
    imported = desk.take(flawed, good)
    assert imported.new == 1
    assert imported.problems[0].code == code
    assert imported.problems[0].where == "statement 1"
    assert desk.column(statement_line.c.amount) == [7_000]


def test_a_file_without_statements_stores_nothing(desk: Desk) -> None:
    with desk.engine.begin() as connection:
        refused = Parsed("camt.053", (), (Problem("xml.malformed", "x"),))
        imported = store_statements(
            connection, refused, owner="A1", name="s", digest="d", now=NOW, mint=lambda prefix: prefix
        )
    assert codes(imported) == ["xml.malformed"]
    assert desk.column(statement_file.c.id) == []


def test_a_structured_reference_wins_over_the_memo(desk: Desk) -> None:
    desk.take(
        head([entry(memo=f"{OTHER} nop", references=(REFERENCE,)), entry(memo=f"x {OTHER}", references=("ABC",))])
    )
    with desk.engine.connect() as connection:
        found = connection.execute(sa.select(line_ref.c.ref, line_ref.c.how).order_by(line_ref.c.line_id)).all()
    assert [tuple(row) for row in found] == [(REFERENCE, 1), (OTHER, 2)]


def test_a_line_without_reference_keeps_the_words_that_may_name_a_batch(desk: Desk) -> None:
    desk.take(head([entry(memo="TT POS lô B-2026/01 máy T01 số tiền", bank_reference="FT9")]))
    words = set(desk.column(line_ref.c.ref))
    assert {"B202601", "T01", "FT9"} <= words
    assert "TIEN" not in words


@pytest.mark.parametrize(
    ("openings", "broken"),
    [
        ((0, 150_000, 300_000), [False, False, False]),
        ((0, 150_001, 300_001), [False, True, False]),
        ((0, 150_000, 0), [False, False, True]),
    ],
)
def test_each_statement_opens_where_the_last_one_closed(
    desk: Desk, openings: tuple[int, ...], broken: list[bool]
) -> None:
    told = [
        bool(codes(desk.take(head([entry(booking_date=day)], opening, day=day))))
        for opening, day in zip(openings, (DAY + timedelta(n) for n in range(3)), strict=True)
    ]
    assert told == broken
    assert desk.column(statement.c.gap) == broken


def test_a_late_file_mends_the_chain(desk: Desk) -> None:
    days = [head([entry(booking_date=DAY + timedelta(n))], n * 150_000, day=DAY + timedelta(n)) for n in range(3)]
    desk.take(days[0])
    assert codes(desk.take(days[2])) == ["statement.gap"]
    assert codes(desk.take(days[1])) == []
    assert desk.column(statement.c.gap) == [False, False, False]


def test_lines_that_do_not_add_up_are_a_gap(desk: Desk) -> None:
    imported = desk.take(head([entry()], closing=Decimal(1)))
    assert (imported.new, codes(imported)) == (1, ["statement.gap"])


def test_two_pages_of_the_first_day_make_one_chain(desk: Desk) -> None:
    first, second = head([entry()], number="1"), head([entry(9)], 150_000, number="2")
    imported = desk.take(second, first)
    assert codes(imported) == []
    assert desk.column(statement.c.gap) == [False, False]


def test_a_line_that_is_there_twice_under_two_keys_is_told(desk: Desk) -> None:
    """The bank's file names no reference where the one before did: the balances betray it."""
    desk.take(head([entry(bank_reference="FT1")]))
    again = desk.take(head([entry(bank_reference="")]))
    assert (again.new, codes(again)) == (1, ["statement.gap"])


def test_names_are_sealed_or_not_kept(desk: Desk) -> None:
    named = entry(counterparty_name="NGUYEN VAN AN", counterparty_account="0123")
    desk.take(head([named]))
    desk.take(head([named], account="222"), sealed=True)
    bare, sealed = desk.column(statement_line.c.counterparty_name)
    assert bare is None
    assert isinstance(sealed, bytes)
    assert sealed.startswith(b"statement_line.counterparty_name.stl_")
    assert b"NGUYEN" not in sealed


def test_owners_keep_their_own_lines(desk: Desk) -> None:
    assert desk.take(head([entry()]), digest="d").new == 1
    assert desk.take(head([entry()]), digest="d", owner="A2").new == 1


def test_a_transfer_between_our_accounts_is_known_by_the_accounts(desk: Desk) -> None:
    desk.take(head([entry(memo="chuyen tien", counterparty_account="222 333")]))
    desk.take(head([entry(-5, memo="chuyen tien", counterparty_account=ACCOUNT)], account="222333"))
    later = entry(6, memo="chuyen tien", counterparty_account="222.333", booking_date=DAY + timedelta(1))
    desk.take(head([later], 150_000, day=DAY + timedelta(1)))
    assert desk.column(statement_line.c.nature) == ["", "INTERNAL_TRANSFER", "INTERNAL_TRANSFER"]
