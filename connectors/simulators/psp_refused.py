"""What the simulated payment service says no to: a stable code and a sentence in both languages."""

from __future__ import annotations

from connectors.contract import Failure

SENTENCES = {
    "psp.address_unreadable": (
        "invalid",
        "Địa chỉ trang thanh toán không đọc được",
        "the page's address cannot be read",
    ),
    "psp.signature_invalid": ("invalid", "Chữ ký không hợp lệ", "the signature does not hold"),
    "psp.order_missing": ("missing", "Không có đơn hàng này", "there is no such order"),
    "psp.order_used": ("conflict", "Mã đơn hàng đã dùng cho nội dung khác", "the order id is used for something else"),
    "psp.order_closed": ("conflict", "Đơn hàng đã kết thúc", "the order is paid or has failed"),
    "psp.order_expired": ("conflict", "Đơn hàng đã hết hạn", "the order's time is over"),
    "psp.fault_unknown": ("invalid", "Không có lỗi mô phỏng này", "there is no such fault"),
    "psp.ipn_missing": ("missing", "Không có thông báo này", "there is no such notification"),
}


class PspRefused(Exception):
    """`kind` and `code` are stable; `field` names the argument at fault, `vi` and `en` tell a person."""

    def __init__(self, code: str, *, field: str = "", detail: str = "") -> None:
        self.kind, vietnamese, english = SENTENCES[code]
        self.code = code
        self.field = field
        self.vi = f"{vietnamese}: {detail}" if detail else vietnamese
        self.en = f"{english}: {detail}" if detail else english
        super().__init__(f"{code}: {self.en}")


class PspSilent(Exception):
    """The call brought no whole answer; the sender knows no more than `failure`."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure
