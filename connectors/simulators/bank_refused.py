"""What the simulated bank says no to, as its app would: a stable code and a sentence in both languages."""

from __future__ import annotations

SENTENCES = {
    "bank.payload_unreadable": ("invalid", "Mã QR không đọc được", "the QR code cannot be read"),
    "bank.other_bank": ("invalid", "Mã QR của ngân hàng khác", "the QR code belongs to another bank"),
    "bank.account_missing": ("missing", "Không có tài khoản này", "there is no such account"),
    "bank.amount_missing": ("invalid", "Chưa nhập số tiền", "the amount is missing"),
    "bank.amount_out_of_range": (
        "invalid",
        "Số tiền phải từ 1 đến 499.999.999 đồng",
        "the amount must be from 1 to 499,999,999 đồng",
    ),
    "bank.amount_zero": ("invalid", "Số tiền phải khác 0", "the amount must not be zero"),
    "bank.fault_unknown": ("invalid", "Không có lỗi mô phỏng này", "there is no such fault"),
    "bank.code_unknown": ("invalid", "Mã loại bút toán không hợp lệ", "the entry code is not a SWIFT one such as NTRF"),
    "bank.answer_untrusted": (
        "unavailable",
        "Câu trả lời không có chữ ký đúng",
        "the answer is not signed by its sender",
    ),
    "bank.bill_refused": ("conflict", "Mã này không có khoản phải nộp", "nothing may be paid under this code"),
    "bank.notice_missing": ("missing", "Không có thông báo này", "there is no such notice"),
}


class BankRefused(Exception):
    """`kind` and `code` are stable; `field` names the argument at fault, `vi` and `en` tell a person."""

    def __init__(self, code: str, *, field: str = "", detail: str = "") -> None:
        self.kind, vietnamese, english = SENTENCES[code]
        self.code = code
        self.field = field
        self.vi = f"{vietnamese}: {detail}" if detail else vietnamese
        self.en = f"{english}: {detail}" if detail else english
        super().__init__(f"{code}: {self.en}")
