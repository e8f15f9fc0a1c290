"""Every way of changing what was written is named by `verify`, on both databases; what is whole is proven whole."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from gateway.audit import checkpoints, keys, tree, verifier
from gateway.audit.store import checkpoint, node
from gateway.audit.tree import Tree
from gateway.audit.verify import Proven, verify
from gateway.dues.store import due
from gateway.kernel.audit import leaf
from gateway.kernel.canonical import canonical
from gateway.kernel.clock import rfc3339
from gateway.payments.store import payment
from gateway.settlement.refund.store import refund
from receipts.store import receipt
from tests.gateway.audit.conftest import Archive, Harm, lawless

MISSING = 10**6


def _set(table: sa.Table, where: sa.ColumnElement[bool], **values: object) -> Harm:
    return lambda connection: connection.execute(sa.update(table).where(where).values(**values))


def _delete(table: sa.Table, where: sa.ColumnElement[bool]) -> Harm:
    return lambda connection: connection.execute(sa.delete(table).where(where))


def _reword(connection: sa.Connection, position: int | None = 5) -> None:
    """Another text under its own good hash."""
    here = (
        leaf.c.position == position
        if position is not None
        else leaf.c.position.is_(None) & (leaf.c.kind == "payment.paid")
    )
    row = connection.execute(sa.select(leaf).where(here).limit(1)).one()
    told = json.loads(row.body)
    told["facts"]["amount"] = 1
    body = canonical(told)
    values = {"body": body, "hash": verifier.leaf_hash(body)}
    connection.execute(sa.update(leaf).where(leaf.c.id == row.id).values(**values))


def _swap(connection: sa.Connection) -> None:
    for old, new in ((3, MISSING), (4, 3), (MISSING, 4)):
        connection.execute(sa.update(leaf).where(leaf.c.position == old).values(position=new))


def _forge(connection: sa.Connection) -> None:
    """A head over the same size with another root, under the old signature."""
    row = connection.execute(sa.select(checkpoint).order_by(checkpoint.c.size).limit(1)).one()
    found = verifier.read_checkpoint(row.note)
    bent = verifier.checkpoint_text(found.origin, found.size, b"\0" * 32, found.time)
    note = row.note.replace(found.text, bent)
    connection.execute(sa.update(checkpoint).where(checkpoint.c.size == row.size).values(root=b"\0" * 32, note=note))


def _unsign(connection: sa.Connection) -> None:
    row = connection.execute(sa.select(checkpoint).order_by(checkpoint.c.size).limit(1)).one()
    note = row.note.partition("\n\n")[0] + "\n\n"
    connection.execute(sa.update(checkpoint).where(checkpoint.c.size == row.size).values(note=note))


def _truncate(connection: sa.Connection) -> None:
    """The newest leaves and all nodes over them, but not the checkpoint."""
    connection.execute(sa.delete(leaf).where(leaf.c.position >= 20))
    connection.execute(sa.delete(node).where((node.c.position + 1) * 16 > 20))


def _replay(connection: sa.Connection) -> None:
    """A checkpoint moved to another size."""
    connection.execute(sa.update(checkpoint).values(size=checkpoint.c.size + 1))


PAID_LAST = sa.select(sa.func.max(receipt.c.number)).scalar_subquery()

HARMS: dict[str, tuple[Harm, set[str]]] = {
    "a leaf's text": (_set(leaf, leaf.c.position == 5, body=b"{}"), {"leaf.changed", "leaf.columns"}),
    "a leaf's text and hash": (_reword, {"node.changed", "checkpoint.root"}),
    "a leaf's hash": (_set(leaf, leaf.c.position == 5, hash=b"\0" * 32), {"leaf.changed"}),
    "a leaf's subject": (_set(leaf, leaf.c.position == 5, ref="x"), {"leaf.columns"}),
    "a leaf is gone": (_delete(leaf, leaf.c.position == 5), {"leaf.missing"}),
    "the first leaf is gone": (_delete(leaf, leaf.c.position == 0), {"leaf.missing"}),
    "two leaves are swapped": (_swap, {"node.changed", "checkpoint.root"}),
    "a node": (_set(node, node.c.position == 0, hash=b"\0" * 32), {"node.changed"}),
    "a node is gone": (_delete(node, node.c.position == 0), {"node.missing"}),
    "a node too many": (
        lambda connection: connection.execute(sa.insert(node).values(level=8, position=9, hash=b"\0" * 32)),
        {"node.surplus"},
    ),
    "a forged checkpoint": (_forge, {"checkpoint.root", "checkpoint.forged"}),
    "a checkpoint without signature": (_unsign, {"checkpoint.unsigned"}),
    "a checkpoint's root": (_set(checkpoint, sa.true(), root=b"\0" * 32), {"checkpoint.root", "checkpoint.columns"}),
    "checkpoints of other sizes": (_replay, {"checkpoint.root", "checkpoint.columns"}),
    "the tail is cut off": (_truncate, {"tree.truncated"}),
    "a receipt's amount": (_set(receipt, receipt.c.number == 1, amount=7), {"receipt.differs"}),
    "a receipt's number": (_set(receipt, receipt.c.number == 2, number=77), {"receipt.differs"}),
    "a receipt is gone": (_delete(receipt, receipt.c.number == 2), {"receipt.lost"}),
    "a due's amount": (_set(due, due.c.status == "paid", amount=1, unit_price=1), {"due.differs", "payment.differs"}),
    "a payment is open again": (_set(payment, sa.true(), settled_at=None), {"payment.differs"}),
    "a refund's amount": (_set(refund, sa.true(), amount=9), {"refund.differs"}),
    "a leaf without number is gone": (
        _delete(leaf, leaf.c.position.is_(None) & (leaf.c.kind == "payment.paid")),
        {"payment.without_leaf", "receipt.without_leaf"},
    ),
    "a leaf without number": (lambda connection: _reword(connection, None), {"payment.differs"}),
}


def look(connection: sa.Connection, archive: Archive, older: str | None = None) -> Proven:
    kept = None if older is None else verifier.read_checkpoint(older)
    return verify(connection, [archive.key.public], kept)


def rules(proven: Proven) -> set[str]:
    return {flaw.rule for flaw in proven.flaws}


def test_what_is_whole_is_proven_whole(lived: tuple[Archive, str]) -> None:
    archive, first = lived
    with archive.environment.read() as connection:
        proven = look(connection, archive, first)
    assert (proven.flaws, proven.flaw_count, proven.checkpoints) == ((), 0, 2)
    assert proven.size == proven.signed > 40
    assert proven.unnumbered == 3  # registered, started, paid
    archive.town.ties()


def test_every_harm_is_named(lived: tuple[Archive, str]) -> None:
    archive, _ = lived
    missed = {}
    for name, (harm, expected) in HARMS.items():
        with lawless(archive.environment) as connection:
            harm(connection)
            found = rules(look(connection, archive))
        if not expected <= found:
            missed[name] = found
    assert missed == {}
    with archive.environment.read() as connection:
        assert look(connection, archive).flaws == ()  # every harm was undone


def test_a_tree_written_anew_with_the_logs_own_key_contradicts_the_checkpoint_kept_outside(
    lived: tuple[Archive, str],
) -> None:
    """Who holds the database and the key can make a tree that is whole in itself; an auditor's note still convicts."""
    archive, first = lived
    with lawless(archive.environment) as connection:
        connection.execute(sa.delete(leaf).where(leaf.c.kind == "due.exempted"))
        last = connection.scalar(sa.select(sa.func.max(leaf.c.position)))
        connection.execute(sa.update(leaf).where(leaf.c.position == 0).values(position=MISSING))
        connection.execute(sa.update(leaf).where(leaf.c.position == 1).values(position=0))
        connection.execute(sa.update(leaf).where(leaf.c.position == MISSING).values(position=1))
        connection.execute(sa.delete(node))
        connection.execute(sa.delete(checkpoint))
        size = (last or 0) + 1
        connection.execute(sa.insert(node), tree.grown(connection, 0, tree.stored(connection, 0, 0, size)))
        root, now = Tree(connection, size).root(), archive.environment.clock()
        text = verifier.checkpoint_text(archive.key.public.name, size, root, rfc3339(now))
        row = {"size": size, "root": root, "at": now, "note": archive.key.note(text)}
        connection.execute(sa.insert(checkpoint).values(**row))
        assert rules(look(connection, archive)) == set()
        assert rules(look(connection, archive, first)) == {"checkpoint.contradicted"}


