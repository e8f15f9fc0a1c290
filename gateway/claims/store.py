"""Where claims are kept; what the payer wrote and showed is sealed."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa

from gateway.claims.model import ClaimMissing, ClaimState, Finding, Located, Told
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.vault import Vault

_STATES = ", ".join(f"'{state}'" for state in ClaimState)
_FINDINGS = ", ".join(f"'{finding}'" for finding in Finding)

claim = sa.Table(
    "claim",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("number", sa.Text, nullable=False, unique=True),  # on the acknowledgement
    sa.Column("token", sa.Text, nullable=False, unique=True),  # the right to see it
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng, as the payer says
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("told_sealed", sa.LargeBinary, nullable=False),
    sa.Column("picture_sealed", sa.LargeBinary),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("finding", sa.Text, nullable=False),
    sa.Column("found", sa.Text, nullable=False),  # JSON list of ids
    sa.Column("certain", sa.Boolean, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("looked_at", UtcTime, nullable=False),
    sa.Column("ended_at", UtcTime),
    sa.Column("ended_by", sa.Text),
    sa.CheckConstraint(f"state IN ({_STATES})", name="state"),
    sa.CheckConstraint(f"finding IN ({_FINDINGS})", name="finding"),
    sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    sa.CheckConstraint("amount > 0", name="amount"),
    sa.Index("ix_claim_payment", "payment_id"),
    sa.Index(
        "ix_claim_open",
        "looked_at",
        "id",
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    ),
)


def by_token(connection: sa.Connection, token: str) -> sa.Row[Any]:
    """The payer's own claim; ClaimMissing."""
    return _one(connection, claim.c.token == token)


def by_id(connection: sa.Connection, agency_id: str, claim_id: str, *, lock: bool = False) -> sa.Row[Any]:
    """One of the agency's claims; ClaimMissing."""
    return _one(connection, (claim.c.agency_id == agency_id) & (claim.c.id == claim_id), lock=lock)


def open_claims(connection: sa.Connection, agency_id: str, limit: int = 200) -> list[sa.Row[Any]]:
    """For officers: those to look into, oldest first."""
    mine = (claim.c.agency_id == agency_id) & (claim.c.state == ClaimState.OPEN.value)
    return list(connection.execute(sa.select(claim).where(mine).order_by(claim.c.id).limit(limit)))


def seal(claim_id: str, told: Told, vault: Vault) -> dict[str, bytes | None]:
    """The two sealed columns."""
    words = {
        "bank_reference": told.bank_reference,
        "account": told.account,
        "email": told.email,
        "phone": told.phone,
        "note": told.note,
    }
    picture = vault.seal(f"claim.picture.{claim_id}", told.picture) if told.picture else None
    sealed = vault.seal(f"claim.told.{claim_id}", json.dumps(words, ensure_ascii=False).encode())
    return {"told_sealed": sealed, "picture_sealed": picture}


def unseal(row: sa.Row[Any], vault: Vault) -> Told:
    """What the payer said, without the picture."""
    words = json.loads(vault.unseal(f"claim.told.{row.id}", row.told_sealed))
    return Told(row.amount, row.paid_on, **words)


def picture(row: sa.Row[Any], vault: Vault) -> bytes | None:
    """What the payer showed: for an officer's eyes, never as proof."""
    return vault.unseal(f"claim.picture.{row.id}", row.picture_sealed) if row.picture_sealed else None


def located(row: sa.Row[Any]) -> Located:
    """What the last search came to."""
    return Located(Finding(row.finding), tuple(json.loads(row.found)), row.certain)


def _one(connection: sa.Connection, wanted: sa.ColumnElement[bool], *, lock: bool = False) -> sa.Row[Any]:
    query = sa.select(claim).where(wanted)
    row = connection.execute(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise ClaimMissing("Không có phản ánh này.", "There is no such claim.")
    return row
