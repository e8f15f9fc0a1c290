"""What the tax authority says of a table: accepted, or refused with reasons. It may come twice, or by hand as a file.

TDiep/TTChung/MTDTChieu names our message; DLieu/TBao has TTTNhan (0 accepted, 1 refused) and DSLDo/LDo{MLoi,MTa}.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from lxml import etree

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.taxing.model import AnswerUnreadable, TableState
from gateway.taxing.store import tax_table

LONGEST = 256 * 1024
_OUTCOME = {"0": TableState.ACCEPTED, "1": TableState.REFUSED}


@dataclass(frozen=True, slots=True)
class TaxAnswer:
    """One answer, read."""

    message_id: str  # of the message it answers
    state: TableState
    reasons: tuple[str, ...]


def read(content: bytes) -> TaxAnswer:
    """AnswerUnreadable for anything else than an answer; no entity, no network, bounded."""
    if len(content) > LONGEST or b"<!DOCTYPE" in content:
        raise _unreadable()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError:
        raise _unreadable() from None
    told = root.findtext("TTChung/MTDTChieu") if root.tag == "TDiep" else None
    state = _OUTCOME.get((root.findtext("DLieu/TBao/TTTNhan") or "").strip())
    if not told or state is None:
        raise _unreadable()
    reasons = (
        f"{reason.findtext('MLoi') or ''} {reason.findtext('MTa') or ''}".strip()
        for reason in root.iterfind("DLieu/TBao/DSLDo/LDo")
    )
    return TaxAnswer(told.strip(), state, tuple(reasons))


def answered(uow: UnitOfWork, agency_id: str, content: bytes) -> bool:
    """Keep an answer; whether it was news. An accepted table stays accepted. AnswerUnreadable."""
    said = read(content)
    table = tax_table.c
    mine = own(tax_table, agency_id) & (table.message_id == said.message_id)
    waiting = table.state.in_([TableState.MADE.value, TableState.SENT.value])
    row = uow.connection.execute(sa.select(table.id, table.state).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise _unreadable()
    values = {"state": said.state.value, "answered_at": uow.now(), "answer": content, "reason": "; ".join(said.reasons)}
    news = bool(uow.connection.execute(sa.update(tax_table).where(mine, waiting).values(**values)).rowcount)
    if news:
        uow.emit([Event(agency_id, f"tax.{said.state.value}", row.id, {"reasons": list(said.reasons)})])
    return news


def _unreadable() -> AnswerUnreadable:
    return AnswerUnreadable(
        "Thông điệp trả lời không đọc được hoặc không thuộc bảng nào.",
        "The answer cannot be read, or answers none of our tables.",
    )
