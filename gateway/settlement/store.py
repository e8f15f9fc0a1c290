"""How what came in is kept: raw messages, the money they speak of, and the money that waits.

The CHECK on `notice` is the conservation of money, row by row: what came in = settled + suspended + returned. Money an
approved refund has set aside stays suspended (`refunding`) until it has left; a settled due's moves there on approval.
"""

from __future__ import annotations

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata
from gateway.settlement.model import Reason

_REASONS = ", ".join(f"'{reason.value}'" for reason in Reason)

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column(
        "event_key", sa.Text, nullable=False
    ),  # the provider's id; for what cannot be read, a digest of the bytes
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("raw_sealed", sa.LargeBinary, nullable=False),
    sa.Column("notice_sealed", sa.LargeBinary),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("keep_until", sa.Date, nullable=False),
    sa.Column("copies", sa.Integer, nullable=False, default=1),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("error", sa.Text),
    sa.Column("origin", sa.Text, nullable=False, server_default=sa.text("'notice'")),  # query: we asked, it answered
    sa.Column("tries", sa.Integer, nullable=False, server_default=sa.text("0")),  # how often it could not be worked
    sa.Column("retry_at", UtcTime),  # not before; `error` says why
    sa.UniqueConstraint("agency_id", "connector", "event_key"),
    sa.CheckConstraint("state IN ('waiting', 'done', 'poison')", name="state"),
    sa.Index(
        "ix_inbox_waiting",
        "id",
        postgresql_where=sa.text("state = 'waiting'"),
        sqlite_where=sa.text("state = 'waiting'"),
    ),
    sa.Index(
        "ix_inbox_unfinished",
        "state",
        postgresql_where=sa.text("state <> 'done'"),
        sqlite_where=sa.text("state <> 'done'"),
    ),
    sa.Index(
        "ix_inbox_asked",
        "agency_id",
        "connector",
        "received_at",
        postgresql_where=sa.text("origin = 'query'"),
        sqlite_where=sa.text("origin = 'query'"),
    ),
)

inbox_refused = sa.Table(
    "inbox_refused",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("raw_sealed", sa.LargeBinary, nullable=False),
    sa.Column("received_at", UtcTime, nullable=False),
    sa.Column("keep_until", sa.Date, nullable=False),
)

notice = sa.Table(
    "notice",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),  # as stated
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("bank_reference", sa.Text, nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id")),
    sa.Column("counted", sa.BigInteger, nullable=False),  # đồng that came in; 0 for another currency or direction
    sa.Column("settled", sa.BigInteger, nullable=False),
    sa.Column("suspended", sa.BigInteger, nullable=False),
    sa.Column("returned", sa.BigInteger, nullable=False, default=0),
    sa.Column("refunding", sa.BigInteger, nullable=False, default=0),  # of suspended: approved to go back, not yet gone
    sa.Column("noticed_at", UtcTime),  # when a notice said so
    sa.Column("line_id", sa.Text),  # the statement line that proves it
    sa.Column("created_at", UtcTime, nullable=False),
    sa.CheckConstraint("counted = settled + suspended + returned", name="conservation"),
    sa.CheckConstraint("settled >= 0 AND suspended >= 0 AND returned >= 0", name="signs"),
    sa.CheckConstraint("refunding >= 0 AND refunding <= suspended", name="refunding"),
    sa.Index("ix_notice_bank_reference", "agency_id", "account", "bank_reference"),
    sa.Index("ix_notice_payment", "payment_id"),
    sa.Index("ix_notice_day", "agency_id", "account", "day"),
    sa.Index(
        "ix_notice_unheard",
        "agency_id",
        "connector",
        "created_at",
        postgresql_where=sa.text("noticed_at IS NULL"),
        sqlite_where=sa.text("noticed_at IS NULL"),
    ),
)

suspense = sa.Table(
    "suspense",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notice.id"), nullable=False),
    sa.Column("payment_id", sa.Text, sa.ForeignKey("payment.id")),
    sa.Column("amount", sa.BigInteger, nullable=False),  # đồng; 0 where nothing counts yet
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.Column("outcome", sa.Text),
    sa.CheckConstraint(f"reason IN ({_REASONS})", name="reason"),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('settled', 'replaced', 'refund')", name="outcome"),
    sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
    sa.Index("ix_suspense_payment", "payment_id"),
    sa.Index(
        "ix_suspense_open",
        "agency_id",
        "id",
        postgresql_where=sa.text("closed_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL"),
    ),
)
