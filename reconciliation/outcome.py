"""An evaluation told row by row: what every line and every payment became, with what it belongs to, and why."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from reconciliation.explain import explain
from reconciliation.model import Evidence, Item, Kind, Sentence

if TYPE_CHECKING:
    from reconciliation.engine import Engine

_NUMBERS = re.compile(r"[0-9]+")

_NAMED = """
    select e.line_id, e.payment_id from line_result r join edge e on e.line_id = r.line_id
    where r.kind in ('DUPLICATE', 'WRONG_ACCOUNT') and e.batch = 0
    union
    select e.line_id, m.payment_id from line_result r join edge e on e.line_id = r.line_id
    join batch b on b.target = e.target join batch_member m on m.batch_key = b.batch_key
    where r.kind in ('DUPLICATE', 'WRONG_ACCOUNT')
    union
    select l.line_id, p.payment_id from rest_line l join src_line_ref r on r.line_id = l.line_id
    join src_payment p on p.reference = r.ref where r.how < 3
"""


@dataclass(frozen=True, slots=True)
class Told:
    """One result with its companions and its sentence."""

    item: Item
    others: tuple[str, ...]  # payments of a line, lines of a payment
    sentence: Sentence


def natural(text: str) -> str:
    """A key that sorts 9 before 10."""
    if text.isascii() and text.isdigit():
        return text.zfill(18)
    return _NUMBERS.sub(lambda found: found[0].zfill(18), text)


def natural_order(texts: Iterable[str]) -> list[str]:
    """In natural order; texts that read alike, 1 and 01, in their own."""
    return sorted(texts, key=lambda text: (natural(text), text))


class Outcome:
    """The results of an evaluation whose line ids are already what a reader calls the lines."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lines = _groups(engine, "line")
        self._payments = _groups(engine, "payment")
        self._named = _gathered(engine.rows(_NAMED))

    def lines(self) -> Iterator[Told]:
        """Every line, in natural order of its number."""
        for item in _items(self._engine, "line"):
            own = item.line_id or ""
            payments = self._payments.get(item.group_id) or self._named.get(own, ())
            yield Told(item, tuple(payments), explain(item, (own,), payments))

    def payments(self) -> Iterator[Told]:
        """Every payment, in natural order of its id."""
        for item in _items(self._engine, "payment"):
            lines = self._lines.get(item.group_id, ())
            yield Told(item, tuple(lines), explain(item, lines, (item.payment_id or "",)))


def _items(engine: Engine, side: str) -> list[Item]:
    rows = engine.rows(
        f"""select {side}_id, account, kind, group_id, rule, amount, difference, reference, how, line_count, payment_count,
        line_sum, expected, payment_sum, due_on from {side}_result"""  # noqa: S608 - names of our own
    )
    return sorted((_item(side, row) for row in rows), key=lambda item: natural(item.line_id or item.payment_id or ""))


def _item(side: str, row: Sequence[Any]) -> Item:
    subject, account, kind, group_id, rule, amount, difference = row[:7]
    reference, how, line_count, payment_count, line_sum, expected, payment_sum, due_on = row[7:]
    return Item(
        line_id=subject if side == "line" else None,
        payment_id=subject if side == "payment" else None,
        account=account,
        kind=Kind(kind),
        group_id=group_id,
        rule=rule,
        amount=amount,
        difference=difference,
        evidence=Evidence(
            reference or "", how, line_count, payment_count, line_sum, expected, payment_sum, _day(due_on)
        ),
    )


def _day(value: object) -> date | None:
    return None if value is None else date.fromisoformat(str(value)[:10])


def _groups(engine: Engine, side: str) -> Mapping[str, Sequence[str]]:
    return _gathered(engine.rows(f"select group_id, {side}_id from {side}_result"))  # noqa: S608 - as above


def _gathered(pairs: Any) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    for values in found.values():
        if len(values) > 1:
            values[:] = natural_order(values)
    return found
