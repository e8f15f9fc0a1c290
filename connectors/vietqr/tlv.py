"""EMVCo's data objects: two digits of tag, two of length, then so many characters, not bytes; and the CRC over them all.

EMV QRCPS Merchant-Presented Mode, sections 3 and 4.7; ISO/IEC 13239 for the CRC (CCITT polynomial, start FFFF).
"""

from __future__ import annotations

import re
import unicodedata
from binascii import crc_hqx

from connectors.vietqr.refusal import VietQRError

MAX_BYTES = 512
CRC = "63"

_TAGS = {f"{n:02}" for n in range(100)}
_LENGTHS = {f"{n:02}": n for n in range(1, 100)}  # looked up, so that neither `٠٦` nor `-4` is ever a number
_HEX = re.compile("[0-9A-Fa-f]{4}")
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # control and format characters, lone surrogates, line separators


def read_sealed(payload: str) -> dict[str, str]:
    """The objects of a whole payload, by tag in the order written, after size, characters, structure and CRC held."""
    _admit(payload)
    found = read(payload)
    if CRC not in found:
        raise VietQRError("missing_crc", CRC, "the CRC is missing")
    if next(reversed(found)) != CRC:
        raise VietQRError("crc_not_last", CRC, "something follows the CRC")
    if not _HEX.fullmatch(found[CRC]):
        raise VietQRError("bad_crc_format", CRC, "the CRC is not four hexadecimal digits")
    if crc(payload[:-4]) != found[CRC].upper():
        raise VietQRError("crc_mismatch", CRC, "the CRC does not fit the text")
    return found


def read(text: str, path: str = "") -> dict[str, str]:
    """The objects of one level, by tag in the order written; `path` is the template they stand in."""
    found: dict[str, str] = {}
    position, end = 0, len(text)
    while position < end:
        start = position + 4
        tag = text[position : position + 2]
        length = _LENGTHS.get(text[position + 2 : start])
        if length is None or start + length > end or tag not in _TAGS or tag in found:
            raise _broken(text[position:], path, found)
        position = start + length
        found[tag] = text[start:position]
    return found


def write(tag: str, value: str) -> str:
    """One object; nothing for an empty value. The caller keeps to 99 characters."""
    return f"{tag}{len(value):02}{value}" if value else ""


def seal(body: str) -> str:
    """The payload: the objects, then their CRC."""
    body += f"{CRC}04"
    return body + crc(body)


def crc(text: str) -> str:
    """CRC-16/CCITT-FALSE over the UTF-8 bytes, four upper-case hexadecimal digits: `123456789` gives 29B1."""
    return f"{crc_hqx(text.encode(), 0xFFFF):04X}"


def _admit(payload: str) -> None:
    if len(payload) > MAX_BYTES:
        raise _too_long()
    if payload.isascii() and payload.isprintable():
        return
    if any(unicodedata.category(character) in _UNSEEN for character in payload):
        raise VietQRError("control_char", "", "a control or format character stands in the text")
    if len(payload.encode()) > MAX_BYTES:
        raise _too_long()


def _too_long() -> VietQRError:
    return VietQRError("too_long", "", f"the text is longer than {MAX_BYTES} bytes")


def _broken(rest: str, path: str, found: dict[str, str]) -> VietQRError:
    """What is wrong with the object at the beginning of `rest`."""
    if not path and CRC in found:
        return VietQRError("crc_not_last", CRC, "something follows the CRC")
    if len(rest) < 4:
        return _short(path, path, "too few characters are left for an object")
    tag, length = rest[:2], rest[2:4]
    if tag not in _TAGS:
        return VietQRError("bad_id", path, "a tag is not two digits")
    where = f"{path}.{tag}" if path else tag
    if length == "00":
        return VietQRError("length_zero", where, "an object without a value is not legal")
    if length not in _LENGTHS:
        return VietQRError("bad_length", where, "a length is not two digits")
    if _LENGTHS[length] > len(rest) - 4:
        return _short(path, where, "the length runs past the end")
    return VietQRError("duplicate_tag", where, "the tag stands twice")


def _short(path: str, where: str, detail: str) -> VietQRError:
    """Inside a template the lengths contradict each other; at the top the text was cut."""
    return VietQRError("nested_length" if path else "truncated", where, detail)
