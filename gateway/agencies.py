"""The agencies that collect (cơ quan thu): who they are, since when, what came after them, and into which accounts.

Luật 97/2015/QH13 Điều 3 k4 names the collecting organisation per fee; mergers end an agency and name its successor.
Money goes straight to the agency's own account (the gateway never holds funds: Nghị định 52/2024/NĐ-CP).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import sqlalchemy as sa

from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Conflict, Invalid, Missing
from gateway.kernel.uow import UnitOfWork

Grouping = Literal["separate", "combined"]

agency = sa.Table(
    "agency",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("tax_code", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("phone", sa.Text, nullable=False),
    sa.Column("identifier", sa.Text, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("successor_id", sa.Text),
    sa.Column("receipt_grouping", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.CheckConstraint("receipt_grouping IN ('separate', 'combined')", name="receipt_grouping"),
    sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="validity"),
)

account = sa.Table(
    "beneficiary_account",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), nullable=False),
    sa.Column("bin", sa.Text, nullable=False),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("bank", sa.Text, nullable=False),
    sa.Column("covers", sa.Text, nullable=False),  # JSON list of selectors, see Account.covers
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("closed_at", UtcTime),
    sa.UniqueConstraint("agency_id", "bin", "number"),
)


class AgencyMissing(Missing):
    """No agency has this id."""

    code = "agency.missing"


class AgencyEnded(Conflict):
    """The agency does not collect on that day; `facts["successor"]` says who does."""

    code = "agency.not_in_force"


class AccountMissing(Conflict):
    """No beneficiary account takes money of this kind."""

    code = "agency.no_account"


class AgencyInvalid(Invalid):
    """The agency or its account cannot be kept as described."""

    code = "agency.invalid"


@dataclass(frozen=True, slots=True)
class Agency:
    """One tenant. Days are business days of Asia/Ho_Chi_Minh, both ends included."""

    id: str
    name: str
    tax_code: str
    address: str
    phone: str = ""
    identifier: str = ""  # mã định danh, QĐ 20/2020/QĐ-TTg, e.g. H56.17
    valid_from: date = date(2025, 7, 1)
    valid_to: date | None = None
    successor_id: str | None = None
    receipt_grouping: Grouping = "separate"  # phí and lệ phí on two receipts, or on one


@dataclass(frozen=True, slots=True)
class Account:
    """A bank account of the agency, and which dues are paid into it."""

    id: str
    agency_id: str
    bin: str
    number: str = field(repr=False)
    holder: str
    bank: str
    covers: tuple[str, ...] = ("*",)  # a fee code, a fee id, PHI, LE_PHI, OTHER, or * for the rest
    connector: str = ""  # who brings its notices


def add(uow: UnitOfWork, new: Agency) -> None:
    """Keep a new agency."""
    _check(new)
    row = {f: getattr(new, f) for f in _AGENCY_FIELDS}
    uow.connection.execute(sa.insert(agency).values(**row, created_at=uow.now()))


def add_account(uow: UnitOfWork, new: Account) -> None:
    """Keep a new beneficiary account; one that is there with the same number gets the new cover."""
    if not re.fullmatch(r"[0-9]{6}", new.bin):
        raise AgencyInvalid("Mã BIN ngân hàng gồm 6 chữ số.", "A bank BIN has 6 digits.", field="bin")
    if not re.fullmatch(r"[A-Za-z0-9]{1,19}", new.number):
        raise AgencyInvalid("Số tài khoản không hợp lệ.", "The account number is not valid.", field="account")
    require(uow.connection, new.agency_id)
    row = {f: getattr(new, f) for f in ("id", "agency_id", "bin", "number", "holder", "bank", "connector")}
    uow.connection.execute(sa.insert(account).values(**row, covers=json.dumps(new.covers)))


def require(connection: sa.Connection, agency_id: str) -> Agency:
    """The agency, in force or not."""
    row = connection.execute(sa.select(agency).where(agency.c.id == agency_id)).one_or_none()
    if row is None:
        raise AgencyMissing("Không có cơ quan thu này.", "There is no such agency.", field="agency")
    return Agency(**{f: getattr(row, f) for f in _AGENCY_FIELDS})


def require_active(connection: sa.Connection, agency_id: str, day: date) -> Agency:
    """The agency, provided that it collects on `day`."""
    found = require(connection, agency_id)
    if day < found.valid_from or (found.valid_to is not None and day > found.valid_to):
        raise AgencyEnded(
            f"Cơ quan {found.name} không thu trong ngày {day:%d/%m/%Y}.",
            f"{found.name} does not collect on {day.isoformat()}.",
            field="agency",
            successor=found.successor_id or "",
        )
    return found


def all_agencies(connection: sa.Connection) -> list[Agency]:
    """Every agency, by id."""
    rows = connection.execute(sa.select(agency).order_by(agency.c.id))
    return [Agency(**{f: getattr(row, f) for f in _AGENCY_FIELDS}) for row in rows]


# Built once: every payment and every settlement asks these.
_ACCOUNTS = sa.select(account).where(account.c.agency_id == sa.bindparam("of_agency")).order_by(account.c.id)
_OPEN_ACCOUNTS = _ACCOUNTS.where(account.c.closed_at.is_(None))


def accounts_of(connection: sa.Connection, agency_id: str) -> list[Account]:
    """The agency's open accounts, oldest first."""
    return [_account(row) for row in connection.execute(_OPEN_ACCOUNTS, {"of_agency": agency_id})]


def all_accounts_of(connection: sa.Connection, agency_id: str) -> list[Account]:
    """The agency's accounts, closed ones too: their old payments still find their money."""
    return [_account(row) for row in connection.execute(_ACCOUNTS, {"of_agency": agency_id})]


def account_by_id(connection: sa.Connection, account_id: str) -> Account:
    """One account, closed or not."""
    return _account(connection.execute(sa.select(account).where(account.c.id == account_id)).one())


def account_for(accounts: list[Account], fee_code: str, kind: str) -> Account:
    """The account a due is paid into: the most particular cover wins, the oldest account among equals."""
    for selector in (fee_code, fee_code.rpartition("-")[0], kind, "*"):
        for candidate in accounts:
            if selector in candidate.covers:
                return candidate
    raise AccountMissing(
        f"Cơ quan thu chưa khai báo tài khoản nhận khoản {fee_code}.",
        f"The agency has no account that takes {fee_code}.",
        field="fee_code",
    )


_AGENCY_FIELDS = (
    "id",
    "name",
    "tax_code",
    "address",
    "phone",
    "identifier",
    "valid_from",
    "valid_to",
    "successor_id",
    "receipt_grouping",
)


def _account(row: sa.Row[tuple[object, ...]]) -> Account:
    mapping = row._mapping
    values = {f: mapping[f] for f in ("id", "agency_id", "bin", "number", "holder", "bank", "connector")}
    return Account(**values, covers=tuple(json.loads(mapping["covers"])))


def _check(new: Agency) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", new.id):
        raise AgencyInvalid("Mã cơ quan gồm chữ, số, dấu . _ -", "An agency id has letters, digits, . _ -", field="id")
    if not re.fullmatch(r"[0-9]{10}(-?[0-9]{3})?", new.tax_code):
        raise AgencyInvalid("MST gồm 10 hoặc 13 chữ số.", "A tax code has 10 or 13 digits.", field="tax_code")
    if not new.name.strip() or not new.address.strip():
        raise AgencyInvalid("Thiếu tên hoặc địa chỉ.", "Name and address are required.", field="name")
