"""What the payer of a payment goes on with that a provider collects: its page's address, or the code to scan.

Either leads to one order and to no person: it is told to whoever may see the payment. A code is the provider's own, such
as VNPT Pay's `pay_qrcode` gives; it is kept where the address is, behind a scheme that no browser follows.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.kernel import bulk
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.uow import UnitOfWork
from gateway.payments.model import BANK_CHANNELS
from gateway.payments.store import PaymentRow

__all__ = ["metadata"]

CODE = "qr:"

provider_start = sa.Table(
    "provider_start",
    metadata,
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("redirect_url", sa.Text),  # or CODE and the text of a QR
    sa.Column("begun_at", UtcTime),  # the provider can be paid since
    sa.Column("returned_at", UtcTime),  # the payer's browser came back first
)


@dataclass(frozen=True, slots=True)
class Given:
    """What a provider has given the payer to go on with."""

    page: str | None = None
    code: str | None = None  # the text of a QR for the provider's own app


def add(uow: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep that these payments are a provider's to collect."""
    bulk.insert(uow.connection, provider_start, [dict(row) for row in rows])


def begun(uow: UnitOfWork, payment_id: str, given: Given) -> None:
    """The provider knows of it now, and this is its page or its code."""
    mine = provider_start.c.payment_id == payment_id
    kept = given.page or (f"{CODE}{given.code}" if given.code else None)
    values = {"redirect_url": kept, "begun_at": uow.now()}
    uow.connection.execute(sa.update(provider_start).where(mine).values(**values))


def returned(uow: UnitOfWork, payment_id: str) -> bool:
    """The payer's browser came back; whether that is news."""
    first = (provider_start.c.payment_id == payment_id) & provider_start.c.returned_at.is_(None)
    return uow.connection.execute(sa.update(provider_start).where(first).values(returned_at=uow.now())).rowcount == 1


def given_to(connection: sa.Connection, payment_id: str) -> Given:
    """The page or code of one payment."""
    chosen = sa.select(provider_start.c.redirect_url).where(provider_start.c.payment_id == payment_id)
    return _given(connection.execute(chosen).scalar_one_or_none())


def redirect_of(connection: sa.Connection, payment_id: str) -> str | None:
    """The page of one payment, where it is a page."""
    return given_to(connection, payment_id).page


def begun_at(connection: sa.Connection, payment_id: str) -> datetime | None:
    """Since when the provider can be paid."""
    chosen = sa.select(provider_start.c.begun_at).where(provider_start.c.payment_id == payment_id)
    found: datetime | None = connection.execute(chosen).scalar_one_or_none()
    return found


def redirects(connection: sa.Connection, rows: Collection[PaymentRow]) -> dict[str, str]:
    """The pages of those payments that have one, by payment id."""
    return {payment_id: one.page for payment_id, one in given(connection, rows).items() if one.page}


def given(connection: sa.Connection, rows: Collection[PaymentRow]) -> dict[str, Given]:
    """Page or code of those payments that have one, by payment id; no query where none can."""
    wanted = [row.id for row in rows if row.channel not in BANK_CHANNELS]
    if not wanted:
        return {}
    table = provider_start.c
    chosen = sa.select(table.payment_id, table.redirect_url).where(bulk.among(connection, table.payment_id, wanted))
    return {row.payment_id: _given(row.redirect_url) for row in connection.execute(chosen) if row.redirect_url}


def _given(kept: str | None) -> Given:
    if kept is not None and kept.startswith(CODE):
        return Given(code=kept.removeprefix(CODE))
    return Given(page=kept)
