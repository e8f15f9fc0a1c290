"""Where baskets are kept: which payments they are made of, and what was left out. They belong to the payer, not an agency."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata

basket = sa.Table(
    "basket",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("token", sa.Text, nullable=False, unique=True),
    sa.Column("payer_sealed", sa.LargeBinary, nullable=False),
    sa.Column("left_out_sealed", sa.LargeBinary, nullable=False),  # codes a person typed, with reasons
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
)

basket_payment = sa.Table(
    "basket_payment",
    metadata,
    sa.Column("basket_id", sa.Text, sa.ForeignKey("basket.id"), primary_key=True),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id"), primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
)
