"""How terminals, the sales they were asked for and every message exchanged with them are kept.

Of a card the fields of `connectors.terminal.contract.CardSlip` are kept and nothing else. One unfinished sale per
payment at most: the database says so too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Missing

Model = Literal["lan", "cloud", "pull"]
MODELS: tuple[Model, ...] = ("lan", "cloud", "pull")


class SaleState(StrEnum):
    """What is known of a card payment at a terminal."""

    ASKED = "asked"
    UNKNOWN = "unknown"
    REVERSING = "reversing"  # decided to be undone: an approval settles nothing any more, unless it cannot be undone
    APPROVED = "approved"
    REFUSED = "refused"
    REVERSED = "reversed"


UNFINISHED = (SaleState.ASKED, SaleState.UNKNOWN, SaleState.REVERSING)
_UNFINISHED = sa.text("state IN ('asked', 'unknown', 'reversing')")
_STATES = ", ".join(f"'{state.value}'" for state in SaleState)

terminal = sa.Table(
    "terminal",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("acquirer", sa.Text, nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("beneficiary_account.id"), nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("poi_id", sa.Text, nullable=False),
    sa.Column("sale_id", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("certificate", sa.Text, nullable=False),  # PEM, the only one it may show; empty: a cloud's public one
    sa.Column("implied", sa.Integer, nullable=False),  # decimals it counts in: 0 or 2
    sa.Column("secrets_sealed", sa.LargeBinary, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("retired_at", UtcTime),
    sa.Column("checked_at", UtcTime),
    sa.Column("seen_at", UtcTime),  # when it last said it was ready
    sa.Column("flaw", sa.Text, nullable=False),  # why it is not; empty: it is, or nobody has asked
    sa.UniqueConstraint("agency_id", "name"),
    sa.UniqueConstraint("poi_id", "sale_id"),
    sa.CheckConstraint("model IN ('lan', 'cloud', 'pull')", name="model"),
    sa.CheckConstraint("implied IN (0, 2)", name="implied"),
)

counter_terminal = sa.Table(
    "counter_terminal",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("counter", sa.Text, primary_key=True),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("chosen_at", UtcTime, nullable=False),
)

terminal_sale = sa.Table(
    "terminal_sale",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("service_id", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # asked, đồng
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),  # of connectors.terminal.recovery
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("next_at", UtcTime),  # when somebody has to act next; None: nobody, or the acquirer's file decides
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False),  # how often it was taken up: the fence
    sa.Column("lease_until", UtcTime),
    sa.Column("authorised", sa.BigInteger),  # đồng
    sa.Column("poi_transaction", sa.Text, nullable=False),
    sa.Column("poi_time", sa.Text, nullable=False),
    sa.Column("masked_pan", sa.Text, nullable=False),
    sa.Column("brand", sa.Text, nullable=False),
    sa.Column("rrn", sa.Text, nullable=False),
    sa.Column("approval_code", sa.Text, nullable=False),
    sa.Column("tid", sa.Text, nullable=False),
    sa.Column("mid", sa.Text, nullable=False),
    sa.Column("batch", sa.Text, nullable=False),
    sa.Column("stan", sa.Text, nullable=False),
    sa.Column("notice_key", sa.Text),  # inbox.event_key of the approval
    sa.Column("ended_at", UtcTime),
    sa.UniqueConstraint("terminal_id", "service_id"),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint("(state = 'approved') = (notice_key IS NOT NULL)", name="approved"),
    sa.Index("ix_terminal_sale_payment", "payment_id", "id"),
    sa.Index(
        "ix_terminal_sale_unfinished",
        "payment_id",
        unique=True,
        postgresql_where=_UNFINISHED,
        sqlite_where=_UNFINISHED,
    ),
    sa.Index("ix_terminal_sale_next", "next_at", postgresql_where=_UNFINISHED, sqlite_where=_UNFINISHED),
)

terminal_message = sa.Table(
    "terminal_message",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("terminal_id", sa.Text, sa.ForeignKey("terminal.id"), nullable=False),
    sa.Column("service_id", sa.Text, nullable=False),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("keep_until", sa.Date, nullable=False),
    sa.CheckConstraint("direction IN ('in', 'out')", name="direction"),
    sa.Index("ix_terminal_message_service", "terminal_id", "service_id", "id"),
)

CARD = ("masked_pan", "brand", "rrn", "approval_code", "tid", "mid", "batch", "stan")


class TerminalMissing(Missing):
    """No such terminal for this agency."""

    code = "terminal.missing"


class SaleMissing(Missing):
    """No terminal was ever asked for this payment."""

    code = "terminal.no_sale"


@dataclass(frozen=True, slots=True)
class TerminalRow:
    """A terminal as it is kept."""

    id: str
    agency_id: str
    name: str
    acquirer: str
    account_id: str
    model: Model
    poi_id: str
    sale_id: str
    address: str
    certificate: str = field(repr=False)
    implied: Literal[0, 2]
    secrets_sealed: bytes = field(repr=False)
    created_at: datetime
    retired_at: datetime | None
    checked_at: datetime | None
    seen_at: datetime | None
    flaw: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A card payment at a terminal as it is kept. Amounts in đồng."""

    id: str
    agency_id: str
    terminal_id: str
    payment_id: str
    reference: str
    service_id: str
    amount: int
    state: SaleState
    phase: str
    reason: str
    asked_at: datetime
    asked_by: str
    next_at: datetime | None
    tries: int
    attempt: int
    lease_until: datetime | None
    authorised: int | None
    poi_transaction: str
    poi_time: str
    masked_pan: str = field(repr=False)
    brand: str
    rrn: str
    approval_code: str = field(repr=False)
    tid: str
    mid: str
    batch: str
    stan: str
    notice_key: str | None
    ended_at: datetime | None


