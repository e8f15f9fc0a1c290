"""Which tariff an agency collects by: the one it imported, else the one that comes with the product.

Amounts differ by province (Luật Phí và lệ phí 97/2015/QH13, Điều 21, 22), so an agency may bring its own file; the old
ones stay, because a due remembers only what it was priced at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources

import sqlalchemy as sa

from gateway.agencies import require_active
from gateway.dues import reading, store
from gateway.dues.model import DueKind
from gateway.dues.tariff import Catalogue, Fee, Line, Needs, formula, needs
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork

_KEPT = 64  # parsed catalogues a process holds

_parsed: dict[str, Catalogue] = {}


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; `changed` is False when the same content was in force already."""

    agency: str
    content_hash: str
    fees: int
    lines: int
    changed: bool


@dataclass(frozen=True, slots=True)
class FeeView:
    """One line of the tariff as it is listed; amounts int đồng at the counter and online, None where computed."""

    fee_code: str
    kind: DueKind
    name: str
    unit: str
    amount: int | None
    online_amount: int | None
    needs: Needs  # "value", "amount" or nothing: what a dossier has to bring along
    formula: str
    formula_en: str
    procedure_code: str
    procedure_name: str
    legal_basis: str
    certainty: str
    valid_from: date | None
    valid_to: date | None


@cache
def load_default() -> Catalogue:
    """The catalogue that comes with the product."""
    return reading.read(resources.files("gateway.dues").joinpath("catalogue.json").read_bytes(), tuple)


def parse(data: bytes) -> Catalogue:
    """The catalogue in a file, with the product's entitlements where it defines none; CatalogueFlawed lists flaws."""
    return reading.read(data, lambda: load_default().entitlements)


def in_force(connection: sa.Connection, agency_id: str) -> Catalogue:
    """The agency's own catalogue, else the default one."""
    row = store.catalogue
    current = (row.c.agency_id == agency_id) & row.c.replaced_at.is_(None)
    content_hash = connection.scalar(sa.select(row.c.content_hash).where(current))
    if content_hash is None:
        return load_default()
    if (found := _parsed.get(content_hash)) is None:
        body = connection.scalars(sa.select(row.c.body).where(current)).one()
        found = _remember(parse(bytes(body)))
    return found


def _remember(found: Catalogue) -> Catalogue:
    if len(_parsed) >= _KEPT:
        _parsed.clear()
    _parsed[found.content_hash] = found
    return found


def import_catalogue(uow: UnitOfWork, agency_id: str, data: bytes) -> Imported:
    """Put a file in force for an agency from now on. Raises CatalogueFlawed, AgencyMissing, AgencyEnded."""
    require_active(uow.connection, agency_id, business_day(uow.now()))
    found = _remember(parse(data))
    row = store.catalogue
    current = (row.c.agency_id == agency_id) & row.c.replaced_at.is_(None)
    before = uow.connection.scalar(sa.select(row.c.content_hash).where(current).with_for_update())
    lines = sum(1 for _ in found.lines())
    imported = Imported(agency_id, found.content_hash, len(found.fees), lines, before != found.content_hash)
    if imported.changed:
        uow.connection.execute(sa.update(row).where(current).values(replaced_at=uow.now()))
        _keep(uow, imported, data)
    return imported


def _keep(uow: UnitOfWork, imported: Imported, data: bytes) -> None:
    catalogue_id = uow.mint("cat")
    values = {
        "id": catalogue_id,
        "agency_id": imported.agency,
        "content_hash": imported.content_hash,
        "body": data,
        "actor": uow.actor,
        "imported_at": uow.now(),
    }
    uow.connection.execute(sa.insert(store.catalogue).values(**values))
    body = {"content_hash": imported.content_hash, "fees": imported.fees, "lines": imported.lines}
    uow.emit([Event(imported.agency, "catalogue.imported", catalogue_id, body)])


def fees(catalogue: Catalogue, day: date) -> list[FeeView]:
    """The lines in force on `day`, in the order of the tariff."""
    return [_view(fee, line, day) for fee, line in catalogue.in_force(day)]


def _view(fee: Fee, line: Line, day: date) -> FeeView:
    vi, en = formula(line.basis)
    counter, online = line.listed(day, "counter"), line.listed(day, "online")
    return FeeView(
        fee_code=line.fee_code,
        kind=line.kind,
        name=line.name,
        unit=line.unit,
        amount=counter[0] if counter else None,
        online_amount=online[0] if online else None,
        needs=needs(line.basis),
        formula=vi,
        formula_en=en,
        procedure_code=fee.procedure_code,
        procedure_name=fee.procedure_name,
        legal_basis=(counter[1] if counter else "") or fee.legal_basis,
        certainty=fee.certainty,
        valid_from=fee.valid_from,
        valid_to=fee.valid_to,
    )
