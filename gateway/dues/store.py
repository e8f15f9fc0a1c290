"""How dossiers, their dues and the agencies' catalogues are kept.

The payer and the evidence of a claim are sealed in place (`dossier.payer.<id>`, `due.claim.<id>`); every version of a
due is kept, because a QR of an old version still identifies its money. Readers return plain frozen rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from gateway.dues.model import Channel, DueClosed, DueKind, DueStatus, EntitlementClaim, Phase
from gateway.dues.payer import PayerFacts, PayerKind
from gateway.dues.problems import DossierMissing
from gateway.kernel import bulk
from gateway.kernel.canonical import canonical
from gateway.kernel.db import Dong, UtcTime, metadata
from gateway.kernel.uow import insert_new
from gateway.kernel.vault import Vault

__all__ = ["PayerFacts", "metadata"]

dossier = sa.Table(
    "dossier",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("procedure_code", sa.Text, nullable=False),
    sa.Column("procedure_name", sa.Text, nullable=False),
    sa.Column("accepted_on", sa.Date, nullable=False),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("payer_kind", sa.Text, nullable=False),
    sa.Column("payer_sealed", sa.LargeBinary, nullable=False),
    sa.Column("payer_masked", sa.Text, nullable=False),
    sa.Column("payer_index", sa.Text),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()),  # secret or sensitive: not named
    sa.UniqueConstraint("agency_id", "code"),
    sa.CheckConstraint("channel IN ('counter', 'online')", name="channel"),
    sa.CheckConstraint("payer_kind IN ('person', 'organisation')", name="payer_kind"),
    sa.Index("ix_dossier_payer", "agency_id", "payer_index"),
)

due = sa.Table(
    "due",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("dossier_id", sa.Text, sa.ForeignKey("dossier.id"), nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("fee_code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("quantity", sa.BigInteger, nullable=False),
    sa.Column("unit_price", Dong, nullable=False),
    sa.Column("value", sa.BigInteger),
    sa.Column("base_amount", Dong, nullable=False),
    sa.Column("amount", Dong, nullable=False),
    sa.Column("reduction", sa.Text),
    sa.Column("claim_sealed", sa.LargeBinary),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("chapter", sa.Text, nullable=False),
    sa.Column("sub_item", sa.Text, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("deadline", sa.Date),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("payment_id", sa.Text),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.UniqueConstraint("dossier_id", "position"),
    sa.CheckConstraint("kind IN ('PHI', 'LE_PHI', 'OTHER')", name="kind"),
    sa.CheckConstraint("phase IN ('intake', 'supplement', 'return')", name="phase"),
    sa.CheckConstraint("status IN ('open', 'paid', 'exempt', 'withdrawn')", name="status"),
    sa.CheckConstraint("amount >= 0 AND amount <= base_amount", name="amount"),
    sa.CheckConstraint("quantity > 0 AND quantity * unit_price = amount", name="product"),
    sa.CheckConstraint("status = 'withdrawn' OR (status = 'exempt') = (amount = 0)", name="exempt"),
    sa.CheckConstraint("(status = 'paid') = (payment_id IS NOT NULL)", name="paid_by"),
    sa.Index("ix_due_payment", "payment_id"),
    sa.Index("ix_due_agency", "agency_id", "id"),
)

due_version = sa.Table(
    "due_version",
    metadata,
    sa.Column("due_id", sa.Text, sa.ForeignKey("due.id"), primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("amount", Dong, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
)

catalogue = sa.Table(
    "catalogue",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("agency_id", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("imported_at", UtcTime, nullable=False),
    sa.Column("replaced_at", UtcTime),  # NULL: in force
    sa.Index(
        "uq_catalogue_in_force",
        "agency_id",
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
        sqlite_where=sa.text("replaced_at IS NULL"),
    ),
)


_OPEN = due.c.status == DueStatus.OPEN.value


@dataclass(frozen=True, slots=True)
class DossierRow:
    """One dossier; `payer_sealed` is read with `payer()`."""

    id: str
    agency_id: str
    code: str
    procedure_code: str
    procedure_name: str
    accepted_on: date
    channel: Channel
    payer_kind: PayerKind
    payer_sealed: bytes = field(repr=False)
    payer_masked: str = field(repr=False)
    payer_index: str | None = field(repr=False)
    fingerprint: str = field(repr=False)
    created_at: datetime
    restricted: bool = False  # secret or sensitive: pages and messages name neither procedure nor payer


@dataclass(frozen=True, slots=True)
class DueRow:
    """One due as it stands; amounts int đồng, `reduction` its public part (rule, ground, amount_off, entitlement)."""

    id: str
    agency_id: str
    dossier_id: str
    position: int
    fee_code: str
    kind: DueKind
    name: str
    unit: str
    quantity: int
    unit_price: int
    value: int | None
    base_amount: int
    amount: int
    reduction: Mapping[str, Any] | None
    claim_sealed: bytes | None = field(repr=False)
    legal_basis: str
    chapter: str
    sub_item: str
    phase: Phase
    deadline: date | None
    status: DueStatus
    version: int
    payment_id: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DossierView:
    """A dossier with its dues in their order."""

    dossier: DossierRow
    dues: tuple[DueRow, ...]

    @property
    def amount(self) -> int:
        """What is still to be paid, đồng."""
        return sum(each.amount for each in self.dues if each.status is DueStatus.OPEN)


def dossier_by_code(connection: sa.Connection, agency_id: str, code: str) -> DossierRow | None:
    """The agency's dossier with this code."""
    return dossiers_by_code(connection, [(agency_id, code)]).get((agency_id, code))


