"""The audit trail over HTTP: the signed head of the tree, proofs under it, and what happened to a payment, step by step.

The tree is one for the whole installation; hashes of other agencies' leaves tell nothing of them, and a leaf is handed
out to its own agency alone.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.receipts import ReceiptMissing
from gateway.api.shapes import MOST_INTEGER, Dong, Given, Id, Listed
from gateway.audit import checkpoints, keys
from gateway.audit.prove import OlderUnknown, of_receipt, prove
from gateway.audit.timeline import Entry, timeline
from gateway.audit.tree import Tree
from gateway.kernel.clock import rfc3339

router = APIRouter(prefix="/api/v1/audit", tags=["reports"])

Reader = Annotated[Caller, Depends(needs("reports"))]
Since = Annotated[int | None, Query(ge=1, le=MOST_INTEGER, description="The size of a checkpoint kept from before")]


class Continues(Given):
    """That the tree continues an older one (RFC 9162, section 2.1.4); hashes in hex."""

    size: int
    path: list[str]


class CheckpointGiven(Given):
    """The newest signed head; `note` is what is signed, with its signature (C2SP tlog-checkpoint)."""

    size: int
    root: str
    time: str
    note: str
    keys: list[str]
    consistency: Continues | None


class LeafProof(Given):
    """A leaf's text, its number, and its path to the root in hex, lowest first."""

    position: int
    body: str
    path: list[str]


class ProofGiven(Given):
    """What `thuphi audit verifier` checks without server or network."""

    format: str
    checkpoint: str
    keys: list[str]
    leaves: list[LeafProof]


class EntryGiven(Given):
    """Who did what, when, for which amount and reason; `position` is null until the leaf is numbered."""

    at: str
    actor: str
    who_vi: str
    who_en: str
    kind: str
    what_vi: str
    what_en: str
    amount: Dong | None
    reason: str | None
    subject: str
    leaf: str
    position: int | None


class Timeline(Listed):
    """All of it, oldest first."""

    data: list[EntryGiven]


@router.get("/checkpoint", response_model=CheckpointGiven, responses=READ)
def get_checkpoint(installed: Installed, caller: Reader, since: Since = None) -> Response:
    """The newest checkpoint; with `since`, that it continues the one of that size."""
    with installed.read() as connection:
        head = checkpoints.require(connection)
        continues = None if since is None else _continues(connection, head.size, since)
    told = {"size": head.size, "root": head.root.hex(), "time": rfc3339(head.at), "note": head.note}
    published = [key.line() for key in keys.trusted(installed.settings.keys)]
    return answer(told | {"keys": published, "consistency": continues})


@router.get("/proof", response_model=ProofGiven, responses=READ)
def get_proof(installed: Installed, caller: Reader, receipt_id: Annotated[Id, Query()]) -> Response:
    """That a receipt and the payment behind it stand in the signed tree; 404 until the next checkpoint."""
    with installed.read(caller.agency) as connection:
        about = of_receipt(connection, caller.agency, receipt_id)
    if about is None:
        raise ReceiptMissing("Không tìm thấy biên lai.", "There is no such receipt.", field="receipt_id")
    with installed.read() as connection:
        return answer(prove(connection, about, keys.trusted(installed.settings.keys)))


@router.get("/timeline", response_model=Timeline, responses=READ)
def get_timeline(installed: Installed, caller: Reader, payment_id: Annotated[Id, Query()]) -> Response:
    """What happened to a payment, its dossiers, money, receipts and refunds; any of these ids will do."""
    with installed.read(caller.agency) as connection:
        found = timeline(connection, caller.agency, payment_id)
    return answer({"data": [_worded(entry) for entry in found], "has_more": False, "next_cursor": None})


def _worded(entry: Entry) -> dict[str, Any]:
    return asdict(entry) | {"at": rfc3339(entry.at)}


def _continues(connection: sa.Connection, size: int, since: int) -> dict[str, Any]:
    if since > size:
        raise OlderUnknown("Cây chưa lớn tới đó.", "The tree is not that large.", field="since", size=size)
    return {"size": since, "path": [step.hex() for step in Tree(connection, size).consistency(since)]}
