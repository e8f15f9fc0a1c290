"""The one-stop system registers a dossier with what is owed on it; we say how much, and on which legal ground.

One-stop systems repeat themselves: the same code with the same content is the same dossier, with other content it is a
conflict. A due of 0 đ ends exempt at once: no QR, no receipt, an event that names the ground (Luật 97/2015/QH13, Điều 10).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.dues import store
from gateway.dues.draft import Desk, DossierRequest, Draft, code_fits, content, normal
from gateway.dues.model import DueStatus
from gateway.dues.problems import DossierDiffers
from gateway.dues.rows import due_event, version_row
from gateway.dues.store import DossierRow, DossierView, DueRow
from gateway.kernel.canonical import fingerprint
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork

__all__ = ["DossierRequest", "as_contract", "register", "register_many"]

Key = tuple[str, str]  # agency, dossier code


def register(uow: UnitOfWork, request: DossierRequest) -> DossierView:
    """Register one dossier, or find it again.

    Raises DossierDiffers, AgencyMissing, AgencyEnded, or an Invalid whose field is a path such as
    `items[0].fee_code`; DossierInvalid lists several in `facts["problems"]`.
    """
    outcome = register_many(uow, [request])[0]
    if isinstance(outcome, ThuPhiError):
        raise outcome
    return outcome


def register_many(uow: UnitOfWork, requests: Sequence[DossierRequest]) -> list[DossierView | ThuPhiError]:
    """Register a batch in a handful of statements; answers item by item, a refusal leaves its neighbours alone."""
    desk = Desk(uow)
    told = [normal(request) for request in requests]
    prints = [uow.vault.blind("dossier.request", fingerprint(content(request))) for request in told]
    keys = [_key(request) if code_fits(request.dossier_code) else None for request in told]
    known = store.dossiers_by_code(uow.connection, [key for key in keys if key is not None])
    drafts: dict[Key, Draft] = {}
    refused: dict[int, ThuPhiError] = {}
    for position, (request, key) in enumerate(zip(told, keys, strict=True)):
        if key is not None and (key in known or key in drafts):
            continue
        try:
            drafts[_key(request)] = desk.draft(request, prints[position])
        except ThuPhiError as refusal:
            refused[position] = refusal
    known |= _keep(uow, drafts)
    dues = _by_dossier(store.dues_of(uow.connection, [row.id for row in known.values()]))
    return [
        refused[n] if n in refused else _outcome(known[_key(request)], prints[n], dues)
        for n, request in enumerate(told)
    ]


def _outcome(row: DossierRow, asked: str, dues: dict[str, list[DueRow]]) -> DossierView | ThuPhiError:
    if row.fingerprint == asked:
        return DossierView(row, tuple(dues.get(row.id, ())))
    return DossierDiffers(
        "Mã hồ sơ đã được đăng ký với nội dung khác; hãy dùng PATCH để thay đổi.",
        "The dossier code is registered with other content; use PATCH to change it.",
        field="dossier_code",
        dossier_id=row.id,
    )


def as_contract(view: DossierView) -> dict[str, Any]:
    """The dossier as the HTTP contract words it; `amount` is what is still to be paid, đồng."""
    return {
        "id": view.dossier.id,
        "dossier_code": view.dossier.code,
        "procedure_code": view.dossier.procedure_code,
        "accepted_on": view.dossier.accepted_on.isoformat(),
        "agency": view.dossier.agency_id,
        "amount": view.amount,
        "dues": [_due_contract(due) for due in view.dues],
    }


def _due_contract(due: DueRow) -> dict[str, Any]:
    contract: dict[str, Any] = {
        "id": due.id,
        "fee_code": due.fee_code,
        "kind": due.kind.value,
        "name": due.name,
        "unit": due.unit,
        "quantity": due.quantity,
        "amount": due.amount,
        "base_amount": due.base_amount,
        "legal_basis": due.legal_basis,
        "agency": due.agency_id,
        "phase": due.phase.value,
        "status": due.status.value,
        "version": due.version,
    }
    if due.reduction is not None:
        contract["reduction"] = dict(due.reduction)
    if due.deadline is not None:
        contract["deadline"] = due.deadline.isoformat()
    return contract


def _keep(uow: UnitOfWork, drafts: dict[Key, Draft]) -> dict[Key, DossierRow]:
    """Insert the drafts; where another unit of work was faster its dossier is taken, and ours is dropped."""
    if not drafts:
        return {}
    store.add_dossiers(uow.connection, [draft.row for draft in drafts.values()])
    found = store.dossiers_by_code(uow.connection, drafts)
    ours = [draft for key, draft in drafts.items() if found[key].id == draft.row["id"]]
    if dues := [due for draft in ours for due in draft.dues]:
        uow.connection.execute(sa.insert(store.due), dues)
        uow.connection.execute(sa.insert(store.due_version), [version_row(uow, due) for due in dues])
    uow.emit([event for draft in ours for event in _events(draft)])
    return found


def _events(draft: Draft) -> list[Event]:
    named = ("id", "fee_code", "kind", "amount", "base_amount", "status")
    body = {
        "dossier_code": draft.row["code"],
        "procedure_code": draft.row["procedure_code"],
        "amount": sum(due["amount"] for due in draft.dues),
        "dues": [{name: due[name] for name in named} for due in draft.dues],
    }
    exempted = [due_event("due.exempted", due) for due in draft.dues if due["status"] == DueStatus.EXEMPT.value]
    return [Event(draft.row["agency_id"], "dossier.registered", draft.row["id"], body), *exempted]


def _by_dossier(dues: Sequence[DueRow]) -> dict[str, list[DueRow]]:
    found: dict[str, list[DueRow]] = {}
    for due in dues:
        found.setdefault(due.dossier_id, []).append(due)
    return found


def _key(request: DossierRequest) -> Key:
    return request.agency_id, request.dossier_code
