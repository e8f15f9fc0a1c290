"""Tell the tax office of an error that needs no new receipt: the record, and form 04/SS-CTĐT as a file to be sent.

Thông tư 91/2026/TT-BTC, Điều 20. The file has the form's columns under tags by the naming rule of QĐ 1271/QĐ-CT; the
format itself is not published, so it is uploaded by hand.
"""

from __future__ import annotations

from gateway import agencies
from gateway.agencies import Agency
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from receipts import error_notice, store
from receipts.error_notice import ErrorNotice
from receipts.model import NoticeKind
from receipts.xml import escape

KINDS = {NoticeKind.NOTICE: ("1", "Thông báo"), NoticeKind.EXPLANATION: ("2", "Giải trình")}


class NoticeUnknown(Missing):
    """The agency has no such notice."""

    code = "receipt.notice_missing"


def tell(
    uow: UnitOfWork, agency_id: str, receipt_id: str, text: str, reason: str, *, explanation: bool = False
) -> tuple[str, bytes]:
    """Record a notice by `uow.actor`; its id and its file. Raises what `receipts.error_notice.send` raises."""
    kind = NoticeKind.EXPLANATION if explanation else NoticeKind.NOTICE
    made = error_notice.send(
        uow.connection,
        receipt_id,
        owner=agency_id,
        kind=kind,
        text=text,
        reason=reason,
        by=uow.actor,
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault,
    )
    uow.emit([Event(agency_id, "receipt.error_notice_sent", receipt_id, {"notice_id": made, "kind": kind.value})])
    found = next(one for one in error_notice.of_receipt(uow.connection, receipt_id, uow.vault) if one.id == made)
    return made, form(agencies.require(uow.connection, agency_id), [found])


def answered(uow: UnitOfWork, agency_id: str, notice_id: str, *, accepted: bool) -> bool:
    """What the tax office said; False if it had answered before. Raises NoticeUnknown."""
    table = store.error_notice
    about = uow.connection.execute(
        table.select().with_only_columns(table.c.receipt_id).where(table.c.id == notice_id)
    ).scalar_one_or_none()
    if about is None or store.find(uow.connection, about, agency_id) is None:
        raise NoticeUnknown("Không có thông báo này.", "There is no such notice.", field="notice")
    done = error_notice.answer(uow.connection, notice_id, accepted=accepted, now=uow.now())
    if done:
        uow.emit([Event(agency_id, "receipt.error_notice_answered", about, {"notice_id": notice_id, "ok": accepted})])
    return done


def form(agency: Agency, notices: list[ErrorNotice]) -> bytes:
    """04/SS-CTĐT in XML: (1) STT (2) ký hiệu mẫu (3) ký hiệu (4) số (5) ngày lập (6) loại chứng từ (7) (8)."""
    rows = "".join(_row(place, one) for place, one in enumerate(notices, start=1))
    made = business_day(notices[0].sent_at).isoformat()
    return (
        '<?xml version="1.0" encoding="UTF-8"?><TBao><DLTBao><MSo>04/SS-CTĐT</MSo>'
        f"<Ten>Thông báo chứng từ điện tử có sai sót</Ten><NTBao>{made}</NTBao>"
        f"<TNNT>{escape(agency.name)}</TNNT><MST>{agency.tax_code}</MST><DSCTu>{rows}</DSCTu></DLTBao></TBao>\n"
    ).encode()


def _row(place: int, one: ErrorNotice) -> str:
    code, name = KINDS[one.kind]
    return (
        f"<CTu><STT>{place}</STT><KHMCTu>{one.form}</KHMCTu><KHCTu>{one.symbol}</KHCTu><SCTu>{one.number}</SCTu>"
        f"<NLap>{one.day.isoformat()}</NLap><LCTu>Biên lai thu phí, lệ phí</LCTu><LTBao>{code}</LTBao>"
        f"<TLTBao>{name}</TLTBao><NDung>{escape(one.text)}</NDung><LDo>{escape(one.reason)}</LDo></CTu>"
    )
