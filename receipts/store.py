"""How receipts are kept: series, numbered receipts, their signed XML and PDF (Nghị định 174/2016/NĐ-CP, Điều 13).

What names a person is sealed; amounts, days and numbers stay plain, so that sums and proofs run in the database.
Nothing is ever deleted, and a document is written once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from receipts import facts as facts_json
from receipts import life_tables, register_tables
from receipts.model import ReceiptError, ReceiptFacts, Replaced, Sealer, State
from receipts.tables import (
    NAMING,
    UtcTime,
    document_table,
    error_notice,
    is_unsigned,
    lacks_pdf,
    metadata,
    receipt,
    replacement,
    series,
)

# Whoever asks for `metadata` gets every table of the receipts, those of the register and of the life after issue included.
stamp, printing, change, task = life_tables.stamp, life_tables.printing, life_tables.change, life_tables.task
registration, certificate, delegation = (
    register_tables.registration,
    register_tables.certificate,
    register_tables.delegation,
)

__all__ = [
    "NAMING",
    "DocumentKind",
    "NotSigned",
    "ReceiptMissing",
    "Row",
    "UtcTime",
    "by_lookup_code",
    "certificate",
    "delegation",
    "document",
    "document_place",
    "document_table",
    "error_notice",
    "facts_place",
    "find",
    "load_facts",
    "mark_delivered",
    "metadata",
    "of_payments",
    "page",
    "receipt",
    "registration",
    "replaced_of",
    "replaced_of_all",
    "replacement",
    "save_all_signed",
    "save_pdf",
    "save_signed",
    "series",
    "unsigned",
    "without_pdf",
]

Row = sa.Row[*tuple[Any, ...]]
DocumentKind = Literal["xml", "pdf"]


class ReceiptMissing(ReceiptError):
    """There is no such receipt."""

    kind = "missing"
    code = "receipt.missing"


class NotSigned(ReceiptError):
    """What follows the signature has to wait for it: the PDF, a replacement, a notice of an error."""

    kind = "conflict"
    code = "receipt.not_signed"


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


def replaced_of(connection: sa.Connection, receipt_id: str) -> Replaced | None:
    """The receipt that this one replaces, as its XML has to name it (TTBLLQuan); None if it replaces none."""
    return replaced_of_all(connection, [receipt_id]).get(receipt_id)


def replaced_of_all(connection: sa.Connection, receipt_ids: Collection[str]) -> dict[str, Replaced]:
    """The same for a batch in one query; those that replace none are absent."""
    query = (
        sa.select(replacement.c.new_id, receipt.c.form, receipt.c.symbol, receipt.c.number, receipt.c.day)
        .join_from(replacement, receipt, receipt.c.id == replacement.c.old_id)
        .where(replacement.c.new_id.in_(receipt_ids))
    )
    return {row.new_id: Replaced(*row[1:]) for row in connection.execute(query)}


def unsigned(connection: sa.Connection, limit: int, owner: str | None = None) -> list[Row]:
    """Receipts that wait for their signature, oldest first, in order of number within a batch."""
    query = sa.select(receipt).where(is_unsigned)
    if owner is not None:
        query = query.where(receipt.c.owner == owner)
    return list(connection.execute(query.order_by(receipt.c.issued_at, receipt.c.id).limit(limit)))


def without_pdf(connection: sa.Connection, limit: int) -> list[Row]:
    """Signed receipts whose PDF is not yet stored, oldest first."""
    query = sa.select(receipt).where(lacks_pdf).order_by(receipt.c.signed_at, receipt.c.id)
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
    won = _lock(connection, receipt.c.id == receipt_id, lacks_pdf)
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
