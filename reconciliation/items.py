"""Reading results back: current items of an owner, each with its sentence, made anew from rule and evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from reconciliation.explain import explain
from reconciliation.model import Evidence, Item, Kind
from reconciliation.outcome import Told, natural
from reconciliation.store import line_ref, recon_item, statement_line


def current_items(
    connection: sa.Connection,
    *,
    owner: str,
    kinds: Collection[Kind] | None = None,
    lines: Collection[str] | None = None,
    payments: Collection[str] | None = None,
) -> list[Item]:
    """Current results, of these kinds and of these lines or payments where they are given, in order of their ids."""
    c = recon_item.c
    wanted = [c.owner == owner, c.superseded_by.is_(None)]
    if kinds is not None:
        wanted.append(c.kind.in_([kind.value for kind in kinds]))
    if lines is not None or payments is not None:
        wanted.append(sa.or_(c.line_id.in_(lines or ()), c.payment_id.in_(payments or ())))
    rows = connection.execute(sa.select(recon_item).where(*wanted).order_by(c.subject))
    return [_item(row) for row in rows]


def told(connection: sa.Connection, *, owner: str, items: Sequence[Item]) -> list[Told]:
    """Each item with what it belongs to and its sentence. Lines go by the number the bank gave them."""
    c = recon_item.c
    groups = {item.group_id for item in items}
    companions = connection.execute(
        sa.select(c.group_id, c.line_id, c.payment_id).where(
            c.owner == owner, c.superseded_by.is_(None), c.group_id.in_(groups)
        )
    ).all()
    lines = _gathered((row.group_id, row.line_id) for row in companions if row.line_id)
    payments = _gathered((row.group_id, row.payment_id) for row in companions if row.payment_id)
    alone = [item.line_id for item in items if item.line_id and item.group_id not in payments]
    named = _named(connection, owner, alone)
    numbers = _numbers(connection, {line for each in lines.values() for line in each})
    return [_told(item, lines, payments, named, numbers) for item in items]


def _item(row: Any) -> Item:
    evidence = Evidence(
        reference=row.reference or "",
        how=row.how,
        line_count=row.line_count,
        payment_count=row.payment_count,
        line_sum=row.line_sum,
        expected=row.expected,
        payment_sum=row.payment_sum,
        due_on=row.due_on,
    )
    return Item(
        line_id=row.line_id,
        payment_id=row.payment_id,
        account=row.account,
        kind=Kind(row.kind),
        group_id=row.group_id,
        rule=row.rule,
        amount=row.amount,
        difference=row.difference,
        evidence=evidence,
    )


def _gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: sorted(values, key=natural) for key, values in found.items()}


def _named(connection: sa.Connection, owner: str, lines: Collection[str]) -> Mapping[str, list[str]]:
    """Payments whose reference a line carries without settling them: a duplicate's, a refund's."""
    c = recon_item.c
    rows = connection.execute(
        sa.select(line_ref.c.line_id, c.payment_id)
        .join(recon_item, sa.and_(c.owner == owner, c.reference == line_ref.c.ref, c.payment_id.is_not(None)))
        .where(line_ref.c.line_id.in_(lines), line_ref.c.how < 3, c.superseded_by.is_(None))
    )
    return _gathered(rows)


def _numbers(connection: sa.Connection, lines: Collection[str]) -> Mapping[str, str]:
    c = statement_line.c
    return dict(connection.execute(sa.select(c.id, c.line_no).where(c.id.in_(lines))).all())


def _told(
    item: Item,
    lines: Mapping[str, list[str]],
    payments: Mapping[str, list[str]],
    named: Mapping[str, list[str]],
    numbers: Mapping[str, str],
) -> Told:
    of_line, of_payment = lines.get(item.group_id, []), payments.get(item.group_id, [])
    if item.line_id is not None:
        others = of_payment or named.get(item.line_id, [])
        return Told(item, tuple(others), explain(item, (numbers.get(item.line_id, item.line_id),), others))
    shown = [numbers.get(line, line) for line in of_line]
    return Told(item, tuple(of_line), explain(item, shown, (item.payment_id or "",)))
