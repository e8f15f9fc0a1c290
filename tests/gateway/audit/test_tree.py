"""Numbering and the kept tree: gapless in any order of commits, one sequencer, crash safe, cheap proofs."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.audit import checkpoints, keys, sequencer, tree, verifier
from gateway.audit.keys import LogKeyUnusable
from gateway.audit.lane import AuditLane
from gateway.audit.store import checkpoint, node
from gateway.audit.tree import Tree
from gateway.kernel.audit import leaf
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.gateway.audit.defined import consistency, inclusion, root
from tests.gateway.settlement.test_kill import in_a_process_killed_at
from tests.town import AGENCY


def written(environment: Environment, count: int) -> None:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        uow.emit(Event(AGENCY, "test", f"s{n}", {"n": n}) for n in range(count))


def hashes(environment: Environment) -> list[bytes]:
    """Leaf hashes by their numbers, which must have no gap."""
    with environment.read() as connection:
        numbered = sa.select(leaf.c.position, leaf.c.hash).where(leaf.c.position.is_not(None))
        rows = connection.execute(numbered.order_by(leaf.c.position)).all()
    assert [row.position for row in rows] == list(range(len(rows)))
    return [bytes(row.hash) for row in rows]


def test_the_kept_tree_is_that_of_the_definition_however_it_grew(environment: Environment) -> None:
    draw = random.Random(5)
    written(environment, 600)
    while sequencer.number(environment, limit=draw.choice((1, 3, 16, 47, 90))):
        pass
    found = hashes(environment)
    assert len(found) == 600
    with environment.read() as connection:
        for size in (1, 2, 15, 16, 17, 255, 256, 257, 600):
            kept = Tree(connection, size)
            assert kept.root() == root(found[:size])
            for position in {0, size // 3, size - 1}:
                assert kept.inclusion(position) == inclusion(position, found[:size])
            for first in {1, size // 2 or 1, size}:
                assert kept.consistency(first) == consistency(first, found[:size])
        assert connection.scalar(sa.select(sa.func.count()).select_from(node)) == 600 // 16 + 600 // 256


def test_a_proof_reads_no_more_than_the_logarithm(environment: Environment) -> None:
    written(environment, 4_400)
    sequencer.number_all(environment)
    reads = 0

    def count(*_: object, **__: object) -> None:
        nonlocal reads
        reads += 1

    sa.event.listen(environment.reader, "before_cursor_execute", count)
    with environment.read() as connection:
        for act in (
            lambda: Tree(connection, 4_400).inclusion(2_345),
            lambda: Tree(connection, 4_400).consistency(1_234),
        ):
            before = reads
            assert act()
            assert reads - before <= 10  # groups of sixteen on four kept levels


def test_what_is_committed_late_is_numbered_later(environment: Environment) -> None:
    """A long unit of work took its ids first and commits last."""
    if environment.embedded:
        written(environment, 2)
        assert sequencer.number(environment) == 2
        return
    with environment.begin(actor="slow", agency=AGENCY) as slow:
        slow.emit([Event(AGENCY, "slow", "slow", {})])
        written(environment, 3)
        assert sequencer.number(environment) == 3
    assert sequencer.number_all(environment) == 1
    assert len(hashes(environment)) == 4
    with environment.read() as connection:
        assert connection.scalar(sa.select(leaf.c.position).where(leaf.c.kind == "slow")) == 3


def test_many_sequencers_number_every_leaf_once(environment: Environment) -> None:
    written(environment, 300)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(40):
                sequencer.number(environment, limit=11)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    sequencer.number_all(environment)
    assert len(hashes(environment)) == 300
    with environment.read() as connection:
        assert Tree(connection, 300).root() == root(hashes(environment))


def test_killed_anywhere_a_batch_is_whole_or_was_never_there(environment: Environment) -> None:
    written(environment, 40)
    killed = 0
    for step in range(1, 30):
        if in_a_process_killed_at(environment, step, lambda own: sequencer.number(own, limit=33) and None):
            break
        killed += 1
        assert hashes(environment) == []
        with environment.read() as connection:
            assert connection.scalar(sa.select(sa.func.count()).select_from(node)) == 0
    assert killed >= 4
    sequencer.number_all(environment)
    with environment.read() as connection:
        assert Tree(connection, 40).root() == root(hashes(environment))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_leaf SET position = 7",
        "UPDATE audit_leaf SET position = NULL",
        "UPDATE audit_leaf SET kind = 'x'",
        "DELETE FROM audit_leaf",
        "UPDATE audit_node SET hash = hash",
        "DELETE FROM audit_node",
        "UPDATE audit_checkpoint SET note = 'x'",
        "DELETE FROM audit_checkpoint",
    ],
)
def test_the_database_refuses_to_edit(environment: Environment, statement: str) -> None:
    written(environment, 20)
    sequencer.number_all(environment)
    checkpoints.sign(environment, keys.make(environment.settings.keys))
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), environment.begin(actor="test") as uow:
        uow.connection.execute(sa.text(statement))


def test_an_unnumbered_leaf_cannot_be_edited_either(environment: Environment) -> None:
    written(environment, 1)
    for statement in ("UPDATE audit_leaf SET ref = 'x', position = 0", "DELETE FROM audit_leaf"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), environment.begin(actor="test") as uow:
            uow.connection.execute(sa.text(statement))


def test_the_head_is_signed_each_minute_of_growth_and_at_the_turn_of_the_day(
    environment: Environment, clock: HandClock
) -> None:
    lane = AuditLane(environment)
    written(environment, 5)
    assert [step() for step in lane.steps] == [5, 0]  # no key yet: the tree waits, visibly
    key = keys.make(environment.settings.keys)
    clock.advance(seconds=1)
    assert [step() for step in lane.steps] == [0, 1]
    written(environment, 1)
    clock.advance(seconds=30)
    assert [step() for step in lane.steps] == [1, 0]
    clock.advance(seconds=30)
    assert [step() for step in lane.steps] == [0, 1]
    clock.advance(hours=1)
    assert [step() for step in lane.steps] == [0, 0]  # nothing grew
    clock.advance(hours=13, minutes=28, seconds=58)  # 23:59:59 in Vietnam
    for moment in (0, 1):
        written(environment, 1)
        clock.advance(seconds=moment)
        assert [step() for step in lane.steps] == [1, 1]  # the second one only because the day turned
    with environment.read() as connection:
        heads = connection.execute(sa.select(checkpoint).order_by(checkpoint.c.size)).all()
    assert [head.size for head in heads] == [5, 6, 7, 8]
    for head in heads:
        found = verifier.read_checkpoint(head.note)
        assert verifier.signer_of(found, [key.public], verifier.best_check()) == key.public
        assert (found.size, found.root) == (head.size, root(hashes(environment)[: head.size]))


def test_the_key_is_made_once_and_kept_and_an_old_one_stays_trusted(tmp_path: Path) -> None:
    first = keys.make(tmp_path)
    assert keys.make(tmp_path).public == first.public
    assert (tmp_path / keys.PRIVATE).stat().st_mode & 0o077 == 0
    (tmp_path / keys.PRIVATE).unlink()
    second = keys.make(tmp_path)
    assert second.public != first.public
    assert keys.trusted(tmp_path) == [first.public, second.public]
    assert "private" not in repr(second)
    (tmp_path / keys.PRIVATE).write_text("not a key")
    with pytest.raises(LogKeyUnusable):
        keys.load(tmp_path)


def test_a_hole_in_the_kept_tree_is_named_not_hidden(environment: Environment) -> None:
    written(environment, 20)
    sequencer.number_all(environment)
    with environment.read() as connection, pytest.raises(tree.TreeBroken):
        Tree(connection, 64).root()
