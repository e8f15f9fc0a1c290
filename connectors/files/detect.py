"""Which kind of statement a file is, told by its content and never by its name, and the reader for it."""

from __future__ import annotations

from connectors.files import camt, mt940, tabular
from connectors.files.reading import refused
from connectors.statement import Parsed

FORMATS = ("camt", "camt.052", "camt.053", "camt.054", "mt940", "mt942", "csv")

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def parse(data: bytes, *, format: str | None = None) -> Parsed:
    """Read a statement file. A file that must be refused has problems and no statements; nothing is ever raised.

    `format` is one of FORMATS, in any case, and skips the guess; a ValueError says that it is none of them.
    """
    wanted = (format or "").lower()
    if wanted and wanted not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}")
    if not data.strip():
        return refused("file.empty", format=wanted or "unknown")
    family = wanted.partition(".")[0] or _family(data)
    if family == "camt":
        return _as_wanted(camt.parse(data), wanted)
    if family == "csv":
        return tabular.parse(data)
    return mt940.parse(data, wanted)


def _family(data: bytes) -> str:
    if data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") or data.startswith(_UTF16):
        return "camt"
    return "csv" if tabular.recognised(mt940.decoded(data[:2000])) else "mt940"


def _as_wanted(parsed: Parsed, wanted: str) -> Parsed:
    """A camt.052 is no proof where a camt.053 was asked for."""
    if wanted in ("", "camt", parsed.format) or not parsed.statements:
        return parsed
    return refused("format.mismatch", format=parsed.format)
