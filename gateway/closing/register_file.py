"""The list of dossiers as a one-stop system exports it (CSV or XLSX), its columns known by what they are called.

Decree 118/2025/NĐ-CP gives no format for it, so each field has the names that such lists use, with or without accents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

from connectors.files import cells
from connectors.files.profile import folded
from connectors.files.reading import REASONS, Unreadable
from connectors.files.table import CsvTable, csv_candidates
from connectors.files.workbook import WorkbookTables
from gateway.kernel.errors import Invalid

FIELDS: dict[str, tuple[str, ...]] = {
    "code": ("dossier_code", "ma ho so", "so ho so", "ma so ho so", "so bien nhan"),
    "procedure_code": ("procedure_code", "ma thu tuc", "ma tthc", "ma thu tuc hanh chinh"),
    "result_on": ("result_on", "ngay tra ket qua", "ngay tra kq", "ngay co ket qua", "ngay tra"),
    "fee_bearing": ("fee_bearing", "co thu phi", "thu phi le phi", "co phi le phi", "thu phi"),
    "paid": ("paid", "da nop", "da nop phi", "da thanh toan", "tinh trang thanh toan"),
}
NEEDED = ("code", "fee_bearing")
MOST_ROWS = 500_000
_HEADING_ROWS = 20
_FLAWS = 100

_YES = frozenset({"1", "x", "co", "yes", "true", "da nop", "da thanh toan", "da thu"})
_NO = frozenset({"", "0", "khong", "no", "false", "chua", "chua nop", "chua thanh toan", "chua thu"})


class RegisterRefused(Invalid):
    """Nothing was taken; `facts["flaws"]` says what stands in the way."""

    code = "register.refused"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One dossier as the register has it."""

    code: str
    procedure_code: str
    result_on: date | None
    fee_bearing: bool
    paid: bool | None


def read(content: bytes) -> list[RegisterRow]:
    """The rows of the first table with a heading of ours; one flaw refuses the file. Raises RegisterRefused."""
    flaws: list[dict[str, str]] = []
    found: dict[str, RegisterRow] = {}
    try:
        columns, rows = _headed(content)
        for line, values in rows:
            try:
                row = _row(columns, values)
            except Unreadable as flaw:
                flaws.append(_flaw(flaw.code, line))
                continue
            if row is not None:
                found[row.code] = row
            if len(flaws) >= _FLAWS or len(found) > MOST_ROWS:
                break
    except Unreadable as flaw:
        flaws.append(_flaw(flaw.code, 0))
    if flaws or not found or len(found) > MOST_ROWS:
        raise RegisterRefused(
            "Không nhận tệp danh sách hồ sơ này.", "The list of dossiers is refused.", field="file", flaws=flaws
        )
    return list(found.values())


def _headed(content: bytes) -> tuple[dict[str, int], Iterator[tuple[int, Sequence[cells.Cell]]]]:
    """Which column is which field, and the rows below the heading."""
    for table in _tables(content):
        for _, rows in table.tables():
            for _, (_, values) in zip(range(_HEADING_ROWS), rows, strict=False):
                columns = _columns(values)
                if all(name in columns for name in NEEDED):
                    return columns, rows
    raise Unreadable("csv.header_missing")


def _tables(content: bytes) -> Sequence[CsvTable | WorkbookTables]:
    if content.startswith(b"PK"):
        return [WorkbookTables(lambda: BytesIO(content))]
    return csv_candidates(lambda: BytesIO(content))


def _columns(values: Sequence[cells.Cell]) -> dict[str, int]:
    said = [folded(cells.shown(value)) for value in values]
    return {name: said.index(word) for name, words in FIELDS.items() for word in map(folded, words) if word in said}


def _row(columns: dict[str, int], values: Sequence[cells.Cell]) -> RegisterRow | None:
    told = {name: values[at] if at < len(values) else None for name, at in columns.items()}
    code = cells.text(told["code"])
    if not code:
        if any(cells.text(value) for value in told.values()):
            raise Unreadable("value.missing")
        return None
    result = told.get("result_on")
    return RegisterRow(
        code=code,
        procedure_code=cells.text(told.get("procedure_code")),
        result_on=cells.day(result) if cells.text(result) else None,
        fee_bearing=_truth(told["fee_bearing"]) or False,
        paid=_truth(told["paid"]) if "paid" in told else None,
    )


def _truth(cell: cells.Cell) -> bool:
    said = folded(cells.text(cell))
    if said in _YES or said in _NO:
        return said in _YES
    raise Unreadable("value.unknown")


def _flaw(code: str, line: int) -> dict[str, str]:
    vi, en = _REASONS.get(code) or REASONS[code]
    return {"code": code, "message": f"{vi} / {en}", "where": f"line {line}" if line else "", "column": ""}


_REASONS = {"value.unknown": ("Không phải có hoặc không", "neither yes nor no")}
