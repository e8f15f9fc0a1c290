"""A file as tables of rows: one for a CSV, one for each sheet of a workbook; read from its beginning as often as needed.

CSV is RFC 4180 with whatever encoding and delimiter the bank chose: UTF-8, UTF-16 or the Vietnamese Windows code page
1258; comma, semicolon, tab or bar.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from typing import Protocol

from connectors.files.cells import Cell
from connectors.files.profile import DELIMITERS
from connectors.files.reading import Opener, Unreadable

Row = tuple[int, Sequence[Cell]]  # line of the file, or row of the sheet, from 1

TITLE_ROWS = 80  # a heading stands among the first rows or there is none

_HEAD = 1 << 16
_BLOCK = 1 << 20
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class Tables(Protocol):
    """What a file holds. Reading raises Unreadable where it breaks off."""

    @property
    def format(self) -> str: ...
    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]: ...  # name of the sheet, empty in a CSV


@dataclass(frozen=True, slots=True)
class CsvTable:
    """A CSV in one encoding and with one delimiter."""

    opened: Opener
    encoding: str
    delimiter: str
    format: str = "csv"

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """The one table."""
        yield "", self._rows()

    def _rows(self) -> Iterator[Row]:
        with TextIOWrapper(self.opened(), encoding=self.encoding, newline="") as text:
            rows = csv.reader(text, delimiter=self.delimiter, strict=True)
            try:
                for row in rows:
                    yield rows.line_num, row
            except csv.Error:
                raise Unreadable("csv.malformed", str(rows.line_num)) from None
            except UnicodeError:
                raise Unreadable("encoding.unreadable") from None


def encoding_of(opened: Opener, wanted: str = "auto") -> str:
    """How the text is encoded: what its first bytes say, else UTF-8 where all of it is valid, else code page 1258."""
    with opened() as file:
        head = file.read(_HEAD)
        for mark, encoding in _BOMS:
            if head.startswith(mark):
                return encoding
        if wanted != "auto":
            return wanted
        if b"\0" in head[:200]:
            return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
    return "utf-8" if _valid(opened, "utf-8") else "cp1258"


def _valid(opened: Opener, encoding: str) -> bool:
    try:
        with TextIOWrapper(opened(), encoding=encoding) as text:
            while text.read(_BLOCK):
                pass
    except UnicodeError:
        return False
    return True


def csv_candidates(opened: Opener, encoding: str = "auto", delimiter: str = "auto") -> list[CsvTable]:
    """The ways in which the file may be taken apart, likeliest first."""
    found = encoding_of(opened, encoding)
    marks = DELIMITERS[delimiter] or _by_frequency(opened, found)
    return [CsvTable(opened, found, mark) for mark in marks]


def _by_frequency(opened: Opener, encoding: str) -> str:
    try:
        with opened() as file:
            head = file.read(_HEAD).decode(encoding, "replace")
    except LookupError:
        head = ""
    return "".join(sorted(",;\t|", key=lambda mark: -head.count(mark)))


def first_rows(rows: Iterator[Row], most: int = TITLE_ROWS) -> list[Row]:
    """The rows among which the heading must be. Raises Unreadable."""
    return list(islice(rows, most))


def glanced(rows: Iterator[Row], most: int = TITLE_ROWS) -> list[Row]:
    """The same for a look that decides nothing: what breaks off there ends them, and the reading proper says so."""
    found: list[Row] = []
    with suppress(Unreadable):
        for row in islice(rows, most):
            found.append(row)
    return found