def dossiers_by_code(connection: sa.Connection, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], DossierRow]:
    """Dossiers by (agency, code), in one query."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    rows = connection.execute(sa.select(dossier).where(sa.tuple_(dossier.c.agency_id, dossier.c.code).in_(wanted)))
    return {(row.agency_id, row.code): _dossier(row) for row in rows}


def dossier_view(connection: sa.Connection, agency_id: str, dossier_id: str) -> DossierView:
    """The agency's dossier with its dues; DossierMissing."""
    row = _require(connection, agency_id, dossier_id, lock=False)
    return DossierView(row, tuple(dues_of(connection, [dossier_id])))


def lock_dossier(connection: sa.Connection, agency_id: str, dossier_id: str) -> DossierRow:
    """The same row, held until the end of the unit of work; DossierMissing."""
    return _require(connection, agency_id, dossier_id, lock=True)


def _require(connection: sa.Connection, agency_id: str, dossier_id: str, *, lock: bool) -> DossierRow:
    chosen = sa.select(dossier).where(dossier.c.id == dossier_id, dossier.c.agency_id == agency_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise DossierMissing("Không có hồ sơ này.", "There is no such dossier.", field="dossier_id")
    return _dossier(row)


def dossiers(connection: sa.Connection, dossier_ids: Iterable[str]) -> dict[str, DossierRow]:
    """Dossiers by id, of any agency: for verbs that hold ids of their own."""
    rows = connection.execute(sa.select(dossier).where(bulk.among(connection, dossier.c.id, set(dossier_ids))))
    return {row.id: _dossier(row) for row in rows}


def dues_of(connection: sa.Connection, dossier_ids: Iterable[str]) -> list[DueRow]:
    """The dues of several dossiers, by dossier and position."""
    chosen = sa.select(due).where(bulk.among(connection, due.c.dossier_id, set(dossier_ids)))
    return [_due(row) for row in connection.execute(chosen.order_by(due.c.dossier_id, due.c.position))]


def dues_by_id(connection: sa.Connection, agency_id: str, due_ids: Iterable[str]) -> list[DueRow]:
    """Those of the agency's dues that exist, by id."""
    chosen = sa.select(due).where(due.c.agency_id == agency_id, bulk.among(connection, due.c.id, set(due_ids)))
    return [_due(row) for row in connection.execute(chosen.order_by(due.c.id))]


def lock_dues(connection: sa.Connection, due_ids: Iterable[str], dossier_ids: Iterable[str] = ()) -> list[DueRow]:
    """Hold these dues, and those of these dossiers, until the end of the unit of work; locked and returned in id order,
    whatever the agency.
    """
    asked = ((due.c.id, set(due_ids)), (due.c.dossier_id, set(dossier_ids)))
    named = [bulk.among(connection, column, values) for column, values in asked if values]
    if not named:
        return []
    chosen = sa.select(due).where(sa.or_(*named)).order_by(due.c.id).with_for_update()
    return [_due(row) for row in connection.execute(chosen)]


def mark_paid(connection: sa.Connection, paid: Sequence[tuple[str, str]], now: datetime) -> None:
    """Each due of (due, payment) was settled by that payment; DueClosed if one of them is not open."""
    done = DueStatus.PAID.value
    rows = [{"id": due_id, "status": done, "payment_id": payment_id, "updated_at": now} for due_id, payment_id in paid]
    if bulk.update(connection, due, ("id",), rows, _OPEN) != len(rows):
        raise DueClosed("Có khoản phải nộp không còn chờ nộp.", "A due to be settled is no longer open.")


def payer(row: DossierRow, vault: Vault) -> PayerFacts:
    """Who pays, unsealed."""
    return PayerFacts(**json.loads(vault.unseal(_payer_place(row.id), row.payer_sealed)))


def payer_index(number: str, vault: Vault) -> str | None:
    """What a payer's dossiers are found by: a keyed digest of the number."""
    return vault.blind("payer", number) if number else None


def seal_payer(dossier_id: str, facts: PayerFacts, vault: Vault) -> bytes:
    """The payer, sealed for this dossier."""
    return vault.seal(_payer_place(dossier_id), canonical(asdict(facts)))


def claim(row: DueRow, vault: Vault) -> EntitlementClaim | None:
    """The claim this due was priced with, unsealed."""
    if row.claim_sealed is None:
        return None
    return EntitlementClaim(**json.loads(vault.unseal(_claim_place(row.id), row.claim_sealed)))


def seal_claim(due_id: str, told: EntitlementClaim | None, vault: Vault) -> bytes | None:
    """The claim, sealed for this due."""
    return None if told is None else vault.seal(_claim_place(due_id), canonical(asdict(told)))


def add_dossiers(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep new dossiers, in code order; a code that is there already is left as it is."""
    ordered = sorted(rows, key=lambda row: (row["agency_id"], row["code"]))
    connection.execute(insert_new(connection, dossier), ordered)


def _payer_place(dossier_id: str) -> str:
    return f"dossier.payer.{dossier_id}"


def _claim_place(due_id: str) -> str:
    return f"due.claim.{due_id}"


def _dossier(row: sa.Row[Any]) -> DossierRow:
    return DossierRow(**row._mapping)


def _due(row: sa.Row[Any]) -> DueRow:
    values = dict(row._mapping)
    values["kind"] = DueKind(row.kind)
    values["phase"] = Phase(row.phase)
    values["status"] = DueStatus(row.status)
    values["reduction"] = None if row.reduction is None else json.loads(row.reduction)
    return DueRow(**values)
