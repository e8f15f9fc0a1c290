"""One ZIP of a basket's receipts: XML and PDF of each, and a workbook that lists them. Cells are text or numbers, never
formulas (OWASP: CSV injection)."""

from __future__ import annotations

import zipfile
from io import BytesIO

import sqlalchemy as sa

from gateway.baskets.model import Basket
from gateway.kernel.vault import Vault
from receipts import store as receipts_store

HEADINGS = (
    ("Mẫu", "Form"),
    ("Ký hiệu", "Symbol"),
    ("Số", "Number"),
    ("Ngày", "Day"),
    ("Cơ quan thu", "Agency"),
    ("Mã hồ sơ", "Dossier"),
    ("Số tiền (đồng)", "Amount (VND)"),
    ("Mã tra cứu", "Look-up code"),
    ("Mã thanh toán", "Payment reference"),
)


def pack(connection: sa.Connection, basket: Basket, vault: Vault, language: str = "vi") -> bytes:
    """Signed receipts only; those still to be signed are in the workbook of the next download."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for view in basket.payments:
            for row in view.receipts:
                _add(connection, packed, row, vault)
        packed.writestr("bien-lai.xlsx", workbook(basket, language))
    return out.getvalue()


def workbook(basket: Basket, language: str = "vi") -> bytes:
    """The list of receipts."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Biên lai" if language == "vi" else "Receipts")
    sheet.append([pair[0 if language == "vi" else 1] for pair in HEADINGS])
    for view in basket.payments:
        for row in view.receipts:
            if row.signed_at is not None:
                facts = (row.form, row.symbol, row.number, row.day, view.agency.name, row.dossier_code)
                sheet.append([_cell(value) for value in (*facts, row.amount, row.lookup_code, view.row.reference)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _add(connection: sa.Connection, packed: zipfile.ZipFile, row: sa.Row[tuple[object, ...]], vault: Vault) -> None:
    name = f"{row.form}-{row.symbol}-{row.number:08d}"
    for kind in ("xml", "pdf"):
        body = receipts_store.document(connection, row.id, kind, vault)
        if body is not None:
            packed.writestr(f"{row.owner}/{name}.{kind}", body)


def _cell(value: object) -> object:
    """Text that a spreadsheet would read as a formula stays text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" else value