def test_a_tree_that_lost_its_tail_and_its_head_is_seen_from_outside_and_from_the_books(
    lived: tuple[Archive, str],
) -> None:
    archive, _ = lived
    with archive.environment.read() as connection:
        newest = checkpoints.require(connection).note
    with lawless(archive.environment) as connection:
        _truncate(connection)
        connection.execute(sa.delete(checkpoint).where(checkpoint.c.size > 20))
        assert rules(look(connection, archive)) == {"payment.without_leaf", "receipt.without_leaf"}
        assert "tree.truncated" in rules(look(connection, archive, newest))


def test_another_key_or_none_proves_nothing(lived: tuple[Archive, str]) -> None:
    archive, first = lived
    stranger = keys.make(archive.environment.settings.keys / "stranger").public
    with archive.environment.read() as connection:
        for trusted in ([], [stranger]):
            proven = verify(connection, trusted, verifier.read_checkpoint(first))
            assert rules(proven) == {"checkpoint.unsigned"}
        assert verify(connection, [stranger, archive.key.public]).flaws == ()


def test_it_looks_while_others_write(lived: tuple[Archive, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Between any two batches of the look a payment comes, is numbered, and the head is signed again."""
    archive, _ = lived
    monkeypatch.setattr("gateway.audit.leaves.BATCH", 13)

    def meanwhile(done: int, size: int) -> None:
        archive.town.money_comes(archive.town.payment())
        archive.close()

    with archive.environment.read() as connection:
        size = tree.size_of(connection)
        proven = verify(connection, [archive.key.public], progress=meanwhile)
    assert (proven.flaws, proven.size) == ((), size)
    with archive.environment.read() as connection:
        assert look(connection, archive).size > size


def test_flaws_are_counted_but_only_so_many_are_listed(
    lived: tuple[Archive, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, _ = lived
    monkeypatch.setattr("gateway.audit.verify.MOST_FLAWS", 5)
    with lawless(archive.environment) as connection:
        connection.execute(sa.update(leaf).values(hash=b"\0" * 32))
        proven = look(connection, archive)
    assert (len(proven.flaws), proven.flaw_count) == (5, proven.size + proven.unnumbered)
