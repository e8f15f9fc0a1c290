"""How the small codes on a receipt are written, those in use before 2026-07-01 included (TT 91/2026, Phụ lục II mục 2)."""

from __future__ import annotations

import re
from datetime import date

from receipts.rules import FORMS, SYMBOL

NUMBER = re.compile(r"[1-9][0-9]{0,7}")
TAX_CODE = re.compile(r"[0-9]{10}(-?[0-9]{3})?|[0-9]{12}")
LOOKUP_CODE = re.compile(r"[0-9A-Za-z-]{4,40}")

# In use before 2026-07-01; such a receipt can still be replaced.
LEGACY_FORM = re.compile(r"[0-9]{2}BLP[0-9]-[0-9]{3}")
LEGACY_SYMBOL = re.compile(r"[A-Z]{2}-[0-9]{2}[A-Z]")
LEGACY_NUMBER = re.compile(r"[0-9]{1,7}")


def same_year(symbol: str, day: date) -> bool:
    """The symbol's first two digits are those of the year of issue."""
    return symbol[:2] == f"{day.year % 100:02d}"


def is_legacy(form: str, symbol: str) -> bool:
    """The pair was in use before 2026-07-01."""
    return LEGACY_FORM.fullmatch(form) is not None and LEGACY_SYMBOL.fullmatch(symbol) is not None


def is_current(form: str, symbol: str) -> bool:
    """The pair may be issued today."""
    return form in FORMS and SYMBOL.fullmatch(symbol) is not None
