"""What a wedge scanner typed leads to a record: a dossier's code, a bill, a payment link or QR, a receipt's code or QR.

A counter serves any agency of the installation (one place for all, Nghị định 118/2025/NĐ-CP); where a code belongs to
several, the officer's own agency comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from connectors.reference import references
from gateway.dues.store import dossier
from gateway.kernel.settings import Settings
from gateway.payments.store import payment
from receipts.store import receipt

LONGEST = 2_000
_LINK = re.compile(r"/pay/([0-9A-Z]{26})\b")
_LOOKALIKES = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Found:
    """A record of an agency."""

    kind: Literal["dossier", "payment"]
    agency: str
    id: str
    words: str  # to choose by, where there are several


def find(connection: sa.Connection, settings: Settings, agency_id: str, typed: str) -> list[Found]:
    """Records with this code, the officer's own agency first; empty: there is none."""
    text = typed.strip()[:LONGEST]
    if not text:
        return []
    found = (
        _by_link(connection, text)
        or _by_dossier(connection, text)
        or _by_reference(connection, text)
        or _by_receipt(connection, settings, text)
    )
    return sorted(found, key=lambda one: (one.agency != agency_id, one.agency, one.id))


def _by_link(connection: sa.Connection, text: str) -> list[Found]:
    link = _LINK.search(text)
    return _payments(connection, payment.c.token == link[1]) if link else []


def _by_dossier(connection: sa.Connection, text: str) -> list[Found]:
    query = sa.select(dossier.c.id, dossier.c.agency_id, dossier.c.code).where(dossier.c.code.in_({text, text.upper()}))
    return [Found("dossier", row.agency_id, row.id, row.code) for row in connection.execute(query)]


def _by_reference(connection: sa.Connection, text: str) -> list[Found]:
    named = references(text)
    return _payments(connection, payment.c.reference.in_(named)) if named else []


def _by_receipt(connection: sa.Connection, settings: Settings, text: str) -> list[Found]:
    where = _token(settings, text) if len(text) > 100 or "?t=" in text else None
    if where is None:
        last = text.rstrip("/").rpartition("/")[2] if "://" in text else text
        code = re.sub(r"[^0-9A-Z]", "", last.upper()).translate(_LOOKALIKES)
        where = receipt.c.lookup_code == code
    paid = list(connection.scalars(sa.select(receipt.c.payment).where(where)))
    return _payments(connection, payment.c.id.in_(paid)) if paid else []


def _token(settings: Settings, text: str) -> sa.ColumnElement[bool] | None:
    """The receipt whose printed QR this is, proven by the installation's key; None for anything else."""
    from receipts.keys import KeyUnusable, public_from_pem
    from receipts.token import TokenRefused, check

    try:
        facts = check(text, public_from_pem((settings.keys / "token.pub.pem").read_bytes()))
    except (OSError, KeyUnusable, TokenRefused):
        return None
    same = (receipt.c.form == facts.form) & (receipt.c.symbol == facts.symbol) & (receipt.c.number == facts.number)
    return same & (receipt.c.day == facts.day) & (receipt.c.amount == facts.amount)


def _payments(connection: sa.Connection, where: sa.ColumnElement[bool]) -> list[Found]:
    query = sa.select(payment.c.id, payment.c.agency_id, payment.c.reference).where(where)
    return [Found("payment", row.agency_id, row.id, row.reference) for row in connection.execute(query)]
