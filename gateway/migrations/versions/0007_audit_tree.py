"""The audit tree: numbered leaves, nodes and signed checkpoints (RFC 9162)."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""


def downgrade() -> None:
    """Nothing yet."""
