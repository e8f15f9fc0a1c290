"""Writes SWIFT MT940 as a Vietnamese bank would send it, for the simulator: ASCII, CRLF, memos cut inside words.

What the format cannot hold is lost, as at a real bank: diacritics and characters outside the SWIFT set, memo text after
6 lines of 65, all references but the first, the counterparty, and entries that are not booked.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.files.field86 import LINE_WIDTH
from connectors.files.reading import entry_date, tidy
from connectors.statement import Entry, Statement

LINES = 6
REFERENCE_WIDTH = 16

_NOT_SWIFT = re.compile(r"[^0-9A-Za-z/\-:().,'+ ]")  # set x without `?`, which German readers take for a subfield
_NUMBER = re.compile(r"[0-9]{1,5}(?:/[0-9]{1,5})?")
_TYPE = re.compile(r"[NFS][A-Z0-9]{3}")


class Unwritable(ValueError):
    """The statement says something that MT940 has no room for and that must not be cut."""

    kind = "invalid"
    code = "statement.unwritable"


def mt940(statement: Statement, *, reference: str) -> bytes:
    """One message body from :20: to `-`. Raises Unwritable rather than cutting a date or a bank reference."""
    return "".join(f"{line}\r\n" for line in _lines(statement, reference)).encode("ascii")


def _lines(statement: Statement, reference: str) -> Iterator[str]:
    booked = [entry for entry in statement.entries if entry.status == "BOOK"]
    first, last = _span(statement, booked)
    yield f":20:{folded(reference)[:REFERENCE_WIDTH]}"
    yield f":25:{folded(statement.account)}"
    yield f":28C:{statement.number if _NUMBER.fullmatch(statement.number) else '1'}"
    if statement.opening is not None:
        yield f":60F:{_balance(statement.opening, statement.currency, first)}"
    for entry in booked:
        yield f":61:{_line(entry)}"
        yield from _remarks(entry)
    if statement.closing is not None:
        yield f":62F:{_balance(statement.closing, statement.currency, last)}"
    yield "-"


def _span(statement: Statement, booked: list[Entry]) -> tuple[date, date]:
    days = [day for entry in booked if (day := entry.booking_date or entry.value_date)]
    days += [day for day in (statement.from_date, statement.to_date) if day]
    if not days:
        raise Unwritable("a balance needs a date: give the statement a period")
    return statement.from_date or min(days), statement.to_date or max(days)


def _line(entry: Entry) -> str:
    value_date = entry.value_date or entry.booking_date
    if value_date is None:
        raise Unwritable("an entry needs a value date or a booking date")
    mark = {(True, False): "C", (False, False): "D", (True, True): "RD", (False, True): "RC"}
    kind = entry.transaction_code if _TYPE.fullmatch(entry.transaction_code) else "NTRF"
    own = entry.references[0] if entry.references and _fits(entry.references[0]) else "NONREF"
    bank = f"//{_bank_reference(entry)}" if entry.bank_reference else ""
    return (
        f"{_day(value_date)}{_booked(entry, value_date)}"
        f"{mark[entry.amount >= 0, entry.reversal]}{_amount(entry.amount)}{kind}{own}{bank}"
    )


def _booked(entry: Entry, value_date: date) -> str:
    """MMDD has no year: a date more than half a year from the value date would be read as another one."""
    if entry.booking_date is None:
        return ""
    month_day = f"{entry.booking_date:%m%d}"
    if entry_date(value_date, month_day) != entry.booking_date:
        raise Unwritable("booking date and value date are too far apart")
    return month_day


def _bank_reference(entry: Entry) -> str:
    """Never cut: it is the key by which a repeated line is known."""
    if not _fits(entry.bank_reference):
        raise Unwritable("a bank reference has at most 16 characters of the SWIFT set")
    return entry.bank_reference


def _fits(reference: str) -> bool:
    plain = reference == folded(reference) and "//" not in reference and not reference.startswith("/")
    return plain and not reference.endswith("/") and len(reference) <= REFERENCE_WIDTH


def _remarks(entry: Entry) -> Iterator[str]:
    memo = folded(entry.memo)
    if entry.references and not _fits(entry.references[0]):
        end_to_end = re.sub("/{2,}", "/", folded(entry.references[0])).strip("/")
        memo = f"/EREF/{end_to_end}//REMI/{memo}"
    else:
        memo = memo.lstrip("/ ")  # a leading slash announces code words
    for position, line in enumerate(_cut(memo)):
        yield f":86:{line}" if position == 0 else line


def _cut(text: str) -> list[str]:
    """At most 6 lines of 65; a line may not begin with a colon or a hyphen, which would end the field."""
    pieces = [text[at : at + LINE_WIDTH] for at in range(0, len(text), LINE_WIDTH)][:LINES]
    return [f" {piece[1:]}" if piece[0] in ":-" and at else piece for at, piece in enumerate(pieces)]


def folded(text: str) -> str:
    """ASCII letters for Vietnamese ones, blanks for what SWIFT does not carry."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return tidy(_NOT_SWIFT.sub(" ", "".join(c for c in bare if not unicodedata.combining(c))))


def _balance(amount: Decimal, currency: str, day: date) -> str:
    return f"{'C' if amount >= 0 else 'D'}{_day(day)}{currency}{_amount(amount)}"


def _day(day: date) -> str:
    if not 1980 <= day.year <= 2079:
        raise Unwritable("MT940 writes years from 1980 to 2079 only")
    return f"{day:%y%m%d}"


def _amount(amount: Decimal) -> str:
    whole, _, fraction = f"{abs(amount):f}".partition(".")
    return f"{whole},{fraction}"
