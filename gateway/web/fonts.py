"""Be Vietnam Pro (SIL OFL 1.1) as the two small WOFF2 files the pages may load after their first paint.

The subset holds Latin with every Vietnamese letter (TCVN 6909 on Unicode); it is made when first asked for and kept in
memory. Its name is known beforehand: it is a digest of the source font and of the recipe.
"""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from io import BytesIO
from pathlib import Path

WEIGHTS = {"regular.woff2": "Regular", "semibold.woff2": "SemiBold"}
UNICODES = (
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *(0x102, 0x103, 0x110, 0x111, 0x128, 0x129, 0x168, 0x169, 0x1A0, 0x1A1, 0x1AF, 0x1B0),
    *(0x300, 0x301, 0x303, 0x309, 0x323),
    *range(0x1EA0, 0x1EFA),
    *(0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x20AB),
)
FEATURES = ("ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum")

_making = threading.Lock()


def digest(name: str) -> str:
    """A name for this version of the subset, without making it."""
    recipe = repr((UNICODES, FEATURES)).encode()
    return hashlib.sha256(_source(name).read_bytes() + recipe).hexdigest()


def woff2(name: str) -> bytes:
    """The font file; about a second of work at first."""
    with _making:
        return _subset(name)


def _source(name: str) -> Path:
    import fontpkg_be_vietnam_pro as package

    return Path(package.__file__).parent / "files" / f"BeVietnamPro-{WEIGHTS[name]}.ttf"


@cache
def _subset(name: str) -> bytes:
    from fontTools.subset import Options, Subsetter, load_font, save_font

    options = Options(flavor="woff2", layout_features=list(FEATURES), hinting=False, desubroutinize=True)
    out = BytesIO()
    with load_font(str(_source(name)), options) as font:
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=UNICODES)
        subsetter.subset(font)
        save_font(font, out, options)
    return out.getvalue()
