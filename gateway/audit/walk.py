"""Walk the whole tree once, leaf by leaf: what is kept of it must be what the leaves' texts give (RFC 9162).

Memory does not grow with the tree: the walk holds one batch and the roots of the complete subtrees. A checkpoint whose
root is met on the way covers exactly the leaves before it, so all checkpoints are beginnings of one another.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa

from gateway.audit import leaves, verifier
from gateway.audit.leaves import Flaw, Leaf
from gateway.audit.store import RISE, checkpoint, node
from gateway.audit.verifier import Checkpoint, Frontier, Key, ProofError
from gateway.kernel.audit import leaf
from gateway.kernel.clock import rfc3339

Node = tuple[int, int, bytes]  # level, position, hash


@dataclass(slots=True)
class Walk:
    """One look at the first `size` leaves; `older` is a checkpoint that was kept outside."""

    connection: sa.Connection
    size: int
    keys: Sequence[Key]
    older: Checkpoint | None = None
    checkpoints: int = 0
    signed: int = 0  # leaves under the last checkpoint
    _frontier: Frontier = field(default_factory=Frontier)
    _whole: bool = True
    _origin: str | None = None
    _time: datetime | None = None

    def batches(self) -> Iterator[tuple[list[Leaf], list[Flaw]]]:
        """The numbered leaves in their order, with what is wrong with each batch and with the tree over it."""
        for batch in leaves.numbered(self.connection, self.size):
            yield batch, [flaw for one in batch for flaw in one.flaws()] + list(self._grow(batch))
        yield [], list(self._end())

    def _grow(self, batch: Sequence[Leaf]) -> Iterator[Flaw]:
        reached = (batch[-1].position or 0) + 1
        heads = {row.size: row for row in self._heads(self._frontier.size, reached)}
        older = self.older.size if self.older is not None else None
        kept: list[Node] = []
        for one in batch:
            if self._whole and one.position != self._frontier.size:
                self._whole = False
                yield Flaw("leaf.missing", str(self._frontier.size), "beyond it the tree cannot be computed")
            if not self._whole:
                continue
            grown = self._frontier.append(verifier.leaf_hash(one.body))
            kept += [subtree for subtree in grown if subtree[0] % RISE == 0]
            if self._frontier.size in heads:
                yield from self._check_head(heads[self._frontier.size])
            if self._frontier.size == older and self.older is not None and self.older.root != self._frontier.root():
                yield Flaw("checkpoint.contradicted", str(older), "the checkpoint kept outside covers other leaves")
        yield from self._check_nodes(kept)

    def _heads(self, after: int, upto: int) -> list[sa.Row[tuple[int, bytes, datetime, str]]]:
        chosen = (checkpoint.c.size > after) & (checkpoint.c.size <= upto)
        return list(self.connection.execute(sa.select(checkpoint).where(chosen)))

    def _check_head(self, row: sa.Row[tuple[int, bytes, datetime, str]]) -> Iterator[Flaw]:
        self.checkpoints += 1
        self.signed = row.size
        where = str(row.size)
        if bytes(row.root) != self._frontier.root():
            yield Flaw("checkpoint.root", where, "the leaves before it have another root")
        try:
            found = verifier.read_checkpoint(row.note)
            verifier.signer_of(found, self.keys, verifier.best_check())
        except ProofError as error:
            yield Flaw(error.code, where, str(error))
            return
        if (found.size, found.root, found.time) != (row.size, bytes(row.root), rfc3339(row.at)):
            yield Flaw("checkpoint.columns", where, "the signed text says otherwise")
        if self._origin not in (None, found.origin):
            yield Flaw("checkpoint.origin", where, found.origin)
        if self._time is not None and row.at < self._time:
            yield Flaw("checkpoint.time", where, "signed before a smaller one")
        self._origin, self._time = found.origin, row.at

    def _check_nodes(self, made: Sequence[Node]) -> Iterator[Flaw]:
        for level, group in groupby(sorted(made), key=lambda one: one[0]):
            wanted = {position: value for _, position, value in group}
            here = (node.c.level == level) & node.c.position.between(min(wanted), max(wanted))
            found = self.connection.execute(sa.select(node.c.position, node.c.hash).where(here))
            stored = {row.position: bytes(row.hash) for row in found}
            for position, value in wanted.items():
                if position not in stored:
                    yield Flaw("node.missing", f"{level}/{position}")
                elif stored[position] != value:
                    yield Flaw("node.changed", f"{level}/{position}")

    def _end(self) -> Iterator[Flaw]:
        """What was not met on the way must not be there."""
        if self._whole and self._frontier.size != self.size:
            yield Flaw("leaf.missing", str(self._frontier.size))
        size = sa.select(sa.func.coalesce(sa.func.max(leaf.c.position), -1) + 1).scalar_subquery()
        for beyond in self.connection.scalars(sa.select(checkpoint.c.size).where(checkpoint.c.size > size)):
            yield Flaw("tree.truncated", str(beyond), "a checkpoint covers leaves that are gone")
        covered = (node.c.position + 1).op("<<")(node.c.level)
        for row in self.connection.execute(sa.select(node.c.level, node.c.position).where(covered > size).limit(100)):
            yield Flaw("node.surplus", f"{row.level}/{row.position}", "over leaves that are not there")
        if self.older is not None and self.older.size > self.size:
            yield Flaw(
                "tree.truncated", str(self.older.size), "the checkpoint kept outside covers leaves that are gone"
            )
