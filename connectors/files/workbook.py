"""An XLSX workbook (ECMA-376) row by row, as a stranger's file: nothing in it is computed, followed or trusted.

Formulas count only with the value their program stored; links to other files are not opened; what would unpack to more
than a statement ever needs is refused before it is unpacked, and so is a document type declaration.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from connectors.files.cells import UNREAD, Cell
from connectors.files.reading import Opener, Unreadable
from connectors.files.table import Row

if TYPE_CHECKING:
    from openpyxl import Workbook

MOST_BYTES = 512 << 20  # of all parts, unpacked
MOST_TEXT = 128 << 20  # of the shared strings, which are held in memory
MOST_PARTS, MOST_ROWS, MOST_COLUMNS, MOST_SHEETS = 2_000, 1_048_576, 100, 64

MOST_BLANK = 1_000  # rows, one after the other

MAGIC = b"PK\x03\x04"
OLD = b"\xd0\xcf\x11\xe0"  # OLE2: .xls, and any workbook with a password

_PIECE = 1 << 20
_OVERLAP = 16


@dataclass(frozen=True, slots=True)
class WorkbookTables:
    """The sheets of a workbook."""

    opened: Opener
    format: str = "xlsx"

    def tables(self) -> Iterator[tuple[str, Iterator[Row]]]:
        """Name and rows of each visible sheet. Raises Unreadable."""
        with self.opened() as file:
            computed = _examined(file)
            try:
                yield from self._sheets(file, computed)
            except Unreadable:
                raise
            except Exception:  # whatever openpyxl makes of a damaged file
                raise Unreadable("xlsx.malformed") from None

    def _sheets(self, file: BinaryIO, computed: bool) -> Iterator[tuple[str, Iterator[Row]]]:
        values = _load(file, data_only=True)
        formulas = _load(file, data_only=False) if computed else None
        try:
            for name in values.sheetnames[:MOST_SHEETS]:
                sheet = values[name]
                if sheet.sheet_state == "visible" and hasattr(sheet, "iter_rows"):  # a chart has no rows
                    yield name, _guarded(sheet, formulas[name] if formulas else None)
        finally:
            values.close()
            if formulas:
                formulas.close()


def _load(file: BinaryIO, *, data_only: bool) -> Workbook:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of styles and validations that nobody asked for
        return load_workbook(file, read_only=True, data_only=data_only, keep_links=False)


def _guarded(values: Any, formulas: Any) -> Iterator[Row]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield from _rows(values, formulas)
    except Exception:  # as above, in the middle of a sheet
        raise Unreadable("xlsx.malformed") from None


def _rows(values: Any, formulas: Any) -> Iterator[Row]:
    """Rows with the stored values; a formula without one is UNREAD."""
    given = enumerate(_plain(values), 1)
    if formulas is None:
        yield from given
        return
    for (number, row), written in zip(given, _plain(formulas), strict=False):
        yield number, [_stored(cell, text) for cell, text in zip(row, written, strict=False)]


def _plain(sheet: Any) -> Iterator[Sequence[Cell]]:
    """Rows up to the end of what is filled: a sheet may claim a million empty ones below."""
    sheet.reset_dimensions()  # what the sheet says of its own size is often wrong
    blank = 0
    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True):
        blank = 0 if any(cell is not None for cell in row) else blank + 1
        if blank > MOST_BLANK:
            return
        yield row


def _stored(value: Cell, written: Cell) -> Cell:
    formula = (isinstance(written, str) and written.startswith("=")) or _array(written)
    return UNREAD if value is None and formula else value


def _array(written: object) -> bool:
    return type(written).__name__ in ("ArrayFormula", "DataTableFormula")


def _examined(file: BinaryIO) -> bool:
    """Refuse what is too large or hostile; whether any sheet has a formula. Raises Unreadable."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_BYTES or texts > MOST_TEXT:
                raise Unreadable("xlsx.too_large")
            named = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
            return True in {_formulas(archive, part) for part in named}  # all of them are looked at
    except Unreadable:
        raise
    except Exception:  # a damaged archive fails in many ways
        raise Unreadable("xlsx.malformed") from None
    finally:
        with suppress(ValueError):
            file.seek(0)


def _formulas(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether the part holds formulas. A part in another encoding than UTF-8 could hide what is looked for."""
    found, tail = False, b""
    with archive.open(part) as content:
        while piece := content.read(_PIECE):
            if not tail and b"\0" in piece[:4]:
                raise Unreadable("xlsx.malformed")
            seen = tail + piece
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise Unreadable("xml.doctype")
            found = found or b"<f>" in seen or b"<f " in seen or b"<f/" in seen or b":f>" in seen
            tail = seen[-_OVERLAP:]
    return found and "/worksheets/" in part.filename
