"""The one transaction: place money, settle payments and dues, post the ledger, number receipts, tell the outbox.

All of it commits together or none of it exists, so "paid without receipt" and "number without receipt" cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from gateway.dues import store as dues_store
from gateway.kernel import bulk
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.ledger.post import post
from gateway.settlement import cases, paper, save
from gateway.settlement.decide import decide
from gateway.settlement.desk import Desk, Outcome, Repeated, Settled, Suspended
from gateway.settlement.model import Arrival, Settle
from gateway.settlement.receipted import elsewhere_issued
from receipts import issue as receipt_issue
from receipts.model import Numbered, ReceiptFacts


def settle(uow: UnitOfWork, agency_id: str, arrivals: Sequence[Arrival]) -> list[Outcome]:
    """Place each arrival, in order; each sees what the one before left. All of one agency."""
    desk = _desk(uow, cases.lock(uow, agency_id, arrivals))
    outcomes = [desk.place(arrival, decide) for arrival in arrivals]
    _finish(uow, desk, outcomes)
    return outcomes


def settle_held(uow: UnitOfWork, agency_id: str, payment_ids: Sequence[str]) -> list[Settled]:
    """Settle what can be settled from held money alone; nothing new has come. All of one agency."""
    desk = _desk(uow, cases.lock(uow, agency_id, [], payment_ids))
    tried = (desk.settle_held(payment) for payment in desk.loaded.payments.values())
    outcomes = [outcome for outcome in tried if outcome is not None]
    _finish(uow, desk, outcomes)
    return outcomes


def _desk(uow: UnitOfWork, loaded: cases.Loaded) -> Desk:
    return Desk(uow, loaded, lambda decision: _receipts_of(loaded, decision))


def _finish(uow: UnitOfWork, desk: Desk, outcomes: Sequence[Outcome]) -> None:
    fresh: list[tuple[sa.Table, bulk.Rows]] = []  # all that is new goes into one statement, with the events

    def keep(table: sa.Table, rows: bulk.Rows) -> None:
        fresh.append((table, rows))

    save.save(uow, desk, keep)
    post(uow, desk.entries, keep)
    elsewhere = elsewhere_issued(desk, keep)
    numbered = _issue(uow, desk, keep, elsewhere)
    uow.emit(_events(desk.loaded.agency.id, outcomes, numbered, elsewhere), after=fresh)


def _receipts_of(loaded: cases.Loaded, decision: Settle) -> int:
    return len(paper.groups(loaded.agency, decision.dues))


def _issue(uow: UnitOfWork, desk: Desk, keep: bulk.Insert, elsewhere: Mapping[str, str]) -> list[Numbered]:
    ours = [item for item in desk.settled if item.payment.id not in elsewhere]
    if not ours:
        return []
    loaded = desk.loaded
    dossier_ids = sorted({due.dossier_id for item in ours for due in item.dues})
    dossiers = dues_store.dossiers(uow.connection, dossier_ids)
    facts: list[ReceiptFacts] = []
    for item in ours:
        row = loaded.rows[item.payment.id]
        for (dossier_id, split), dues in paper.groups(loaded.agency, item.dues).items():
            dossier = dossiers[dossier_id]
            facts.append(
                paper.facts(
                    loaded.agency,
                    loaded.accounts[row.account_id],
                    row,
                    item.arrival,
                    f"{row.id}:{dossier_id}:{split}",
                    dossier,
                    dues_store.payer(dossier, uow.vault),
                    [loaded.dues[due.id] for due in dues],
                    loaded.issuing[item.arrival.day].delegate,
                )
            )
    return receipt_issue.issue(
        uow.connection,
        facts,
        now=uow.now(),
        mint=uow.mint,
        sealer=uow.vault,
        lookup_code=lambda: uow.ids.code(12),
        insert=keep,
    )


def _events(
    agency: str, outcomes: Iterable[Outcome], numbered: Sequence[Numbered], elsewhere: Mapping[str, str]
) -> Iterable[Event]:
    receipts_of: dict[str, list[Numbered]] = {}
    for receipt in numbered:
        receipts_of.setdefault(receipt.payment, []).append(receipt)
    for outcome in outcomes:
        if isinstance(outcome, Settled):
            yield _paid(agency, outcome, receipts_of.get(outcome.payment.id, []), elsewhere.get(outcome.payment.id))
        elif isinstance(outcome, Suspended):
            yield _suspended(agency, outcome)
        elif isinstance(outcome, Repeated):
            kind = "notice.contradicted" if outcome.contradicted else "notice.confirmed"
            yield Event(agency, kind, outcome.notice_id, {"arrival": outcome.arrival.id})


def _paid(agency: str, outcome: Settled, receipts: Sequence[Numbered], elsewhere: str | None) -> Event:
    body: dict[str, object] = {
        "payment_id": outcome.payment.id,
        "reference": outcome.payment.reference,
        "amount": sum(due.amount for due in outcome.dues),
        "surplus": outcome.surplus,
        "late": outcome.late,
        "due_ids": [due.id for due in outcome.dues],
        "receipts": [
            {"id": r.id, "form": r.form, "symbol": r.symbol, "number": r.number, "lookup_code": r.lookup_code}
            for r in receipts
        ],
    }
    if elsewhere is not None:
        body["receipted_by"] = elsewhere  # the connector whose side has issued the receipt
    return Event(agency, "payment.paid", outcome.payment.id, body)


def _suspended(agency: str, outcome: Suspended) -> Event:
    body = {
        "suspense_id": outcome.suspense_id,
        "reason": outcome.reason.value,
        "amount": outcome.arrival.amount,
        "payment_id": outcome.payment_id,
    }
    return Event(agency, "money.suspended", outcome.payment_id or outcome.suspense_id, body)
