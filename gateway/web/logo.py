"""An agency's logo, drawn anew from its pixels: nothing of the uploaded file itself is ever served."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 96  # pixels: 40 on the page, sharp on a phone
LARGEST_FILE = 1_000_000  # bytes, as given
LARGEST = 12_000  # bytes, as served: a page's first load has 60 kB in all
MOST_PIXELS = 4_000_000
FORMATS = ("PNG", "JPEG", "WEBP")


def drawn(data: bytes) -> bytes | None:
    """A small PNG of the picture; None when it is none, or too large to open."""
    from PIL import Image

    if len(data) > LARGEST_FILE:
        return None
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as given:
            if given.width * given.height > MOST_PIXELS:
                return None
            picture = given.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    picture.thumbnail((SIDE, SIDE))
    return _small(picture)


def _small(picture: Image) -> bytes:
    """As PNG, in fewer colours where all of them would weigh too much."""
    out = BytesIO()
    for colours in (0, 256, 64, 16):
        out = BytesIO()
        (picture.quantize(colours) if colours else picture).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            break
    return out.getvalue()
