"""Writing a run down: rows that changed are superseded and added, rows that stand are left alone.

Works on `line_result` and `payment_result` of the evaluation, set-based, in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from reconciliation.model import PLACED, RULES_VERSION, Totals
from reconciliation.scope import Scope
from reconciliation.store import EVIDENCE, recon_item, recon_run

_FACTS = ("account", "kind", "group_id", "rule", "amount", "difference", *(column.name for column in EVIDENCE))
_SIDES = ("line", "payment")


def _fresh(side: str) -> sa.TableClause:
    """The evaluation's result for this side."""
    columns: list[sa.ColumnClause[Any]] = [sa.column(name, recon_item.c[name].type) for name in _FACTS]
    return sa.table(f"{side}_result", sa.column(f"{side}_id", sa.Text), *columns)


def basis(row: sa.FromClause) -> sa.ColumnElement[str]:
    """What a decision rests on, as one text. While no money is there, waiting longer is no new evidence."""
    c = row.c
    facts: sa.ColumnElement[str] = c.kind + "|" + c.rule + "|" + c.group_id + "|" + sa.cast(c.difference, sa.Text)
    return sa.case((c.line_count == 0, "no money"), else_=facts)


class Record:
    """One run's writing, in the order contest, end, add, close."""

    def __init__(self, connection: sa.Connection, owner: str, run_id: str, scope: Scope | None = None) -> None:
        self.run_id = run_id
        self._connection = connection
        self._owner = owner
        self._scope = scope  # without it, all that the accounts have was looked at

    def contest(self) -> tuple[str, ...]:
        """Decisions stay, but those that new evidence speaks against say so. Ids of their lines and payments.

        What persons placed and decided alike is one decision told twice, not new evidence.
        """
        contested: list[str] = []
        for side in _SIDES:
            fresh = _fresh(side)
            alike = sa.and_(fresh.c.how == PLACED, fresh.c.kind == recon_item.c.kind)
            found = self._connection.execute(
                sa.select(recon_item, fresh.c.kind.label("found"), basis(fresh).label("fresh_basis"))
                .join(fresh, self._same(fresh, side))
                .where(recon_item.c.decided_by.is_not(None), recon_item.c.basis != basis(fresh), ~alike)
                .order_by(recon_item.c.subject)
            ).all()
            for row in found:
                self._contest(dict(row._mapping))
                contested.append(row.subject.partition(":")[2])
        return tuple(contested)

    def end(self, accounts: list[str]) -> int:
        """Supersede the rows that no longer hold, those of payments that are gone among them."""
        ended = 0
        for side in _SIDES:
            fresh = _fresh(side)
            subject = recon_item.c[f"{side}_id"]
            same = sa.select(sa.literal(1)).select_from(fresh).where(fresh.c[f"{side}_id"] == subject)
            equal = same.where(*(fresh.c[name].is_not_distinct_from(recon_item.c[name]) for name in _FACTS))
            held = sa.and_(
                recon_item.c.owner == self._owner,
                subject.is_not(None),
                recon_item.c.superseded_by.is_(None),
                recon_item.c.decided_by.is_(None),
                self._looked_at(side, accounts, same.correlate(recon_item).exists()),
                ~equal.correlate(recon_item).exists(),
            )
            ended += self._connection.execute(
                sa.update(recon_item).where(held).values(superseded_by=self.run_id)
            ).rowcount
        return ended

    def _looked_at(self, side: str, accounts: list[str], found: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        if self._scope is None:
            return sa.or_(recon_item.c.account.in_(accounts), found)
        scoped = self._scope.lines if side == "line" else self._scope.payments
        return recon_item.c[f"{side}_id"].in_(sa.select(scoped.c.id))

    def add(self) -> int:
        """Add the rows that have no current one."""
        added = 0
        for side in _SIDES:
            fresh, subject = _fresh(side), f"{side}_id"
            columns = ["run_id", "subject", "owner", subject, *_FACTS]
            values = [sa.literal(self.run_id), sa.literal(f"{side}:") + fresh.c[subject], sa.literal(self._owner)]
            missing = (
                sa.select(*values, fresh.c[subject], *(fresh.c[name] for name in _FACTS))
                .select_from(fresh.outerjoin(recon_item, self._same(fresh, side)))
                .where(recon_item.c[subject].is_(None))
            )
            insert = sa.insert(recon_item).from_select(columns, missing).execution_options(preserve_rowcount=True)
            added += self._connection.execute(insert).rowcount
        return added

    def close(
        self,
        *,
        now: datetime,
        as_of: date,
        accounts: list[str],
        totals: Mapping[str, Totals],
        written: int,
        ended: int,
    ) -> None:
        """The run's own row."""
        previous = self._previous_hash()
        self._connection.execute(
            sa.insert(recon_run).values(
                id=self.run_id,
                owner=self._owner,
                at=now,
                as_of=as_of,
                rules_version=RULES_VERSION,
                accounts=json.dumps(accounts),
                line_count=sum(total.lines for total in totals.values()),
                payment_count=sum(total.payments for total in totals.values()),
                last_line=self._connection.scalar(
                    sa.select(sa.func.max(sa.column("line_id"))).select_from(sa.table("src_line"))
                ),
                totals=json.dumps({kind: asdict(total) for kind, total in totals.items()}, sort_keys=True),
                written=written,
                ended=ended,
                previous_hash=previous,
                result_hash=self._hash(previous),
            )
        )

    def _same(self, fresh: sa.TableClause, side: str) -> sa.ColumnElement[bool]:
        """The current row of the same line or payment."""
        subject = f"{side}_id"
        return sa.and_(
            recon_item.c.owner == self._owner,
            recon_item.c[subject] == fresh.c[subject],
            recon_item.c.superseded_by.is_(None),
        )

    def _contest(self, row: dict[str, Any]) -> None:
        found, fresh_basis = row.pop("found"), row.pop("fresh_basis")
        same = sa.and_(recon_item.c.run_id == row["run_id"], recon_item.c.subject == row["subject"])
        self._connection.execute(sa.update(recon_item).where(same).values(superseded_by=self.run_id))
        row.update(run_id=self.run_id, basis=fresh_basis, contested_by=found)
        self._connection.execute(sa.insert(recon_item).values(row))

    def _previous_hash(self) -> str:
        last = (
            sa.select(recon_run.c.result_hash)
            .where(recon_run.c.owner == self._owner)
            .order_by(recon_run.c.at.desc(), recon_run.c.id.desc())
            .limit(1)
        )
        return self._connection.scalar(last) or ""

    def _hash(self, previous: str) -> str:
        digest = hashlib.sha256(previous.encode())
        for row in self._rows():
            digest.update(json.dumps(row, ensure_ascii=False, default=str, separators=(",", ":")).encode())
        return digest.hexdigest()

    def _rows(self) -> Iterator[list[Any]]:
        c = recon_item.c
        written = sa.select(c.subject, *(c[name] for name in _FACTS), c.contested_by).where(c.run_id == self.run_id)
        ordered = written.order_by(c.subject).execution_options(yield_per=5_000)
        yield from (list(row) for row in self._connection.execute(ordered))
