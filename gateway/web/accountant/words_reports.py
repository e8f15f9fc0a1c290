"""What the page of reports says of them, Vietnamese first."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TEXTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "acc.report.exempt": ("Miễn, giảm theo căn cứ", "Exempt and reduced by ground"),
        "acc.report.receipts_used": ("Biên lai đã sử dụng", "Receipts used"),
        "acc.by.field": ("Lĩnh vực", "Field"),
        "acc.by.unit": ("Quầy", "Counter"),
        "acc.by.officer": ("Cán bộ", "Officer"),
    }
)
