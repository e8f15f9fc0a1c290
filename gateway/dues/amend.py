"""The one-stop system adds, amends and withdraws dues until they are paid (design: dues are versioned).

All of a change or nothing: the dossier and its dues are held, each due keeps its versions, and the tariff is that of the
day the dossier was accepted. A paid due is never touched: money back is a refund.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from gateway.agencies import require_active
from gateway.dues import problems as wrong
from gateway.dues import store
from gateway.dues.catalogue import in_force
from gateway.dues.draft import MAX_ITEMS, priced_items
from gateway.dues.model import DueEvent, DueRequest, DueStatus, EntitlementClaim, Priced, next_status
from gateway.dues.pricing import check_alternatives
from gateway.dues.rows import as_text, due_event, due_row, priced_columns, version_row
from gateway.dues.store import DossierRow, DossierView, DueRow
from gateway.dues.tariff import Catalogue, needs
from gateway.kernel.clock import business_day
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class DueChange:
    """What becomes of one due; None leaves a figure as it is."""

    due_id: str
    quantity: int | None = None
    value: int | None = None
    amount: int | None = None
    entitlement: EntitlementClaim | None = None
    drop_entitlement: bool = False
    deadline: date | None = None
    version: int | None = None  # refuse if the due has moved on from this one


@dataclass(frozen=True, slots=True)
class Changes:
    """What `PATCH /api/v1/dossiers/{id}` says; withdrawing names dues by id."""

    add: tuple[DueRequest, ...] = ()
    amend: tuple[DueChange, ...] = ()
    withdraw: tuple[str, ...] = ()


_CHANGEABLE = (
    "name",
    "unit",
    "quantity",
    "unit_price",
    "value",
    "base_amount",
    "amount",
    "reduction",
    "claim_sealed",
    "legal_basis",
    "chapter",
    "sub_item",
    "deadline",
    "status",
    "version",
    "updated_at",
)
_SEEN = ("quantity", "unit_price", "value", "base_amount", "amount", "reduction", "legal_basis", "deadline")


@dataclass(slots=True)
class _Case:
    """A dossier held for a change, and what is to be written."""

    dossier: DossierRow
    dues: dict[str, DueRow]
    rows: list[dict[str, Any]] = field(default_factory=list)  # existing dues with their new columns
    fresh: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)


def amend(uow: UnitOfWork, agency_id: str, dossier_id: str, changes: Changes) -> DossierView:
    """Change the unpaid dues of a dossier; what is the same already is left alone.

    Raises DossierMissing, DueMissing, DueClosed, DueMoved, AgencyEnded (when adding), or an Invalid as registering
    does, with paths `add[0]...`, `amend[0]...`, `withdraw[0]`.
    """
    held = store.lock_dossier(uow.connection, agency_id, dossier_id)
    dues = store.lock_dues(uow.connection, [due.id for due in store.dues_of(uow.connection, [dossier_id])])
    case = _Case(held, {due.id: due for due in dues})
    _check(case, changes)
    if changes.add:
        require_active(uow.connection, agency_id, business_day(uow.now()))
    _price(uow, case, changes, in_force(uow.connection, agency_id))
    _withdraw(uow, case, changes.withdraw)
    _save(uow, case)
    return store.dossier_view(uow.connection, agency_id, dossier_id)


def _check(case: _Case, changes: Changes) -> None:
    """Each change names a due of this dossier that is not closed, once, in the version it was meant for."""
    seen: set[str] = set()
    named = [(f"amend[{n}]", each.due_id, DueEvent.AMENDED) for n, each in enumerate(changes.amend)]
    named += [(f"withdraw[{n}]", due_id, DueEvent.WITHDRAWN) for n, due_id in enumerate(changes.withdraw)]
    if not named and not changes.add:
        raise wrong.FieldWrong("Không có thay đổi nào.", "There is nothing to change.", field="changes")
    for path, due_id, event in named:
        if due_id not in case.dues:
            raise wrong.DueMissing("Hồ sơ không có khoản này.", "The dossier has no such due.", field=path)
        if due_id in seen:
            raise wrong.FieldWrong("Một khoản được nêu hai lần.", "One due is named twice.", field=path)
        seen.add(due_id)
        try:
            next_status(case.dues[due_id].status, event)
        except ThuPhiError as refusal:
            raise wrong.under(path, refusal) from None
    for n, change in enumerate(changes.amend):
        _check_version(f"amend[{n}].version", change, case.dues[change.due_id])
    if len(case.dues) + len(changes.add) > MAX_ITEMS:
        raise wrong.FieldWrong(
            f"Hồ sơ có tối đa {MAX_ITEMS} khoản.", f"A dossier has at most {MAX_ITEMS} dues.", field="add"
        )


def _check_version(path: str, change: DueChange, due: DueRow) -> None:
    if change.version is not None and change.version != due.version:
        raise wrong.DueMoved(
            f"Khoản đã ở phiên bản {due.version}.",
            f"The due is at version {due.version} by now.",
            field=path,
            version=due.version,
        )


def _price(uow: UnitOfWork, case: _Case, changes: Changes, catalogue: Catalogue) -> None:
    """Price what is added and what is amended, and refuse all flaws at once."""
    asked = [_request(uow, catalogue, case.dues[change.due_id], change) for change in changes.amend]
    day, channel = case.dossier.accepted_on, case.dossier.channel
    problems: list[ThuPhiError] = []
    amended = priced_items(catalogue, asked, "amend", day, channel, problems)
    added = priced_items(catalogue, changes.add, "add", day, channel, problems)
    if changes.add:
        problems += check_alternatives(catalogue, _standing(case, changes))
    wrong.raise_all(problems)
    for change, request, priced in zip(changes.amend, asked, amended, strict=True):
        _amend(uow, case, case.dues[change.due_id], request, priced)
    _add(uow, case, changes.add, added)


def _standing(case: _Case, changes: Changes) -> list[tuple[str, str]]:
    """The fee codes the dossier will stand with: what stays, then what is added."""
    stays = [
        (f"dues.{due.id}", due.fee_code)
        for due in case.dues.values()
        if due.status is not DueStatus.WITHDRAWN and due.id not in changes.withdraw
    ]
    return stays + [(f"add[{n}]", item.fee_code) for n, item in enumerate(changes.add)]


def _request(uow: UnitOfWork, catalogue: Catalogue, due: DueRow, change: DueChange) -> DueRequest:
    """The due as it would be asked for anew."""
    known = None if change.drop_entitlement else store.claim(due, uow.vault)
    line = catalogue.find(due.fee_code)
    told = due.base_amount if line and needs(line[1].basis) == "amount" else None
    return DueRequest(
        fee_code=due.fee_code,
        quantity=due.quantity if change.quantity is None else change.quantity,
        value=due.value if change.value is None else change.value,
        amount=told if change.amount is None else change.amount,
        entitlement=change.entitlement or known,
        phase=due.phase,
        deadline=change.deadline or due.deadline,
    )


def _amend(uow: UnitOfWork, case: _Case, due: DueRow, request: DueRequest, priced: Priced) -> None:
    before, columns = _row(due), priced_columns(uow, due.id, request, priced)
    same_claim = store.claim(due, uow.vault) == request.entitlement
    if same_claim and all(before[name] == columns[name] for name in _SEEN):
        return
    event = DueEvent.EXEMPTED if priced.exempt else DueEvent.AMENDED
    columns["status"] = next_status(due.status, event).value
    row = before | columns | {"version": due.version + 1}
    case.rows.append(row)
    case.events.append(due_event("due.amended", row))
    if priced.exempt:
        case.events.append(due_event("due.exempted", row))


def _add(uow: UnitOfWork, case: _Case, items: Sequence[DueRequest], priced: Sequence[Priced]) -> None:
    last = max((due.position for due in case.dues.values()), default=0)
    for position, (item, price) in enumerate(zip(items, priced, strict=True), start=last + 1):
        row = due_row(uow, case.dossier.agency_id, case.dossier.id, position, item, price)
        case.fresh.append(row)
        case.events.append(due_event("due.added", row))
        if price.exempt:
            case.events.append(due_event("due.exempted", row))


def _withdraw(uow: UnitOfWork, case: _Case, due_ids: Sequence[str]) -> None:
    for due_id in due_ids:
        due = case.dues[due_id]
        status = next_status(due.status, DueEvent.WITHDRAWN).value
        row = _row(due) | {"status": status, "version": due.version + 1, "updated_at": uow.now()}
        case.rows.append(row)
        case.events.append(due_event("due.withdrawn", row))


def _row(due: DueRow) -> dict[str, Any]:
    """The columns of a due as they are kept."""
    kept = None if due.reduction is None else as_text(due.reduction)
    words = {"kind": due.kind.value, "phase": due.phase.value, "status": due.status.value, "reduction": kept}
    return {column.name: getattr(due, column.name) for column in store.due.columns} | words


def _save(uow: UnitOfWork, case: _Case) -> None:
    if case.rows:
        changed: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in _CHANGEABLE}
        update = sa.update(store.due).where(store.due.c.id == sa.bindparam("due")).values(**changed)
        parameters = [{"due": row["id"]} | {f"new_{name}": row[name] for name in _CHANGEABLE} for row in case.rows]
        uow.connection.execute(update, parameters)
    if case.fresh:
        uow.connection.execute(sa.insert(store.due), case.fresh)
    if written := case.rows + case.fresh:
        uow.connection.execute(sa.insert(store.due_version), [version_row(uow, row) for row in written])
    uow.emit(case.events)
