"""The codewords of a QR symbol: text as bytes, padded, checked by Reed-Solomon, interleaved (ISO/IEC 18004, 7.4 to 7.6).

The check codewords are the remainder of one polynomial by another over GF(256); a remainder is kept in one int, so that
a step is a shift and a table look-up, not a walk over thirty numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain, zip_longest

FIELD = 0x11D  # x^8 + x^4 + x^3 + x^2 + 1
BYTE_MODE = 0b0100
PADS = b"\xec\x11"

Block = tuple[int, int]  # codewords in all, and of data


def room(version: int, blocks: Sequence[Block]) -> int:
    """How many bytes of text the blocks of this version hold."""
    return sum(data for _, data in blocks) - (2 if version < 10 else 3)


def codewords(text: bytes, version: int, blocks: Sequence[Block]) -> bytes:
    """All codewords in the order in which they are placed; `text` fits the room."""
    data, parts, start = _padded(text, version, sum(data for _, data in blocks)), [], 0
    for _, size in blocks:
        parts.append(data[start : start + size])
        start += size
    checks = [_check(part, total - size) for part, (total, size) in zip(parts, blocks, strict=True)]
    return bytes(code for code in chain(*zip_longest(*parts), *zip_longest(*checks)) if code is not None)


def _padded(text: bytes, version: int, size: int) -> bytes:
    """Mode, length, text and the terminator's four zeros, filled up to `size` bytes."""
    count = len(text).to_bytes(1 if version < 10 else 2, "big")
    bits = int.from_bytes(count + text, "big") << 4 | BYTE_MODE << 4 + 8 * (len(count) + len(text))
    data = bits.to_bytes(1 + len(count) + len(text), "big")
    return (data + PADS * size)[:size]


def _check(data: bytes, size: int) -> bytes:
    steps, keep, top, rest = _steps(size), (1 << 8 * size) - 1, 8 * (size - 1), 0
    for code in data:
        rest = (rest << 8 & keep) ^ steps[code ^ rest >> top]
    return rest.to_bytes(size, "big")


@cache
def _steps(size: int) -> tuple[int, ...]:
    """The generator polynomial of this degree, without its leading 1, times each number of the field."""
    generator = _generator(size)
    return tuple(int.from_bytes(bytes(_times(factor, part) for part in generator), "big") for factor in range(256))


def _generator(size: int) -> list[int]:
    """(x - 1)(x - 2)(x - 4) ..., highest power first, without the leading 1."""
    parts, root = [1], 1
    for _ in range(size):
        parts = [one ^ _times(root, other) for one, other in zip([*parts, 0], [0, *parts], strict=True)]
        root = _times(root, 2)
    return parts[1:]


def _times(one: int, other: int) -> int:
    product = 0
    while other:
        product ^= one * (other & 1)
        one = one << 1 ^ FIELD * (one >> 7)
        other >>= 1
    return product
