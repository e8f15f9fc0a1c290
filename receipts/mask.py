"""A name as a public page may show it: enough to recognise one's own, too little to learn another's.

Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: the lookup page is open to anyone who holds a code.
"""

from __future__ import annotations

import unicodedata

ONSETS = ("ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr")  # written with two letters, heard as one
MOST_STARS = 3  # the length of a long word is not shown either


def mask_name(name: str) -> str:
    """Each word keeps its first sound: `Nguyễn Thị Anh` -> `Ng*** Th* A**`."""
    return " ".join(_mask_word(word) for word in unicodedata.normalize("NFC", name).split())


def _mask_word(word: str) -> str:
    kept = 2 if word[:2].lower() in ONSETS and len(word) > 2 else 1
    return word[:kept] + "*" * min(max(len(word) - kept, 1), MOST_STARS)
