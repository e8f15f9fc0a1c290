"""Paper of a receipt: the n-th reprint says so, and a paper converted from it names who converted it and when.

Nghị định 254/2026/NĐ-CP, Điều 5 k4. The stored PDF is the receipt's own and stays; a print is made for the printer, counted
and told to the audit trail. Made without a seal: it is paper.
"""

from __future__ import annotations

from typing import Literal

import sqlalchemy as sa

from connectors import code128
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from receipts import store
from receipts.life_tables import printing
from receipts.marks import Conversion

Paper = Literal["a5", "slip"]


def reprint(uow: UnitOfWork, agency_id: str, receipt_id: str, *, paper: Paper = "a5") -> bytes:
    """A print for `uow.actor`: the first without a mark, then "In lại lần 1", 2, ... Raises ReceiptMissing, NotSigned."""
    row, source = _source(uow, agency_id, receipt_id)
    nth = _count(uow, row.id, "print")
    _told(uow, row, "print", nth)
    return _rendered(uow, row, source, paper, nth, None)


def convert(uow: UnitOfWork, agency_id: str, receipt_id: str, person: str) -> bytes:
    """A paper for inspection or bookkeeping, converted by `person` now. Raises ReceiptMissing, NotSigned."""
    row, source = _source(uow, agency_id, receipt_id)
    _told(uow, row, "conversion", _count(uow, row.id, "conversion"))
    return _rendered(uow, row, source, "a5", 0, Conversion(person, uow.now()))


def _source(uow: UnitOfWork, agency_id: str, receipt_id: str) -> tuple[store.Row, bytes]:
    """Locked, so that two prints at once have different numbers."""
    table = store.receipt
    query = sa.select(table).where(table.c.id == receipt_id, table.c.owner == agency_id).with_for_update()
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise store.ReceiptMissing(f"no receipt {receipt_id}")
    source = store.document(uow.connection, receipt_id, "xml", uow.vault)
    if source is None:
        raise store.NotSigned(f"receipt {receipt_id} is not signed yet")
    return row, source


def _count(uow: UnitOfWork, receipt_id: str, kind: str) -> int:
    query = sa.select(sa.func.count()).select_from(printing)
    chosen = sa.and_(printing.c.receipt_id == receipt_id, printing.c.kind == kind)
    return int(uow.connection.execute(query.where(chosen)).scalar_one())


def _told(uow: UnitOfWork, row: store.Row, kind: str, nth: int) -> None:
    values = {"receipt_id": row.id, "kind": kind, "nth": nth, "printed_by": uow.actor, "printed_at": uow.now()}
    uow.connection.execute(sa.insert(printing).values(**values))
    uow.emit([Event(row.owner, f"receipt.{kind}", row.id, {"nth": nth})])


def _rendered(
    uow: UnitOfWork, row: store.Row, source: bytes, paper: Paper, nth: int, conversion: Conversion | None
) -> bytes:
    from receipts import pdf, slip

    lookup = f"{uow.settings.base_url}/vi/receipts/{row.lookup_code}"
    demo = b"DEMO" in source.partition(b"<X509SubjectName>")[2].partition(b"</X509SubjectName>")[0]
    make = slip.render if paper == "slip" else pdf.render
    return make(source, demo=demo, lookup_url=lookup, reprint=nth, conversion=conversion, encoder=code128.bars)
