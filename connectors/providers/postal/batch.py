"""A list of what was paid at an agent's counters, and the one transfer that brings it: our own format.

JSON: `{"batch_id","account","booked_on","total","rows":[{"id","reference","amount","paid_at","office","payer_name"}]}`;
a table (CSV, XLSX) has all ten names as columns and may hold several batches. `total` is what the agent transfers, in
đồng; he keeps nothing back, his commission is paid to him apart. `id` is his own number of the payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from connectors import rows, written
from connectors.contract import Notice, Outcome
from connectors.exact_json import Unreadable
from connectors.listing import Listing, Lump, Share, once, problem
from connectors.rows import Row
from connectors.signing import fingerprint
from connectors.stamp import business_day
from connectors.statement import Problem

HEAD = ("batch_id", "account", "booked_on", "total")
EACH = ("id", "reference", "amount", "paid_at", "office", "payer_name")
RELIED_ON = ("id", "reference", "amount", "paid_at", "batch_id", "account")


@dataclass(frozen=True, slots=True)
class Head:
    """The transfer."""

    batch_id: str
    account: str
    booked_on: date
    total: int  # đồng


def read(data: bytes) -> Listing:
    """Each payment as a notice, each batch as a lump. Raises nothing for bad input."""
    try:
        found = rows.read(data)
    except Unreadable as flaw:
        return Listing((), (), (problem(flaw.code, flaw.field),))
    problems: list[Problem] = []
    told: list[tuple[str, Notice]] = []
    heads: dict[str, Head | None] = {}
    for where, row in found:
        try:
            head = _head(row)
            if heads.setdefault(head.batch_id, head) != head:
                heads[head.batch_id] = None
            told.append((where, _notice(row, head)))
        except Unreadable as flaw:
            problems.append(problem(flaw.code, f"{where} {flaw.field}".strip()))
    problems += [problem("lump.unclear", batch_id) for batch_id, head in heads.items() if head is None]
    notices, repeated = once((where, notice) for where, notice in told if heads[notice.bank_reference])
    shares: dict[str, list[Share]] = {}
    for notice in notices:
        shares.setdefault(notice.bank_reference, []).append(_share(notice))
    lumps = tuple(_lump(head, shares.get(head.batch_id, [])) for head in heads.values() if head)
    differing = (problem("lump.differs", lump.batch_id) for lump in lumps if lump.difference)
    return Listing(notices, lumps, (*problems, *repeated, *differing))


def _head(row: Row) -> Head:
    return Head(
        written.identity(rows.text(row, "batch_id"), "batch_id"),
        written.identity(rows.text(row, "account"), "account"),
        written.day(rows.text(row, "booked_on"), "booked_on"),
        written.amount(rows.text(row, "total"), "total"),
    )


def _notice(row: Row, head: Head) -> Notice:
    told = {name: rows.text(row, name) for name in EACH} | {"batch_id": head.batch_id, "account": head.account}
    moment = written.moment(told["paid_at"], "paid_at")
    reference = written.identity(told["reference"], "reference")
    return Notice(
        event_id=f"{head.batch_id}/{written.identity(told['id'], 'id')}",
        fingerprint=fingerprint(told[name] for name in RELIED_ON),
        outcome=Outcome.PAID,
        amount=written.amount(told["amount"], "amount"),
        currency="VND",
        direction="CRDT",
        account=head.account,
        memo=reference,
        order_code=reference,
        bank_reference=head.batch_id,
        booked_on=business_day(moment),
        occurred_at=moment,
        payer_name=told["payer_name"],
    )


def _share(notice: Notice) -> Share:
    assert notice.booked_on is not None
    return Share(notice.event_id, notice.order_code, notice.amount, notice.booked_on)


def _lump(head: Head, shares: list[Share]) -> Lump:
    return Lump(head.batch_id, head.account, head.booked_on, head.total, tuple(shares))