_TERMINAL, _SALE = tuple(TerminalRow.__dataclass_fields__), tuple(SaleRow.__dataclass_fields__)


def terminals(connection: sa.Connection, agency_id: str) -> list[TerminalRow]:
    """The agency's terminals in use, by name."""
    mine = own(terminal, agency_id) & terminal.c.retired_at.is_(None)
    return [_terminal(row) for row in connection.execute(sa.select(terminal).where(mine).order_by(terminal.c.name))]


def terminal_named(connection: sa.Connection, agency_id: str, name: str, *, lock: bool = False) -> TerminalRow:
    """One terminal in use, by its name. Raises TerminalMissing."""
    mine = own(terminal, agency_id) & (terminal.c.name == name) & terminal.c.retired_at.is_(None)
    query = sa.select(terminal).where(mine)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise TerminalMissing("Không có máy POS này.", "There is no such terminal.", field="terminal")
    return _terminal(row)


def terminal_by_id(connection: sa.Connection, terminal_id: str) -> TerminalRow:
    """One terminal, in use or not."""
    return _terminal(connection.execute(sa.select(terminal).where(terminal.c.id == terminal_id)).one())


def sales(connection: sa.Connection, where: sa.ColumnElement[bool], *, lock: bool = False) -> list[SaleRow]:
    """Sales by id."""
    query = sa.select(terminal_sale).where(where).order_by(terminal_sale.c.id)
    return [sale_of(row) for row in connection.execute(query.with_for_update() if lock else query)]


def latest(connection: sa.Connection, agency_id: str, payment_id: str) -> SaleRow:
    """The last attempt at a payment. Raises SaleMissing."""
    found = sales(connection, own(terminal_sale, agency_id) & (terminal_sale.c.payment_id == payment_id))
    if not found:
        raise SaleMissing("Chưa gửi khoản này tới máy POS.", "No terminal was asked for this payment.")
    return found[-1]


def change(connection: sa.Connection, sale: SaleRow, **values: Any) -> SaleRow:
    """Write what has changed; the sale as it is now."""
    mine = terminal_sale.c.id == sale.id
    connection.execute(sa.update(terminal_sale).where(mine).values(**values))
    return sales(connection, mine)[0]


def unfinished() -> sa.ColumnElement[bool]:
    """Neither approved, refused nor reversed."""
    return terminal_sale.c.state.in_([state.value for state in UNFINISHED])


def sale_of(row: sa.Row[Any]) -> SaleRow:
    """A row as a value."""
    values = {name: row._mapping[name] for name in _SALE}
    return SaleRow(**values | {"state": SaleState(values["state"])})


def names(connection: sa.Connection, ids: Sequence[str]) -> dict[str, str]:
    """Terminals' names by id."""
    query = sa.select(terminal.c.id, terminal.c.name).where(terminal.c.id.in_(list(ids)))
    return {row.id: row.name for row in connection.execute(query)}


def _terminal(row: sa.Row[Any]) -> TerminalRow:
    return TerminalRow(**{name: row._mapping[name] for name in _TERMINAL})
