"""Which kind of statement a file is, told by its content and never by its name, and the reader for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO

from connectors.files import camt, mt940, profiled, tabular, workbook
from connectors.files.profile import STATEMENT, Profile, builtin
from connectors.files.reading import Items, Opener, Unreadable, collect, problem, refused
from connectors.files.survey import FileReading, survey
from connectors.files.table import Tables, csv_candidates, glanced
from connectors.statement import Parsed

FORMATS = ("camt", "camt.052", "camt.053", "camt.054", "mt940", "mt942", "csv", "xlsx")

_HEAD = 1 << 16
_TABLE_WIDTH, _TABLE_ROWS = 4, 2  # filled cells, and rows with as many, that make a text a table
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BLANKS = b"\xef\xbb\xbf \t\r\n"

Found = Callable[[], Items] | str  # makes a reader, or the code of a refusal


def parse(
    data: bytes,
    *,
    format: str | None = None,
    profiles: Sequence[Profile] = (),
    only: bool = False,
    account: str = "",
) -> Parsed:
    """Read a statement file. A file that must be refused has problems and no statements; nothing is ever raised.

    `format` is one of FORMATS, in any case, and skips the guess; a ValueError says that it is none of them. `profiles`
    are tried on a bank's own table before those that come with the product, or instead of them (`only`); `account` is
    that of a table which names none.
    """
    wanted = _wanted(format)
    found = _found(lambda: BytesIO(data), wanted, _profiles(profiles, only), account)
    if isinstance(found, str):
        return refused(found, format=wanted or "unknown")
    items = found()
    parsed = collect("", items.items())
    return _as_wanted(Parsed(items.format, parsed.statements, parsed.problems), wanted)


def read(
    opened: Opener,
    *,
    format: str | None = None,
    profiles: Sequence[Profile] = (),
    only: bool = False,
    account: str = "",
) -> FileReading:
    """The same for a file of any size, which is looked through here and can be gone through again in batches."""
    wanted = _wanted(format)
    found = _found(opened, wanted, _profiles(profiles, only), account)
    if isinstance(found, str):
        return FileReading(wanted or "unknown", (), (problem(found),), _nothing)
    reading = survey(found)
    if reading.heads and _differs(reading.format, wanted):
        return FileReading(reading.format, (), (problem("format.mismatch"),), _nothing)
    return reading


def _profiles(given: Sequence[Profile], only: bool) -> Sequence[Profile]:
    return given if only else [*given, *builtin(STATEMENT)]


def _nothing() -> Items:
    raise AssertionError("a refused file has no entries")


def _wanted(format: str | None) -> str:
    wanted = (format or "").lower()
    if wanted and wanted not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}")
    return wanted


def _found(opened: Opener, wanted: str, profiles: Sequence[Profile], account: str) -> Found:
    with opened() as file:
        head = file.read(_HEAD)
    if not head.strip():
        return "file.empty"
    family = wanted.partition(".")[0] or _family(head)
    if family == "camt":
        return lambda: camt.Reader(opened)
    if family in ("mt940", "mt942"):
        return lambda: mt940.Reader(opened, wanted)
    if family in ("xls.old", "html.table"):
        return family
    if family == "csv" and tabular.recognised(mt940.decoded(head[:2000])):
        return lambda: tabular.Reader(opened)
    return table(opened, profiles, account) or _no_table(opened, wanted)


def _no_table(opened: Opener, wanted: str) -> Found:
    """No profile fits: a table of headings nobody knows, or an MT940 whose first field stands far down, or nothing."""
    if wanted in ("csv", "xlsx") or _is_workbook(opened) or any(map(_looks_like_table, csv_candidates(opened))):
        return "csv.header_missing"
    return lambda: mt940.Reader(opened, wanted)


def _looks_like_table(way: Tables) -> bool:
    rows = [cells for _, rows in way.tables() for _, cells in glanced(rows, 20)]
    return sum(sum(map(bool, cells)) >= _TABLE_WIDTH for cells in rows) >= _TABLE_ROWS


def table(opened: Opener, profiles: Sequence[Profile], account: str = "") -> Found | None:
    """The reader of a bank's own table, CSV or XLSX, by the profile that fits it; None where none does."""
    try:
        found = profiled.fitted(candidates(opened, profiles), profiles)
    except Unreadable as flaw:
        return flaw.code
    if found is None:
        return None
    tables, profile = found.tables, found.layout.profile
    return lambda: profiled.Reader(tables, profile, account)


def candidates(opened: Opener, profiles: Sequence[Profile]) -> list[Tables]:
    """The ways in which a file may be a table."""
    if _is_workbook(opened):
        return [workbook.WorkbookTables(opened)]
    stated = {(profile.encoding, profile.delimiter): None for profile in profiles}
    return [way for encoding, delimiter in stated for way in csv_candidates(opened, encoding, delimiter)]


def _is_workbook(opened: Opener) -> bool:
    with opened() as file:
        return file.read(4) == workbook.MAGIC


def _family(head: bytes) -> str:
    bare = head[:1000].lstrip(_BLANKS)
    if head.startswith(workbook.MAGIC):
        return "xlsx"
    if head.startswith(workbook.OLD):
        return "xls.old"
    if bare[:14].lower().startswith((b"<html", b"<!doctype html", b"<table")):
        return "html.table"
    if bare.startswith(b"<") or (head.startswith(_UTF16) and _text(head).lstrip().startswith("<")):
        return "camt"
    return "mt940" if mt940.recognised(mt940.decoded(head)) else "csv"


def _text(head: bytes) -> str:
    return head[: len(head) // 2 * 2].decode("utf-16", "replace")


def _differs(format: str, wanted: str) -> bool:
    """A camt.052 is no proof where a camt.053 was asked for."""
    return wanted not in ("", "camt", format)


def _as_wanted(parsed: Parsed, wanted: str) -> Parsed:
    if not parsed.statements or not _differs(parsed.format, wanted):
        return parsed
    return refused("format.mismatch", format=parsed.format)
