"""Tables as the banks' internet banking exports them, made up for these tests, as CSV and as XLSX."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BytesIO, StringIO
from typing import Any

Grid = Sequence[Sequence[Any]]

EFAST: Grid = [
    ["NGÂN HÀNG TMCP CÔNG THƯƠNG VIỆT NAM"],
    ["LỊCH SỬ GIAO DỊCH - TRANSACTION HISTORY"],
    ["Số tài khoản / Account No:", "110000012345"],
    ["Loại tiền / Currency:", "VND"],
    ["Từ ngày / From: 20/11/2026", "", "Đến ngày / To: 21/11/2026"],
    ["Số dư đầu kỳ / Opening balance", "1,000,000"],
    [],
    [
        *("STT/ No", "Ngày hạch toán/\nAccounting date", "Mô tả giao dịch/\nTransaction description", "Nợ/ Debit"),
        *("Có / Credit", "Số dư TK/\nAccount Balance", "Số giao dịch/\nTransaction number"),
        *("Correspondent account", "Correspondent name"),
    ],
    [1, "20-11-2026 08:15:02", "BLQ7K3M9TX1QA nop le phi", "", "135,000", "1,135,000", "S100", "0123", "NGUYEN VAN A"],
    [2, "20-11-2026 09:00:00", "Thu phi SMS thang 11", "11,000", "", "1,124,000", "S101", "", ""],
    [3, "21-11-2026 10:00:00", "BLQ0000000000 nop phi", "", "60,000", "1,184,000", "S102", "", ""],
    ["Tổng cộng", "", "", "11,000", "195,000", "", "", "", ""],
    ["Số dư cuối kỳ / Closing balance", "1,184,000"],
    ["Ngày in: 21/11/2026"],
]
VIETCOMBANK: Grid = [
    ["", "SAO KÊ TÀI KHOẢN\nSTATEMENT OF ACCOUNT"],
    ["Số tài khoản/ Account number:", "", "0011000012345"],
    ["Loại tiền/ Currency:", "", "VND"],
    ["Từ/ From: 20/11/2026 Đến/ To: 20/11/2026"],
    ["Số dư đầu kỳ/ Opening balance :", "", "1,000,000 VND"],
    [
        *("STT\nNo.", "Ngày/\nTNX Date / Số CT/\nDoc No", "Số tiền ghi nợ/\nDebit", "Số tiền ghi có/\nCredit"),
        *("Số dư/\nBalance", "Nội dung chi tiết/\nTransactions in detail"),
    ],
    ["1", "20/11/2026\n5243.65937", "", "135,000", "1,135,000", "MBVCB.1.BLQ7K3M9TX1QA nop le phi"],
    ["2", "20/11/2026                       5243.65938", "11,000", "", "1,124,000", "Phi QLTK"],
    ["Tổng số/ Total", "", "11,000", "135,000", "", ""],
    ["Số dư cuối kỳ/ Closing balance :", "", "1,124,000 VND"],
]
BIDV: Grid = [
    ["NGÂN HÀNG TMCP ĐẦU TƯ VÀ PHÁT TRIỂN VIỆT NAM"],
    ["SỐ TÀI KHOẢN: 21510000012345", "", "", "LOẠI TIỀN: VND"],
    ["Số dư đầu kỳ:", "", "", "", "1.000.000"],
    ["STT", "NGÀY HIỆU LỰC", "NGÀY GIAO DỊCH", "SỐ CHỨNG TỪ", "MÃ GIAO DỊCH", "GHI NỢ", "GHI CÓ", "SỐ DƯ", "MÔ TẢ"],
    ["1", "20/11/2026", "20/11/2026", "75918", "DD", "0", "135.000", "1.135.000", "BLQ7K3M9TX1QA nop le phi"],
    ["2", "20/11/2026", "20/11/2026", "75919", "DD", "11.000", "0", "1.124.000", "PHI DICH VU"],
    ["Số dư cuối kỳ:", "", "", "", "", "", "", "1.124.000", ""],
]
ACB: Grid = [
    ["NGÂN HÀNG TMCP Á CHÂU"],
    ["BẢNG SAO KÊ GIAO DỊCH"],
    ["Số tài khoản: 12345678 (VND)"],
    ["", "SỐ DƯ ĐẦU", "", "TIỀN RÚT RA", "TIỀN GỬI VÀO", "SỐ DƯ CUỐI"],
    ["", "1.000.000", "", "11.000", "135.000", "1.124.000"],
    ["Ngày hiệu lực", "Ngày giao dịch", "Số GD", "Nội dung giao dịch", "Rút ra", "Gửi vào", "Số dư"],
    ["20/11/2026", "20/11/2026", "6701", "PHI DUY TRI", "11.000", "", "1.124.000"],
    ["20/11/2026", "20/11/2026", "6700", "BLQ7K3M9TX1QA nop le phi", "", "135.000", "1.135.000"],
]
GENERIC: Grid = [
    ["Sao kê từ ngày 20/11/2026"],
    ["Tài khoản: 3500201012345"],
    ["Ngày", "Số bút toán", "Số tiền", "", "Nội dung"],
    ["", "", "Nợ", "Có", ""],
    ["20/11/2026", "FT1", "", "135 000,00", "BLQ7K3M9TX1QA nộp lệ phí"],
    ["20/11/2026", "FT2", "11 000,00", "", "Phí dịch vụ"],
    ["Cộng", "", "11 000,00", "135 000,00", ""],
]
GRIDS = {"vietinbank_efast": EFAST, "vietcombank": VIETCOMBANK, "bidv": BIDV, "acb": ACB, "generic": GENERIC}


def as_csv(grid: Grid, *, delimiter: str = ",", encoding: str = "utf-8-sig") -> bytes:
    text = StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(grid)
    return text.getvalue().encode(encoding)


def as_xlsx(grid: Grid) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in grid:
        sheet.append(list(row))
    out = BytesIO()
    book.save(out)
    return out.getvalue()
