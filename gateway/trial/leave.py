"""Leave the day's papers where a person can open them: receipts, statements, and the reports an auditor starts from."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from gateway.closing.reconcile import payments_of
from gateway.ledger.balance import balances
from gateway.settlement import conservation
from gateway.trial.day import Lived
from gateway.trial.found import STATE_FEES, Trial
from gateway.trial.reports import papers
from receipts import store as receipts_store
from receipts.store import document_table, receipt
from reconciliation import items


def leave(trial: Trial, lived: Lived) -> int:
    """Write all files below the trial's directory; how many receipts."""
    for name, data in lived.files:
        _write(trial.directory / "statements" / name, data)
    _reports(trial, lived)
    for name, data in papers(trial, lived).items():
        _write(trial.directory / "reports" / name, data)
    return _receipts(trial)


def _receipts(trial: Trial) -> int:
    """Signed receipts, current ones only, as XML and PDF."""
    environment = trial.environment
    with environment.read() as connection:
        current = sa.select(receipt).where(receipt.c.signed_at.is_not(None), receipt.c.replaced_by.is_(None))
        rows = connection.execute(current.order_by(receipt.c.symbol, receipt.c.number)).all()
        kept = connection.execute(sa.select(document_table)).all()
    names = {row.id: f"{row.form}-{row.symbol}-{row.number:08d}" for row in rows}
    for document in kept:
        if document.receipt_id in names:
            place = receipts_store.document_place(document.receipt_id, document.kind)
            data = environment.vault.unseal(place, document.body)
            _write(trial.directory / "receipts" / f"{names[document.receipt_id]}.{document.kind}", data)
    return len(rows)


def _reports(trial: Trial, lived: Lived) -> None:
    directory, environment = trial.directory / "reports", trial.environment
    with environment.read() as connection:
        report = {
            "day": lived.day.isoformat(),
            "evening": {kind: _totals(totals) for kind, totals in sorted(lived.evening.totals.items())},
            "reconciliation": {kind: _totals(totals) for kind, totals in sorted(lived.result.totals.items())},
            "conservation": [_kept(row) for row in conservation.days(connection, trial.agency)],
            "ledger": balances(connection, trial.agency),
        }
        payments = [row for row in connection.execute(payments_of(trial.agency)) if row.account == STATE_FEES]
        receipts = connection.execute(sa.select(receipt).order_by(receipt.c.symbol, receipt.c.number)).all()
    _write(directory / "day.json", (json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
    _table(directory / "reconciliation.csv", RECONCILIATION, _explained(trial))
    _table(directory / "audit" / "payments.csv", PAYMENTS, (_payment(row) for row in payments))
    _table(directory / "audit" / "receipts.csv", RECEIPTS, (_receipt(row) for row in receipts))


RECONCILIATION = ("side", "id", "kind", "group_id", "rule", "amount", "difference", "sentence_vi", "sentence_en")
PAYMENTS = ("payment_id", "dossier_id", "reference", "amount", "channel", "status", "paid_at", "terminal", "receipt_no")
RECEIPTS = ("receipt_no", "payment_id", "amount", "issued_on")


def _explained(trial: Trial) -> Iterable[Sequence[Any]]:
    """Every line and payment with its kind and the sentence that says why."""
    with trial.environment.read() as connection:
        current = items.current_items(connection, owner=trial.agency)
        told = items.told(connection, owner=trial.agency, items=current)
    for row in told:
        item = row.item
        side, subject = ("line", item.line_id) if item.line_id else ("payment", item.payment_id)
        sentence = row.sentence
        yield side, subject, item.kind, item.group_id, item.rule, item.amount, item.difference, sentence.vi, sentence.en


def _payment(row: sa.Row[Any]) -> Sequence[Any]:
    paid, channel = row.paid_on.isoformat() if row.paid_on else "", "POS" if row.channel == "POS" else "QR"
    return (row.payment_id, "", row.reference, row.amount, channel, row.status, paid, "", row.receipt_no or "")


def _receipt(row: sa.Row[Any]) -> Sequence[Any]:
    return (row.id, row.payment, row.amount, row.day.isoformat())


def _kept(row: conservation.Kept) -> dict[str, Any]:
    return asdict(row) | {"day": row.day.isoformat()}


def _totals(totals: Any) -> dict[str, int]:
    return {
        name: getattr(totals, name) for name in ("lines", "line_amount", "payments", "payment_amount", "difference")
    }


def _table(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(head)
        writer.writerows(rows)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
