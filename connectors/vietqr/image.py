"""A payload as a picture: QR symbol (ISO/IEC 18004) with error correction M and a quiet zone of four modules.

Level Q is for symbols that something is laid over (`connectors.vietqr.logo`).

The mask is fixed: choosing the best of eight costs eight drawings, and every reader takes any of them. Of random codes,
number 6 most often comes first.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Literal

QUIET_ZONE = 4
_MASK = 6

Matrix = list[list[bool]]  # rows of modules, True is dark, no quiet zone
Level = Literal["M", "Q"]


def matrix(payload: str, level: Level = "M") -> Matrix:
    """The modules of the symbol."""
    from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
    from qrcode.main import QRCode

    correction = ERROR_CORRECT_M if level == "M" else ERROR_CORRECT_Q
    symbol = QRCode(error_correction=correction, border=0, mask_pattern=_MASK)
    symbol.add_data(payload)
    symbol.make()
    return [[bool(module) for module in row] for row in symbol.modules]


def svg(payload: str, *, module: int = 6, border: int = QUIET_ZONE, title: str = "Mã VietQR") -> str:
    """An SVG element to inline or to serve as image/svg+xml, `module` pixels a module; `title` is what is read aloud."""
    modules = matrix(payload)
    side = len(modules) + 2 * border
    path = "".join(_runs(modules, border))
    name = escape(title)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side * module}" height="{side * module}" '
        f'viewBox="0 0 {side} {side}" role="img" aria-label="{name}" shape-rendering="crispEdges">'
        f'<title>{name}</title><rect width="100%" height="100%" fill="#fff"/><path fill="#000" d="{path}"/></svg>'
    )


def png(payload: str, *, scale: int = 8) -> bytes:
    """A PNG of one bit a pixel, `scale` pixels a module (PNG, W3C, third edition)."""
    modules = matrix(payload)
    side = (len(modules) + 2 * QUIET_ZONE) * scale
    light = b"\0" + b"\xff" * (-(-side // 8))  # filter type 0, then eight pixels a byte, 1 is white
    rows = [light] * (QUIET_ZONE * scale)
    for row in modules:
        rows += [_scanline(row, scale)] * scale
    rows += [light] * (QUIET_ZONE * scale)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _runs(modules: Matrix, border: int) -> Iterator[str]:
    """Each row's dark stretches as rectangles of one path."""
    for y, row in enumerate(modules, border):
        x = border
        for dark, stretch in groupby(row):
            width = len(list(stretch))
            if dark:
                yield f"M{x} {y}h{width}v1h-{width}z"
            x += width


def _scanline(row: list[bool], scale: int) -> bytes:
    edge = "1" * (QUIET_ZONE * scale)
    bits = edge + "".join(("0" if dark else "1") * scale for dark in row) + edge
    width = -(-len(bits) // 8)
    return b"\0" + int(bits.ljust(width * 8, "1"), 2).to_bytes(width, "big")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
