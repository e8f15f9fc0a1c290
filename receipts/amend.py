"""Replace a signed receipt that is wrong in its amount, its tax code or anything else that matters.

Thông tư 91/2026/TT-BTC, Điều 20: there is no cancel and no adjust. The new receipt takes a new number of the current
symbol and names the old one (`Thay thế cho biên lai mẫu ... ký hiệu ... số ... ngày ...`); the old one stays, marked
replaced. A replacement may be replaced in its turn; each receipt has one successor at most.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as with_
from datetime import datetime

import sqlalchemy as sa

from receipts.issue import issue
from receipts.model import Mint, Numbered, ReceiptError, ReceiptFacts, Sealer, State
from receipts.series import lock_ranges
from receipts.store import NotSigned, ReceiptMissing, Row
from receipts.tables import receipt, replacement

MAX_REASON = 1_000  # characters


class AlreadyReplaced(ReceiptError):
    """The receipt has a successor; it is that one which may be replaced."""

    kind = "conflict"
    code = "receipt.already_replaced"


class SourceTaken(ReceiptError):
    """The source of the new facts belongs to another receipt; a replacement needs a source of its own."""

    kind = "conflict"
    code = "receipt.source_taken"


class ReplacedLater(ReceiptError):
    """A replacement is not dated before the receipt that it replaces."""

    code = "receipt.replaced_later"


class NoReason(ReceiptError):
    """A replacement and a notice state why, in at most 1000 characters."""

    code = "receipt.no_reason"


def replace(
    connection: sa.Connection,
    old_id: str,
    facts: ReceiptFacts,
    *,
    now: datetime,
    mint: Mint,
    sealer: Sealer,
    lookup_code: Callable[[], str],
    reason: str,
) -> Numbered:
    """The successor of `old_id`, numbered by `facts`; a repeat with the same source is answered with the first.

    `facts.day` is the day of the replacement and `facts.source` another than that of the old receipt. Raises NoReason,
    ReceiptMissing (unknown, or another owner's), NotSigned, AlreadyReplaced, ReplacedLater, SourceTaken, and what
    `issue` raises; each before anything is written.
    """
    stated = checked_reason(reason)
    lock_ranges(connection, {(facts.owner, facts.day.year)})  # before the receipt, as everybody does
    old = _locked(connection, old_id, facts.owner)
    if old.state == State.REPLACED:
        return _repeated(connection, old, facts)
    _refuse_unfit(connection, old, facts)
    [new] = issue(connection, [facts], now=now, mint=mint, sealer=sealer, lookup_code=lookup_code)
    sealed = sealer.seal(reason_place(old.id), stated.encode())
    connection.execute(sa.insert(replacement).values(old_id=old.id, new_id=new.id, reason=sealed, replaced_at=now))
    succeeded = {"state": State.REPLACED, "replaced_by": new.id}
    connection.execute(sa.update(receipt).where(receipt.c.id == old.id).values(**succeeded))
    return new


def reason_of(connection: sa.Connection, old_id: str, sealer: Sealer) -> str | None:
    """Why a receipt was replaced; None if it was not."""
    query = sa.select(replacement.c.reason).where(replacement.c.old_id == old_id)
    sealed = connection.execute(query).scalar_one_or_none()
    return None if sealed is None else sealer.unseal(reason_place(old_id), sealed).decode()


def checked_reason(reason: str) -> str:
    """Without blanks around it. Raises NoReason."""
    stated = reason.strip()
    if not stated or len(stated) > MAX_REASON:
        raise NoReason(f"a reason of 1 to {MAX_REASON} characters is needed")
    return stated


def reason_place(old_id: str) -> str:
    """Where the reason of a replacement is sealed."""
    return f"receipt_replacement.reason.{old_id}"


def _locked(connection: sa.Connection, old_id: str, owner: str) -> Row:
    query = sa.select(receipt).where(receipt.c.id == old_id, receipt.c.owner == owner).with_for_update()
    old = connection.execute(query).one_or_none()
    if old is None:
        raise ReceiptMissing(f"no receipt {old_id}")
    return old


def _repeated(connection: sa.Connection, old: Row, facts: ReceiptFacts) -> Numbered:
    """The successor there is, if the same replacement is asked for again."""
    columns = (receipt.c[name] for name in Numbered.__dataclass_fields__ if name != "repeated")
    row = connection.execute(sa.select(*columns).where(receipt.c.id == old.replaced_by)).one()
    if row.source != facts.source:
        raise AlreadyReplaced(f"receipt {old.id} was replaced by {old.replaced_by}")
    return with_(Numbered(*row), repeated=True)


def _refuse_unfit(connection: sa.Connection, old: Row, facts: ReceiptFacts) -> None:
    if old.state == State.NUMBERED:
        raise NotSigned(f"receipt {old.id} is not signed yet")
    if facts.day < old.day:
        raise ReplacedLater(f"receipt {old.id} is of a later day than its replacement")
    taken = sa.exists().where(receipt.c.owner == facts.owner, receipt.c.source == facts.source)
    if connection.execute(sa.select(taken)).scalar_one():
        raise SourceTaken("the source belongs to another receipt")
