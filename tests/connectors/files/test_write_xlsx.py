"""A bank's table written by the simulator: read back to the đồng, and nothing in it that a spreadsheet would run."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from connectors.files import detect
from connectors.files.write_xlsx import Unwritable, xlsx
from connectors.statement import Entry, Statement

DAY = date(2026, 11, 24)


def entry(amount: str, memo: str = "BLQ7K3M9TX1QA nop le phi", number: str = "FT2611240001", **more: object) -> Entry:
    told = {"counterparty_name": "LE VAN A", "counterparty_account": "0123456789", **more}
    return Entry(Decimal(amount), "VND", DAY, DAY, (), memo, number, **told)  # type: ignore[arg-type]


def statement(*entries: Entry) -> Statement:
    closing = 1_000_000 + sum(e.amount for e in entries if e.status == "BOOK")
    return Statement("113000000001", "VND", Decimal(1_000_000), Decimal(closing), entries, "1", DAY, DAY)


def test_what_went_in_is_read_back() -> None:
    told = statement(entry("135000"), entry("-22000", "PHI DICH VU", "FT2611240002"), entry("1", "a\x07b", "FT3"))
    reading = detect.parse(xlsx(told))
    assert (reading.format, reading.problems) == ("xlsx", ())
    (found,) = reading.statements
    assert found.balances is True
    assert (found.account, found.opening, found.closing) == (told.account, told.opening, told.closing)
    assert (found.from_date, found.to_date) == (DAY, DAY)
    assert [(e.amount, e.bank_reference, e.booking_date, e.counterparty_account) for e in found.entries] == [
        (e.amount, e.bank_reference, e.booking_date, e.counterparty_account) for e in told.entries
    ]
    assert [e.memo for e in found.entries] == ["BLQ7K3M9TX1QA nop le phi", "PHI DICH VU", "a b"]


def test_only_booked_lines_are_written_and_a_reversal_says_so() -> None:
    waiting = entry("7000", number="FT9", status="PDNG")
    (found,) = detect.parse(xlsx(statement(waiting, entry("-135000", number="FT8", reversal=True)))).statements
    assert [(e.bank_reference, e.reversal) for e in found.entries] == [("FT8", True)]


@pytest.mark.parametrize("memo", ["=1+1", "@SUM(A1)", "+84", "-2", '=HYPERLINK("http://x")'])
def test_no_memo_becomes_a_formula(memo: str) -> None:
    written = xlsx(statement(entry("5000", memo)))
    cells = [cell for row in load_workbook(BytesIO(written)).active.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    (found,) = detect.parse(written).statements
    assert found.entries[0].memo == memo


def test_what_a_cell_cannot_hold_is_refused() -> None:
    for amount in ("0.5", str(2**53 + 1)):
        with pytest.raises(Unwritable):
            xlsx(statement(entry(amount)))
