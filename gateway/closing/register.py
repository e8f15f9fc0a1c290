"""The one-stop register as the sixth party: its list of dossiers against our dues, payments and receipts.

It shows what no matching of money can: a fee nobody asked for, a result handed out unpaid, a receipt for no dossier.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from gateway.access import own
from gateway.closing.register_file import RegisterRow, read
from gateway.closing.register_store import register_dossier
from gateway.dues.model import DueStatus
from gateway.dues.store import dossier, due
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from receipts.store import receipt

FindingKind = Literal[
    "register.fee_without_due", "register.result_unpaid", "register.paid_differs", "register.receipt_without_dossier"
]

_SENTENCES: dict[FindingKind, tuple[str, str]] = {
    "register.fee_without_due": (
        "Hồ sơ {code} có thu phí, lệ phí theo sổ một cửa nhưng chưa có khoản phải nộp.",
        "Dossier {code} bears a fee by the one-stop register, but nothing is due on it.",
    ),
    "register.result_unpaid": (
        "Hồ sơ {code} đã trả kết quả ngày {day_vi} khi còn {amount_vi} ₫ chưa nộp.",
        "Dossier {code} had its result on {day_en} while {amount_en} ₫ is unpaid.",
    ),
    "register.paid_differs": (
        "Sổ một cửa ghi hồ sơ {code} đã nộp, ở đây còn {amount_vi} ₫ chưa nộp.",
        "The one-stop register has dossier {code} as paid; here {amount_en} ₫ is unpaid.",
    ),
    "register.receipt_without_dossier": (
        "Biên lai của hồ sơ {code}, {amount_vi} ₫, nhưng sổ một cửa không có hồ sơ này.",
        "Receipts of dossier {code}, {amount_en} ₫, but the one-stop register has no such dossier.",
    ),
}


@dataclass(frozen=True, slots=True)
class RegisterTaken:
    """What became of a list."""

    rows: int
    new: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not agree; `amount` in đồng, 0 where none is known."""

    kind: FindingKind
    dossier_code: str
    amount: int
    sentence_vi: str
    sentence_en: str


def import_register(uow: UnitOfWork, agency: str, name: str, content: bytes) -> RegisterTaken:
    """Take a list; what it says of a dossier replaces what an earlier one said. Raises RegisterRefused."""
    rows = read(content)
    before = _count(uow.connection, agency)
    c = register_dossier.c
    codes = [row.code for row in rows]
    for at in range(0, len(codes), 500):
        part = codes[at : at + 500]
        uow.connection.execute(sa.delete(register_dossier).where(own(register_dossier, agency), c.code.in_(part)))
    for at in range(0, len(rows), 5_000):
        uow.connection.execute(sa.insert(register_dossier), [_kept(uow, agency, row) for row in rows[at : at + 5_000]])
    taken = RegisterTaken(len(rows), _count(uow.connection, agency) - before)
    uow.emit([Event(agency, "register.imported", agency, {"name": name, "rows": taken.rows, "new": taken.new})])
    return taken


def findings(connection: sa.Connection, agency: str, limit: int = 1_000) -> list[Finding]:
    """What the register and our books disagree on, by kind and dossier code; nothing before the first list."""
    if not _count(connection, agency):
        return []
    queries: dict[FindingKind, sa.Select[Any]] = {
        "register.fee_without_due": _fee_without_due(agency),
        "register.result_unpaid": _unpaid(agency, register_dossier.c.result_on.is_not(None)),
        "register.paid_differs": _unpaid(
            agency, sa.and_(register_dossier.c.result_on.is_(None), register_dossier.c.paid.is_(True))
        ),
        "register.receipt_without_dossier": _receipts(agency),
    }
    return [found for kind, query in queries.items() for found in _told(connection, kind, query.limit(limit))]


def _count(connection: sa.Connection, agency: str) -> int:
    counted = sa.select(sa.func.count()).select_from(register_dossier).where(own(register_dossier, agency))
    return int(connection.scalar(counted) or 0)


def _kept(uow: UnitOfWork, agency: str, row: RegisterRow) -> dict[str, Any]:
    return {
        "agency_id": agency,
        "code": row.code,
        "procedure_code": row.procedure_code,
        "result_on": row.result_on,
        "fee_bearing": row.fee_bearing,
        "paid": row.paid,
        "imported_at": uow.now(),
    }


def _fee_without_due(agency: str) -> sa.Select[Any]:
    c = register_dossier.c
    asked = sa.exists().where(
        own(dossier, agency),
        dossier.c.code == c.code,
        due.c.dossier_id == dossier.c.id,
        due.c.status != DueStatus.WITHDRAWN.value,
    )
    chosen = sa.select(c.code, sa.literal(0).label("amount"), c.result_on)
    return chosen.where(own(register_dossier, agency), c.fee_bearing, ~asked).order_by(c.code)


def _unpaid(agency: str, which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    c = register_dossier.c
    return (
        sa.select(c.code, sa.func.sum(due.c.amount).label("amount"), c.result_on)
        .join(dossier, sa.and_(own(dossier, agency), dossier.c.code == c.code))
        .join(due, due.c.dossier_id == dossier.c.id)
        .where(own(register_dossier, agency), which, due.c.status == DueStatus.OPEN.value)
        .group_by(c.code, c.result_on)
        .order_by(c.code)
    )


def _receipts(agency: str) -> sa.Select[Any]:
    known = sa.exists().where(own(register_dossier, agency), register_dossier.c.code == receipt.c.dossier_code)
    return (
        sa.select(
            receipt.c.dossier_code.label("code"),
            sa.func.sum(receipt.c.amount).label("amount"),
            sa.null().label("result_on"),
        )
        .where(receipt.c.owner == agency, receipt.c.replaced_by.is_(None), ~known)
        .group_by(receipt.c.dossier_code)
        .order_by(receipt.c.dossier_code)
    )


def _told(connection: sa.Connection, kind: FindingKind, query: sa.Select[Any]) -> Iterator[Finding]:
    vi, en = _SENTENCES[kind]
    for row in connection.execute(query):
        amount = int(row.amount)
        facts = {
            "code": row.code,
            "amount_vi": f"{amount:,}".replace(",", "."),
            "amount_en": f"{amount:,}",
            "day_vi": row.result_on.strftime("%d/%m/%Y") if row.result_on else "",
            "day_en": row.result_on.isoformat() if row.result_on else "",
        }
        yield Finding(kind, row.code, amount, vi.format(**facts), en.format(**facts))
