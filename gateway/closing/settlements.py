"""An acquirer's settlement file comes in: kept raw, read and checked as a whole, its rows stored once.

The rows say what each lump on the statement is made of; reconciliation (pass P3) sets them against payments and lines.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from connectors.acquirer import Sale, Settlement
from connectors.files import acquirer
from connectors.files.profile import SETTLEMENT
from connectors.statement import Problem
from gateway import agencies
from gateway.access import own
from gateway.closing import raw
from gateway.closing.bank_files import settlement_row
from gateway.closing.layouts import layouts_of
from gateway.closing.turns import again, take_turn
from gateway.kernel import bulk
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.settlement import undone
from reconciliation.model import SettlementRow

CHUNK = 5_000
MOST_FLAWS = 20  # a person mends the first few and tries again

# A file with whole card numbers is not kept: PCI DSS 3.2 lets nobody store what he does not need.
NOT_KEPT = "pan.unmasked"


class SettlementRefused(Invalid):
    """Nothing of the file was taken; `facts["flaws"]` says what stands in the way."""

    code = "settlement.refused"


@dataclass(frozen=True, slots=True)
class SettlementTaken:
    """What became of a settlement file. Sums are those of the whole file, đồng."""

    file_id: str
    format: str
    profile: str
    new: int
    known: int
    batches: int
    gross: int
    mdr: int
    net: int


@dataclass(frozen=True, slots=True)
class UnderstoodSettlement:
    """A file that is on disk and holds together."""

    digest: str
    settlement: Settlement


def import_settlement(
    environment: Environment, agency_id: str, name: str, data: bytes, *, actor: str, profile: str = ""
) -> SettlementTaken:
    """Take one file. Raises AgencyMissing, LayoutMissing, SettlementRefused and ImportBusy; the raw file is kept."""
    understood = keep_and_read(environment, agency_id, name, data, actor=actor, profile=profile)

    def act() -> SettlementTaken:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            return take(uow, agency_id, understood)

    return again(act)


def keep_and_read(
    environment: Environment, agency_id: str, name: str, data: bytes, *, actor: str, profile: str = ""
) -> UnderstoodSettlement:
    """On disk first, then read. Raises AgencyMissing, LayoutMissing and SettlementRefused."""
    with environment.begin(actor=actor, agency=agency_id) as uow:
        agencies.require(uow.connection, agency_id)
        profiles = layouts_of(uow.connection, agency_id, SETTLEMENT, profile)
        digest = raw.keep(uow, agency_id, name, raw.opener(data))
    settlement = acquirer.parse(data, profiles, only=bool(profile))
    if not settlement.sales:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            file_id = raw.mark(uow, agency_id, digest, "refused")
            if any(flaw.code == NOT_KEPT for flaw in settlement.problems):
                raw.blank(uow, agency_id, file_id)
        raise _refused([_told(flaw) for flaw in settlement.problems])
    return UnderstoodSettlement(digest, settlement)


def take(uow: UnitOfWork, agency_id: str, understood: UnderstoodSettlement) -> SettlementTaken:
    """Store the rows that are new. Raises SettlementRefused where a known row is told otherwise, and ImportBusy."""
    take_turn(uow, agency_id)
    sales = understood.settlement.sales
    file_id = raw.mark(uow, agency_id, understood.digest, "read")
    new = store(uow, agency_id, file_id, sales)
    taken = SettlementTaken(
        file_id,
        understood.settlement.format,
        understood.settlement.profile,
        new,
        len(sales) - new,
        len({sale.batch_id for sale in sales}),
        sum(sale.gross for sale in sales),
        sum(sale.mdr for sale in sales),
        understood.settlement.net,
    )
    uow.emit([_event(agency_id, taken)])
    return taken


def store(uow: UnitOfWork, agency_id: str, file_id: str, sales: Sequence[Sale]) -> int:
    """Keep the rows that are new; how many those were. It has to be the agency's turn. Raises SettlementRefused."""
    keyed = dict(zip(_keys(sales), sales, strict=True))
    known = _stored(uow.connection, agency_id, keyed)
    _refuse_contradictions(keyed, known)
    fresh = [_row(uow, agency_id, file_id, key, sale) for key, sale in keyed.items() if key not in known]
    for at in range(0, len(fresh), CHUNK):
        bulk.insert(uow.connection, settlement_row, fresh[at : at + CHUNK])
    for row in fresh:
        if row["gross"] < 0:  # the sale went back after its receipt
            undone.of_reference(uow, agency_id, row["reference"], row["rrn"] or row["natural_key"], "charged_back")
    return len(fresh)


