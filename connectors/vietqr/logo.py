"""A code with the agency's own sign in its middle: level Q, the sign and its quiet edge within a quarter of the side.

Measured with three readers, level Q still reads with a third of its side covered (ISO/IEC 18004 level Q restores about
25 % of the code words); a quarter leaves room for a poor print. The sign is the agency's: no mark of NAPAS comes along.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, ClassVar

from connectors.vietqr.image import QUIET_ZONE, Matrix, matrix

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BYTES = 2 << 20
LARGEST_PIXELS = 4_000_000
EDGE = 1  # modules of white around the sign


class LogoUnreadable(ValueError):
    """The sign is no picture that can be drawn: not PNG or JPEG, or too large."""

    kind: ClassVar[str] = "invalid"
    code: ClassVar[str] = "vietqr.logo_unreadable"


def symbol(payload: str, scale: int, logo: bytes | None = None) -> Image:
    """The symbol with its quiet zone, grey levels, `scale` pixels a module. Raises LogoUnreadable."""
    from PIL import Image

    if logo is None:
        return drawn(matrix(payload), scale)
    sign = _opened(logo)
    modules = matrix(payload, "Q")
    picture = drawn(modules, scale).convert("RGB")
    side = covered(len(modules))
    middle = picture.width // 2
    picture.paste((255, 255, 255), _square(middle, side * scale))
    sign.thumbnail(((side - 2 * EDGE) * scale,) * 2, Image.Resampling.LANCZOS)
    picture.paste(sign, (middle - sign.width // 2, middle - sign.height // 2), sign)
    return picture


def covered(side: int) -> int:
    """How many modules of a symbol's side the sign and its edge cover: odd, as the side is, and at most a quarter."""
    quarter = side // 4
    return quarter if quarter % 2 else quarter - 1


def drawn(modules: Matrix, scale: int) -> Image:
    """The modules in black on white with the quiet zone of four."""
    from PIL import Image

    side = len(modules) + 2 * QUIET_ZONE
    picture = Image.new("L", (side, side), 255)
    for y, row in enumerate(modules, QUIET_ZONE):
        for x, dark in enumerate(row, QUIET_ZONE):
            if dark:
                picture.putpixel((x, y), 0)
    return picture.resize((side * scale, side * scale), Image.Resampling.NEAREST)


def _square(middle: int, side: int) -> tuple[int, int, int, int]:
    return (middle - side // 2, middle - side // 2, middle - side // 2 + side, middle - side // 2 + side)


def _opened(logo: bytes) -> Image:
    from PIL import Image

    if len(logo) > LARGEST_BYTES:
        raise LogoUnreadable("the picture is larger than 2 MB")
    try:
        picture = Image.open(io.BytesIO(logo), formats=("PNG", "JPEG"))
        if picture.width * picture.height > LARGEST_PIXELS:
            raise LogoUnreadable("the picture has too many pixels")
        return picture.convert("RGBA")
    except LogoUnreadable:
        raise
    except Exception:
        raise LogoUnreadable("the picture cannot be read as PNG or JPEG") from None
