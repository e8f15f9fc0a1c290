"""A report as CSV (UTF-8 with BOM, as spreadsheets want it) or XLSX; text that looks like a formula stays text (OWASP)."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO

from gateway.reporting.model import Cell, Report

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(report: Report, language: str = "vi") -> bytes:
    """Comma separated, RFC 4180."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow([column.name(language) for column in report.columns])
    writer.writerows([[harmless(cell) for cell in row] for row in report.rows])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(report: Report, language: str = "vi") -> bytes:
    """One sheet; amounts are numbers."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet(report.name[:31])
    sheet.append([column.name(language) for column in report.columns])
    for row in report.rows:
        sheet.append([harmless(cell) for cell in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet runs."""
    if isinstance(cell, date):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
