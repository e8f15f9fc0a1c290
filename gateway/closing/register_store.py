"""Where the one-stop register's list of dossiers is kept: the newest word on each, and when it came."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

register_dossier = sa.Table(
    "register_dossier",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("procedure_code", sa.Text, nullable=False),
    sa.Column("result_on", sa.Date),
    sa.Column("fee_bearing", sa.Boolean, nullable=False),
    sa.Column("paid", sa.Boolean),  # null: the register does not say
    sa.Column("imported_at", UtcTime, nullable=False),
)

__all__ = ["metadata", "register_dossier"]
