"""Rows by the names of their fields, from CSV (RFC 4180), JSON (RFC 8259) or XLSX (ECMA-376, its first sheet).

A JSON file is a list of objects, or an object with one list of objects whose other fields hold for each of them. What
is in a cell is text; only JSON has fields that are lists. Columns nobody knows are left alone.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO, StringIO

from connectors import exact_json
from connectors.exact_json import Unreadable
from connectors.files import cells, reading
from connectors.files.workbook import WorkbookTables

SIZE_LIMIT = 64 << 20  # bytes of a file
ROW_LIMIT = 500_000

Row = Mapping[str, object]  # text, or what JSON holds in a list
Rows = Iterator[tuple[str, Row]]  # where it stands (`row 2`), and the row


def read(data: bytes) -> list[tuple[str, Row]]:
    """Every row of the file. Raises Unreadable: `body.empty`, `csv.malformed`, `xlsx.malformed`, `rows.too_many` ..."""
    if not data.strip():
        raise Unreadable("body.empty")
    if len(data) > SIZE_LIMIT:
        raise Unreadable("body.too_large")
    if data.startswith(b"PK"):
        return _bounded(_xlsx(data))
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        return _bounded(_json(data.removeprefix(b"\xef\xbb\xbf")))
    return _bounded(_csv(data))


def text(row: Row, name: str, *, limit: int = 2000) -> str:
    """The field without blanks around it, empty where it is absent. Raises Unreadable naming the field."""
    return exact_json.text_of(row.get(name), name, limit=limit).strip()


def _bounded(found: Rows) -> list[tuple[str, Row]]:
    kept: list[tuple[str, Row]] = []
    for row in found:
        if len(kept) == ROW_LIMIT:
            raise Unreadable("rows.too_many")
        kept.append(row)
    return kept


def _json(data: bytes) -> Rows:
    whole = exact_json.read_any(data, limit=SIZE_LIMIT)
    head: Row = {}
    if isinstance(whole, dict):
        lists = [name for name, value in whole.items() if _objects(value)]
        head = {name: value for name, value in whole.items() if name not in lists[:1]} if lists else {}
        whole = whole[lists[0]] if lists else [whole]
    if not isinstance(whole, list):
        raise Unreadable("json.not_a_list")
    for number, row in enumerate(whole, 1):
        if not isinstance(row, dict) or row.keys() & head.keys():
            raise Unreadable("json.not_an_object" if not isinstance(row, dict) else "json.name_repeated")
        yield f"row {number}", {**head, **row}


def _objects(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _csv(data: bytes) -> Rows:
    try:
        written = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("body.not_utf8") from None
    first = written.partition("\n")[0]
    lines = csv.reader(StringIO(written, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        yield from _table(lines)
    except csv.Error:
        raise Unreadable("csv.malformed") from None


def _xlsx(data: bytes) -> Rows:
    try:
        for _, sheet in WorkbookTables(lambda: BytesIO(data)).tables():
            yield from _table([cells.text(cell) for cell in row] for _, row in sheet)
            return
    except reading.Unreadable as flaw:
        raise Unreadable(flaw.code) from None
    raise Unreadable("xlsx.malformed")


def _table(lines: Iterable[list[str]]) -> Rows:
    header: list[str] | None = None
    for number, line in enumerate(lines, 1):
        filled = [cell.strip() for cell in line]
        if not any(filled):
            continue
        if header is None:
            header = filled
            if len({*filter(None, header)}) != len([*filter(None, header)]):
                raise Unreadable("field.repeated")
            continue
        if any(filled[len(header) :]):
            raise Unreadable("row.shape", f"row {number}")
        yield f"row {number}", {name: value for name, value in zip(header, filled, strict=False) if name}
