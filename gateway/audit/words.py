"""The audit trail in two languages: what each kind of leaf says to an inspector, and who it says did it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Sentences = tuple[str, str]  # Vietnamese, English

HAPPENED: Mapping[str, Sentences] = MappingProxyType(
    {
        "dossier.registered": ("Tiếp nhận hồ sơ và tính khoản phải nộp", "Dossier registered and its dues priced"),
        "due.added": ("Thêm khoản phải nộp", "A due was added"),
        "due.amended": ("Sửa khoản phải nộp", "A due was amended"),
        "due.withdrawn": ("Rút khoản phải nộp", "A due was withdrawn"),
        "due.exempted": ("Miễn khoản phải nộp", "A due was exempted"),
        "payment.started": ("Lập lệnh thanh toán", "Payment started"),
        "payment.extended": ("Gia hạn lệnh thanh toán", "Payment extended"),
        "payment.expired": ("Lệnh thanh toán hết hạn", "Payment expired"),
        "payment.paid": (
            "Ghi nhận đã nộp đủ, ghi sổ và cấp số biên lai",
            "Settled, entered in the ledger, receipts numbered",
        ),
        "money.suspended": ("Tiền về chưa xếp được vào khoản nào", "Money came that has no due to go to yet"),
        "notice.confirmed": ("Ngân hàng báo lại khoản tiền đã biết", "The bank repeated what was known"),
        "notice.contradicted": ("Báo có trái với báo có trước", "A notice contradicts an earlier one"),
        "notice.conflicting": ("Hai báo có khác nội dung dưới một mã", "Two different notices under one key"),
        "receipt.signed": ("Ký số biên lai", "Receipt signed"),
        "receipt.replaced": ("Lập biên lai thay thế", "Receipt replaced"),
        "refund.requested": ("Đề nghị hoàn trả", "Refund requested"),
        "refund.endorsed": (
            "Đồng ý hoàn trả, còn chờ người duyệt thứ hai",
            "Refund endorsed, a second approval is due",
        ),
        "refund.approved": ("Duyệt hoàn trả, tiền được để riêng", "Refund approved, the money set aside"),
        "refund.ordered": ("Ra lệnh chi hoàn trả", "Refund ordered"),
        "refund.failed": ("Lệnh hoàn trả không thành", "The refund's order failed"),
        "refund.returned": ("Tiền hoàn trả đã đến người nộp", "The money went back to the payer"),
        "refund.refused": ("Từ chối hoàn trả", "Refund refused"),
        "refund.destination_repeated": (
            "Cảnh báo: nhiều hoàn trả về một tài khoản",
            "Warning: several refunds to one account",
        ),
    }
)

ACTORS: Mapping[str, Sentences] = MappingProxyType(
    {
        "worker": ("Hệ thống (tự động)", "The system (automatic)"),
        "payer": ("Người nộp", "The payer"),
        "cli": ("Quản trị viên tại máy chủ", "An administrator at the server"),
        "login": ("Cửa đăng nhập", "The login door"),
        "demo": ("Dữ liệu mẫu", "Sample data"),
    }
)

ROLES: Mapping[str, Sentences] = MappingProxyType(
    {
        "key": ("Hệ thống có khóa API", "The system with API key"),
        "connector": ("Kết nối", "Connector"),
        "officer": ("Cán bộ", "Officer"),
    }
)


def happened(kind: str) -> Sentences:
    """The sentence of a kind; the kind itself where it has none."""
    return HAPPENED.get(kind, (kind, kind))


def acted(actor: str, names: Mapping[str, str]) -> Sentences:
    """Who did it; `names` are officers by actor."""
    if actor in names:
        return names[actor], names[actor]
    if actor in ACTORS:
        return ACTORS[actor]
    role, separator, name = actor.partition(":")
    if separator and role in ROLES:
        vi, en = ROLES[role]
        return f"{vi} {name}", f"{en} {name}"
    return actor, actor
