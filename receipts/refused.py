"""The verdict on a file that is no genuine receipt: a stable code, and a sentence for the person who asked."""

from __future__ import annotations

from receipts.model import ReceiptError


class Refused(ReceiptError):
    """`code` is stable, as `structure.doctype` or `content.total_differs`; `detail` quotes no personal data."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
