"""Facts become numbered receipts: one counter bump per range and one bulk insert per batch, in the caller's transaction.

One money event, one receipt (`source`): a repeat is answered with the receipt it already has and spends no number.
The signature follows later and never burns a number (Thông tư 91/2026/TT-BTC, Điều 20 knows no cancelled receipt).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from receipts import facts as facts_json
from receipts.mask import mask_name
from receipts.model import FORM_NO_FACE_VALUE, Mint, Numbered, ReceiptFacts, Sealer, State
from receipts.rules import check_facts
from receipts.series import Series, SeriesClosed, lock_ranges, take
from receipts.store import facts_place, receipt
from receipts.xml import data_element

Source = tuple[str, str]  # owner, source: one money event
Key = tuple[str, int, str, str]  # owner, year, tax code, delegate's tax code: whose numbers a receipt takes
Insert = Callable[[sa.Table, Sequence[Mapping[str, Any]]], None]
Ranges = Mapping[tuple[str, int], Sequence[Series]]

_ANSWER = ("id", "source", "payment", "form", "symbol", "number", "lookup_code", "day", "amount")  # as in Numbered


def issue(
    connection: sa.Connection,
    facts: Sequence[ReceiptFacts],
    *,
    now: datetime,
    mint: Mint,
    sealer: Sealer,
    lookup_code: Callable[[], str],
    insert: Insert | None = None,
) -> list[Numbered]:
    """A number for each of `facts`, in their order. The rows are written by `insert`, where the caller has a better way.

    Raises NoLines, BadKind, BadAmount, Unwritable (such a receipt may not exist) or SeriesClosed, each before anything
    is written.
    """
    for one in facts:
        check_facts(one)
        _refuse_unwritable(one)
    ranges = lock_ranges(connection, {(one.owner, one.day.year) for one in facts})
    known = _issued_before(connection, facts)  # under the lock, so that what another worker just issued is seen
    fresh: dict[Source, ReceiptFacts] = {}
    for one in facts:
        if _source(one) not in known:
            fresh.setdefault(_source(one), one)
    rows = _numbered_rows(connection, list(fresh.values()), ranges, now, mint, sealer, lookup_code)
    if rows and insert is not None:
        insert(receipt, rows)
    elif rows:
        connection.execute(sa.insert(receipt), rows)
    made = {(row["owner"], row["source"]): Numbered(*(row[column] for column in _ANSWER)) for row in rows}
    return _in_order(facts, known | made, repeated=set(known))


def _refuse_unwritable(facts: ReceiptFacts) -> None:
    """A number is for ever, so whatever the XML cannot say is refused before; only facts matter here."""
    symbol = f"{facts.day:%y}TAA"
    data_element(facts, form=FORM_NO_FACE_VALUE, symbol=symbol, number=1, lookup_code="0000", token_public_key="0")  # noqa: S106


def _source(facts: ReceiptFacts) -> Source:
    return facts.owner, facts.source


def _key(facts: ReceiptFacts) -> Key:
    delegate = facts.delegate.tax_code if facts.delegate else ""
    return facts.owner, facts.day.year, facts.org.tax_code, delegate


def _issued_before(connection: sa.Connection, facts: Sequence[ReceiptFacts]) -> dict[Source, Numbered]:
    asked = {"owners": sorted({one.owner for one in facts}), "sources": sorted({one.source for one in facts})}
    query = _BEFORE_BY_ARRAY if connection.dialect.name == "postgresql" else _BEFORE
    return {(row.owner, row.source): Numbered(*row[1:]) for row in connection.execute(query, asked)}


def _before(among: Callable[[sa.Column[str], str], sa.ColumnElement[bool]]) -> sa.Select[*tuple[Any, ...]]:
    found = sa.select(receipt.c.owner, *(receipt.c[column] for column in _ANSWER))
    return found.where(among(receipt.c.owner, "owners"), among(receipt.c.source, "sources"))


# One parameter for any number of values, so that PostgreSQL parses and psycopg splits the text once.
_BEFORE_BY_ARRAY = _before(lambda column, name: column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(sa.Text))))
_BEFORE = _before(lambda column, name: column.in_(sa.bindparam(name, expanding=True)))


def _numbered_rows(
    connection: sa.Connection,
    fresh: Sequence[ReceiptFacts],
    ranges: Ranges,
    now: datetime,
    mint: Mint,
    sealer: Sealer,
    lookup_code: Callable[[], str],
) -> list[dict[str, Any]]:
    portions = _portions(Counter(map(_key, fresh)), ranges)
    numbers = {key: _numbers(connection, portion) for key, portion in portions.items()}
    ids = sorted(mint("rct") for _ in fresh)  # within a batch the order of ids is the order of numbers
    return [
        _row(receipt_id, one, *next(numbers[_key(one)]), sealer) | {"lookup_code": lookup_code(), "issued_at": now}
        for receipt_id, one in zip(ids, fresh, strict=True)
    ]


def _portions(wanted: Mapping[Key, int], ranges: Ranges) -> dict[Key, list[tuple[Series, int]]]:
    """How many numbers to take from which range, the earlier range first; SeriesClosed if they do not suffice."""
    portions: dict[Key, list[tuple[Series, int]]] = {}
    for key, count in wanted.items():
        owner, year, *whose = key
        usable = [one for one in ranges.get((owner, year), ()) if [one.tax_code, one.delegate] == whose]
        left = sum(one.left for one in usable)
        if left < count:
            raise SeriesClosed(owner, year, count, left)
        portions[key] = []
        for one in usable:
            if portion := min(one.left, count):
                portions[key].append((one, portion))
                count -= portion
    return portions


def _numbers(connection: sa.Connection, portions: Sequence[tuple[Series, int]]) -> Iterator[tuple[Series, int]]:
    taken = [(one, take(connection, one, count)) for one, count in portions]
    return ((one, number) for one, numbers in taken for number in numbers)


def _row(receipt_id: str, facts: ReceiptFacts, series: Series, number: int, sealer: Sealer) -> dict[str, Any]:
    kinds = {line.kind for line in facts.lines}
    return {
        "id": receipt_id,
        "owner": facts.owner,
        "series_id": series.id,
        "form": series.form,
        "symbol": series.symbol,
        "number": number,
        "source": facts.source,
        "payment": facts.payment,
        "dossier_code": facts.dossier.code,
        "day": facts.day,
        "amount": facts.amount,
        "kind_split": kinds.pop() if len(kinds) == 1 else "ALL",
        "state": State.NUMBERED.value,
        "facts": sealer.seal(facts_place(receipt_id), facts_json.to_bytes(facts)),
        "payer_masked": mask_name(facts.payer.name),
    }


def _in_order(
    facts: Sequence[ReceiptFacts], receipts: Mapping[Source, Numbered], repeated: set[Source]
) -> list[Numbered]:
    """One answer per fact; only the first mention of a source that was new is not a repeat."""
    answers: list[Numbered] = []
    for source in map(_source, facts):
        answers.append(replace(receipts[source], repeated=source in repeated))
        repeated.add(source)
    return answers
