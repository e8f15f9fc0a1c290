"""What a receipt is in the database: ranges of numbers, receipts, their documents, and what became of them.

The database itself keeps what the law fixes (form, symbol, year, number, states), whoever writes to it. Successor and
notice are rows of their own, as an issued receipt is never changed (Thông tư 91/2026/TT-BTC, Điều 20).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from receipts.model import MAX_NUMBER, NoticeKind, NoticeState, State
from receipts.rules import FORMS, SYMBOL_LETTERS

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused. `timestamptz` on PostgreSQL, ISO text on SQLite."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(column: str, values: Iterable[str]) -> str:
    """The text of a check: the column holds one of the values."""
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_symbol_check = " AND ".join(
    (
        "length(symbol) = 5",
        "substr(symbol, 1, 2) = substr(CAST(year AS TEXT), 3, 2)",
        "substr(symbol, 3, 1) = 'T'",
        one_of("substr(symbol, 4, 1)", SYMBOL_LETTERS),
        one_of("substr(symbol, 5, 1)", SYMBOL_LETTERS),
    )
)

series = sa.Table(
    "receipt_series",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),  # the agency's id
    sa.Column("tax_code", sa.Text, nullable=False),  # of the collecting organisation
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False),
    sa.Column("year", sa.Integer, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("taken", sa.BigInteger, nullable=False),  # the last number given out; first_number - 1 before the first
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.UniqueConstraint("tax_code", "form", "symbol", "first_number"),
    sa.CheckConstraint(one_of("form", FORMS), name="form"),
    sa.CheckConstraint("year BETWEEN 2000 AND 2099", name="year"),
    sa.CheckConstraint(_symbol_check, name="symbol"),
    sa.CheckConstraint(
        f"first_number >= 1 AND first_number <= last_number AND last_number <= {MAX_NUMBER}", name="range"
    ),
    sa.CheckConstraint("taken BETWEEN first_number - 1 AND last_number", name="taken"),
    sa.Index(None, "owner", "year"),
)

receipt = sa.Table(
    "receipt",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("series_id", sa.Text, sa.ForeignKey("receipt_series.id"), nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),  # the key that makes issuing repeatable
    sa.Column("payment", sa.Text, nullable=False),
    sa.Column("dossier_code", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),  # NLap, Asia/Ho_Chi_Minh
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng
    sa.Column("kind_split", sa.Text, nullable=False),
    sa.Column("lookup_code", sa.Text, nullable=False, unique=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("facts", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("payer_masked", sa.Text, nullable=False),
    sa.Column("issued_at", UtcTime, nullable=False),
    sa.Column("signed_at", UtcTime),
    sa.Column("pdf_at", UtcTime),
    sa.Column("delivered_at", UtcTime),
    sa.Column("replaced_by", sa.Text, sa.ForeignKey("receipt.id")),
    sa.UniqueConstraint("series_id", "number"),
    sa.UniqueConstraint("owner", "source"),
    sa.CheckConstraint(f"number BETWEEN 1 AND {MAX_NUMBER}", name="number"),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.CheckConstraint(one_of("kind_split", ("PHI", "LE_PHI", "ALL")), name="kind_split"),
    sa.CheckConstraint(one_of("state", State), name="state"),
    sa.CheckConstraint("(state = 'numbered') = (signed_at IS NULL)", name="signed"),
    sa.CheckConstraint("(state = 'replaced') = (replaced_by IS NOT NULL)", name="replaced"),
    sa.CheckConstraint("pdf_at IS NULL OR signed_at IS NOT NULL", name="pdf"),
    sa.Index(None, "payment"),
    sa.Index(None, "owner", "id"),
    sa.Index("ix_receipt_owner_day", "owner", "day"),
)

is_unsigned = receipt.c.signed_at.is_(None)
lacks_pdf = sa.and_(receipt.c.signed_at.is_not(None), receipt.c.pdf_at.is_(None))
sa.Index(None, receipt.c.issued_at, receipt.c.id, sqlite_where=is_unsigned, postgresql_where=is_unsigned)
sa.Index(None, receipt.c.signed_at, receipt.c.id, sqlite_where=lacks_pdf, postgresql_where=lacks_pdf)

document_table = sa.Table(
    "receipt_document",
    metadata,
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("sha256", sa.Text, nullable=False),  # hex, of the body before sealing
    sa.Column("stored_at", UtcTime, nullable=False),
    sa.CheckConstraint(one_of("kind", ("xml", "pdf")), name="kind"),
)

replacement = sa.Table(
    "receipt_replacement",
    metadata,
    sa.Column("old_id", sa.Text, sa.ForeignKey("receipt.id"), primary_key=True),  # so that it has one successor at most
    sa.Column("new_id", sa.Text, sa.ForeignKey("receipt.id"), nullable=False, unique=True),
    sa.Column("reason", sa.LargeBinary, nullable=False),  # sealed: a person wrote it, perhaps about a person
    sa.Column("replaced_at", UtcTime, nullable=False),
    sa.CheckConstraint("old_id <> new_id", name="other"),
)

error_notice = sa.Table(
    "receipt_error_notice",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),  # sealed: it repeats a name or an address
    sa.Column("reason", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("sent_at", UtcTime, nullable=False),
    sa.Column("sent_by", sa.Text, nullable=False),
    sa.Column("answered_at", UtcTime),
    sa.CheckConstraint(one_of("kind", NoticeKind), name="kind"),
    sa.CheckConstraint(one_of("state", NoticeState), name="state"),
    sa.CheckConstraint("(state = 'sent') = (answered_at IS NULL)", name="answered"),
    sa.Index(None, "receipt_id"),
)
