"""Dues as rows: a new one, an amended one, the version that is kept of it, and the event that tells of it.

Versions and events hold codes, amounts and legal grounds, never personal data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gateway.dues import store
from gateway.dues.model import DueRequest, Priced, Reduction
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork


def due_row(
    uow: UnitOfWork, agency_id: str, dossier_id: str, position: int, item: DueRequest, priced: Priced
) -> dict[str, Any]:
    """A new due, ready to insert."""
    due_id = uow.mint("due")
    return {
        "id": due_id,
        "agency_id": agency_id,
        "dossier_id": dossier_id,
        "position": position,
        "phase": item.phase.value,
        "version": 1,
        "created_at": uow.now(),
        **priced_columns(uow, due_id, item, priced),
    }


def priced_columns(uow: UnitOfWork, due_id: str, item: DueRequest, priced: Priced) -> dict[str, Any]:
    """The columns that follow from the price, for a new due and for an amended one."""
    return {
        "fee_code": priced.fee_code,
        "kind": priced.kind.value,
        "name": priced.name,
        "unit": priced.unit,
        "quantity": priced.quantity,
        "unit_price": priced.unit_price,
        "value": priced.value,
        "base_amount": priced.base_amount,
        "amount": priced.amount,
        "reduction": _public(priced.reduction),
        "claim_sealed": store.seal_claim(due_id, item.entitlement, uow.vault),
        "legal_basis": priced.legal_basis,
        "chapter": priced.chapter,
        "sub_item": priced.sub_item,
        "deadline": item.deadline,
        "status": priced.opening_status.value,
        "updated_at": uow.now(),
    }


def version_row(uow: UnitOfWork, row: dict[str, Any]) -> dict[str, Any]:
    """What was in force under this version, without personal data."""
    kept = ("fee_code", "quantity", "unit_price", "value", "base_amount", "amount", "legal_basis", "status")
    body = {name: row[name] for name in kept}
    body["reduction"] = None if row["reduction"] is None else json.loads(row["reduction"])
    body["deadline"] = None if row["deadline"] is None else row["deadline"].isoformat()
    return {
        "due_id": row["id"],
        "version": row["version"],
        "amount": row["amount"],
        "status": row["status"],
        "body": as_text(body),
        "at": uow.now(),
        "actor": uow.actor,
    }


def due_event(kind: str, row: dict[str, Any]) -> Event:
    """An event about one due, with the legal ground of its amount."""
    reduction = None if row["reduction"] is None else json.loads(row["reduction"])
    body = {"dossier_id": row["dossier_id"], "reduction": reduction}
    body |= {name: row[name] for name in ("fee_code", "kind", "amount", "base_amount", "status", "version")}
    body["ground"] = reduction["ground"] if reduction else row["legal_basis"]
    return Event(row["agency_id"], kind, row["id"], body)


def as_text(body: Mapping[str, Any]) -> str:
    """JSON as it is kept in a text column."""
    return json.dumps(dict(body), ensure_ascii=False, sort_keys=True)


def _public(reduction: Reduction | None) -> str | None:
    if reduction is None:
        return None
    body: dict[str, Any] = {"rule": reduction.rule, "ground": reduction.ground, "amount_off": reduction.amount_off}
    if reduction.entitlement:
        body["entitlement"] = reduction.entitlement
    return as_text(body)
