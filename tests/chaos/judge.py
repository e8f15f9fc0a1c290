"""The judge looks from outside: what was acknowledged against the database, the money against the bank's own book.

Each rule is a function that names what must never be; no violation is the proof. It reads only.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.audit.verify import verify
from gateway.closing import proof
from gateway.delivery.webhooks import KINDS
from gateway.dues.store import dossier, due
from gateway.kernel.audit import leaf
from gateway.kernel.outbox import event, job
from gateway.ledger.balance import balances
from gateway.ledger.check import Violation
from gateway.payments.model import PAID
from gateway.payments.store import payment
from gateway.settlement import conservation
from gateway.settlement.model import HELD
from gateway.settlement.store import inbox, notice, suspense
from receipts.series import gaps
from receipts.store import receipt
from tests.chaos.journal import ENDS, Journal
from tests.chaos.office import AGENCY

Rows = dict[str, sa.Row[Any]]
_PAID = [status.value for status in PAID]


@dataclass(frozen=True, slots=True)
class Line:
    """A credit in the bank's book."""

    transfer_id: str
    account: str
    day: date
    amount: int


@dataclass(slots=True)
class Case:
    """Both sides, laid beside each other."""

    connection: sa.Connection
    journal: Journal
    lines: list[Line]
    now: datetime
    patient: bool  # the outbox had the time to become empty
    notices: list[sa.Row[Any]] = field(default_factory=list)


