"""One sum for several payments: the parts that persons chose, carved out of the money that a statement line proves.

Each part becomes money of its own (`notice`) with the same line, day and account, so that it settles, is confirmed and
is refunded like any other; the row it came from keeps what is left and goes on being the one that a late notice finds.
Nothing is posted: money moves from suspense to suspense until its payment settles. The parts and the rest are the sum,
to the đồng.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from gateway.dues.model import DueStatus
from gateway.dues.store import due
from gateway.kernel.uow import UnitOfWork
from gateway.payments.store import payment_due
from gateway.settlement import allocate_money
from gateway.settlement.allocate_money import Given
from gateway.settlement.allocate_refusals import NotAllocatable, PartsInvalid
from gateway.settlement.allocation_store import allocation
from gateway.settlement.model import Reason
from gateway.settlement.store import notice, suspense

MOST = 100  # parts of one sum


@dataclass(frozen=True, slots=True)
class Part:
    """So much of the money, đồng, for this payment."""

    payment_id: str
    amount: int


def check(parts: Sequence[Part]) -> None:
    """PartsInvalid: what can be said without looking at the money."""
    if not 0 < len(parts) <= MOST:
        raise PartsInvalid(f"Nêu từ 1 đến {MOST} phần.", f"Name 1 to {MOST} parts.", field="parts")
    if any(part.amount <= 0 for part in parts):
        raise PartsInvalid("Mỗi phần phải lớn hơn 0 đồng.", "Each part is more than 0 VND.", field="amount")
    if len({part.payment_id for part in parts}) < len(parts):
        raise PartsInvalid("Một lệnh thanh toán được nêu hai lần.", "One payment is named twice.", field="payment_id")


def refuse_unfit(connection: sa.Connection, given: Given, parts: Sequence[Part] | Sequence[sa.Row[Any]]) -> None:
    """PartsInvalid where they are more than the money; NotAllocatable where no line proves it or a payment lacks less."""
    total = sum(part.amount for part in parts)
    if total > given.task.amount:
        raise PartsInvalid(
            f"Các phần cộng lại {total:,} đ, nhiều hơn {given.task.amount:,} đ đang treo.".replace(",", "."),
            f"The parts come to {total:,} VND, more than the {given.task.amount:,} VND in suspense.",
            field="amount",
        )
    if given.money.line_id is None:
        raise NotAllocatable(
            "Chỉ chia khoản tiền đã có dòng sao kê.", "Only money that a statement line proves is split."
        )
    lacking = _lacking(connection, given)
    for part in parts:
        if part.amount > lacking[part.payment_id]:
            reference, most = given.targets[part.payment_id].reference, lacking[part.payment_id]
            raise NotAllocatable(
                f"{reference} chỉ còn thiếu {most:,} đ.".replace(",", "."), f"{reference} lacks {most:,} VND only."
            )


def is_rest(money: sa.Row[Any]) -> bool:
    """Whether parts of this money have gone elsewhere: its row stays the one of the whole, whoever takes the rest."""
    return bool(money.line_id is not None and 0 < money.counted < money.amount)


def divide(uow: UnitOfWork, given: Given, proposed: Sequence[sa.Row[Any]]) -> None:
    """Each part waits for its payment; what is left waits on."""
    money, task = given.money, given.task
    allocate_money.let_go(uow, given)
    allocate_money.replace_task(uow, task.id)
    for row in proposed:
        part_id = _carve(uow, money, row.payment_id, row.amount)
        uow.connection.execute(sa.update(allocation).where(allocation.c.id == row.id).values(notice_id=part_id))
        allocate_money.hold(uow, given, part_id, row.payment_id, row.amount)
    _leave(uow, given, task.amount - sum(row.amount for row in proposed))


def _carve(uow: UnitOfWork, money: sa.Row[Any], payment_id: str, amount: int) -> str:
    """A part of the money as money of its own; its id."""
    part_id = uow.mint("stp")  # after `in` and `stl`: a late notice finds the row of the whole first
    row = dict(money._mapping) | {
        "id": part_id,
        "amount": amount,
        "bank_reference": money.bank_reference or money.line_id,
        "payment_id": payment_id,
        "counted": amount,
        "settled": 0,
        "suspended": amount,
        "returned": 0,
        "refunding": 0,
        "created_at": uow.now(),
    }
    uow.connection.execute(sa.insert(notice).values(**row))
    return part_id


def _leave(uow: UnitOfWork, given: Given, rest: int) -> None:
    """The money is less by its parts. A rest waits with the reason of the whole, unless it was held for a payment."""
    money, task = given.money, given.task
    gone = task.amount - rest
    meant_for = None if given.held else task.payment_id
    less = {"counted": money.counted - gone, "suspended": money.suspended - gone, "payment_id": meant_for}
    uow.connection.execute(sa.update(notice).where(notice.c.id == money.id).values(**less))
    if rest:
        row = {
            "id": uow.mint("sus"),
            "agency_id": task.agency_id,
            "notice_id": money.id,
            "payment_id": meant_for,
            "amount": rest,
            "reason": Reason.UNKNOWN_REFERENCE.value if given.held else task.reason,
            "opened_at": task.opened_at,
        }
        uow.connection.execute(sa.insert(suspense).values(**row))


def _lacking(connection: sa.Connection, given: Given) -> dict[str, int]:
    """What each payment's open dues cost beyond what is held for it, đồng; not counting the money that is divided."""
    query = (
        sa.select(payment_due.c.payment_id, sa.func.sum(due.c.amount))
        .join(due, due.c.id == payment_due.c.due_id)
        .where(payment_due.c.payment_id.in_(given.targets), due.c.status == DueStatus.OPEN.value)
        .group_by(payment_due.c.payment_id)
    )
    asked = {payment_id: int(amount) for payment_id, amount in connection.execute(query)}
    own_money = given.before.id if given.held and given.before is not None else ""
    there = {one.id: one.received - (given.task.amount if one.id == own_money else 0) for one in given.targets.values()}
    return {payment_id: max(0, asked.get(payment_id, 0) - amount) for payment_id, amount in there.items()}
