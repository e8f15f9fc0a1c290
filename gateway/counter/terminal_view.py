"""What a screen and an integrator see of a sale at a terminal. Amounts in đồng; no card data but the masked number."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from gateway.counter import terminal_store as store
from gateway.counter.terminal_store import SaleRow, SaleState
from gateway.kernel.clock import rfc3339

# What to tell the clerk: never "try again" while the result is unknown.
SENTENCES: dict[SaleState, tuple[str, str]] = {
    SaleState.ASKED: ("Đang chờ khách quẹt thẻ.", "Waiting for the card."),
    SaleState.UNKNOWN: ("Chưa biết kết quả: kiểm tra máy POS.", "The result is not known: check the terminal."),
    SaleState.REVERSING: (
        "Chưa biết kết quả, đang hủy giao dịch ở máy POS: mời khách chờ, phục vụ người kế tiếp.",
        "The result is not known and is being reversed: ask the payer to wait, serve the next one.",
    ),
    SaleState.APPROVED: ("Máy POS đã thu được tiền.", "The terminal has taken the money."),
    SaleState.REFUSED: ("Không thu được tiền; có thể thử lại.", "No money was taken; it may be tried again."),
    SaleState.REVERSED: ("Đã hủy, khách không bị trừ tiền.", "Reversed: the payer has not paid."),
}


def as_contract(connection: sa.Connection, sale: SaleRow) -> dict[str, Any]:
    """The JSON of `/api/v1/payments/{id}/terminal`."""
    vi, en = SENTENCES[sale.state]
    return {
        "id": sale.id,
        "payment_id": sale.payment_id,
        "terminal": store.names(connection, [sale.terminal_id])[sale.terminal_id],
        "amount": sale.amount,
        "state": sale.state.value,
        "may_ask_again": sale.state in (SaleState.REFUSED, SaleState.REVERSED),
        "reason": sale.reason,
        "sentence_vi": vi,
        "sentence_en": en,
        "asked_at": rfc3339(sale.asked_at),
        "ended_at": rfc3339(sale.ended_at) if sale.ended_at else None,
        "slip": _slip(sale) if sale.state is SaleState.APPROVED else None,
    }


def _slip(sale: SaleRow) -> dict[str, Any]:
    names = ("masked_pan", "brand", "rrn", "approval_code", "tid", "mid", "batch", "stan")
    return {"authorised": sale.authorised, **{name: getattr(sale, name) for name in names}}
