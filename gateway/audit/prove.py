"""Proofs that leave the house: what happened to a receipt or a payment, and that it stands in the signed tree.

`verifier.py` checks them with nothing but Python and the published key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from gateway.access import own
from gateway.audit import checkpoints, leaves, verifier
from gateway.audit.agree import PAID
from gateway.audit.checkpoints import Head, NoCheckpoint
from gateway.audit.leaves import Leaf
from gateway.audit.tree import Tree
from gateway.audit.verifier import Checkpoint, Key, ProofError
from gateway.kernel.audit import leaf
from gateway.kernel.errors import Invalid
from gateway.payments import store as payments_store
from receipts import store as receipts_store
from receipts.store import receipt


class OlderUnknown(Invalid):
    """A checkpoint that this tree never had."""

    code = "audit.checkpoint_unknown"


def of_receipt(connection: sa.Connection, agency: str, receipt_id: str) -> list[Leaf] | None:
    """What was written down of a receipt: the payment it came of, its signature, its later life; None: no such one."""
    row = receipts_store.find(connection, receipt_id, agency)
    if row is None:
        return None
    itself = leaf.c.ref == row.id
    settled = (leaf.c.ref == row.payment) & (leaf.c.kind == PAID)
    return leaves.about(connection, own(leaf, agency) & sa.or_(itself, settled))


def of_payment(connection: sa.Connection, agency: str, payment_id: str) -> list[Leaf]:
    """What was written down of a payment and its receipts. Raises PaymentMissing."""
    payments_store.by_id(connection, agency, payment_id)
    receipts = sa.select(receipt.c.id).where(receipt.c.owner == agency, receipt.c.payment == payment_id)
    about = sa.or_(leaf.c.ref == payment_id, leaf.c.ref.in_(receipts))
    return leaves.about(connection, own(leaf, agency) & about)


def prove(
    connection: sa.Connection, about: Sequence[Leaf], keys: Sequence[Key], older: str | None = None
) -> dict[str, Any]:
    """The proof as JSON values; with `older`, that the tree continues that checkpoint. `connection` sees all hashes.

    Raises NoCheckpoint while what happened first is not under a signature yet, and OlderUnknown.
    """
    head = checkpoints.require(connection)
    covered = [one for one in about if one.position is not None and one.position < head.size]
    if len(covered) < len(about) or not about:
        raise NoCheckpoint(
            "Chưa ký tới đây; hãy thử lại sau một phút.",
            "The tree is not signed this far; try again in a minute.",
            signed=head.size,
        )
    tree = Tree(connection, head.size)
    proof: dict[str, Any] = {
        "format": verifier.FORMAT,
        "checkpoint": head.note,
        "keys": [key.line() for key in keys],
        "leaves": [_leaf(tree, one) for one in covered],
    }
    if older is not None:
        proof["consistency"] = {"checkpoint": older, "path": [step.hex() for step in _continues(tree, head, older)]}
    return proof


def _leaf(tree: Tree, one: Leaf) -> dict[str, Any]:
    assert one.position is not None
    path = [step.hex() for step in tree.inclusion(one.position)]
    return {"position": one.position, "body": one.body.decode(), "path": path}


def _continues(tree: Tree, head: Head, older: str) -> list[bytes]:
    before = read_older(older)
    if not 0 < before.size <= head.size:
        raise _unknown(f"size {before.size}")
    return tree.consistency(before.size)


def read_older(note: str) -> Checkpoint:
    """A checkpoint that somebody kept. Raises OlderUnknown."""
    try:
        return verifier.read_checkpoint(note)
    except ProofError as error:
        raise _unknown(str(error)) from None


def _unknown(detail: str) -> OlderUnknown:
    return OlderUnknown(
        "Không phải điểm kiểm tra của cây này.",
        "This is no checkpoint of this tree.",
        field="checkpoint",
        detail=detail,
    )
