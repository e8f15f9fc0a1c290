"""Dossier codes from what a person has at hand: pasted text, or the first column of a workbook."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from io import BytesIO

from gateway.baskets.model import BasketInvalid

MOST = 200  # dossiers in one basket
LARGEST_FILE = 900 * 1024
LARGEST_UNPACKED = 20 * 1024 * 1024

_SPLIT = re.compile(r"[\s,;]+")
_CODE = re.compile(r"[0-9A-Z][0-9A-Z./-]{5,59}")


def from_text(text: str) -> list[str]:
    """Codes in their order, each once. BasketInvalid when there is none, or too many."""
    return _codes(_SPLIT.split(text))


def from_workbook(content: bytes) -> list[str]:
    """The first column of the first sheet; what does not look like a code (headings) is passed over."""
    import openpyxl

    if len(content) > LARGEST_FILE or not content.startswith(b"PK"):
        raise _unreadable()
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            if sum(item.file_size for item in packed.infolist()) > LARGEST_UNPACKED:
                raise _unreadable()
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
        column = [str(row[0]) for row in book.worksheets[0].iter_rows(max_col=1, values_only=True) if row and row[0]]
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError, TypeError):
        raise _unreadable() from None
    return _codes(column)


def _codes(words: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(word for raw in words if _CODE.fullmatch(word := raw.strip().upper())))
    if not found:
        raise BasketInvalid("Không thấy mã hồ sơ nào.", "There is no dossier code.", field="codes")
    if len(found) > MOST:
        raise BasketInvalid(f"Nhiều nhất {MOST} hồ sơ một lần.", f"At most {MOST} dossiers at a time.", field="codes")
    return found


def _unreadable() -> BasketInvalid:
    return BasketInvalid("Không đọc được tệp; cần XLSX dưới 900 KB.", "The file cannot be read.", field="file")
