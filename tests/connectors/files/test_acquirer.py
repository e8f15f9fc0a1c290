"""An acquirer's settlement file: whole, adding up row by row and batch by batch, or refused with line and column."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.acquirer import Settlement
from connectors.files import acquirer
from tests.connectors.files.grids import as_csv, as_xlsx

HEADER = "batch_id,terminal,trade_date,reference,gross,mdr,net,rrn,masked_pan,batch_count,batch_net"
SALE = "B-01,T-01,2026-11-20,BLQ7K3M9TX1QA,135000,1485,133515,632100000001,970436******1234,2,192855"
OTHER = "B-01,T-01,2026-11-20,,60000,660,59340,632100000002,,,"

REPORT: list[list[Any]] = [
    ["BÁO CÁO THANH TOÁN ĐƠN VỊ CHẤP NHẬN THẺ"],
    ["Số lô: 000123", "", "TID: 12345678"],
    ["STT", "Ngày GD", "Số hóa đơn", "Số thẻ", "Mã chuẩn chi", "Số tiền GD", "Phí", "Thực nhận"],
    [1, "20/11/2026 09:12:00", "blq7k3m9tx1qa", "970436xxxxxx1234", "A1", "135.000", "1.485", "133.515"],
    [2, "20/11/2026 10:00:00", "X-9", "", "A2", "(60.000)", "0", "(60.000)"],
    ["Tổng cộng", "", "", "", "", "75.000", "1.485", "73.515"],
]


def read(*rows: str, header: str = HEADER) -> Settlement:
    return acquirer.parse("\n".join((header, *rows)).encode())


def told(settlement: Settlement) -> list[tuple[str, str, str]]:
    assert settlement.sales == ()
    return [(problem.code, problem.where, problem.column) for problem in settlement.problems]


def test_a_row_is_a_sale() -> None:
    settlement = read(SALE, OTHER)
    first, second = settlement.sales
    assert (settlement.profile, settlement.net, settlement.problems) == ("neutral_settlement", 192_855, ())
    assert (first.batch_id, first.terminal, f"{first.trade_date}", first.reference) == (
        "B-01",
        "T-01",
        "2026-11-20",
        "BLQ7K3M9TX1QA",
    )
    assert (first.gross, first.mdr, first.net, first.rrn, first.line) == (135_000, 1_485, 133_515, "632100000001", 2)
    assert (first.masked_pan, "1234" in repr(first)) == ("970436******1234", False)
    assert second.reference == ""


@pytest.mark.parametrize("make", [as_csv, as_xlsx])
def test_a_report_for_people_with_labels_titles_and_sums(make: Any) -> None:
    sale, refund = acquirer.parse(make(REPORT)).sales
    assert (sale.batch_id, sale.terminal, sale.approval_code) == ("000123", "12345678", "A1")
    assert (sale.reference, sale.masked_pan) == ("BLQ7K3M9TX1QA", "970436xxxxxx1234")
    assert (refund.gross, refund.net, refund.reference) == (-60_000, -60_000, "X-9")


@pytest.mark.parametrize(
    ("row", "flaw"),
    [
        (SALE.replace("133515", "133516"), ("net.differs", "line 2", "net")),
        (SALE.replace("1485", "1,485.5").replace("1,485.5", '"1.485,50"'), ("amount.not_whole", "line 2", "mdr")),
        (SALE.replace("135000", "135OOO"), ("amount.unreadable", "line 2", "gross")),
        (SALE.replace(",1485,", ",,"), ("amount.missing", "line 2", "mdr")),
        (SALE.replace("2026-11-20", "20/11/2026"), ("date.unreadable", "line 2", "trade_date")),
        (SALE.replace("B-01", ""), ("value.missing", "line 2", "batch_id")),
        (SALE.replace("970436******1234", "9704361234561234"), ("pan.unmasked", "line 2", "masked_pan")),
        (SALE.replace("970436******1234", "9704 3612 3456 1234"), ("pan.unmasked", "line 2", "masked_pan")),
    ],
)
def test_a_flaw_refuses_the_file_with_its_place(row: str, flaw: tuple[str, str, str]) -> None:
    assert told(read(row, OTHER))[0] == flaw


def test_a_batch_holds_the_count_and_sum_it_states() -> None:
    assert told(read(SALE)) == [("batch.differs", "line 2", "")]
    wrong = [[*row[:7], "73.516"] if row[0] == "Tổng cộng" else row for row in REPORT]
    assert told(acquirer.parse(as_csv(wrong))) == [("batch.differs", "line 6", "")]


def test_a_sale_twice_in_its_batch_is_one_row_too_many() -> None:
    bare = SALE.rpartition(",2,")[0] + ",,"
    assert told(read(bare, bare)) == [("row.repeated", "line 3", "")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file.empty"),
        (b"hello", "csv.header_missing"),
        (HEADER.encode(), "statement.missing"),
        (b"\xd0\xcf\x11\xe0", "xls.old"),
        (b"PK\x03\x04", "xlsx.malformed"),
        (b'batch_id,trade_date,reference,gross,mdr,net\n"', "csv.malformed"),
    ],
)
def test_what_is_no_settlement_is_refused(data: bytes, code: str) -> None:
    assert told(acquirer.parse(data))[0][0] == code


@given(st.data())
def test_a_damaged_file_is_read_or_refused_but_never_raises(data: st.DataObject) -> None:
    text = "\n".join((HEADER, SALE, OTHER))
    at = data.draw(st.integers(0, len(text)))
    damaged = text[:at] + data.draw(st.text(max_size=4)) + text[at + data.draw(st.integers(0, 12)) :]
    settlement = acquirer.parse(damaged.encode("utf-8", "replace"))
    assert bool(settlement.sales) != bool(settlement.problems)
    assert all(sale.net == sale.gross - sale.mdr for sale in settlement.sales)
