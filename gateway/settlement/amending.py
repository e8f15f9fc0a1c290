"""Replace a receipt that is wrong in its tax code or its money: asked by one person, and made by another where money differs.

Thông tư 91/2026/TT-BTC, Điều 20: no cancel and no adjust. What is wrong in names, addresses and other text alone is told
to the tax office (04/SS-CTĐT) and not issued again. A receipt never says more than was paid; what it says less is on its
way back as a refund first, so that the books tie at every moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import refund
from receipts import amend, store
from receipts import facts as facts_json
from receipts.life_tables import change
from receipts.model import FeeLine, Numbered, Payer, ReceiptFacts
from receipts.register import may_issue


class ChangeMissing(Missing):
    """The agency has no such request."""

    code = "receipt.change_missing"


class ChangeClosed(Conflict):
    """The request was decided before."""

    code = "receipt.change_closed"


class SamePerson(Forbidden):
    """Where money differs another person decides."""

    code = "receipt.same_person"


class NoticeSuffices(Conflict):
    """Tax code and money are right: the payer and the tax office are told, and the receipt stays."""

    code = "receipt.notice_suffices"


class BadCorrection(Invalid):
    """The correction names what the receipt does not have, or asks for more than was paid."""

    code = "receipt.bad_correction"


class NotRefunded(Conflict):
    """What the new receipt says less is not on its way back to the payer."""

    code = "receipt.difference_not_refunded"


class CannotIssue(Conflict):
    """No receipt can be issued now."""

    code = "receipt.series_closed"


@dataclass(frozen=True, slots=True)
class Correction:
    """What is right; None is as it was. `lines`: position from 1 -> (quantity, unit price in đồng); 0 items: the line goes."""

    payer_name: str | None = field(default=None, repr=False)
    payer_tax_code: str | None = field(default=None, repr=False)
    payer_id_number: str | None = field(default=None, repr=False)
    payer_address: str | None = field(default=None, repr=False)
    lines: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to replace a receipt."""

    id: str
    receipt_id: str
    money_differs: bool
    new: Numbered | None  # there at once where no money differs


def ask(uow: UnitOfWork, agency_id: str, receipt_id: str, right: Correction, reason: str) -> Asked:
    """`uow.actor` asks for a replacement; made at once unless money differs.

    Raises ReceiptMissing, NotSigned, AlreadyReplaced, NoReason, BadCorrection, NoticeSuffices, and what `approve` raises.
    """
    old, row = _signed(uow, agency_id, receipt_id)
    stated = amend.checked_reason(reason)
    new = _corrected(old, right)
    if new.payer.tax_code == old.payer.tax_code and new.lines == old.lines:
        raise NoticeSuffices(
            "Chỉ sai tên, địa chỉ hoặc nội dung khác: thông báo 04/SS-CTĐT, không lập lại biên lai.",
            "Only text is wrong: send an error notice; no new receipt.",
            receipt_id=row.id,
        )
    differs = new.lines != old.lines
    change_id = uow.mint("chg")
    values = {
        "id": change_id,
        "owner": agency_id,
        "receipt_id": receipt_id,
        "facts": uow.vault.seal(_place(change_id, "facts"), facts_json.to_bytes(new)),
        "reason": uow.vault.seal(_place(change_id, "reason"), stated.encode()),
        "money_differs": differs,
        "state": "asked",
        "asked_by": uow.actor,
        "asked_at": uow.now(),
    }
    uow.connection.execute(sa.insert(change).values(**values))
    uow.emit([Event(agency_id, "receipt.change_asked", receipt_id, {"change_id": change_id, "money_differs": differs})])
    made = None if differs else approve(uow, agency_id, change_id)
    return Asked(change_id, receipt_id, differs, made)


def approve(uow: UnitOfWork, agency_id: str, change_id: str) -> Numbered:
    """`uow.actor` has the replacement made; its repeat is answered with the same receipt.

    Raises ChangeMissing, ChangeClosed, SamePerson, NotRefunded, CannotIssue, and what `receipts.amend.replace` raises.
    """
    row = _change(uow, agency_id, change_id)
    if row.state == "refused":
        raise ChangeClosed("Đề nghị đã bị từ chối.", "The request was refused.", field="change")
    if row.state == "asked" and row.money_differs and row.asked_by == uow.actor:
        raise SamePerson("Người duyệt phải khác người đề nghị.", "Asking and approving take two persons.")
    today = business_day(uow.now())
    verdict = may_issue(uow.connection, agency_id, today)
    if row.state == "asked" and not verdict.open:
        first = verdict.reasons[0]
        raise CannotIssue(f"Chưa lập được biên lai: {first.vi}.", f"No receipt can be issued: {first.en}.")
    saved = facts_json.from_bytes(uow.vault.unseal(_place(change_id, "facts"), row.facts))
    facts = replace(saved, source=f"change:{change_id}", day=today, delegate=verdict.delegate)
    if row.state == "asked":
        _refuse_unreturned(uow, agency_id, row.receipt_id, facts)
    made = amend.replace(
        uow.connection,
        row.receipt_id,
        facts,
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault,
        lookup_code=lambda: uow.ids.code(12),
        reason=uow.vault.unseal(_place(change_id, "reason"), row.reason).decode(),
    )
    if row.state == "asked":
        _decide(uow, row, state="made", new_id=made.id)
        body = {"change_id": change_id, "replaced_by": made.id, "symbol": made.symbol, "number": made.number}
        uow.emit([Event(agency_id, "receipt.replaced", row.receipt_id, body)])
    return made


