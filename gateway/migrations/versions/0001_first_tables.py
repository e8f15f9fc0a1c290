"""The first tables."""

from __future__ import annotations

from alembic import op

from gateway.migrations.tables import all_metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    for metadata in all_metadata():
        metadata.create_all(op.get_bind())


def downgrade() -> None:
    for metadata in reversed(all_metadata()):
        metadata.drop_all(op.get_bind())
