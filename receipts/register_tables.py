"""What the tax office knows of who issues: registrations 01/ĐKTĐ-CTĐT, their certificates, and delegations.

Thông tư 91/2026/TT-BTC, Điều 17: no receipt before the registration is accepted, and only with the certificates it
lists. Nghị định 254/2026/NĐ-CP, Điều 25: who issues in another's name does so within a range of numbers and a term.
"""

from __future__ import annotations

import sqlalchemy as sa

from receipts.model import MAX_NUMBER
from receipts.rules import FORMS
from receipts.tables import UtcTime, metadata, one_of

registration = sa.Table(
    "receipt_registration",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),  # the agency's id
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("accepted_on", sa.Date),  # the day of 01/TB-ĐKĐT, Asia/Ho_Chi_Minh
    sa.Column("sent_at", UtcTime, nullable=False),
    sa.CheckConstraint(one_of("state", ("sent", "accepted", "refused")), name="state"),
    sa.CheckConstraint("(state = 'accepted') = (accepted_on IS NOT NULL)", name="accepted"),
    sa.Index(None, "owner"),
)

certificate = sa.Table(
    "receipt_certificate",
    metadata,
    sa.Column("registration_id", sa.Text, sa.ForeignKey("receipt_registration.id"), primary_key=True),
    sa.Column("issuer", sa.Text, primary_key=True),  # RFC 4514
    sa.Column("serial", sa.Text, primary_key=True),  # hexadecimal, as 20 bytes fit no integer column
    sa.Column("subject", sa.Text, nullable=False),  # RFC 4514
    sa.Column("valid_from", UtcTime, nullable=False),
    sa.Column("valid_to", UtcTime, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.CheckConstraint(one_of("state", ("in_use", "stopped")), name="state"),
    sa.CheckConstraint("valid_from < valid_to", name="validity"),
)

delegation = sa.Table(
    "receipt_delegation",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, nullable=False),  # the agency whose numbers are used
    sa.Column("tax_code", sa.Text, nullable=False),  # the delegator: the collecting organisation
    sa.Column("org_name", sa.Text, nullable=False),
    sa.Column("org_address", sa.Text, nullable=False),
    sa.Column("delegate_name", sa.Text, nullable=False),  # who issues in its name
    sa.Column("delegate_address", sa.Text, nullable=False),
    sa.Column("delegate_tax_code", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("form", sa.Text, nullable=False),
    sa.Column("symbol", sa.Text, nullable=False),
    sa.Column("first_number", sa.BigInteger, nullable=False),
    sa.Column("last_number", sa.BigInteger, nullable=False),
    sa.Column("from_day", sa.Date, nullable=False),
    sa.Column("to_day", sa.Date, nullable=False),
    sa.Column("notified_on", sa.Date),  # both tax offices
    sa.Column("posted_on", sa.Date),  # at the point of collection
    sa.Column("ended_on", sa.Date),  # earlier than agreed: the last day
    sa.Column("recorded_at", UtcTime, nullable=False),
    sa.UniqueConstraint("tax_code", "form", "symbol", "first_number"),
    sa.CheckConstraint(one_of("form", FORMS), name="form"),
    sa.CheckConstraint("tax_code <> delegate_tax_code", name="parties"),
    sa.CheckConstraint("from_day <= to_day", name="term"),
    sa.CheckConstraint(
        f"first_number >= 1 AND first_number <= last_number AND last_number <= {MAX_NUMBER}", name="range"
    ),
    sa.Index(None, "owner"),
)