def refuse(uow: UnitOfWork, agency_id: str, change_id: str) -> None:
    """`uow.actor` has nothing changed. Raises ChangeMissing, ChangeClosed."""
    row = _change(uow, agency_id, change_id)
    if row.state != "asked":
        raise ChangeClosed("Đề nghị đã được quyết định.", "The request was decided before.", field="change")
    _decide(uow, row, state="refused")
    uow.emit([Event(agency_id, "receipt.change_refused", row.receipt_id, {"change_id": change_id})])


def _signed(uow: UnitOfWork, agency_id: str, receipt_id: str) -> tuple[ReceiptFacts, store.Row]:
    row = store.find(uow.connection, receipt_id, agency_id)
    if row is None:
        raise store.ReceiptMissing(f"no receipt {receipt_id}")
    if row.signed_at is None:
        raise store.NotSigned(f"receipt {receipt_id} is not signed yet")
    if row.replaced_by is not None:
        raise amend.AlreadyReplaced(f"receipt {receipt_id} was replaced by {row.replaced_by}")
    return store.load_facts(row, uow.vault), row


def _corrected(old: ReceiptFacts, right: Correction) -> ReceiptFacts:
    payer = Payer(
        old.payer.name if right.payer_name is None else right.payer_name,
        old.payer.tax_code if right.payer_tax_code is None else right.payer_tax_code,
        old.payer.id_number if right.payer_id_number is None else right.payer_id_number,
        old.payer.address if right.payer_address is None else right.payer_address,
    )
    unknown = sorted(set(right.lines) - set(range(1, len(old.lines) + 1)))
    if unknown:
        raise BadCorrection(f"Biên lai không có dòng {unknown[0]}.", f"There is no line {unknown[0]}.", field="lines")
    lines = [_line(line, right.lines.get(position)) for position, line in enumerate(old.lines, start=1)]
    new = replace(old, payer=payer, lines=tuple(line for line in lines if line is not None))
    if not new.lines:
        raise BadCorrection(
            "Hoàn toàn bộ: hoàn trả, không lập biên lai 0 đồng.",
            "All of it: refund it; no receipt of 0 đồng.",
            field="lines",
        )
    if new.amount > old.amount:
        raise BadCorrection(
            "Biên lai thay thế không thể nhiều hơn số đã nộp; phần thiếu là khoản phải nộp mới.",
            "A replacement cannot be of more than was paid; what lacks is a new due.",
            field="lines",
        )
    return new


def _line(line: FeeLine, right: tuple[int, int] | None) -> FeeLine | None:
    if right is None:
        return line
    quantity, price = right
    return replace(line, quantity=quantity, unit_price=price, amount=quantity * price) if quantity else None


def _refuse_unreturned(uow: UnitOfWork, agency_id: str, receipt_id: str, new: ReceiptFacts) -> None:
    """All refunds of the payment's dues explain by how much its live receipts are below what was paid."""
    old = store.find(uow.connection, receipt_id, agency_id)
    assert old is not None  # as the request names it
    less = old.amount - new.amount
    earlier = _earlier(uow, agency_id, old.payment)
    mine = sa.select(sa.func.coalesce(sa.func.sum(refund.c.amount), 0)).where(
        own(refund, agency_id), refund.c.payment_id == old.payment, refund.c.due_id.is_not(None)
    )
    asked = int(uow.connection.scalar(mine.where(refund.c.status != RefundStatus.REFUSED.value)) or 0)
    if less and asked < earlier + less:
        raise NotRefunded(
            f"Số chênh lệch {less:,} đ chưa có đề nghị hoàn trả.",
            f"The difference of {less} đồng has no refund yet.",
            difference=less,
        )


def _earlier(uow: UnitOfWork, agency_id: str, payment_id: str) -> int:
    """By how much earlier replacements made the payment's receipts less."""
    table = store.receipt
    chosen = sa.and_(table.c.owner == agency_id, table.c.payment == payment_id)
    first = sa.select(sa.func.sum(table.c.amount)).where(chosen, table.c.source.not_like("change:%"))
    live = sa.select(sa.func.sum(table.c.amount)).where(chosen, table.c.replaced_by.is_(None))
    return int(uow.connection.scalar(first) or 0) - int(uow.connection.scalar(live) or 0)


def _change(uow: UnitOfWork, agency_id: str, change_id: str) -> store.Row:
    query = sa.select(change).where(change.c.owner == agency_id, change.c.id == change_id).with_for_update()
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise ChangeMissing("Không có đề nghị này.", "There is no such request.", field="change")
    return row


def _decide(uow: UnitOfWork, row: store.Row, **values: object) -> None:
    decided = sa.update(change).where(change.c.owner == row.owner, change.c.id == row.id)
    uow.connection.execute(decided.values(**values, decided_by=uow.actor, decided_at=uow.now()))


def _place(change_id: str, column: str) -> str:
    return f"receipt_change.{column}.{change_id}"
