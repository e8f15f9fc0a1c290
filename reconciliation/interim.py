"""Reports within the day (camt.052, camt.054, MT942) beside the statement that closes it: one line of money, told twice.

Of an interim report only booked entries with the bank's own reference are taken; whatever else it tells waits for the
statement. A line that the statement tells again is known, and from then on it belongs to the statement: by the key that
the statement gives it, so that the statement may be told again too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date

import sqlalchemy as sa

from reconciliation.balances import interim_statements, statements_of
from reconciliation.keys import Stored, direction_of
from reconciliation.lines import Draft
from reconciliation.model import WORD
from reconciliation.store import statement_line

_Look = tuple[date, str, int, str]  # booking date, direction, amount, memo


class Foretold:
    """Lines of an account that interim reports told of, for a statement that covers their days."""

    def __init__(self, connection: sa.Connection, owner: str, account: str, days: tuple[date, date]) -> None:
        self._connection = connection
        c = statement_line.c
        within = sa.and_(c.owner == owner, c.account == account, c.booking_date.between(*days))
        chosen = sa.select(c.id, c.natural_key, c.booking_date, c.direction, c.amount, c.memo).where(
            within, c.statement_id.in_(interim_statements(owner, account))
        )
        self._by_key: dict[str, str] = {}
        self._alike: dict[_Look, list[str]] = defaultdict(list)
        for row in connection.execute(chosen.order_by(c.id)):
            self._by_key[row.natural_key] = row.id
            self._alike[(row.booking_date, row.direction, row.amount, row.memo)].append(row.id)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def beside(self, stored: Stored) -> Stored:
        """Keys that are stored, those of foretold lines left out: a statement does not go on behind its own lines."""
        return lambda keys: {key for key in stored(keys) if key not in self._by_key}

    def claim(self, pairs: Sequence[tuple[str, Draft]], statement_id: str, stored: Stored) -> set[int]:
        """Positions of the drafts that were foretold; their lines become the statement's."""
        found = {at: self._by_key[key] for at, (key, _) in enumerate(pairs) if key in self._by_key}
        taken = set(found.values())
        known = stored([key for at, (key, _) in enumerate(pairs) if at not in found])  # told by a statement before
        renamed: dict[str, str] = {}
        for at, (key, draft) in enumerate(pairs):
            if at not in found and key not in known and (line_id := self._like(draft, taken)):
                found[at] = line_id
                taken.add(line_id)
                renamed[line_id] = key
        self._move(sorted(taken), statement_id)
        self._rename(renamed)
        self._forget(taken)
        return set(found)

    def _like(self, draft: Draft, taken: Collection[str]) -> str | None:
        """The same day, amount and memo; where both have a number of the bank's, only if the memo names a payment."""
        if draft.bank_reference and not any(how < WORD for _, how in draft.references):
            return None
        alike = self._alike.get((draft.booking_date, direction_of(draft), draft.amount, draft.memo), ())
        return next((line_id for line_id in alike if line_id not in taken), None)

    def _move(self, line_ids: Sequence[str], statement_id: str) -> None:
        if line_ids:
            chosen = statement_line.c.id.in_(line_ids)
            self._connection.execute(sa.update(statement_line).where(chosen).values(statement_id=statement_id))

    def _rename(self, keys: Mapping[str, str]) -> None:
        if keys:
            one = sa.update(statement_line).where(statement_line.c.id == sa.bindparam("line"))
            named = one.values(natural_key=sa.bindparam("key"))
            self._connection.execute(named, [{"line": line_id, "key": key} for line_id, key in keys.items()])

    def _forget(self, taken: Collection[str]) -> None:
        self._by_key = {key: line_id for key, line_id in self._by_key.items() if line_id not in taken}
        for alike in self._alike.values():
            alike[:] = [line_id for line_id in alike if line_id not in taken]


class Covered:
    """Days of an account that a statement has told in full: an interim report adds nothing to them."""

    def __init__(self, connection: sa.Connection, owner: str, account: str) -> None:
        self._spans = [(row.from_day, row.to_day) for row in statements_of(connection, owner, account)]

    def __contains__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self._spans)
