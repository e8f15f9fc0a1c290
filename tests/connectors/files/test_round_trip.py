"""What a writer writes its reader reads back, except for the losses the writer names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files import detect, write_camt, write_mt940
from connectors.files.field86 import LINE_WIDTH
from connectors.files.reading import NO_REFERENCE, tidy
from connectors.statement import Entry, Statement

HANOI = timezone(timedelta(hours=7))
CREATED = datetime(2026, 11, 20, 18, 30, tzinfo=HANOI)

dates = st.dates(date(2000, 3, 1), date(2070, 1, 1))
amounts = st.one_of(
    st.integers(-499_999_999, 499_999_999).map(Decimal),
    st.decimals(-10_000, 10_000, places=2, allow_nan=False, allow_infinity=False),
).map(lambda amount: amount + 0)  # no negative zero
plain = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=16)
references = plain.filter(lambda text: text not in NO_REFERENCE)
words = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Co")), max_size=400).map(tidy)


@st.composite
def entries(draw: st.DrawFn, memos: st.SearchStrategy[str]) -> Entry:
    value_date = draw(dates)
    return Entry(
        amount=draw(amounts),
        currency="VND",
        value_date=value_date,
        booking_date=draw(st.none() | st.just(value_date + timedelta(days=draw(st.integers(-60, 60))))),
        references=tuple(draw(st.lists(references, max_size=3, unique=True))),
        memo=draw(memos),
        bank_reference=draw(st.just("") | references),
        status="BOOK",
        line_no=draw(plain),
        transaction_code=draw(st.sampled_from(["", "PMNT/RCDT/ESCT", "544"])),
        reversal=draw(st.booleans()),
        counterparty_name=draw(st.sampled_from(["", "NGUYỄN VĂN A", 'CTY <A> & "B"'])),
        counterparty_account=draw(st.sampled_from(["", "0123456789", "DE89370400440532013000"])),
    )


def statements(memos: st.SearchStrategy[str]) -> st.SearchStrategy[Statement]:
    return st.builds(
        Statement,
        account=st.sampled_from(["1900123456789", "DE89370400440532013000"]),
        currency=st.just("VND"),
        opening=st.none() | amounts,
        closing=st.none() | amounts,
        entries=st.lists(entries(memos), max_size=4).map(tuple),
        number=st.integers(1, 99999).map(str),
        from_date=dates,
        to_date=dates,
    )


@given(statements(words), st.sampled_from(["BOOK", "PDNG", "INFO"]))
def test_camt_gives_back_what_went_in(statement: Statement, status: str) -> None:
    statement = replace(statement, entries=tuple(replace(entry, status=status) for entry in statement.entries))
    parsed = detect.parse(write_camt.camt053(statement, message_id="MSG1", created_at=CREATED))

    assert (parsed.format, parsed.problems) == ("camt.053", ())
    assert parsed.statements == (statement,)


SWIFT = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .,()", max_size=LINE_WIDTH * 6).map(
    tidy
)


def without_losses(entry: Entry, position: int) -> Entry:
    """What MT940 keeps of an entry whose texts it can carry."""
    return replace(
        entry,
        references=entry.references[:1],
        line_no=str(position),
        transaction_code="NTRF",
        counterparty_name="",
        counterparty_account="",
    )


@given(statements(SWIFT))
def test_mt940_gives_back_what_it_can_carry(statement: Statement) -> None:
    parsed = detect.parse(write_mt940.mt940(statement, reference="STMT1"))

    kept = replace(
        statement,
        entries=tuple(without_losses(entry, n) for n, entry in enumerate(statement.entries, 1)),
        from_date=None if statement.opening is None else statement.from_date,
        to_date=None if statement.closing is None else statement.to_date,
        currency="VND" if statement.opening is not None or statement.closing is not None else "",
    )
    if not kept.currency:
        kept = replace(kept, entries=tuple(replace(entry, currency="") for entry in kept.entries))
    assert parsed.statements == (kept,)
    assert parsed.problems == ()


@given(statements(words))
def test_mt940_loses_text_but_never_money(statement: Statement) -> None:
    written = write_mt940.mt940(statement, reference="STMT/2026")
    parsed = detect.parse(written)

    assert written.isascii()
    assert all(len(line) <= LINE_WIDTH + len(":86:") for line in written.decode().split("\r\n"))
    assert [e.amount for s in parsed.statements for e in s.entries] == [e.amount for e in statement.entries]
    assert (parsed.statements[0].opening, parsed.statements[0].closing) == (statement.opening, statement.closing)


def one(**facts: object) -> Statement:
    day = date(2026, 11, 20)
    usual = Entry(Decimal(50_000), "VND", day, day, (), "", "FT26324000001")
    return Statement("19001", "VND", Decimal(0), Decimal(50_000), (replace(usual, **facts),), "1", day, day)  # type: ignore[arg-type]


def lines(statement: Statement) -> list[str]:
    return write_mt940.mt940(statement, reference="STMT").decode().split("\r\n")


def read_entry(statement: Statement) -> Entry:
    return detect.parse(write_mt940.mt940(statement, reference="STMT")).statements[0].entries[0]


def test_mt940_folds_vietnamese_and_breaks_words_at_65() -> None:
    memo = "Nguyễn Thị Đào nộp lệ phí cấp bản sao trích lục hồ sơ H12.2026 BLQ7K3M9TX1Q cảm ơn"
    written = lines(one(memo=memo))

    assert written[5] == ":86:Nguyen Thi Dao nop le phi cap ban sao trich luc ho so H12.2026 BL"
    assert written[6] == "Q7K3M9TX1Q cam on"
    assert read_entry(one(memo=memo)).memo == write_mt940.folded(memo)


def test_mt940_keeps_six_lines_of_a_memo() -> None:
    written = lines(one(memo="A" * 1000))

    assert [len(line) for line in written[5:11]] == [69, 65, 65, 65, 65, 65]
    assert written[11].startswith(":62F:")


@pytest.mark.parametrize("mark", [":", "-", "-}"])
def test_a_memo_cannot_end_its_field_or_the_message(mark: str) -> None:
    memo = "x" * LINE_WIDTH + f"{mark}62F:C261120VND9,"
    parsed = detect.parse(write_mt940.mt940(one(memo=memo), reference="STMT"))

    assert parsed.statements[0].closing == 50_000
    assert parsed.problems == ()


def test_a_long_reference_moves_into_the_remarks() -> None:
    found = read_entry(one(references=("a-reference-of-more-than-16",), memo="nop phi"))

    assert (found.references, found.memo) == (("a-reference-of-more-than-16",), "nop phi")


def test_entries_that_are_not_booked_stay_out_of_mt940() -> None:
    assert not [line for line in lines(one(status="PDNG")) if line.startswith(":61:")]


@pytest.mark.parametrize(
    "facts",
    [
        {"bank_reference": "FT263240000011234"},
        {"bank_reference": "FT/26//1"},
        {"value_date": None, "booking_date": None},
        {"booking_date": date(2025, 11, 20)},
        {"value_date": date(1979, 1, 1), "booking_date": None},
    ],
)
def test_mt940_refuses_rather_than_cut_what_identifies_a_line(facts: dict[str, object]) -> None:
    with pytest.raises(write_mt940.Unwritable) as caught:
        lines(one(**facts))
    assert (caught.value.kind, caught.value.code) == ("invalid", "statement.unwritable")


def test_camt_writes_balances_of_the_day_it_was_made_where_no_period_is_known() -> None:
    statement = Statement("19001", "VND", Decimal(-5), Decimal(-5), ())
    written = write_camt.camt053(statement, message_id="MSG1", created_at=CREATED.astimezone(UTC))

    assert b"<Dt><Dt>2026-11-20</Dt></Dt>" in written
    assert detect.parse(written).statements == (replace(statement, number="MSG1"),)
