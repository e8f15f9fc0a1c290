"""Prove the audit trail: leaves, tree, checkpoints, and the books beside them; it only reads, also beside a live server.

What is committed while it looks is not missing but later: the tree is taken at the size it had at the start, and leaves
without a number yet are checked against the books and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from gateway.audit import agree, leaves, tree, verifier
from gateway.audit.leaves import Flaw
from gateway.audit.verifier import Checkpoint, Key, ProofError
from gateway.audit.walk import Walk

MOST_FLAWS = 100  # that are listed; the rest is only counted


@dataclass(frozen=True, slots=True)
class Proven:
    """What was looked at and what is wrong with it; `flaws` names the first ones, in the order of the tree."""

    size: int  # numbered leaves
    signed: int  # of them under a checkpoint
    checkpoints: int
    unnumbered: int
    flaws: tuple[Flaw, ...]
    flaw_count: int


def verify(
    connection: sa.Connection,
    keys: Sequence[Key],
    older: Checkpoint | None = None,
    progress: Callable[[int, int], None] = lambda done, size: None,
) -> Proven:
    """Look at everything; `older` is a checkpoint that an auditor kept, signed by one of `keys`."""
    found: list[Flaw] = []
    count = waiting = 0

    def note(flaws: Iterator[Flaw] | Sequence[Flaw]) -> None:
        nonlocal count
        for flaw in flaws:
            count += 1
            if len(found) < MOST_FLAWS:
                found.append(flaw)

    walk = Walk(connection, tree.size_of(connection), keys, older)
    if older is not None:
        note(_signed(older, keys))
    for batch, flaws in walk.batches():
        note(flaws)
        note(agree.forwards(connection, batch))
        progress(batch[-1].position or 0 if batch else walk.size, walk.size)
    for batch in leaves.unnumbered(connection):
        waiting += len(batch)
        note([flaw for one in batch for flaw in one.flaws()])
        note(agree.forwards(connection, batch))
    note(agree.backwards(connection))
    return Proven(walk.size, walk.signed, walk.checkpoints, waiting, tuple(found), count)


def _signed(older: Checkpoint, keys: Sequence[Key]) -> Iterator[Flaw]:
    try:
        verifier.signer_of(older, keys, verifier.best_check())
    except ProofError as error:
        yield Flaw(error.code, str(older.size), str(error))