def bank_lines(book: Path) -> list[Line]:
    """The bank's own book, read from its file."""
    with closing(sqlite3.connect(f"file:{book}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT transfer_id, account, booked_on, amount FROM line ORDER BY id")
        return [Line(reference, account, date.fromisoformat(day), amount) for reference, account, day, amount in rows]


def judge(case: Case) -> list[Violation]:
    """Everything that must not be."""
    case.notices = list(case.connection.execute(sa.select(notice)))
    found = [Violation(*flaw) for flaw in case.journal.flaws]
    for rule in RULES:
        found += rule(case)
    return found


def books(case: Case) -> Iterator[Violation]:
    """The product's own proofs hold."""
    yield from proof.violations(case.connection)
    yield from (Violation(f"series.{gap.problem}", gap.series_id, gap.detail) for gap in gaps(case.connection))
    for agency, amount in conservation.differences(case.connection).items():
        if amount:
            yield Violation("conservation", agency, f"{amount} đồng")


def acknowledged_writes(case: Case) -> Iterator[Violation]:
    """Each acknowledged dossier and payment is there with its content."""
    dossiers, payments = _by_id(case, dossier), _by_id(case, payment)
    for errand in case.journal.errands:
        if errand.dossier:
            kept = dossiers.get(errand.dossier["id"])
            if kept is None or kept.code != errand.dossier["dossier_code"]:
                yield Violation("dossier.lost", errand.dossier["id"], errand.dossier["dossier_code"])
        for told in errand.payments:
            row = payments.get(told["id"])
            if row is None or (row.reference, row.amount) != (told["reference"], told["amount"]):
                yield Violation("payment.lost", told["id"], told["reference"])
    codes = Counter(row.code for row in dossiers.values())
    yield from (Violation("dossier.twice", code, str(count)) for code, count in codes.items() if count > 1)


def one_effect_per_key(case: Case) -> Iterator[Violation]:
    """As many payments as were asked for, whatever was repeated on the way."""
    whole = [errand for errand in case.journal.errands if errand.complete]
    asked = {told["id"] for errand in case.journal.errands for told in errand.payments}
    unsure = len(case.journal.errands) - len(whole)
    made = set(_by_id(case, payment))
    if len(made - asked) > unsure:
        yield Violation("payment.twice", "", f"{len(made)} payments, {len(asked)} acknowledged, {unsure} unsure")


def acknowledged_notices(case: Case) -> Iterator[Violation]:
    """Each acknowledged notice is in the inbox once and in the books; none is unread, none was forged."""
    rows = list(case.connection.execute(sa.select(inbox.c.event_key, inbox.c.state, inbox.c.error)))
    times = Counter(row.event_key for row in rows)
    by_reference = {row.bank_reference: row for row in case.notices}
    for told in sorted(case.journal.recorded):
        if times[told] != 1:
            yield Violation("notice.lost", told, f"{times[told]} times in the inbox")
        placed = by_reference.get(told.removeprefix("VTB"))
        if placed is None or placed.noticed_at is None:
            yield Violation("notice.nowhere", told, "")
    yield from (Violation("notice.forged_accepted", told, "") for told in sorted(case.journal.forged_accepted))
    yield from (Violation(f"inbox.{row.state}", row.event_key, row.error or "") for row in rows if row.state != "done")


def the_banks_book(case: Case) -> Iterator[Violation]:
    """To the đồng: every credit of the bank is one row of money here, and there is no other."""
    here = Counter((row.bank_reference, row.account, row.counted) for row in case.notices)
    there = Counter((line.transfer_id, line.account, line.amount) for line in case.lines)
    yield from (Violation("money.lost", reference, f"{amount}") for reference, _, amount in (there - here).elements())
    yield from (Violation("money.invented", ref, f"{amount}") for ref, _, amount in (here - there).elements())
    booked, total = balances(case.connection, AGENCY), sum(line.amount for line in case.lines)
    at_bank = sum(amount for account, amount in booked.items() if account.startswith("bank:"))
    in_transit = sum(amount for account, amount in booked.items() if account.startswith("in_transit:"))
    if (at_bank, in_transit) != (total, 0):
        yield Violation("ledger.bank", AGENCY, f"bank {total}, booked {at_bank}, in transit {in_transit}")


def one_bucket(case: Case) -> Iterator[Violation]:
    """Every đồng of every notice is settled or stands in one open task of that notice."""
    total = sa.func.sum(suspense.c.amount)
    query = sa.select(suspense.c.notice_id, total).where(suspense.c.closed_at.is_(None)).group_by(suspense.c.notice_id)
    open_tasks = {notice_id: int(amount) for notice_id, amount in case.connection.execute(query)}
    for row in case.notices:
        if row.suspended != open_tasks.get(row.id, 0):
            yield Violation("notice.bucket", row.id, f"suspended {row.suspended}, tasks {open_tasks.get(row.id, 0)}")


def received(case: Case) -> Iterator[Violation]:
    """What a payment says it received is what is settled or held for it."""
    held = _sum(case, suspense.c.payment_id, suspense.c.amount, suspense.c.closed_at.is_(None), _held())
    settled = _sum(case, notice.c.payment_id, notice.c.settled)
    over = _sum(case, suspense.c.payment_id, suspense.c.amount, suspense.c.closed_at.is_(None), ~_held())
    for row in _by_id(case, payment).values():
        booked = settled.get(row.id, 0) + held.get(row.id, 0)
        if not booked <= row.received <= booked + over.get(row.id, 0):
            yield Violation("payment.received", row.id, f"says {row.received}, booked {booked}")


def receipts_of_dues(case: Case) -> Iterator[Violation]:
    """Each paid due stands on exactly one live receipt; every receipt is signed and has its PDF."""
    dossiers = _by_id(case, dossier)
    live: Counter[tuple[str, str, str]] = Counter()
    for row in _by_id(case, receipt).values():
        if row.replaced_by is None:
            live[row.payment, row.dossier_code, row.kind_split] += 1
        if row.signed_at is None or row.pdf_at is None:
            yield Violation("receipt.unsigned", row.id, row.state)
    for one in _by_id(case, due).values():
        if one.status == "paid" and one.kind in ("PHI", "LE_PHI"):
            code = dossiers[one.dossier_id].code if one.dossier_id in dossiers else ""
            count = live[one.payment_id, code, one.kind] + live[one.payment_id, code, "ALL"]
            if count != 1:
                yield Violation("due.receipts", one.id, f"{count} live receipts")


def errands_end_well(case: Case) -> Iterator[Violation]:
    """Who paid has a receipt, who paid too little or for nothing has not, and each transfer is accounted for."""
    dues = _by_id(case, due)
    paid_ids = set(case.connection.scalars(sa.select(payment.c.id).where(payment.c.status.in_(_PAID))))
    settled = {row.bank_reference: row.settled for row in case.notices}
    for errand in case.journal.errands:
        if not errand.complete:
            continue
        states = {dues[told["id"]].status for told in errand.dossier["dues"] if told["id"] in dues}
        if states != {ENDS[errand.way]}:
            yield Violation("errand.end", errand.dossier["id"], f"{errand.way}: {sorted(states)}")
        paid = [told["id"] for told in errand.payments if told["id"] in paid_ids]
        owed = errand.dossier["amount"] if ENDS[errand.way] == "paid" else 0
        counted = sum(settled.get(transfer_id, 0) for transfer_id, _ in errand.transfers)
        if counted != owed or len(paid) != (ENDS[errand.way] == "paid"):
            yield Violation("errand.money", errand.dossier["id"], f"{errand.way}: settled {counted} of {owed}, {paid}")


def outbox(case: Case) -> Iterator[Violation]:
    """Every event has its leaf and was handed on; a job is done or has a time to come; the listener heard of all."""
    events, leaves = (case.connection.scalar(sa.select(sa.func.count()).select_from(t)) for t in (event, leaf))
    if events != leaves:
        yield Violation("audit.leaves", "", f"{events} events, {leaves} leaves")
    for row in case.connection.execute(sa.select(event.c.id).where(~event.c.fanned_out)):
        yield Violation("event.waiting", row.id, "")
    for row in case.connection.execute(sa.select(job).where(job.c.dead_at.is_not(None))):
        yield Violation("job.dead", row.id, f"attempts {row.attempts}, {row.last_error}")
    waiting = _unfinished(case.connection) if case.patient else _due(_unfinished(case.connection), case.now)
    for row in waiting:
        yield Violation("job.waiting", row.id, f"attempts {row.attempts}, {row.last_error}, since {row.run_at}")
    if case.patient:
        yield from _unheard(case)


def _unheard(case: Case) -> Iterator[Violation]:
    for row in case.connection.execute(sa.select(event.c.id, event.c.kind).where(event.c.kind.in_(KINDS))):
        if case.journal.heard[row.id] == 0:
            yield Violation("webhook.unheard", row.id, row.kind)


def trail(case: Case) -> Iterator[Violation]:
    """The audit tree is whole and tells what the books tell. The judge holds no key: signatures are proven elsewhere."""
    for flaw in verify(case.connection, []).flaws:
        if flaw.rule != "checkpoint.unsigned":
            yield Violation(f"audit.{flaw.rule}", flaw.subject, flaw.detail)


RULES = (
    books,
    acknowledged_writes,
    one_effect_per_key,
    acknowledged_notices,
    the_banks_book,
    one_bucket,
    received,
    receipts_of_dues,
    errands_end_well,
    outbox,
    trail,
)


def money(case: Case) -> dict[str, int]:
    """What came in and where it is."""
    kept = conservation.days(case.connection, AGENCY)
    return {name: sum(getattr(day, name) for day in kept) for name in ("money_in", "settled", "suspense", "returned")}


def census(case: Case) -> dict[str, int]:
    """How much there was of each."""
    tables = (dossier, payment, inbox, notice, receipt, event, job)
    count = sa.select(sa.func.count())
    rows = {f"rows of {table.name}": int(case.connection.scalar(count.select_from(table)) or 0) for table in tables}
    return rows | {
        "acknowledged writes": len(case.journal.answered),
        "acknowledged notices": len(case.journal.recorded),
        "webhooks heard": len(case.journal.heard),
        "errands": len(case.journal.errands),
    }


def waits(connection: sa.Connection) -> dict[str, int]:
    """What the product has still to do now: all zero when it is quiet. Jobs are apart: they may lie in the future."""
    queries = {
        "inbox": sa.select(sa.func.count()).select_from(inbox).where(inbox.c.state == "waiting"),
        "unsigned": sa.select(sa.func.count()).select_from(receipt).where(receipt.c.signed_at.is_(None)),
        "no pdf": sa.select(sa.func.count()).select_from(receipt).where(receipt.c.pdf_at.is_(None)),
        "events": sa.select(sa.func.count()).select_from(event).where(~event.c.fanned_out),
    }
    return {name: int(connection.scalar(query) or 0) for name, query in queries.items()}


def jobs_left(connection: sa.Connection, now: datetime | None = None) -> int:
    """Jobs not done; with `now` only those that a worker should take at that moment."""
    rows = _unfinished(connection)
    return len(rows if now is None else _due(rows, now))


def _unfinished(connection: sa.Connection) -> list[sa.Row[Any]]:
    open_jobs = sa.select(job).where(job.c.done_at.is_(None), job.c.dead_at.is_(None))
    return list(connection.execute(open_jobs.order_by(job.c.key)))


def _due(rows: list[sa.Row[Any]], now: datetime) -> list[sa.Row[Any]]:
    """The first job of each line (one per endpoint) whose time has come and that nobody holds: the rest wait for it."""
    heads: dict[str, sa.Row[Any]] = {}
    for row in rows:
        heads.setdefault(row.key.rpartition(":")[0], row)
    return [head for head in heads.values() if head.run_at <= now and (head.lease_until or head.run_at) <= now]


def _by_id(case: Case, table: sa.Table) -> Rows:
    return {row.id: row for row in case.connection.execute(sa.select(table))}


def _held() -> sa.ColumnElement[bool]:
    return suspense.c.reason.in_([reason.value for reason in HELD])


def _sum(
    case: Case, of: sa.ColumnElement[str], amount: sa.ColumnElement[int], *where: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(of, sa.func.sum(amount)).where(*where).group_by(of)
    return {key: int(total) for key, total in case.connection.execute(query)}
