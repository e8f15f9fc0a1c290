"""Begin to pay: dues become a payment with its own reference, one payment for each beneficiary account.

What the payer is asked is the sum of the tariff amounts, to the đồng; nothing is ever added for the provider.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from connectors import reference, registry
from gateway import agencies
from gateway.agencies import Account
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel.money import dong
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import (
    CHANNELS,
    AmountOutOfRange,
    ChannelUnknown,
    DueMissing,
    DueNotOpen,
    NothingToPay,
    PaymentStatus,
    SeveralAccounts,
)
from gateway.payments.store import PaymentRow, payment, payment_due


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What is to be paid: dues by id, or all open dues of one or several dossiers."""

    agency: str
    channel: str
    due_ids: tuple[str, ...] = ()
    dossier_ids: tuple[str, ...] = ()
    split: bool = False  # a basket: one payment per account instead of a refusal


Group = tuple[Account, list[DueRow]]


def start(uow: UnitOfWork, request: StartRequest) -> list[PaymentRow]:
    """One payment per beneficiary account; exactly one unless `split` was asked for."""
    if request.channel not in CHANNELS:
        raise ChannelUnknown(
            f"Kênh thanh toán phải là một trong: {', '.join(CHANNELS)}.",
            f"The channel must be one of: {', '.join(CHANNELS)}.",
            field="channel",
        )
    dues = _payable(uow, request)
    groups = _by_account(uow, request.agency, dues)
    if len(groups) > 1 and not request.split:
        raise _several(groups)
    return _write(uow, request, groups)


def _payable(uow: UnitOfWork, request: StartRequest) -> list[DueRow]:
    wanted = list(request.due_ids)
    if request.dossier_ids:
        wanted += _dues_of_dossiers(uow, request)
    locked = {due.id: due for due in dues_store.lock_dues(uow.connection, wanted) if due.agency_id == request.agency}
    missing = [due_id for due_id in request.due_ids if due_id not in locked]
    if missing:
        raise DueMissing("Không tìm thấy khoản phải nộp.", "There is no such due.", field="due_ids", due_id=missing[0])
    closed = [due_id for due_id in request.due_ids if locked[due_id].status != DueStatus.OPEN]
    if closed:
        raise DueNotOpen(
            "Có khoản không còn phải nộp.",
            "One of the dues is not open.",
            field="due_ids",
            due_id=closed[0],
            status=str(locked[closed[0]].status),
        )
    payable = [locked[due_id] for due_id in dict.fromkeys(wanted) if locked[due_id].status == DueStatus.OPEN]
    if not payable:
        raise NothingToPay("Không còn khoản nào phải nộp.", "There is nothing left to pay.")
    return payable


def _dues_of_dossiers(uow: UnitOfWork, request: StartRequest) -> list[str]:
    known = dues_store.dossiers(uow.connection, request.dossier_ids)
    for dossier_id in request.dossier_ids:
        if dossier_id not in known or known[dossier_id].agency_id != request.agency:
            raise DueMissing(
                "Không tìm thấy hồ sơ.", "There is no such dossier.", field="dossier_id", dossier_id=dossier_id
            )
    return [due.id for due in dues_store.dues_of(uow.connection, request.dossier_ids)]


def _by_account(uow: UnitOfWork, agency: str, dues: Sequence[DueRow]) -> list[Group]:
    accounts = agencies.accounts_of(uow.connection, agency)
    groups: dict[str, Group] = {}
    for due in dues:
        account = agencies.account_for(accounts, due.fee_code, due.kind)
        groups.setdefault(account.id, (account, []))[1].append(due)
    return list(groups.values())


def _several(groups: Sequence[Group]) -> SeveralAccounts:
    listed = [
        {
            "account": account.number,
            "bank": account.bank,
            "due_ids": [due.id for due in dues],
            "amount": sum(due.amount for due in dues),
        }
        for account, dues in groups
    ]
    return SeveralAccounts(
        "Các khoản thuộc nhiều tài khoản nhận; mỗi tài khoản cần một lệnh thanh toán.",
        "The dues belong to several accounts; each account needs a payment of its own.",
        groups=listed,
    )


def _write(uow: UnitOfWork, request: StartRequest, groups: Sequence[Group]) -> list[PaymentRow]:
    made = [_payment(uow, request, account, dues) for account, dues in groups]
    uow.connection.execute(sa.insert(payment), [_row(item) for item in made])
    covered = [
        {"payment_id": item.id, "due_id": due.id, "position": n, "due_version": due.version, "amount": due.amount}
        for item, (_, dues) in zip(made, groups, strict=True)
        for n, due in enumerate(dues)
    ]
    uow.connection.execute(sa.insert(payment_due), covered)
    uow.emit(
        Event(item.agency_id, "payment.started", item.id, {"amount": item.amount, "reference": item.reference})
        for item in made
    )
    return made


def _payment(uow: UnitOfWork, request: StartRequest, account: Account, dues: Sequence[DueRow]) -> PaymentRow:
    amount = sum(due.amount for due in dues)
    _in_range(account, amount)
    now = uow.now()
    return PaymentRow(
        id=uow.mint("pay"),
        agency_id=request.agency,
        account_id=account.id,
        reference=reference.make(uow.ids.below),
        token=uow.ids.code(26),
        channel=request.channel,
        amount=amount,
        received=0,
        status=PaymentStatus.PENDING,
        expires_at=now + timedelta(minutes=uow.settings.payment_minutes),
        created_at=now,
        settled_at=None,
        confirmed_at=None,
    )


def _in_range(account: Account, amount: int) -> None:
    can = registry.get(account.connector).capabilities
    if not can.minimum_amount <= amount <= can.maximum_amount:
        raise AmountOutOfRange(
            f"Mỗi lần chuyển từ {dong(can.minimum_amount)} đến {dong(can.maximum_amount)}.",
            f"One transfer carries {can.minimum_amount} to {can.maximum_amount} đồng.",
            field="amount",
            amount=amount,
        )


def _row(item: PaymentRow) -> dict[str, object]:
    return {name: getattr(item, name) for name in PaymentRow.__dataclass_fields__} | {"status": item.status.value}