def rows_of(connection: sa.Connection, agency_id: str) -> Iterator[SettlementRow]:
    """All rows of the agency, as reconciliation takes them."""
    c = settlement_row.c
    columns = (c.batch_id, c.terminal, c.trade_date, c.reference, c.gross, c.mdr, c.net)
    query = sa.select(*columns).where(own(settlement_row, agency_id)).order_by(c.natural_key)
    for row in connection.execute(query):
        yield SettlementRow(*row)


def _keys(sales: Sequence[Sale]) -> list[str]:
    """Batch, retrieval reference and gross; without one, all that tells rows apart, and the ordinal among equals."""
    seen: Counter[str] = Counter()
    keys = []
    for sale in sales:
        named = sale.rrn or f"{sale.terminal}|{sale.trade_date}|{sale.reference}|{sale.approval_code}|{sale.stan}"
        base = f"{sale.batch_id}|{named}|{sale.gross}"
        seen[base] += 1
        keys.append(f"{base}#{seen[base]}")
    return keys


def _stored(connection: sa.Connection, agency_id: str, keys: Collection[str]) -> dict[str, tuple[int, int]]:
    """Commission and net of the rows that are there, by natural key."""
    c, listed = settlement_row.c, list(keys)
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(listed), CHUNK):
        chosen = own(settlement_row, agency_id) & c.natural_key.in_(listed[at : at + CHUNK])
        for key, mdr, net in connection.execute(sa.select(c.natural_key, c.mdr, c.net).where(chosen)):
            found[key] = (mdr, net)
    return found


def _refuse_contradictions(keyed: Mapping[str, Sale], known: Mapping[str, tuple[int, int]]) -> None:
    """The acquirer tells a row again with another commission: for a person to ask, not for us to choose."""
    lines = [sale.line for key, sale in keyed.items() if known.get(key, (sale.mdr, sale.net)) != (sale.mdr, sale.net)]
    if lines:
        message = "Dòng đã nhận trước đây với phí khác / the row was taken before with another commission"
        flaws = [
            {"code": "row.contradicts", "message": message, "where": f"line {line}"} for line in lines[:MOST_FLAWS]
        ]
        raise _refused(flaws)


def _row(uow: UnitOfWork, agency_id: str, file_id: str, key: str, sale: Sale) -> dict[str, Any]:
    return {
        "id": uow.mint("str"),
        "agency_id": agency_id,
        "file_id": file_id,
        "natural_key": key,
        "batch_id": sale.batch_id,
        "terminal": sale.terminal,
        "trade_date": sale.trade_date,
        "reference": sale.reference,
        "gross": sale.gross,
        "mdr": sale.mdr,
        "net": sale.net,
        "rrn": sale.rrn,
        "approval_code": sale.approval_code,
        "stan": sale.stan,
        "masked_pan": sale.masked_pan,
        "taken_at": uow.now(),
    }


def _told(flaw: Problem) -> dict[str, str]:
    return {"code": flaw.code, "message": flaw.message, "where": flaw.where, "column": flaw.column}


def _refused(flaws: Sequence[Mapping[str, str]]) -> SettlementRefused:
    return SettlementRefused(
        "Không nhận tệp quyết toán này; xem danh sách lỗi.",
        "The settlement file is refused; see the list of problems.",
        field="file",
        flaws=list(flaws),
    )


def _event(agency_id: str, taken: SettlementTaken) -> Event:
    body = {"new": taken.new, "known": taken.known, "batches": taken.batches, "net": taken.net}
    return Event(agency_id, "settlement.imported", taken.file_id, body)
