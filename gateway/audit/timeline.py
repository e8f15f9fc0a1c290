"""One dossier, payment or receipt as an inspector reads it: who did what, when, for which amount and reason.

Made of the audit leaves alone (names of officers are looked up), so that the page says what the tree proves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.audit import leaves, words
from gateway.audit.leaves import Leaf
from gateway.dues.store import dossier, due
from gateway.kernel.audit import leaf
from gateway.kernel.errors import Missing
from gateway.officers.store import names_of
from gateway.payments.store import payment, payment_due
from gateway.settlement.refund.store import refund
from gateway.settlement.store import notice, suspense
from receipts.store import receipt

REASONS = ("reason", "ground", "why", "reasons")  # where a leaf's facts say why


class SubjectMissing(Missing):
    """No dossier, payment or receipt of this agency has that id."""

    code = "audit.subject_missing"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the page. `at` is UTC; `amount` đồng; `position` is the leaf's number in the tree, None: not yet."""

    at: datetime
    actor: str
    who_vi: str
    who_en: str
    kind: str
    what_vi: str
    what_en: str
    amount: int | None
    reason: str | None
    subject: str
    leaf: str
    position: int | None


def timeline(connection: sa.Connection, agency: str, subject: str) -> list[Entry]:
    """All that was written down of a dossier, a payment or a receipt and what belongs to it, oldest first.

    Raises SubjectMissing.
    """
    payments, dossiers = _subject(connection, agency, subject)
    refs = {*payments, *dossiers, *_around(connection, agency, payments, dossiers)}
    found = leaves.about(connection, own(leaf, agency) & leaf.c.ref.in_(sorted(refs)))
    told = [(one, str((one.told or {}).get("actor", ""))) for one in found]
    names = names_of(connection, agency, sorted({actor for _, actor in told}))
    grounds = _grounds(connection, agency, found)
    return [_entry(one, words.acted(actor, names), actor, grounds) for one, actor in told]


def _subject(connection: sa.Connection, agency: str, subject: str) -> tuple[set[str], set[str]]:
    """The payments and dossiers that an id stands for."""
    if _ids(connection, dossier.c.id, own(dossier, agency) & (dossier.c.id == subject)):
        dues = sa.select(due.c.id).where(due.c.dossier_id == subject)
        return _ids(connection, payment_due.c.payment_id, payment_due.c.due_id.in_(dues)), {subject}
    itself = _ids(connection, payment.c.id, own(payment, agency) & (payment.c.id == subject))
    itself |= _ids(connection, receipt.c.payment, (receipt.c.owner == agency) & (receipt.c.id == subject))
    if not itself:
        raise SubjectMissing(
            "Không có hồ sơ, lệnh thanh toán hay biên lai này.", "There is no such dossier, payment or receipt."
        )
    dues = sa.select(payment_due.c.due_id).where(payment_due.c.payment_id.in_(itself))
    return itself, _ids(connection, due.c.dossier_id, due.c.id.in_(dues))


def _around(connection: sa.Connection, agency: str, payments: set[str], dossiers: set[str]) -> Iterable[str]:
    """Ids that leaves are about and that belong to these payments and dossiers."""
    yield from _ids(connection, due.c.id, own(due, agency) & due.c.dossier_id.in_(dossiers))
    yield from _ids(connection, receipt.c.id, (receipt.c.owner == agency) & receipt.c.payment.in_(payments))
    notices = _ids(connection, notice.c.id, own(notice, agency) & notice.c.payment_id.in_(payments))
    yield from notices
    for table in (suspense, refund):
        of_them = sa.or_(table.c.payment_id.in_(payments), table.c.notice_id.in_(notices))
        yield from _ids(connection, table.c.id, own(table, agency) & of_them)


def _grounds(connection: sa.Connection, agency: str, found: Sequence[Leaf]) -> dict[str, str]:
    """The legal grounds of refunds, which their leaves only name."""
    ids = {str(one.facts["refund_id"]) for one in found if "refund_id" in one.facts}
    rows = connection.execute(sa.select(refund.c.id, refund.c.ground).where(own(refund, agency), refund.c.id.in_(ids)))
    return {row.id: row.ground for row in rows if row.ground}


def _entry(one: Leaf, who: words.Sentences, actor: str, grounds: dict[str, str]) -> Entry:
    what, amount = words.happened(one.kind), one.facts.get("amount")
    return Entry(
        at=one.at,
        actor=actor,
        who_vi=who[0],
        who_en=who[1],
        kind=one.kind,
        what_vi=what[0],
        what_en=what[1],
        amount=amount if isinstance(amount, int) else None,
        reason=_reason(one.facts) or grounds.get(str(one.facts.get("refund_id"))),
        subject=one.ref,
        leaf=one.id,
        position=one.position,
    )


def _reason(facts: dict[str, Any]) -> str | None:
    said = next((facts[name] for name in REASONS if facts.get(name)), None)
    return "; ".join(map(str, said)) if isinstance(said, list) else said if isinstance(said, str) else None


def _ids(connection: sa.Connection, column: sa.Column[Any], chosen: sa.ColumnElement[bool]) -> set[str]:
    return set(connection.scalars(sa.select(column).where(chosen)))
