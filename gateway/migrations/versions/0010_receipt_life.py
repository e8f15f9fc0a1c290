"""What happens to a receipt after its issue: time stamps, prints, requests to replace it, tasks, warnings.

Who issued before the register was asked had been accepted by the tax office, or should have been: that is put down as
a registration without certificates, so that nobody's office stands still.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from gateway.migrations.wall import raise_wall

revision = "0010"
down_revision = "0009"

TABLES = (
    "receipt_stamp",
    "receipt_print",
    "receipt_change",
    "receipt_task",
    "receipt_warning",
    "receipt_replaced_list",
)


def upgrade() -> None:
    op.create_table(
        "receipt_stamp",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_stamp_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt_stamp")),
    )
    op.create_table(
        "receipt_print",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("nth", sa.Integer(), nullable=False),
        sa.Column("printed_by", sa.Text(), nullable=False),
        sa.Column("printed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('print', 'conversion')", name=op.f("ck_receipt_print_kind")),
        sa.CheckConstraint("nth >= 0", name=op.f("ck_receipt_print_nth")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_print_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", "kind", "nth", name=op.f("pk_receipt_print")),
    )
    _change()
    _task()
    op.create_table(
        "receipt_warning",
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner", "key", name=op.f("pk_receipt_warning")),
    )
    op.create_table(
        "receipt_replaced_list",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_receipt_replaced_list")),
    )
    raise_wall("receipt_change", "receipt_task", "receipt_warning", column="owner")
    _put_down_who_issues()


def _change() -> None:
    op.create_table(
        "receipt_change",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("money_differs", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_id", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('asked', 'made', 'refused')", name=op.f("ck_receipt_change_state")),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_receipt_change_decided")),
        sa.CheckConstraint("(state = 'asked') = (decided_by IS NULL)", name=op.f("ck_receipt_change_decider")),
        sa.CheckConstraint("(state = 'made') = (new_id IS NOT NULL)", name=op.f("ck_receipt_change_made")),
        sa.CheckConstraint(
            "NOT money_differs OR state <> 'made' OR decided_by <> asked_by", name=op.f("ck_receipt_change_persons")
        ),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_change_receipt_id")),
        sa.ForeignKeyConstraint(["new_id"], ["receipt.id"], name=op.f("fk_receipt_change_new_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_change")),
    )
    op.create_index(op.f("ix_receipt_change_receipt_id"), "receipt_change", ["receipt_id"])
    op.create_index(op.f("ix_receipt_change_owner_id"), "receipt_change", ["owner", "id"])


def _task() -> None:
    op.create_table(
        "receipt_task",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('voided', 'charged_back', 'reversed')", name=op.f("ck_receipt_task_kind")),
        sa.CheckConstraint(
            "outcome IN ('paid_again', 'refunded', 'replaced', 'error')", name=op.f("ck_receipt_task_outcome")
        ),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_receipt_task_closed")),
        sa.CheckConstraint("(closed_at IS NULL) = (closed_by IS NULL)", name=op.f("ck_receipt_task_closer")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_task_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_task")),
        sa.UniqueConstraint("receipt_id", "kind", "ref", name=op.f("uq_receipt_task_receipt_id_kind_ref")),
    )
    op.create_index(op.f("ix_receipt_task_owner_id"), "receipt_task", ["owner", "id"])


def _put_down_who_issues() -> None:
    first_day = "min(s.year) || '-01-01'"
    if op.get_bind().dialect.name == "postgresql":
        first_day = f"CAST({first_day} AS DATE)"
    op.execute(
        "INSERT INTO receipt_registration (id, owner, state, accepted_on, sent_at) "  # noqa: S608 - our own words
        f"SELECT 'reg_' || s.owner, s.owner, 'accepted', {first_day}, min(s.opened_at) FROM receipt_series s "
        "WHERE NOT EXISTS (SELECT 1 FROM receipt_registration r WHERE r.owner = s.owner) GROUP BY s.owner"
    )


def downgrade() -> None:
    op.execute(
        "DELETE FROM receipt_registration WHERE id = 'reg_' || owner AND NOT EXISTS "
        "(SELECT 1 FROM receipt_certificate c WHERE c.registration_id = receipt_registration.id)"
    )
    for table in reversed(TABLES):
        op.drop_table(table)
