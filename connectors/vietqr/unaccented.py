"""Vietnamese without its accents, for names and memos in a code: the bank's machines read ASCII only (EMV Book 4, ANS)."""

from __future__ import annotations

import unicodedata

_STROKES = str.maketrans("đĐ", "dD")  # the two letters that do not decompose


def unaccented(text: str) -> str:
    """`Nộp phí hộ tịch` as `Nop phi ho tich`; what has no ASCII form is left out, white space becomes one space."""
    letters = unicodedata.normalize("NFKD", text.translate(_STROKES))
    return " ".join("".join(c if " " < c <= "~" else " " if c.isspace() else "" for c in letters).split())
