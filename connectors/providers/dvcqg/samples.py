"""A result file in the portal's field names with made-up payments, for the conformance kit."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

from connectors.conformance.sample import Fields, Lists, Samples
from connectors.contract import Desk

ITEMS = '[{"LoaiPhiLePhi":"2","MaPhiLePhi":"LP01","TenPhiLePhi":"Lệ phí","SoTien":"150000"}]'
ROW = {
    "MaThamChieu": "BLQ84G7ZWYRD",
    "SoTien": "150000",
    "LoaiHinhThanhToan": "1",
    "MaKenhThanhToan": "VNPTPAY",
    "ThongTinGiaoDich": "Nop le phi ho so BLQ84G7ZWYRD",
    "ThoiGianGD": "20261121091500",
    "MaGiaoDich": "DVC0001",
    "MaDoiTac": "VNPT",
    "MaNganHang": "970415",
    "MaLoi": "00",
    "TKThuHuong": "113000000001",
    "TenTKThuHuong": "TRUNG TAM PHUC VU HCC",
    "MaNHThuHuong": "970415",
    "PhiLePhi": "",
    "MaDonVi": "H56.17",
    "MaHoSo": "H56.17-261121-0001",
    "HoTenNguoiNop": "NGUYEN VAN AN",
    "DuongDanBienLai": "",
}
ANOTHER = {"MaGiaoDich": "DVC0002", "MaThamChieu": "BLQGP1XF3A77", "SoTien": "150000", "PhiLePhi": ITEMS}


def samples() -> Samples:
    """What the connector must make of a file."""
    receipt = {"DuongDanBienLai": "https://bienlai.example.vn/DVC0001"}
    lists = Lists((ROW, {**ROW, **ANOTHER}), written, amount="SoTien", id="MaGiaoDich", receipted=receipt)
    return Samples(Desk({}, datetime(2026, 11, 21, 8, 31, tzinfo=UTC)), lists=lists)


def written(rows: tuple[Fields, ...]) -> bytes:
    """CSV as a spreadsheet writes it."""
    kept = StringIO(newline="")
    table = csv.DictWriter(kept, list(rows[0]))
    table.writeheader()
    table.writerows(rows)
    return kept.getvalue().encode("utf-8-sig")
