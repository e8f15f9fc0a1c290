"""A QR symbol (ISO/IEC 18004) as runs of dark modules, drawn as one path so that no seam shows between its squares.

What all symbols of one size share comes from the package qrcode, once a process; the bits of the text are placed here,
because there they would cost as much as all the rest of a receipt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from receipts.codewords import Block, codewords, room
from receipts.model import ReceiptError

QUIET_ZONE = 4  # modules of white on every side
MASK = 3  # any mask is valid; a fixed one spares the search for the prettiest and keeps the bytes the same
VERSIONS = range(1, 41)


class QrTooLong(ReceiptError):
    """More text than the largest symbol holds."""

    code = "receipt.qr"


@dataclass(frozen=True, slots=True)
class Symbol:
    """Unbroken runs of dark modules as (row, column, length), row 0 on top; `size` modules a side, no quiet zone."""

    size: int
    runs: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class _Blank:
    """All symbols of one version have in common: the fixed modules, and where the bits of the codewords go, masked."""

    size: int
    modules: bytes  # row by row, 1 is dark
    places: tuple[int, ...]
    mask: int  # one bit a place, the first is the highest


@lru_cache(maxsize=8)  # a block is drawn once to measure it and once to keep it
def symbol(text: str) -> Symbol:
    """The smallest symbol for `text` in UTF-8 with error correction M. Raises QrTooLong."""
    data = text.encode()
    version = next((version for version in VERSIONS if room(version, _blocks(version)) >= len(data)), None)
    if version is None:
        raise QrTooLong(f"{len(text)} characters do not fit a QR symbol")
    blank = _blank(version)
    modules = _placed(codewords(data, version, _blocks(version)), blank)
    return Symbol(blank.size, tuple(_runs(modules, blank.size)))


def _placed(codes: bytes, blank: _Blank) -> bytes:
    """The modules, row by row; places that no codeword fills hold zeros under the mask."""
    filled = int.from_bytes(codes, "big") << len(blank.places) - 8 * len(codes)
    bits = f"{filled ^ blank.mask:0{len(blank.places)}b}".encode()
    modules = bytearray(blank.modules)
    for place, bit in zip(blank.places, bits, strict=True):
        modules[place] = bit & 1  # the digits are the bytes 0x30 and 0x31
    return bytes(modules)


def _runs(modules: bytes, size: int) -> Iterator[tuple[int, int, int]]:
    for row in range(size):
        for run in re.finditer(rb"\x01+", modules[row * size : (row + 1) * size]):
            yield row, run.start(), len(run[0])


@cache
def _blocks(version: int) -> tuple[Block, ...]:
    from qrcode import base, constants

    blocks = base.rs_blocks(version, constants.ERROR_CORRECT_M)
    return tuple((block.total_count, block.data_count) for block in blocks)


@cache
def _blank(version: int) -> _Blank:
    modules = _fixed_modules(version)
    size = len(modules)
    places = [(row, column) for row, column in _zigzag(size) if modules[row][column] is None]
    mask = "".join(str(int((row + column) % 3 == 0)) for row, column in places)
    fixed = bytes(bool(module) for row in modules for module in row)
    return _Blank(size, fixed, tuple(row * size + column for row, column in places), int(mask, 2))


def _fixed_modules(version: int) -> list[list[bool | None]]:
    """Finder, alignment, timing, format and version patterns; None where the codewords go."""
    from qrcode import constants
    from qrcode.main import QRCode

    code = QRCode(version, constants.ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    size = code.modules_count = 4 * version + 17
    code.modules = [[None] * size for _ in range(size)]
    for row, column in ((0, 0), (size - 7, 0), (0, size - 7)):
        code.setup_position_probe_pattern(row, column)
    code.setup_position_adjust_pattern()
    code.setup_timing_pattern()
    code.setup_type_info(test=False, mask_pattern=MASK)
    if version >= 7:
        code.setup_type_number(test=False)
    modules: list[list[bool | None]] = code.modules
    return modules


def _zigzag(size: int) -> Iterator[tuple[int, int]]:
    """Up and down in columns of two from the lower right corner, past the timing column (ISO/IEC 18004, 7.7.3)."""
    rows = range(size - 1, -1, -1)
    for right in (*range(size - 1, 6, -2), 5, 3, 1):
        for row in rows:
            yield row, right
            yield row, right - 1
        rows = rows[::-1]
