"""Prepare, approve, drop: a remittance takes its dues along in the transaction that makes it, and its entries are posted
when a second person approves. A statement line with its number and amount proves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.model import BUDGET_PAYABLE, RETAINED, Entry, Posting, collected
from gateway.ledger.post import post
from gateway.remitting import owed, store
from gateway.remitting.deadline import deadline
from gateway.remitting.model import (
    Line,
    NothingToRemit,
    RemittanceClosed,
    RemittanceState,
    SamePerson,
    split,
)
from gateway.remitting.store import remittance, remittance_due, remittance_line
from reconciliation.store import recon_item, statement_line

ENTRY = "remittance"


def prepare(uow: UnitOfWork, agency_id: str, until: date) -> list[str]:
    """One remittance per account of ours, of all that is proven up to `until`; their ids.

    NothingToRemit, TreasuryMissing. Two at once: dues are locked in order, and the second finds what the first left.
    """
    rule = store.treasury_of(uow.connection, agency_id).due_rule
    _lock(uow, agency_id)
    by_account: dict[str, list[Line]] = defaultdict(list)
    rates = owed.rates(uow.connection, agency_id)
    for one in owed.owed(uow.connection, agency_id, until):
        by_account[one.account].append(split(one, owed.rate_of(rates, one.fee_code)))
    made = [
        _one(uow, agency_id, account, lines, until, deadline(rule, until))
        for account, lines in by_account.items()
        if sum(line.budget for line in lines) > 0
    ]
    if not made:
        raise NothingToRemit("Không có khoản nào cần nộp.", "There is nothing to remit.")
    return made


def approve(uow: UnitOfWork, agency_id: str, remittance_id: str) -> None:
    """The second person: entries are posted, the payment order may go. RemittanceMissing, RemittanceClosed, SamePerson."""
    row = store.by_id(uow.connection, agency_id, remittance_id, lock=True)
    _in(row, RemittanceState.PREPARED)
    if row.prepared_by == uow.actor:
        raise SamePerson("Người lập không được tự duyệt.", "Who prepares a remittance does not approve it.")
    postings = [
        Posting(collected(line.fee_code), int(line.collected))
        for line in store.lines_of(uow.connection, row.id)
        if line.collected
    ]
    postings.append(Posting(BUDGET_PAYABLE, -row.budget))
    if row.retained:
        postings.append(Posting(RETAINED, -row.retained))
    post(uow, [Entry(agency_id, business_day(uow.now()), ENTRY, row.id, tuple(postings))])
    _move(uow, row.id, RemittanceState.APPROVED, approved_by=uow.actor, approved_at=uow.now())
    uow.emit([Event(agency_id, "remittance.approved", row.id, {"number": row.number, "budget": row.budget})])


def drop(uow: UnitOfWork, agency_id: str, remittance_id: str) -> None:
    """Give up what was only prepared: its dues are free again. RemittanceMissing, RemittanceClosed."""
    row = store.by_id(uow.connection, agency_id, remittance_id, lock=True)
    _in(row, RemittanceState.PREPARED)
    _move(uow, row.id, RemittanceState.DROPPED)
    uow.emit([Event(agency_id, "remittance.dropped", row.id, {"number": row.number})])


def confirm(uow: UnitOfWork, agency_id: str) -> list[str]:
    """Those approved whose number and amount a debit of the right account shows; their ids.

    A debit of another amount stays for a person: it is a break, and the remittance stays approved.
    """
    current = recon_item.c.superseded_by.is_(None) & (recon_item.c.kind == "REMITTANCE")
    query = (
        sa.select(remittance.c.id, sa.func.min(statement_line.c.id).label("line"))
        .join(
            recon_item, (recon_item.c.owner == remittance.c.agency_id) & (recon_item.c.reference == remittance.c.number)
        )
        .join(statement_line, statement_line.c.id == recon_item.c.line_id)
        .where(own(remittance, agency_id), remittance.c.state == RemittanceState.APPROVED.value, current)
        .where(statement_line.c.amount == remittance.c.budget, statement_line.c.direction == "DBIT")
        .group_by(remittance.c.id)
    )
    proven = uow.connection.execute(query.order_by(remittance.c.id)).all()
    for row in proven:
        _move(uow, row.id, RemittanceState.CONFIRMED, confirmed_at=uow.now(), line_id=row.line)
    uow.emit(Event(agency_id, "remittance.confirmed", row.id, {"line": row.line}) for row in proven)
    return [row.id for row in proven]


def _one(uow: UnitOfWork, agency_id: str, account: str, lines: Sequence[Line], until: date, due_on: date) -> str:
    remittance_id = uow.mint("rem")
    dues = owed.dues_left(uow.connection, agency_id, until, account)
    total = {
        "collected": sum(line.collected.amount for line in lines),
        "retained": sum(line.retained for line in lines),
        "budget": sum(line.budget for line in lines),
    }
    row = {
        "id": remittance_id,
        "agency_id": agency_id,
        "number": f"NS{uow.ids.code(8)}{uow.now():%y}",  # a word with a digit: statements are searched for such
        "account": account,
        "first_day": min(due.day for due in dues),
        "last_day": until,
        **total,
        "state": RemittanceState.PREPARED.value,
        "due_on": due_on,
        "prepared_by": uow.actor,
        "prepared_at": uow.now(),
    }
    uow.connection.execute(sa.insert(remittance).values(**row))
    uow.connection.execute(sa.insert(remittance_line), [_line(remittance_id, n, line) for n, line in enumerate(lines)])
    taken = [{"remittance_id": remittance_id, "due_id": due.due_id, "amount": due.left} for due in dues]
    uow.connection.execute(sa.insert(remittance_due), taken)
    uow.emit([Event(agency_id, "remittance.prepared", remittance_id, {"number": row["number"], **total})])
    return remittance_id


def _line(remittance_id: str, position: int, line: Line) -> dict[str, Any]:
    facts = {name: getattr(line.collected, name) for name in ("fee_code", "name", "kind", "chapter", "sub_item")}
    amounts = {"collected": line.collected.amount, "retained": line.retained, "budget": line.budget}
    return {"remittance_id": remittance_id, "position": position, **facts, **amounts}


def _lock(uow: UnitOfWork, agency_id: str) -> None:
    """One preparer at a time: the treasury's row is the agency's turnstile."""
    mine = sa.select(store.treasury.c.agency_id).where(own(store.treasury, agency_id))
    uow.connection.execute(mine.with_for_update())


def _move(uow: UnitOfWork, remittance_id: str, state: RemittanceState, **more: Any) -> None:
    chosen = remittance.c.id == remittance_id
    uow.connection.execute(sa.update(remittance).where(chosen).values(state=state.value, **more))


def _in(row: sa.Row[Any], state: RemittanceState) -> None:
    if row.state != state:
        raise RemittanceClosed(
            f"Đợt nộp đang ở trạng thái {row.state}.", f"The remittance is {row.state}.", state=row.state
        )
