"""What happens to a receipt after its issue: time stamps, prints, requests to replace it, tasks, and what was warned of.

Each is a row of its own, as an issued receipt is never changed (Thông tư 91/2026/TT-BTC, Điều 20).
"""

from __future__ import annotations

import sqlalchemy as sa

from receipts.tables import UtcTime, metadata, one_of

stamp = sa.Table(
    "receipt_stamp",
    metadata,
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), primary_key=True),
    sa.Column("token", sa.LargeBinary, nullable=False),  # RFC 3161 TimeStampToken over the XML's SignatureValue, DER
    sa.Column("authority", sa.Text, nullable=False),  # subject of the time stamping certificate, RFC 4514
    sa.Column("stamped_at", UtcTime, nullable=False),  # as the authority says
    sa.Column("stored_at", UtcTime, nullable=False),
)

printing = sa.Table(
    "receipt_print",
    metadata,
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("nth", sa.Integer, primary_key=True),  # 0 is the first print of the receipt itself
    sa.Column("printed_by", sa.Text, nullable=False),
    sa.Column("printed_at", UtcTime, nullable=False),
    sa.CheckConstraint(one_of("kind", ("print", "conversion")), name="kind"),
    sa.CheckConstraint("nth >= 0", name="nth"),
)

change = sa.Table(
    "receipt_change",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), nullable=False),
    sa.Column("facts", sa.LargeBinary, nullable=False),  # sealed: what the replacement is to say
    sa.Column("reason", sa.LargeBinary, nullable=False),  # sealed
    sa.Column("money_differs", sa.Boolean, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("asked_by", sa.Text, nullable=False),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_at", UtcTime),
    sa.Column("new_id", sa.Text, sa.ForeignKey("receipt.id")),
    sa.CheckConstraint(one_of("state", ("asked", "made", "refused")), name="state"),
    sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided"),
    sa.CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name="decider"),
    sa.CheckConstraint("(state = 'made') = (new_id IS NOT NULL)", name="made"),
    sa.CheckConstraint(
        "NOT money_differs OR state <> 'made' OR decided_by <> asked_by",
        name="persons",
    ),
    sa.Index(None, "receipt_id"),
    sa.Index(None, "owner", "id"),
)

task = sa.Table(
    "receipt_task",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("receipt_id", sa.Text, sa.ForeignKey("receipt.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("ref", sa.Text, nullable=False),  # the provider's or bank's id of what was undone
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("closed_by", sa.Text),
    sa.Column("outcome", sa.Text),
    sa.UniqueConstraint("receipt_id", "kind", "ref"),
    sa.CheckConstraint(one_of("kind", ("voided", "charged_back", "reversed")), name="kind"),
    sa.CheckConstraint(one_of("outcome", ("paid_again", "refunded", "replaced", "error")), name="outcome"),
    sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
    sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name="closer"),
    sa.Index(None, "owner", "id"),
)

warning = sa.Table(
    "receipt_warning",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),  # what was told, for which end
    sa.Column("told_at", UtcTime, nullable=False),
)

replaced_list = sa.Table(
    "receipt_replaced_list",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, nullable=False),  # the signed file
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("next_at", UtcTime, nullable=False),
)
