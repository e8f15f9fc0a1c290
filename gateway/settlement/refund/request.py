"""Ask for money to go back: of an open suspense, or of a settled due on a legal ground; nothing moves yet.

The same key again gives the same refund. What is asked for and what was promised before never exceed what is there.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from connectors.reference import make
from gateway.dues import store as dues_store
from gateway.kernel.canonical import fingerprint
from gateway.kernel.money import dong
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.settlement.refund import destination, source, store
from gateway.settlement.refund.model import (
    TAKEN,
    WAITING,
    Exceeds,
    GroundMissing,
    KeyReused,
    NothingThere,
    RefundInvalid,
    RefundRequest,
    RefundStatus,
)
from gateway.settlement.refund.source import Source
from gateway.settlement.refund.store import RefundRow
from receipts import store as receipts_store

LONGEST = 1_000  # characters of a reason or ground
_KEY = re.compile(r"[!-~]{1,255}")
_LAW = re.compile(r"(?i)(điều|khoản|thông tư|nghị định|nghị quyết|quyết định|luật)")


def request(uow: UnitOfWork, asked: RefundRequest) -> RefundRow:
    """The refund, requested by `uow.actor`. RefundInvalid, GroundMissing, KeyReused, NothingThere, Exceeds,
    DestinationUnknown, DestinationUnproven, SourceMoved, RefundMissing."""
    _check(asked)
    known = _known(uow, asked)
    if known is not None:
        return known
    found = _lock(uow, asked)
    known = _known(uow, asked)  # the first of two at once has committed while we waited for the lock
    if known is not None:
        return known
    row = _keep(uow, asked, found, _amount(uow, asked, found))
    uow.emit([store.event_of(row, "refund.requested"), *destination.repeated(uow, row)])
    return row


def available(connection: sa.Connection, found: Source) -> int:
    """What a new refund may still ask of a source, đồng. Approved refunds have left a suspense already."""
    others = source.promised(connection, found, WAITING | TAKEN if found.due else WAITING)
    return max(0, found.amount - others)


def _lock(uow: UnitOfWork, asked: RefundRequest) -> Source:
    if asked.suspense_id is not None:
        return source.of_suspense(uow.connection, asked.agency, asked.suspense_id)
    assert asked.due_id is not None
    return source.of_due(uow.connection, asked.agency, asked.due_id)


def _amount(uow: UnitOfWork, asked: RefundRequest, found: Source) -> int:
    if not found.amount:
        raise NothingThere("Không có tiền để hoàn ở khoản này.", "There is no money here to give back.")
    left = available(uow.connection, found)
    wanted = left if asked.amount is None else asked.amount
    if not 0 < wanted <= left:
        raise exceeds(left)
    return wanted


def exceeds(left: int) -> Exceeds:
    """The refusal of more than there is."""
    return Exceeds(
        f"Chỉ còn {dong(left)} có thể hoàn.", f"Only {left} đồng can be given back.", field="amount", available=left
    )


def _keep(uow: UnitOfWork, asked: RefundRequest, found: Source, amount: int) -> RefundRow:
    refund_id = uow.mint("rfd")
    to = destination.choose(uow, found.money, asked.elsewhere)
    row = {
        "id": refund_id,
        "agency_id": asked.agency,
        "key": asked.key,
        "fingerprint": _fingerprint(uow, asked),
        "reference": make(uow.ids.below),
        "notice_id": None if found.due else found.money[0].id,
        "suspense_id": found.task.id if found.task else None,
        "due_id": found.due.id if found.due else None,
        "payment_id": found.payment.id if found.payment else None,
        "account": found.money[0].account,
        "amount": amount,
        "reason_sealed": uow.vault.seal(f"refund.reason.{refund_id}", asked.reason.strip().encode()),
        "ground": asked.ground.strip(),
        "receipt_ids": json.dumps(_receipts(uow, found)),
        "destination_sealed": destination.seal(uow.vault, refund_id, to, asked.elsewhere),
        "destination_digest": destination.digest(uow.vault, to),
        "to_origin": asked.elsewhere is None,
        "status": RefundStatus.REQUESTED.value,
        "attempt": 0,
        "requested_by": uow.actor,
        "requested_at": uow.now(),
    }
    if not insert_if_new(uow.connection, store.refund, row):
        raise _reused()  # the same key for another source, at the same moment
    return store.by_id(uow.connection, asked.agency, refund_id)


def _receipts(uow: UnitOfWork, found: Source) -> list[str]:
    """The live receipts of a settled due; they stay as they are."""
    if found.due is None or found.payment is None:
        return []
    dossier = dues_store.dossiers(uow.connection, [found.due.dossier_id])[found.due.dossier_id]
    return [
        receipt.id
        for receipt in receipts_store.of_payments(uow.connection, [found.payment.id])
        if receipt.dossier_code == dossier.code
        and receipt.kind_split in (found.due.kind.value, "ALL")
        and receipt.replaced_by is None
    ]


def _known(uow: UnitOfWork, asked: RefundRequest) -> RefundRow | None:
    known = store.by_key(uow.connection, asked.agency, asked.key)
    if known is not None and known.fingerprint != _fingerprint(uow, asked):
        raise _reused()
    return known


def _fingerprint(uow: UnitOfWork, asked: RefundRequest) -> str:
    told: dict[str, Any] = asdict(asked)
    return uow.vault.blind("refund.request", fingerprint(told))


def _reused() -> KeyReused:
    return KeyReused("Khóa này đã dùng cho một yêu cầu khác.", "The key was used for another request.", field="key")


def _check(asked: RefundRequest) -> None:
    if not _KEY.fullmatch(asked.key):
        raise RefundInvalid("Khóa không hợp lệ.", "The key has 1 to 255 visible ASCII characters.", field="key")
    if (asked.suspense_id is None) == (asked.due_id is None):
        raise RefundInvalid("Nêu một khoản treo hoặc một khoản phải nộp.", "Name one source.", field="suspense_id")
    if asked.amount is not None and asked.amount <= 0:
        raise RefundInvalid("Số tiền phải lớn hơn 0.", "The amount must be positive.", field="amount")
    if not 0 < len(asked.reason.strip()) <= LONGEST:
        raise RefundInvalid("Thiếu lý do hoàn trả.", "A reason is required.", field="reason")
    if len(asked.ground) > LONGEST:
        raise RefundInvalid("Căn cứ quá dài.", "The ground is too long.", field="ground")
    if asked.due_id is not None and not _legal(asked.ground):
        raise GroundMissing(
            "Hoàn khoản đã thu cần căn cứ: tên văn bản và điều khoản.",
            "Money of a settled due needs its legal ground: the text and its article.",
            field="ground",
        )


def _legal(ground: str) -> bool:
    """It names a text or an article, with a number; whether the text allows the refund is for the approver to read."""
    return bool(_LAW.search(ground)) and any(c.isdigit() for c in ground)
