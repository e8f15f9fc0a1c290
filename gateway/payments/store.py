"""How payments are kept, and what doors read of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel import bulk
from gateway.kernel.append_only import after_create
from gateway.kernel.db import UtcTime, metadata
from gateway.payments.model import PaymentMissing, PaymentStatus

_STATES = ", ".join(f"'{status.value}'" for status in PaymentStatus)

payment = sa.Table(
    "payment",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("account_id", sa.Text, sa.ForeignKey("beneficiary_account.id"), nullable=False),
    sa.Column("reference", sa.Text, nullable=False, unique=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False, default=0),  # settled or held for it
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("settled_at", UtcTime),
    sa.Column("confirmed_at", UtcTime),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint("received >= 0", name="received"),
    sa.CheckConstraint(f"status IN ({_STATES})", name="status"),
    sa.Index("ix_payment_agency", "agency_id", "id"),
    sa.Index(
        "ix_payment_expiring",
        "expires_at",
        postgresql_where=sa.text("status = 'pending'"),
        sqlite_where=sa.text("status = 'pending'"),
    ),
)

payment_due = sa.Table(
    "payment_due",
    metadata,
    sa.Column(
        "payment_id", sa.Text, sa.ForeignKey("payment.id", deferrable=True, initially="DEFERRED"), primary_key=True
    ),
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("due_version", sa.Integer, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.Index("ix_payment_due_due", "due_id"),
)


# What a payer is asked is the tariff, to the đồng: a due's part is what the due costs, a payment is the sum of its
# dues, and neither ever changes. So nobody can add a provider's commission to it, whatever writes the rows.
# PostgreSQL looks at new rows once a statement, and calls nothing where an amount stays.
WRONG_WHEN_NEW = {
    "payment_due_tariff": (
        "payment_due",
        "amount <> (SELECT amount FROM due WHERE id = {row}.due_id)",
        "a payment asks for a due what it costs",
    ),
    "payment_sum": (
        "payment",
        "amount <> (SELECT COALESCE(SUM(amount), 0) FROM payment_due WHERE payment_id = {row}.id)",
        "a payment asks the sum of its dues",
    ),
}
STAYS = {"payment_amount_stays": "payment", "payment_due_stays": "payment_due"}
CHANGED = "NEW.amount <> OLD.amount"
WHY_IT_STAYS = "what a payment asks stays"
# A connection keeps the plan it made while the tables were small: a scan of the whole would stay one as they grow.
BY_INDEX = "SET enable_seqscan = off"


def _refuse_surcharge() -> None:
    for name, (table, wrong, why) in WRONG_WHEN_NEW.items():
        found = f"EXISTS (SELECT FROM fresh WHERE fresh.{wrong.format(row='fresh')})"
        when = f"AFTER INSERT ON {table} REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT"
        _guard(name, when, f"IF {found} THEN RAISE EXCEPTION '{why}'; END IF; RETURN NULL;", BY_INDEX)
        _guard_embedded(name, f"BEFORE INSERT ON {table} WHEN NEW.{wrong.format(row='NEW')}", why)
    for name, table in STAYS.items():
        when = f"BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({CHANGED})"
        _guard(name, when, f"RAISE EXCEPTION '{WHY_IT_STAYS}';")
        _guard_embedded(name, f"BEFORE UPDATE ON {table} WHEN {CHANGED}", WHY_IT_STAYS)


def _guard(name: str, when: str, body: str, options: str = "") -> None:
    head = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {options}"
    function = f"{head} AS $$ BEGIN {body} END $$"
    after_create(payment_due, "postgresql", function)
    after_create(payment_due, "postgresql", f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {name}()")


def _guard_embedded(name: str, when: str, why: str) -> None:
    after_create(payment_due, "sqlite", f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{why}'); END")


_refuse_surcharge()


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as it is kept. Amounts in đồng."""

    id: str
    agency_id: str
    account_id: str
    reference: str
    token: str
    channel: str
    amount: int
    received: int
    status: PaymentStatus
    expires_at: datetime
    created_at: datetime
    settled_at: datetime | None
    confirmed_at: datetime | None


_FIELDS = tuple(PaymentRow.__dataclass_fields__)


def rows(connection: sa.Connection, query: sa.Select[tuple[object, ...]]) -> list[PaymentRow]:
    """Payments chosen by `query` over the payment table."""
    found = []
    for row in connection.execute(query):
        values = {name: row._mapping[name] for name in _FIELDS}
        found.append(PaymentRow(**values | {"status": PaymentStatus(values["status"])}))
    return found


def by_id(connection: sa.Connection, agency_id: str, payment_id: str) -> PaymentRow:
    """One payment of the agency, or PaymentMissing."""
    return _one(rows(connection, sa.select(payment).where(own(payment, agency_id), payment.c.id == payment_id)))


def by_token(connection: sa.Connection, token: str) -> PaymentRow:
    """The payment whose link a payer holds: the token is the right to see it."""
    return _one(rows(connection, sa.select(payment).where(payment.c.token == token)))


def page(connection: sa.Connection, agency_id: str, after: str | None, limit: int) -> list[PaymentRow]:
    """The agency's payments by id, from `after` on."""
    query = sa.select(payment).where(own(payment, agency_id)).order_by(payment.c.id).limit(limit)
    return rows(connection, query.where(payment.c.id > after) if after else query)


def lock(
    connection: sa.Connection, agency_id: str, references: Collection[str], ids: Collection[str] = ()
) -> list[PaymentRow]:
    """The agency's payments with these references or ids, locked in id order."""
    named = bulk.among(connection, payment.c.reference, references) | bulk.among(connection, payment.c.id, ids)
    query = sa.select(payment).where(own(payment, agency_id), named)
    return rows(connection, query.order_by(payment.c.id).with_for_update())


def due_ids(connection: sa.Connection, payment_ids: Sequence[str]) -> dict[str, list[str]]:
    """Which dues each payment covers, in the order they were asked for."""
    covered: dict[str, list[str]] = {payment_id: [] for payment_id in payment_ids}
    query = sa.select(payment_due.c.payment_id, payment_due.c.due_id).where(
        bulk.among(connection, payment_due.c.payment_id, payment_ids)
    )
    for payment_id, due_id in connection.execute(query.order_by(payment_due.c.payment_id, payment_due.c.position)):
        covered[payment_id].append(due_id)
    return covered


def _one(found: list[PaymentRow]) -> PaymentRow:
    if not found:
        raise PaymentMissing("Không tìm thấy lệnh thanh toán.", "There is no such payment.")
    return found[0]
