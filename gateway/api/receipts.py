"""Receipts: what was numbered, and the signed XML and the PDF that the worker makes of it.

A document that is not there yet is waited for, so that who asks right after the payment need not ask twice.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import anyio
import sqlalchemy as sa
from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import Cursor, Day, Dong, Given, Id, Limit, Listed, page
from gateway.kernel.clock import rfc3339
from gateway.kernel.errors import Missing, Unavailable
from gateway.kernel.uow import Environment
from receipts import store
from receipts.store import DocumentKind

router = APIRouter(prefix="/api/v1/receipts", tags=["receipts"])

WAIT_SECONDS = 5.0  # for a document
LOOK_EVERY = 0.1

MEDIA_TYPES: dict[DocumentKind, str] = {"xml": "application/xml", "pdf": "application/pdf"}


class ReceiptMissing(Missing):
    """No such receipt for this agency."""

    code = "receipt.missing"


class NotReady(Unavailable):
    """The worker has not made the document yet."""

    code = "receipt.not_ready"


class Receipt(Given):
    """A numbered receipt; `form`, `symbol` and `number` together are unique."""

    id: str
    form: str
    symbol: str
    number: int
    amount: Dong
    day: Day
    payment_id: str
    dossier_code: str
    lookup_code: str
    status: Literal["numbered", "signed", "delivered", "replaced"]
    issued_at: str
    signed_at: str | None
    replaced_by: str | None


class ReceiptList(Listed):
    """A page of receipts, oldest first."""

    data: list[Receipt]


Reader = Annotated[Caller, Depends(needs("receipts"))]


@router.get("", response_model=ReceiptList, responses=READ)
def list_receipts(installed: Installed, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The agency's receipts, oldest first."""
    with installed.read(caller.agency) as connection:
        found = store.page(connection, caller.agency, cursor, limit + 1)
    return answer(page(found, limit, lambda rows: [_worded(row) for row in rows]))


# Before the route of one receipt, whose id would take the suffix along.
@router.get("/{receipt_id}.xml", response_class=Response, responses={**READ, 200: {"content": {"application/xml": {}}}})
async def get_receipt_xml(receipt_id: Id, installed: Installed, caller: Reader) -> Response:
    """The signed XML, the original of the receipt; waits up to 5 s for the signature."""
    return await _document(installed, caller.agency, receipt_id, "xml")


@router.get("/{receipt_id}.pdf", response_class=Response, responses={**READ, 200: {"content": {"application/pdf": {}}}})
async def get_receipt_pdf(receipt_id: Id, installed: Installed, caller: Reader) -> Response:
    """The PDF made from the signed XML; waits up to 5 s for it."""
    return await _document(installed, caller.agency, receipt_id, "pdf")


@router.get("/{receipt_id}", response_model=Receipt, responses=READ)
def get_receipt(receipt_id: Id, installed: Installed, caller: Reader) -> Response:
    """One receipt."""
    with installed.read(caller.agency) as connection:
        return answer(_worded(_find(connection, caller.agency, receipt_id)))


async def _document(environment: Environment, agency: str, receipt_id: str, kind: DocumentKind) -> Response:
    deadline = anyio.current_time() + WAIT_SECONDS
    while True:
        row, body = await run_in_threadpool(_look, environment, agency, receipt_id, kind)
        if body is not None:
            name = f"{row.form}-{row.symbol}-{row.number:08d}.{kind}"
            headers = {"Content-Disposition": f'attachment; filename="{name}"'}
            return Response(body, headers=headers, media_type=MEDIA_TYPES[kind])
        if anyio.current_time() >= deadline:
            raise NotReady("Biên lai chưa ký xong, hãy thử lại.", "The receipt is not signed yet; try again.")
        await anyio.sleep(LOOK_EVERY)


def _look(
    environment: Environment, agency: str, receipt_id: str, kind: DocumentKind
) -> tuple[sa.Row[Any], bytes | None]:
    with environment.read(agency) as connection:
        row = _find(connection, agency, receipt_id)
        return row, store.document(connection, row.id, kind, environment.vault)


def _find(connection: sa.Connection, agency: str, receipt_id: str) -> sa.Row[Any]:
    row = store.find(connection, receipt_id, agency)
    if row is None:
        raise ReceiptMissing("Không tìm thấy biên lai.", "There is no such receipt.")
    return row


def _worded(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "id": row.id,
        "form": row.form,
        "symbol": row.symbol,
        "number": row.number,
        "amount": row.amount,
        "day": row.day.isoformat(),
        "payment_id": row.payment,
        "dossier_code": row.dossier_code,
        "lookup_code": row.lookup_code,
        "status": row.state,
        "issued_at": rfc3339(row.issued_at),
        "signed_at": rfc3339(row.signed_at) if row.signed_at else None,
        "replaced_by": row.replaced_by,
    }
