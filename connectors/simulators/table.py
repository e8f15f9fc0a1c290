"""Rows written as the files that people send: CSV, JSON or XLSX."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from io import BytesIO, StringIO
from typing import Literal

Form = Literal["csv", "json", "xlsx"]


def table(rows: Sequence[Mapping[str, str]], form: Form) -> bytes:
    """The rows under the names of the first one."""
    if form == "json":
        return json.dumps([dict(row) for row in rows], ensure_ascii=False).encode()
    return _csv(rows) if form == "csv" else _xlsx(rows)


def _csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    kept = StringIO(newline="")
    written = csv.DictWriter(kept, list(rows[0]) if rows else [])
    written.writeheader()
    written.writerows(rows)
    return kept.getvalue().encode("utf-8-sig")  # as spreadsheets do


def _xlsx(rows: Sequence[Mapping[str, str]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(rows[0]) if rows else [])
    for row in rows:
        sheet.append([int(cell) if _plain(cell) else cell for cell in row.values()])
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def _plain(cell: str) -> bool:
    """What a clerk's spreadsheet makes a number of; what starts with zero it would spoil, so that stays text."""
    return cell.isascii() and cell.isdecimal() and not cell.startswith("0") and len(cell) < 12
