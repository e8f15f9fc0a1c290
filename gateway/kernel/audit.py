"""The audit trail's leaves, written by the business transaction itself.

A leaf is canonical JSON and its RFC 9162 leaf hash, SHA-256(0x00 || leaf). A sequencer numbers committed leaves into
the tree later (`position`), so that no settlement waits for a global counter. Leaves hold ids, amounts and codes,
never personal data.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

import sqlalchemy as sa

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
