"""Begin to pay: dues become a payment with its own reference, one payment for each beneficiary account.

What the payer is asked is the sum of the tariff amounts, to the đồng; nothing is ever added for the provider. A batch
locks all its dues at once, in id order, and writes with a handful of statements; what is refused writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from connectors import reference
from connectors.contract import Capabilities
from gateway import agencies
from gateway.agencies import Account
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.money import dong
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments import channels, series_open
from gateway.payments.busy import busy, refuse_busy
from gateway.payments.channels import Opened, Rule
from gateway.payments.model import (
    AmountOutOfRange,
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
    actor: str | None = None  # who asks; None: in whose name the unit of work is
    minutes: int | None = None  # how long it is offered; None: as the installation says


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment with what it is made of."""

    row: PaymentRow
    account: Account
    dues: tuple[DueRow, ...]
    opened: Opened | None = None  # where a provider collects it


Group = tuple[Account, list[DueRow]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a batch may pay for: dues locked, by id; the ids of each dossier's; each agency's accounts."""

    dues: Mapping[str, DueRow]
    of_dossier: Mapping[str, Sequence[str]]
    rules: Callable[[str, str], Rule]  # of an agency's channel
    issuing: series_open.Asking
    busy: set[str]  # dues that a terminal has


def start(uow: UnitOfWork, request: StartRequest) -> list[PaymentRow]:
    """One payment per beneficiary account; exactly one unless `split` was asked for.

    Raises ChannelUnknown, ChannelNotSet, DueMissing, DueNotOpen, NothingToPay, AmountOutOfRange, AccountMissing,
    SeveralAccounts, SeriesClosed.
    """
    outcome = start_many(uow, [request])[0]
    if isinstance(outcome, ThuPhiError):
        raise outcome
    return outcome


def start_many(uow: UnitOfWork, requests: Sequence[StartRequest]) -> list[list[PaymentRow] | ThuPhiError]:
    """The same for a batch, told item by item."""
    return [
        outcome if isinstance(outcome, ThuPhiError) else [one.row for one in outcome]
        for outcome in begin_many(uow, requests)
    ]


def begin_many(uow: UnitOfWork, requests: Sequence[StartRequest]) -> list[list[Begun] | ThuPhiError]:
    """`start_many` for those who have to word the answer: payments with their accounts and dues."""
    asked = _asked(uow, requests)
    outcomes: list[list[Begun] | ThuPhiError] = []
    made: list[tuple[StartRequest, Begun]] = []
    for request in requests:
        try:
            begun = _begin(uow, asked, request)
        except ThuPhiError as refusal:
            outcomes.append(refusal)
        else:
            outcomes.append(begun)
            made += [(request, one) for one in begun]
    _write(uow, made)
    return outcomes


def _asked(uow: UnitOfWork, requests: Sequence[StartRequest]) -> Asked:
    wanted = {due for request in requests for due in request.due_ids}
    whole = {dossier for request in requests for dossier in request.dossier_ids}
    dues = {due.id: due for due in dues_store.lock_dues(uow.connection, wanted, whole)}
    of_dossier: dict[str, list[str]] = {}
    for due in sorted(dues.values(), key=lambda one: one.position):
        of_dossier.setdefault(due.dossier_id, []).append(due.id)
    accounts = cache(lambda agency: agencies.accounts_of(uow.connection, agency))
    rules = cache(lambda agency, channel: channels.rule(uow, agency, channel, accounts(agency)))
    return Asked(dues, of_dossier, rules, series_open.asking(uow), busy(uow.connection, dues))


def _begin(uow: UnitOfWork, asked: Asked, request: StartRequest) -> list[Begun]:
    rule = asked.rules(request.agency, request.channel)
    payable = _payable(asked, request)
    series_open.refuse_closed(uow.connection, asked.issuing, request.agency, payable)
    refuse_busy(asked.busy, payable)
    groups = _by_account(rule.accounts, payable)
    if len(groups) > 1 and not request.split:
        raise _several(groups)
    rows = [(_payment(uow, request, rule, account, dues), account, tuple(dues)) for account, dues in groups]
    return [Begun(row, account, dues, rule.open(uow, row)) for row, account, dues in rows]


def _payable(asked: Asked, request: StartRequest) -> list[DueRow]:
    wanted = list(request.due_ids)
    for dossier_id in request.dossier_ids:
        found = asked.of_dossier.get(dossier_id, ())
        if not any(asked.dues[due].agency_id == request.agency for due in found):
            raise DueMissing(
                "Không tìm thấy hồ sơ.", "There is no such dossier.", field="dossier_id", dossier_id=dossier_id
            )
        wanted += found
    mine = {due: asked.dues[due] for due in wanted if due in asked.dues and asked.dues[due].agency_id == request.agency}
    _refuse_unpayable(mine, request.due_ids)
    payable = [due for due in mine.values() if due.status == DueStatus.OPEN]
    if not payable:
        raise NothingToPay("Không còn khoản nào phải nộp.", "There is nothing left to pay.")
    return payable


def _refuse_unpayable(dues: Mapping[str, DueRow], named: Sequence[str]) -> None:
    """A due that was named has to be there and open; of a dossier those are taken that are."""
    missing = [due_id for due_id in named if due_id not in dues]
    if missing:
        raise DueMissing("Không tìm thấy khoản phải nộp.", "There is no such due.", field="due_ids", due_id=missing[0])
    closed = [due_id for due_id in named if dues[due_id].status != DueStatus.OPEN]
    if closed:
        raise DueNotOpen(
            "Có khoản không còn phải nộp.",
            "One of the dues is not open.",
            field="due_ids",
            due_id=closed[0],
            status=str(dues[closed[0]].status),
        )


def _by_account(accounts: list[Account], dues: Sequence[DueRow]) -> list[Group]:
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


def _write(uow: UnitOfWork, made: Sequence[tuple[StartRequest, Begun]]) -> None:
    covered = [
        {"payment_id": one.row.id, "due_id": due.id, "position": n, "due_version": due.version, "amount": due.amount}
        for _, one in made
        for n, due in enumerate(one.dues)
    ]
    payments = [_row(one.row) for _, one in made]
    # The dues come first: a payment is checked against their sum.
    parts = ((payment_due, covered), (payment, payments))
    uow.emit([_started(one.row, request.actor) for request, one in made], after=parts)
    channels.keep(uow, [(one.row, one.opened) for _, one in made if one.opened])


def _started(row: PaymentRow, actor: str | None) -> Event:
    body = {"amount": row.amount, "reference": row.reference}
    return Event(row.agency_id, "payment.started", row.id, body, actor)


def _payment(
    uow: UnitOfWork, request: StartRequest, rule: Rule, account: Account, dues: Sequence[DueRow]
) -> PaymentRow:
    amount = sum(due.amount for due in dues)
    _in_range(rule.limits(account), amount)
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
        expires_at=now + timedelta(minutes=request.minutes or uow.settings.payment_minutes),
        created_at=now,
        settled_at=None,
        confirmed_at=None,
    )


def _in_range(can: Capabilities, amount: int) -> None:
    if not can.minimum_amount <= amount <= can.maximum_amount:
        raise AmountOutOfRange(
            f"Mỗi lần chuyển từ {dong(can.minimum_amount)} đến {dong(can.maximum_amount)}.",
            f"One transfer carries {can.minimum_amount} to {can.maximum_amount} đồng.",
            field="amount",
            amount=amount,
        )


def _row(item: PaymentRow) -> dict[str, object]:
    return {name: getattr(item, name) for name in _COLUMNS} | {"status": item.status.value}


_COLUMNS = tuple(PaymentRow.__dataclass_fields__)
