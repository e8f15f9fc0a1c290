"""How statements and results are kept: statement lines are never changed, results are added and superseded, not edited.

`recon_item` holds one current row (superseded_by is null) for each line and each payment; the database enforces it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator

from reconciliation.model import Kind

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC; naive values are refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _one_of(column: str, values: list[str]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


statement_file = sa.Table(
    "statement_file",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("format", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("imported_at", UtcTime, nullable=False),
    sa.UniqueConstraint("owner", "sha256"),
)

statement = sa.Table(
    "statement",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("file_id", sa.Text, sa.ForeignKey("statement_file.id"), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("from_day", sa.Date, nullable=False),  # as stated, else the first day of its lines
    sa.Column("to_day", sa.Date, nullable=False),
    sa.Column("opening", sa.BigInteger),
    sa.Column("closing", sa.BigInteger),
    sa.Column("balances", sa.Boolean),  # opening + lines = closing; null where a balance is missing
    sa.Column("gap", sa.Boolean, nullable=False),
    sa.Index(None, "owner", "account", "from_day"),
)

statement_line = sa.Table(
    "statement_line",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("statement_id", sa.Text, sa.ForeignKey("statement.id"), nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("natural_key", sa.Text, nullable=False),
    sa.Column("line_no", sa.Text, nullable=False),
    sa.Column("booking_date", sa.Date, nullable=False),
    sa.Column("value_date", sa.Date),
    sa.Column("direction", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng, without sign
    sa.Column("reversal", sa.Boolean, nullable=False),
    sa.Column("nature", sa.Text, nullable=False),
    sa.Column("bank_ref", sa.Text, nullable=False),
    sa.Column("memo", sa.Text, nullable=False),  # may name a person: for matching and for the accountant, never logged
    sa.Column("counterparty_name", sa.LargeBinary),  # sealed by the host; absent without a sealer
    sa.Column("counterparty_account", sa.LargeBinary),
    sa.UniqueConstraint("owner", "natural_key"),
    sa.CheckConstraint(_one_of("direction", ["CRDT", "DBIT"]), name="direction"),
    sa.CheckConstraint("amount >= 0", name="amount"),
    sa.Index(None, "owner", "account", "booking_date"),
    sa.Index(None, "statement_id"),
)

line_ref = sa.Table(
    "line_ref",
    metadata,
    sa.Column("line_id", sa.Text, sa.ForeignKey("statement_line.id"), primary_key=True),
    sa.Column("ref", sa.Text, primary_key=True),
    sa.Column("how", sa.SmallInteger, nullable=False),  # 1 structured, 2 memo, 3 a word: batch, terminal, order
    sa.Index(None, "ref"),
)

recon_run = sa.Table(
    "recon_run",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("rules_version", sa.Text, nullable=False),
    sa.Column("accounts", sa.Text, nullable=False),  # JSON list
    sa.Column("line_count", sa.BigInteger, nullable=False),
    sa.Column("payment_count", sa.BigInteger, nullable=False),
    sa.Column("last_line", sa.Text),  # watermark: the newest line that was looked at
    sa.Column("totals", sa.Text, nullable=False),  # JSON by kind
    sa.Column("written", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.BigInteger, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("result_hash", sa.Text, nullable=False),  # SHA-256 over previous_hash and the rows written
    sa.Index(None, "owner", "at"),
)

EVIDENCE: tuple[sa.Column[Any], ...] = (
    sa.Column("reference", sa.Text),
    sa.Column("how", sa.SmallInteger, nullable=False),
    sa.Column("line_count", sa.BigInteger, nullable=False),
    sa.Column("payment_count", sa.BigInteger, nullable=False),
    sa.Column("line_sum", sa.BigInteger, nullable=False),
    sa.Column("expected", sa.BigInteger, nullable=False),
    sa.Column("payment_sum", sa.BigInteger, nullable=False),
    sa.Column("due_on", sa.Date),
)

_CURRENT = sa.text("superseded_by IS NULL")
_DECIDED = sa.text("superseded_by IS NULL AND decided_by IS NOT NULL")

recon_item = sa.Table(
    "recon_item",
    metadata,
    sa.Column("run_id", sa.Text, primary_key=True),  # of the run, or of the decision, that wrote it
    sa.Column("subject", sa.Text, primary_key=True),  # `line` or `payment`, a colon and its id
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("line_id", sa.Text),
    sa.Column("payment_id", sa.Text),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("group_id", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("difference", sa.BigInteger, nullable=False),
    *EVIDENCE,
    sa.Column("decided_by", sa.Text),  # a person; no run overwrites the decision
    sa.Column("decided_at", UtcTime),
    sa.Column("basis", sa.Text),  # what the passes had found when the person decided
    sa.Column("contested_by", sa.Text),  # the kind they found since: a break, for the person to look again
    sa.Column("superseded_by", sa.Text),  # run or decision
    sa.CheckConstraint("(line_id IS NULL) <> (payment_id IS NULL)", name="subject"),
    sa.CheckConstraint(_one_of("kind", [kind.value for kind in Kind]), name="kind"),
    sa.Index("uq_recon_item_line", "owner", "line_id", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT),
    sa.Index(
        "uq_recon_item_payment", "owner", "payment_id", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT
    ),
    sa.Index(None, "owner", "group_id"),
    sa.Index("ix_recon_item_decided", "owner", "subject", sqlite_where=_DECIDED, postgresql_where=_DECIDED),
    sa.Index("ix_recon_item_kind", "owner", "kind", sqlite_where=_CURRENT, postgresql_where=_CURRENT),
)

recon_suggestion = sa.Table(
    "recon_suggestion",
    metadata,
    sa.Column("line_id", sa.Text, sa.ForeignKey("statement_line.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),  # the surest first
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("candidates", sa.Text, nullable=False),  # JSON list of payment ids
    sa.Column("sentence_vi", sa.Text, nullable=False),
    sa.Column("sentence_en", sa.Text, nullable=False),
    sa.Column("confidence", sa.Text, nullable=False),
    sa.Column("made_at", UtcTime, nullable=False),
    sa.Column("confirmed_by", sa.Text),  # the person who made it a decision
    sa.Column("confirmed_at", UtcTime),
    sa.Column("decision_id", sa.Text),
    sa.CheckConstraint("confidence IN ('high', 'medium', 'low')", name="confidence"),
    sa.CheckConstraint("(confirmed_by IS NULL) = (decision_id IS NULL)", name="confirmed"),
    sa.Index("ix_recon_suggestion_owner", "owner", "line_id"),
)

payer_alias = sa.Table(
    "payer_alias",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("sender", sa.Text, primary_key=True),  # blind index of the name and account a line came from
    sa.Column("payer", sa.Text, primary_key=True),  # blind index of whom it was confirmed to pay for
    sa.Column("learnt_by", sa.Text, nullable=False),
    sa.Column("learnt_at", UtcTime, nullable=False),
)
