"""Search by anything an accountant has in hand: reference, amount, bank number, dossier, receipt number, an id.

The answer is lines and payments; what is found of a payment brings the lines of its group along.
"""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.dues.store import dossier, due
from gateway.payments.store import payment, payment_due
from gateway.settlement.store import notice
from receipts.store import receipt
from reconciliation.store import recon_item, statement_line

MOST = 200
_AMOUNT = re.compile(r"[0-9][0-9. ]{0,17}")
_RECEIPT = re.compile(r"(?:([0-9]{2}T[A-Z]{2})[-/ ])?0*([0-9]{1,8})")


def find(connection: sa.Connection, agency_id: str, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of lines and of payments; both empty where nothing is found."""
    wanted = text.strip()
    if not wanted:
        return frozenset(), frozenset()
    lines: set[str] = set(connection.scalars(_lines(agency_id, wanted).limit(MOST)))
    payments: set[str] = {
        found for query in _payments(agency_id, wanted) for found in connection.scalars(query.limit(MOST))
    }
    c = recon_item.c
    told = sa.select(notice.c.line_id).where(
        own(notice, agency_id), notice.c.line_id.is_not(None), notice.c.payment_id.in_(payments)
    )
    lines |= set(connection.scalars(told.limit(MOST))) if payments else set()
    groups = sa.select(c.group_id).where(
        c.owner == agency_id, c.superseded_by.is_(None), c.line_id.in_(lines) | c.payment_id.in_(payments)
    )
    members = sa.select(c.line_id, c.payment_id).where(
        c.owner == agency_id, c.superseded_by.is_(None), c.group_id.in_(groups)
    )
    for line_id, payment_id in connection.execute(members.limit(4 * MOST)):
        lines |= {line_id} if line_id else set()
        payments |= {payment_id} if payment_id else set()
    return frozenset(lines), frozenset(payments)


def _lines(agency_id: str, wanted: str) -> sa.Select[Any]:
    c = statement_line.c
    word = wanted.upper()
    same = (c.bank_ref == wanted) | (c.id == wanted) | sa.func.upper(c.memo).contains(word, autoescape=True)
    amount = _amount(wanted)
    return sa.select(c.id).where(c.owner == agency_id, same if amount is None else same | (c.amount == amount))


def _payments(agency_id: str, wanted: str) -> list[sa.Select[Any]]:
    mine = own(payment, agency_id)
    word = wanted.upper()
    queries = [
        sa.select(payment.c.id).where(mine, (payment.c.reference == word) | (payment.c.id == wanted)),
        sa.select(payment_due.c.payment_id)
        .join(due, due.c.id == payment_due.c.due_id)
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .where(own(dossier, agency_id), dossier.c.code == wanted),
    ]
    amount = _amount(wanted)
    if amount is not None:
        queries.append(sa.select(payment.c.id).where(mine, payment.c.amount == amount))
    numbered = _RECEIPT.fullmatch(word)
    if numbered:
        same = (receipt.c.owner == agency_id) & (receipt.c.number == int(numbered[2]))
        if numbered[1]:
            same &= receipt.c.symbol == numbered[1]
        queries.append(sa.select(receipt.c.payment).where(same))
    return queries


def _amount(wanted: str) -> int | None:
    text = wanted.removesuffix("₫").removesuffix("đ").strip()
    return int(re.sub(r"[. ]", "", text)) if _AMOUNT.fullmatch(text) else None
