"""How receipts are kept: series, numbered receipts, their signed XML and PDF (Nghị định 174/2016/NĐ-CP, Điều 13).

What names a person is sealed; amounts, days and numbers stay plain, so that sums and proofs run in the database.
Nothing is ever deleted, and a document is written once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from receipts import facts as facts_json
from receipts.model import MAX_NUMBER, ReceiptError, ReceiptFacts, Sealer, State
from receipts.rules import FORMS, SYMBOL_LETTERS

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = sa.MetaData(naming_convention=NAMING)

Row = sa.Row[*tuple[Any, ...]]
DocumentKind = Literal["xml", "pdf"]


class ReceiptMissing(ReceiptError):
    """There is no such receipt."""

    kind = "missing"
    code = "receipt.missing"


class NotSigned(ReceiptError):
    """A PDF is made from the signed XML; without one there is nothing to show."""

    kind = "conflict"
    code = "receipt.not_signed"


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


def _one_of(column: str, values: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(value)) for value in values)})"


_symbol_check = " AND ".join(
    (
        "length(symbol) = 5",
        "substr(symbol, 1, 2) = substr(CAST(year AS TEXT), 3, 2)",
        "substr(symbol, 3, 1) = 'T'",
        _one_of("substr(symbol, 4, 1)", SYMBOL_LETTERS),
        _one_of("substr(symbol, 5, 1)", SYMBOL_LETTERS),
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
    sa.CheckConstraint(_one_of("form", FORMS), name="form"),
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
    sa.CheckConstraint(_one_of("kind_split", ("PHI", "LE_PHI", "ALL")), name="kind_split"),
    sa.CheckConstraint(_one_of("state", State), name="state"),
    sa.CheckConstraint("(state = 'numbered') = (signed_at IS NULL)", name="signed"),
    sa.CheckConstraint("(state = 'replaced') = (replaced_by IS NOT NULL)", name="replaced"),
    sa.CheckConstraint("pdf_at IS NULL OR signed_at IS NOT NULL", name="pdf"),
    sa.Index(None, "payment"),
    sa.Index(None, "owner", "id"),
)

_unsigned = receipt.c.signed_at.is_(None)
_without_pdf = sa.and_(receipt.c.signed_at.is_not(None), receipt.c.pdf_at.is_(None))
sa.Index(None, receipt.c.issued_at, receipt.c.id, sqlite_where=_unsigned, postgresql_where=_unsigned)
sa.Index(None, receipt.c.signed_at, receipt.c.id, sqlite_where=_without_pdf, postgresql_where=_without_pdf)

document_table = sa.Table(
    "receipt_document",
    metadata,
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("sha256", sa.Text, nullable=False),  # hex, of the body before sealing
    sa.Column("stored_at", UtcTime, nullable=False),
    sa.CheckConstraint(_one_of("kind", ("xml", "pdf")), name="kind"),
)


def facts_place(receipt_id: str) -> str:
    """Where the facts of a receipt are sealed."""
    return f"receipt.facts.{receipt_id}"


def document_place(receipt_id: str, kind: DocumentKind) -> str:
    """Where a document of a receipt is sealed."""
    return f"receipt_document.body.{receipt_id}.{kind}"


def load_facts(row: Row, sealer: Sealer) -> ReceiptFacts:
    """The facts a receipt was numbered with."""
    return facts_json.from_bytes(sealer.unseal(facts_place(row.id), row.facts))


def find(connection: sa.Connection, receipt_id: str, owner: str | None = None) -> Row | None:
    """One receipt; with `owner` only if it is theirs."""
    query = sa.select(receipt).where(receipt.c.id == receipt_id)
    if owner is not None:
        query = query.where(receipt.c.owner == owner)
    return connection.execute(query).one_or_none()


def by_lookup_code(connection: sa.Connection, code: str) -> Row | None:
    """The receipt a citizen asks for."""
    return connection.execute(sa.select(receipt).where(receipt.c.lookup_code == code)).one_or_none()


def of_payments(connection: sa.Connection, payment_ids: Collection[str]) -> list[Row]:
    """The receipts of payments, in order of payment and id."""
    query = sa.select(receipt).where(receipt.c.payment.in_(payment_ids))
    return list(connection.execute(query.order_by(receipt.c.payment, receipt.c.id)))


def page(connection: sa.Connection, owner: str, after: str | None, limit: int) -> list[Row]:
    """Up to `limit` receipts of `owner` with ids beyond `after`, ascending."""
    query = sa.select(receipt).where(receipt.c.owner == owner)
    if after is not None:
        query = query.where(receipt.c.id > after)
    return list(connection.execute(query.order_by(receipt.c.id).limit(limit)))


def document(connection: sa.Connection, receipt_id: str, kind: DocumentKind, sealer: Sealer) -> bytes | None:
    """The stored bytes, or None while there are none."""
    query = sa.select(document_table.c.body).where(
        document_table.c.receipt_id == receipt_id, document_table.c.kind == kind
    )
    sealed = connection.execute(query).scalar_one_or_none()
    return None if sealed is None else sealer.unseal(document_place(receipt_id, kind), sealed)


def unsigned(connection: sa.Connection, limit: int, owner: str | None = None) -> list[Row]:
    """Receipts that wait for their signature, oldest first, in order of number within a batch."""
    query = sa.select(receipt).where(_unsigned)
    if owner is not None:
        query = query.where(receipt.c.owner == owner)
    return list(connection.execute(query.order_by(receipt.c.issued_at, receipt.c.id).limit(limit)))


def without_pdf(connection: sa.Connection, limit: int) -> list[Row]:
    """Signed receipts whose PDF is not yet stored, oldest first."""
    query = sa.select(receipt).where(_without_pdf).order_by(receipt.c.signed_at, receipt.c.id)
    return list(connection.execute(query.limit(limit)))


def save_signed(connection: sa.Connection, receipt_id: str, xml: bytes, signed_at: datetime, sealer: Sealer) -> bool:
    """numbered -> signed with its XML. False if it was signed before: the first signature stays. ReceiptMissing."""
    if save_all_signed(connection, {receipt_id: xml}, signed_at, sealer):
        return True
    if find(connection, receipt_id) is None:
        raise ReceiptMissing(f"no receipt {receipt_id}")
    return False


def save_all_signed(
    connection: sa.Connection, xml_of: Mapping[str, bytes], signed_at: datetime, sealer: Sealer
) -> frozenset[str]:
    """The same for a batch; the ids that became signed now."""
    won = _lock(connection, receipt.c.id.in_(xml_of), receipt.c.state == State.NUMBERED)
    _store(connection, {i: xml_of[i] for i in won}, "xml", signed_at, sealer)
    connection.execute(sa.update(receipt).where(receipt.c.id.in_(won)).values(state=State.SIGNED, signed_at=signed_at))
    return frozenset(won)


def save_pdf(connection: sa.Connection, receipt_id: str, pdf: bytes, stored_at: datetime, sealer: Sealer) -> bool:
    """Keep the PDF of a signed receipt. False if one is stored: the first stays. ReceiptMissing, NotSigned."""
    won = _lock(connection, receipt.c.id == receipt_id, _without_pdf)
    if won:
        _store(connection, {receipt_id: pdf}, "pdf", stored_at, sealer)
        connection.execute(sa.update(receipt).where(receipt.c.id == receipt_id).values(pdf_at=stored_at))
        return True
    row = find(connection, receipt_id)
    if row is None:
        raise ReceiptMissing(f"no receipt {receipt_id}")
    if row.signed_at is None:
        raise NotSigned(f"receipt {receipt_id} is not signed yet")
    return False


def mark_delivered(connection: sa.Connection, ids: Collection[str], at: datetime) -> int:
    """signed -> delivered; others are left as they are. The count of those that moved."""
    won = _lock(connection, receipt.c.id.in_(ids), receipt.c.state == State.SIGNED)
    connection.execute(sa.update(receipt).where(receipt.c.id.in_(won)).values(state=State.DELIVERED, delivered_at=at))
    return len(won)


def _lock(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[str]:
    """Ids of the receipts that satisfy the conditions now, held until the end of the transaction, in id order."""
    query = sa.select(receipt.c.id).where(*conditions).order_by(receipt.c.id).with_for_update()
    return list(connection.execute(query).scalars())


def _store(
    connection: sa.Connection, bodies: Mapping[str, bytes], kind: DocumentKind, at: datetime, sealer: Sealer
) -> None:
    rows = [
        {
            "receipt_id": receipt_id,
            "kind": kind,
            "body": sealer.seal(document_place(receipt_id, kind), body),
            "sha256": hashlib.sha256(body).hexdigest(),
            "stored_at": at,
        }
        for receipt_id, body in bodies.items()
    ]
    if rows:
        connection.execute(sa.insert(document_table), rows)
