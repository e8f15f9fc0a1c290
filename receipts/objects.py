"""Ready-made objects in a reportlab document (ISO 32000-1, 7.3), written as the archive format wants them.

reportlab ends a stream without an end of line before `endstream`, which ISO 19005-3, 6.1.7.1 forbids; ours have one.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import Any


def put(document: Any, name: str, body: bytes) -> str:
    """Put an object into the document under an internal name; its reference, as it is written."""
    written: bytes = document.Reference(body, name).format(document)
    return written.decode("ascii")


def packed(content: bytes, entries: str = "") -> bytes:
    """A deflated stream; `entries` are those of its dictionary beside Filter and Length."""
    return plain(zlib.compress(content), f"/Filter /FlateDecode {entries}")


def plain(content: bytes, entries: str) -> bytes:
    """A stream as it is, which a program without zlib can read."""
    return b"<< %b /Length %d >>\nstream\n%b\nendstream" % (entries.encode(), len(content), content)


def text(value: str) -> str:
    """A text string in UTF-16 (ISO 32000-1, 7.9.2.2), in hexadecimal so that nothing in it needs escaping."""
    return f"<feff{value.encode('utf-16-be').hex()}>"


def date(at: datetime) -> str:
    """A date as the inside of a string (ISO 32000-1, 7.9.4); `at` has an offset of whole minutes."""
    offset = f"{at:%z}"
    return f"D:{at:%Y%m%d%H%M%S}{offset[:3]}'{offset[3:5]}'"
