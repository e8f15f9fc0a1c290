"""Values in the distinguished encoding rules of ASN.1 (ITU-T X.690), as far as a signature needs them."""

from __future__ import annotations

INTEGER, OCTET_STRING, NULL, OBJECT_IDENTIFIER = 0x02, 0x04, 0x05, 0x06
SEQUENCE, SET = 0x30, 0x31


def value(tag: int, *contents: bytes) -> bytes:
    """Tag, length and the contents one after another."""
    content = b"".join(contents)
    return bytes((tag,)) + _length(len(content)) + content


def sequence(*members: bytes) -> bytes:
    return value(SEQUENCE, *members)


def set_of(*members: bytes) -> bytes:
    """Members in the ascending order of their encodings (X.690, 11.6)."""
    return value(SET, *sorted(members))


def context(number: int, *contents: bytes) -> bytes:
    """A constructed value under a context-specific tag, number below 31."""
    return value(0xA0 | number, *contents)


def integer(number: int) -> bytes:
    """A whole number, 0 or more."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(content: bytes) -> bytes:
    return value(OCTET_STRING, content)


def null() -> bytes:
    return value(NULL)


def identifier(dotted: str) -> bytes:
    """`1.2.840.113549.1.7.2` as an object identifier."""
    first, second, *rest = map(int, dotted.split("."))
    return value(OBJECT_IDENTIFIER, *map(_base128, (40 * first + second, *rest)))


def _base128(number: int) -> bytes:
    """Seven bits a byte, all but the last with the high bit set."""
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(number & 0x7F | 0x80)
    return bytes(reversed(digits))


def _length(length: int) -> bytes:
    if length < 0x80:
        return bytes((length,))
    size = (length.bit_length() + 7) // 8
    return bytes((0x80 | size,)) + length.to_bytes(size, "big")
