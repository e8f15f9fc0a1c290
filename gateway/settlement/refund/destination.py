"""Where a refund goes: the account the money came from; any other has to be proven, and repeats are noticed.

A notice is signed by few banks down to the payer's account, so where a statement line names the other side, the line
is believed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa

from connectors.contract import Notice
from gateway.access import own
from gateway.kernel.canonical import canonical
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.kernel.vault import Vault
from gateway.settlement.inbox import read_notice
from gateway.settlement.refund import way
from gateway.settlement.refund.model import (
    REPEATS,
    Destination,
    DestinationUnknown,
    DestinationUnproven,
    Elsewhere,
    RefundStatus,
)
from gateway.settlement.refund.source import Money
from gateway.settlement.refund.store import RefundRow, refund
from gateway.settlement.store import inbox
from reconciliation.natures import folded, squeezed
from reconciliation.store import statement_line

_ACCOUNT = re.compile(r"[0-9A-Za-z]{4,34}")


def choose(uow: UnitOfWork, money: Sequence[Money], elsewhere: Elsewhere | None) -> Destination:
    """The destination of a new refund. DestinationUnknown, DestinationUnproven."""
    if elsewhere is not None:
        _proven(elsewhere)
        return elsewhere.destination
    found = origin(uow, money)
    if found is None:
        raise DestinationUnknown(
            "Không rõ tài khoản đã chuyển tiền đến; cần nêu tài khoản nhận hoàn và chứng cứ.",
            "The originating account is not known; name a destination with its evidence.",
            field="destination",
        )
    return found


def origin(uow: UnitOfWork, money: Sequence[Money]) -> Destination | None:
    """The one account all of this money came from; None where it is not known or there are several."""
    told = _told(uow, [item.id for item in money])
    lines = _lines(uow, [item.line_id for item in money if item.line_id])
    found = [_origin(told.get(item.id), lines.get(item.line_id or "", ("", ""))) for item in money]
    first = found[0] if found else None
    if first is None and way.taken_by_provider(money):
        return Destination(money[0].bank_reference, money[0].connector)  # the way it came, under the provider's number
    if first is None or any(each is None or not same(each, first) for each in found):
        return None
    return first


def same(one: Destination, other: Destination) -> bool:
    """Whether both name the same account, however it is spelt."""
    return squeezed(one.account) == squeezed(other.account)


def digest(vault: Vault, destination: Destination) -> str:
    """The keyed digest by which repeats are found."""
    return vault.blind("refund.destination", squeezed(destination.account))


def seal(vault: Vault, refund_id: str, destination: Destination, elsewhere: Elsewhere | None) -> bytes:
    """The destination with the evidence for it, if it is another than the originating account."""
    kept = {"destination": asdict(destination), "elsewhere": asdict(elsewhere) if elsewhere else None}
    return vault.seal(_place(refund_id), canonical(kept))


def read(vault: Vault, row: RefundRow) -> Destination:
    """Where the money goes, unsealed."""
    return Destination(**json.loads(vault.unseal(_place(row.id), row.destination_sealed))["destination"])


def read_evidence(vault: Vault, row: RefundRow) -> Elsewhere | None:
    """What an approver of another destination has to look at; None: the money goes where it came from."""
    kept = json.loads(vault.unseal(_place(row.id), row.destination_sealed))["elsewhere"]
    return Elsewhere(**kept | {"destination": Destination(**kept["destination"])}) if kept else None


def repeated(uow: UnitOfWork, row: RefundRow) -> list[Event]:
    """An alarm for each rule that the destination of a new refund breaks."""
    events = []
    for rule in REPEATS:
        since = uow.now() - timedelta(days=rule.days)
        alike = own(refund, row.agency_id) & (refund.c.destination_digest == row.destination_digest)
        counted = alike & (refund.c.requested_at > since) & (refund.c.status != RefundStatus.REFUSED.value)
        count = uow.connection.execute(sa.select(sa.func.count()).select_from(refund).where(counted)).scalar_one()
        if count >= rule.refunds:
            body = {"refund_id": row.id, "refunds": count, "days": rule.days}
            events.append(Event(row.agency_id, "refund.destination_repeated", row.id, body))
    return events


def _told(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, Notice]:
    chosen = sa.select(inbox).where(inbox.c.id.in_(list(ids)), inbox.c.notice_sealed.is_not(None))
    return {row.id: read_notice(uow, row) for row in uow.connection.execute(chosen)}


def _lines(uow: UnitOfWork, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Name and account of the other side, by line; empty text where the statement has none."""
    chosen = sa.select(statement_line).where(statement_line.c.id.in_(list(ids)))
    return {
        row.id: (
            _unsealed(uow.vault, "counterparty_name", row.id, row.counterparty_name),
            _unsealed(uow.vault, "counterparty_account", row.id, row.counterparty_account),
        )
        for row in uow.connection.execute(chosen)
    }


def _unsealed(vault: Vault, column: str, line_id: str, sealed: bytes | None) -> str:
    return vault.unseal(f"statement_line.{column}.{line_id}", sealed).decode() if sealed else ""


def _origin(told: Notice | None, line: tuple[str, str]) -> Destination | None:
    by_notice = Destination(told.payer_account, told.payer_bank, told.payer_name) if told else Destination("")
    name, account = line
    if account:
        agreed = same(by_notice, Destination(account))
        return Destination(account, by_notice.bank if agreed else "", name or (by_notice.holder if agreed else ""))
    return by_notice if by_notice.account else None


def _proven(elsewhere: Elsewhere) -> None:
    to = elsewhere.destination
    if not _ACCOUNT.fullmatch(to.account) or not to.bank.strip() or not to.holder.strip():
        raise _unproven("Thiếu ngân hàng, số tài khoản hoặc tên chủ tài khoản.", "Bank, account and holder are needed.")
    if not elsewhere.evidence.strip():
        raise _unproven("Thiếu chứng cứ cho tài khoản nhận khác.", "Another destination needs evidence.")
    if folded(elsewhere.inquired_name) != folded(to.holder):
        raise _unproven(
            "Tên do ngân hàng trả lời không khớp tên chủ tài khoản.",
            "The name the bank answered is not the holder's.",
        )


def _unproven(vi: str, en: str) -> DestinationUnproven:
    return DestinationUnproven(vi, en, field="destination")


def _place(refund_id: str) -> str:
    return f"refund.destination.{refund_id}"
