"""The portal's live interface as far as it is public: the fields of a payment request, and no call.

Addresses, credentials, signatures and answers are known to connected agencies only. The message is written down so that
it can be compared with the documents on the day of the connection; until then `start` and `query` refuse.
"""

from __future__ import annotations

from typing import NoReturn

from connectors.contract import Desk, Order, Unverified
from connectors.stamp import stamp_of

UNVERIFIED = frozenset({"start", "query"})


def message(order: Order, desk: Desk) -> dict[str, str]:
    """The fields of a payment request that come from us; whose values are not known, stay empty. Raises SettingMissing."""
    told = dict.fromkeys(("LoaiHinhThanhToan", "MaKenhThanhToan", "MaDoiTac", "MaHoSo", "MaTTHC", "MaDVC"), "")
    return told | {
        "MaThamChieu": order.reference,
        "SoTien": str(order.amount),
        "ThongTinGiaoDich": order.description,
        "ThoiGianGD": stamp_of(order.created_at),
        "MaDonVi": desk.setting("unit_code"),
        "TKThuHuong": desk.setting("account"),
    }


def start(order: Order, desk: Desk) -> NoReturn:
    """Raises Unverified: nothing is sent."""
    raise Unverified("dvcqg.start")


def query(order: Order, desk: Desk) -> NoReturn:
    """Raises Unverified: nothing is sent."""
    raise Unverified("dvcqg.query")
