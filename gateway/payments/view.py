"""What the world may know of a payment: amounts, outer status, account, QR, dues and receipts; few queries for many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connectors.vietqr import codec
from gateway import agencies
from gateway.agencies import Account, Agency
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DueRow
from gateway.kernel.clock import rfc3339
from gateway.payments import elsewhere, provider_start, store
from gateway.payments.busy import busy
from gateway.payments.channels import starters
from gateway.payments.model import BANK_CHANNELS, OUTER, PAID
from gateway.payments.store import PaymentRow
from gateway.providers import provider_name
from receipts import store as receipts_store

NOTHING = provider_start.Given()


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """One payment with what belongs to it. Amounts in đồng."""

    row: PaymentRow
    account: Account
    dues: tuple[DueRow, ...]
    receipts: tuple[sa.Row[Any], ...]
    redirect_url: str | None = None  # the page of the provider that collects it
    busy: bool = False  # a card terminal has one of its dues: no QR meanwhile
    receipted_by: str = ""  # whose side has issued the receipt, where it is not ours
    given_code: str | None = field(default=None, repr=False)  # the provider's QR, where it gave one

    @property
    def status(self) -> str:
        """pending | paid | expired | failed | checking"""
        return OUTER[self.row.status]

    @property
    def remaining(self) -> int:
        """What the payer still has to send."""
        if self.row.status in PAID or not self.payable_dues:
            return 0
        return max(0, self.row.amount - self.row.received)

    @property
    def payable_dues(self) -> bool:
        """Whether any of its dues is still open; another payment may have paid them, or they were withdrawn."""
        return any(due.status == DueStatus.OPEN for due in self.dues)

    @property
    def changed(self) -> bool:
        """Whether its open dues no longer add up to what it asks: amended or withdrawn under a live QR."""
        return sum(due.amount for due in self.dues if due.status == DueStatus.OPEN) != self.row.amount

    @property
    def memo(self) -> str:
        """What the payer's transfer has to say."""
        return self.row.reference

    @property
    def asks(self) -> bool:
        """Whether money is asked for, and still this much."""
        return self.status == "pending" and self.remaining > 0 and not self.changed

    @property
    def collected_by(self) -> str:
        """The provider whose page the payer is sent to; empty where there is none, or nothing to pay."""
        return provider_name(starters().get(self.row.channel, "")) if self.asks else ""

    @property
    def code(self) -> str | None:
        """The provider's own QR to scan; None when there is nothing to ask for, or no longer this amount."""
        return self.given_code if self.asks and not self.busy else None

    @property
    def payload(self) -> str | None:
        """The VietQR to scan for what remains; None when there is nothing to ask for, or no longer this amount."""
        if not self.asks or self.busy or self.row.channel not in BANK_CHANNELS:
            return None
        qr = codec.for_payment(
            bin=self.account.bin, account=self.account.number, amount=self.remaining, purpose=self.memo
        )
        return codec.encode(qr)


@dataclass(frozen=True, slots=True)
class PaymentView(PaymentFacts):
    """The same with the agency that asks for it."""

    agency: Agency = field(kw_only=True)


def views(connection: sa.Connection, rows: Sequence[PaymentRow]) -> list[PaymentView]:
    """The rows with what belongs to them, in the same order."""
    covered = store.due_ids(connection, [row.id for row in rows]) if rows else {}
    dues = _dues(connection, rows, covered)
    receipts: dict[str, list[sa.Row[Any]]] = {}
    for receipt in receipts_store.of_payments(connection, [row.id for row in rows]) if rows else ():
        receipts.setdefault(receipt.payment, []).append(receipt)
    known = {row.agency_id: agencies.require(connection, row.agency_id) for row in rows}
    accounts = {a.id: a for agency_id in known for a in agencies.all_accounts_of(connection, agency_id)}
    given = provider_start.given(connection, rows)
    unreceipted = [row.id for row in rows if row.status in PAID and row.id not in receipts]
    issuers = elsewhere.issuers(connection, unreceipted) if unreceipted else {}
    taken = busy(connection, {due_id for ids in covered.values() for due_id in ids}) if covered else set()
    return [
        PaymentView(
            row,
            accounts[row.account_id],
            tuple(dues[due_id] for due_id in covered[row.id]),
            tuple(receipts.get(row.id, ())),
            given.get(row.id, NOTHING).page,
            not taken.isdisjoint(covered[row.id]),
            provider_name(issuers[row.id]) if row.id in issuers else "",
            given.get(row.id, NOTHING).code,
            agency=known[row.agency_id],
        )
        for row in rows
    ]


def fresh(row: PaymentRow, account: Account, dues: Sequence[DueRow], redirect_url: str | None = None) -> PaymentFacts:
    """A payment just begun, from what it was made of: the same as `views` finds."""
    return PaymentFacts(row, account, tuple(dues), (), redirect_url)


def _dues(connection: sa.Connection, rows: Sequence[PaymentRow], covered: dict[str, list[str]]) -> dict[str, DueRow]:
    wanted: dict[str, list[str]] = {}
    for row in rows:
        wanted.setdefault(row.agency_id, []).extend(covered[row.id])
    found = (due for agency, ids in wanted.items() for due in dues_store.dues_by_id(connection, agency, ids))
    return {due.id: due for due in found}


def as_contract(view: PaymentFacts, base_url: str) -> dict[str, Any]:
    """The JSON of `/api/v1/payments`."""
    row = view.row
    body: dict[str, Any] = {
        "id": row.id,
        "reference": row.reference,
        "channel": row.channel,
        "amount": row.amount,
        "received": row.received,
        "remaining": view.remaining,
        "status": view.status,
        "created_at": rfc3339(row.created_at),
        "expires_at": rfc3339(row.expires_at),
        "settled_at": _time(row.settled_at),
        "confirmed_at": _time(row.confirmed_at),
        "pay_url": f"{base_url}/vi/pay/{row.token}",
        "redirect_url": view.redirect_url if view.asks else None,
        "account": {"bin": view.account.bin, "number": view.account.number, "holder": view.account.holder},
        "due_ids": [due.id for due in view.dues],
        "vietqr": None,
        "receipts": [receipt_line(receipt) for receipt in view.receipts],
    }
    if (payload := view.payload) is not None:
        link = f"{base_url}/qr/{row.token}"
        body["vietqr"] = {"payload": payload, "svg_url": f"{link}.svg", "png_url": f"{link}.png"}
    return body


def receipt_line(receipt: sa.Row[Any]) -> dict[str, Any]:
    """A receipt as a payment mentions it."""
    return {
        "id": receipt.id,
        "form": receipt.form,
        "symbol": receipt.symbol,
        "number": receipt.number,
        "amount": receipt.amount,
        "lookup_code": receipt.lookup_code,
        "status": receipt.state,
    }


def _time(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment else None
