"""Every due computed again: the tariff of the day the dossier was accepted, in the catalogue that was in force when the
due was last priced, with the entitlement that was claimed (Luật Phí và lệ phí 97/2015/QH13, Điều 21, 22).

What differs is listed with the legal ground of both amounts, for a person to judge. Only reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.dues import catalogue as catalogues
from gateway.dues import store
from gateway.dues.model import DueRequest, DueStatus, Priced
from gateway.dues.pricing import price
from gateway.dues.store import DossierRow, DueRow
from gateway.dues.tariff import Catalogue, needs
from gateway.kernel import bulk
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.vault import SealBroken, Vault

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A due whose amount is not what the tariff gives. Amounts in đồng; `computed` is None where it cannot be priced."""

    due_id: str
    dossier_code: str
    fee_code: str
    day: date
    status: str
    amount: int
    computed: int | None
    ground: str  # of the amount as it stands
    computed_ground: str
    reason: str  # `amount`, or the code of the refusal to price it


@dataclass(frozen=True, slots=True)
class _Version:
    """A catalogue and how long it was in force."""

    since: datetime
    until: datetime | None
    tariff: Catalogue


def recompute(connection: sa.Connection, agency_id: str, vault: Vault) -> Iterator[Difference | None]:
    """For every due of the agency in turn: None where it is as it has to be, else the difference."""
    versions = _versions(connection, agency_id)
    for dues in _pages(connection, agency_id):
        dossiers = store.dossiers(connection, {due.dossier_id for due in dues})
        priced_at = _priced_at(connection, dues)
        for due in dues:
            dossier = dossiers[due.dossier_id]
            tariff = _in_force(versions, priced_at.get(due.id, due.created_at))
            yield _compare(tariff, due, dossier, vault)


def _compare(tariff: Catalogue, due: DueRow, dossier: DossierRow, vault: Vault) -> Difference | None:
    try:
        found = price(tariff, _request(tariff, due, vault), day=dossier.accepted_on, channel=dossier.channel)
    except (ThuPhiError, SealBroken) as refusal:
        return _difference(due, dossier, None, refusal.code)
    same = (found.amount, found.base_amount) == (due.amount, due.base_amount)
    return None if same else _difference(due, dossier, found, "amount")


def _request(tariff: Catalogue, due: DueRow, vault: Vault) -> DueRequest:
    """The due as it was asked for."""
    line = tariff.find(due.fee_code)
    free = line is not None and needs(line[1].basis) == "amount"
    return DueRequest(
        fee_code=due.fee_code,
        quantity=due.quantity,
        value=due.value,
        amount=due.base_amount if free else None,
        entitlement=store.claim(due, vault),
        phase=due.phase,
        deadline=due.deadline,
    )


def _difference(due: DueRow, dossier: DossierRow, found: Priced | None, reason: str) -> Difference:
    return Difference(
        due_id=due.id,
        dossier_code=dossier.code,
        fee_code=due.fee_code,
        day=dossier.accepted_on,
        status=due.status.value,
        amount=due.amount,
        computed=None if found is None else found.amount,
        ground=str(due.reduction["ground"]) if due.reduction else due.legal_basis,
        computed_ground="" if found is None else (found.reduction.ground if found.reduction else found.legal_basis),
        reason=reason,
    )


def _versions(connection: sa.Connection, agency_id: str) -> list[_Version]:
    rows = connection.execute(
        sa.select(store.catalogue).where(own(store.catalogue, agency_id)).order_by(store.catalogue.c.imported_at)
    )
    return [_Version(row.imported_at, row.replaced_at, catalogues.parse(bytes(row.body))) for row in rows]


def _in_force(versions: Sequence[_Version], moment: datetime) -> Catalogue:
    for version in reversed(versions):
        if version.since <= moment and (version.until is None or moment < version.until):
            return version.tariff
    return catalogues.load_default()


def _pages(connection: sa.Connection, agency_id: str) -> Iterator[list[DueRow]]:
    last = ""
    while True:
        chosen = own(store.due, agency_id) & (store.due.c.id > last)
        ids = list(connection.scalars(sa.select(store.due.c.id).where(chosen).order_by(store.due.c.id).limit(BATCH)))
        if not ids:
            return
        yield store.dues_by_id(connection, agency_id, ids)
        last = ids[-1]


def _priced_at(connection: sa.Connection, dues: Sequence[DueRow]) -> dict[str, datetime]:
    """When each due got its price: its last version that is no withdrawal."""
    kept = store.due_version
    priced = bulk.among(connection, kept.c.due_id, [due.id for due in dues])
    chosen = priced & (kept.c.status != DueStatus.WITHDRAWN.value)
    rows: Any = connection.execute(
        sa.select(kept.c.due_id, sa.func.max(kept.c.at, type_=kept.c.at.type)).where(chosen).group_by(kept.c.due_id)
    )
    return dict(rows.all())
