"""The audit trail's leaves, written by the business transaction itself.

A leaf is canonical JSON and its RFC 9162 leaf hash, SHA-256(0x00 || leaf). A sequencer numbers committed leaves into
the tree later (`position`), so that no settlement waits for a global counter. Leaves hold ids, amounts and codes,
never personal data. A leaf is never changed, but for the one time that it gets its number.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.kernel.append_only import after_create
from gateway.kernel.canonical import canonical
from gateway.kernel.clock import rfc3339
from gateway.kernel.db import UtcTime, metadata

leaf = sa.Table(
    "audit_leaf",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("position", sa.BigInteger, unique=True),
    sa.Index("ix_audit_leaf_ref", "ref", "id"),
    sa.Index(
        "ix_audit_leaf_unnumbered",
        "id",
        postgresql_where=sa.text("position IS NULL"),
        sqlite_where=sa.text("position IS NULL"),
    ),
)


def leaf_hash(body: bytes) -> bytes:
    """RFC 9162, section 2.1.1."""
    return hashlib.sha256(b"\x00" + body).digest()


def leaf_row(
    leaf_id: str, agency: str, kind: str, ref: str, actor: str, facts: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """One row to insert."""
    body = canonical(
        {"id": leaf_id, "agency": agency, "kind": kind, "ref": ref, "actor": actor, "at": rfc3339(now), "facts": facts}
    )
    return {
        "id": leaf_id,
        "agency_id": agency,
        "kind": kind,
        "ref": ref,
        "body": body,
        "hash": leaf_hash(body),
        "at": now,
    }


def _refuse_change() -> None:
    """Numbering is the only change: once, and of nothing else."""
    same = " AND ".join(f"NEW.{c.name} = OLD.{c.name}" for c in leaf.columns if c.name != "position")
    changed = f"OLD.position IS NOT NULL OR NEW.position IS NULL OR NOT ({same})"
    for act, when in (("UPDATE", f"WHEN {changed} "), ("DELETE", "")):
        after_create(
            leaf,
            "sqlite",
            f"CREATE TRIGGER audit_leaf_no_{act.lower()} BEFORE {act} ON audit_leaf {when}"
            "BEGIN SELECT RAISE(ABORT, 'audit_leaf is append-only'); END",
        )
    after_create(
        leaf,
        "postgresql",
        "CREATE OR REPLACE FUNCTION audit_leaf_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit_leaf is append-only'; END $$",
    )
    for name, act in (
        ("audit_leaf_no_update", f"BEFORE UPDATE ON audit_leaf FOR EACH ROW WHEN ({changed})"),
        ("audit_leaf_no_delete", "BEFORE DELETE OR TRUNCATE ON audit_leaf FOR EACH STATEMENT"),
    ):
        after_create(leaf, "postgresql", f"CREATE TRIGGER {name} {act} EXECUTE FUNCTION audit_leaf_append_only()")


_refuse_change()
