"""The national portal's files as an agency would get them, right or with what goes wrong in files."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.simulators.delivery import known
from connectors.simulators.table import Form, table
from connectors.stamp import stamp_of

FAULTS = frozenset(
    {
        *("missing_row", "doubled_row", "reorder", "wrong_amount", "wrong_items", "unlisted_code"),
        *("bad_amount", "bad_date", "lump_differs", "cut", "not_utf8"),
    }
)
BATCH, BOOKED_ON, COMMISSION, STATED = "DotQuyetToan", "NgayQuyetToan", "PhiDichVu", "TongChuyen"
SETTINGS = {
    "column_batch": BATCH,
    "column_booked_on": BOOKED_ON,
    "column_commission": COMMISSION,
    "column_stated": STATED,
}


@dataclass(frozen=True, slots=True)
class PortalPayment:
    """A payment made on the portal; `receipt` is the link to a receipt it has issued, empty where it has not."""

    id: str
    reference: str
    amount: int  # đồng
    paid_at: datetime  # UTC
    account: str
    payer: str = field(repr=False)
    receipt: str = ""
    commission: int = 0  # đồng
    code: str = "00"


def result_file(payments: Sequence[PortalPayment], faults: Collection[str] = (), *, form: Form = "csv") -> bytes:
    """Payment by payment; faults befall the first. ValueError names faults that do not exist."""
    asked = known(faults, FAULTS)
    return _spoilt(table(_faulty([_row(payment) for payment in payments], asked), form), asked)


def settlement_file(
    batch: str,
    booked_on: date,
    payments: Sequence[PortalPayment],
    faults: Collection[str] = (),
    *,
    form: Form = "csv",
) -> bytes:
    """The payments of one credit, commission kept back. Set the connector up with SETTINGS to read it."""
    asked = known(faults, FAULTS)
    total = sum(payment.amount - payment.commission for payment in payments)
    head = {BATCH: batch, BOOKED_ON: f"{booked_on:%d/%m/%Y}"}
    head[STATED] = str(total + (1_000 if "lump_differs" in asked else 0))
    rows = [{**_row(payment), **head, COMMISSION: str(payment.commission)} for payment in payments]
    return _spoilt(table(_faulty(rows, asked), form), asked)


def _row(payment: PortalPayment) -> dict[str, str]:
    items = [{"LoaiPhiLePhi": "2", "MaPhiLePhi": "LP01", "TenPhiLePhi": "Lệ phí", "SoTien": str(payment.amount)}]
    return {
        "MaThamChieu": payment.reference,
        "SoTien": str(payment.amount),
        "LoaiHinhThanhToan": "1",
        "MaKenhThanhToan": "VNPTPAY",
        "ThongTinGiaoDich": f"Nop le phi {payment.reference}",
        "ThoiGianGD": stamp_of(payment.paid_at),
        "MaGiaoDich": payment.id,
        "MaDoiTac": "VNPT",
        "MaNganHang": "970415",
        "MaLoi": payment.code,
        "TKThuHuong": payment.account,
        "PhiLePhi": json.dumps(items, ensure_ascii=False),
        "HoTenNguoiNop": payment.payer,
        "DuongDanBienLai": payment.receipt,
    }


def _faulty(rows: list[dict[str, str]], asked: frozenset[str]) -> list[dict[str, str]]:
    first, others = rows[0], rows[1:]
    if "wrong_amount" in asked:
        first = {**first, "SoTien": str(int(first["SoTien"]) * 10), "PhiLePhi": ""}
    if "wrong_items" in asked:
        first = {**first, "PhiLePhi": '[{"SoTien":"1"}]'}
    if "bad_amount" in asked:
        first = {**first, "SoTien": f"{int(first['SoTien']):,}", "PhiLePhi": ""}
    if "bad_date" in asked:
        first = {**first, "ThoiGianGD": "31/02/2026 09:00"}
    if "unlisted_code" in asked:
        first = {**first, "MaLoi": "77"}
    found = ([] if "missing_row" in asked else [first]) + others
    found += [first] if "doubled_row" in asked else []
    return found[::-1] if "reorder" in asked else found


def _spoilt(data: bytes, asked: frozenset[str]) -> bytes:
    if "not_utf8" in asked:
        data = data + b"\xff\xfe"
    return data[: len(data) // 3] if "cut" in asked else data
