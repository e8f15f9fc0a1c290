"""SWIFT MT940 customer statement and MT942 interim report (Standards MT, category 9), as banks really send them.

C and RD are credits, D and RC debits; a statement starts at :20:. Envelopes, `-` separators, missing fields, two
encodings and every line break are taken; a date, amount or direction that cannot be is a Problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from io import BytesIO, TextIOWrapper

from connectors.files import field86
from connectors.files.reading import (
    NO_REFERENCE,
    UNKNOWN_FORMAT,
    Item,
    Opener,
    Unreadable,
    collect,
    entry_date,
    problem,
    references,
    signed,
    swift_date,
    tidy,
)
from connectors.statement import Entry, Parsed, Statement

# :940: is a banner of Rabobank, :NS: a German free field: neither may end up in the memo of the line before.
_TAG = r"[0-9]{2,3}[A-Z]?|NS"
_FIELD = re.compile(rf"^:({_TAG}):(.*)((?:\n(?!:(?:{_TAG}):).*)*)", re.MULTILINE)
_SIGNATURE = re.compile(r"^:(?:20|60[FM]|61):", re.MULTILINE)
_INTERIM = re.compile(r"^:(?:34F|13D|90[CD]):", re.MULTILINE)
_FINAL = re.compile(r"^:6[02][FM]:", re.MULTILINE)
_BEGIN = re.compile(rf":(?:{_TAG}):")
_PIECE = 1 << 18  # characters that are looked at together
_LONGEST_FIELD = 1 << 22
_END_OF_BLOCK = re.compile(r"\n ?-(?:\}.*|XXX)?[\x00-\x1f ]*(?:\n|$)")  # `-`, `-}`, and what ING and mBank make of it

_MARK = r"(E?R?[CD])[A-Z]?\s?"  # the letter after the mark is the third of the currency code
_AMOUNT = r"([0-9]{1,30}(?:,[0-9]{0,18})?)"
_TYPE = r"(?:\s*([A-Z][A-Z0-9 ]{3})(.*))?\s*"
_LINE = re.compile(rf"([0-9]{{6}})([0-9]{{4}})?{_MARK}{_AMOUNT}{_TYPE}")
_BALANCE = re.compile(rf"([CD])([0-9]{{6}})([A-Z]{{3}}){_AMOUNT}\s*")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_COLUMNS = re.compile(r"\s{2,}")

_CREDITS = frozenset({"C", "RD", "EC", "ERD"})
_IN_STATEMENT = frozenset({"25", "28", "28C", "60F", "60M", "61", "62F", "62M", "34F"})


def recognised(text: str) -> bool:
    """Whether the text holds fields of an MT94x message."""
    return _SIGNATURE.search(text) is not None


def parse(data: bytes, format: str = "") -> Parsed:
    """The whole file as statements and problems; `format` is worked out from the fields unless it is given."""
    reader = Reader(lambda: BytesIO(data), format)
    return collect(reader.format, reader.items())


def decoded(data: bytes) -> str:
    """UTF-8 where it is valid, else Latin-1; every line break becomes a line feed."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(first: str, more: str) -> list[str]:
    """The lines of a field without the empty ones; a block's end also ends its last field."""
    lines = [first] if first else []
    if more and not more.isspace():
        if "\n-" in more or "\n -" in more:
            more = _END_OF_BLOCK.split(f"{more}\n", maxsplit=1)[0]
        lines += filter(None, more.split("\n"))
    return lines


def _pieces(opened: Opener, encoding: str) -> Iterator[str]:
    """The text, cut where fields begin, so that no field is in two pieces."""
    rest = ""
    with TextIOWrapper(opened(), encoding=encoding) as text:  # reads every kind of line break as a line feed
        while more := text.read(_PIECE):
            rest += more
            cut = _last_field(rest)
            if cut:
                yield rest[:cut]
                rest = rest[cut:]
    yield rest


def _last_field(text: str) -> int:
    """Where the last field begins; 0 unless there is one. A field longer than any statement's is cut where it stands."""
    at = text.rfind("\n:")
    while at >= 0:
        if _BEGIN.match(text, at + 1):
            return at + 1
        at = text.rfind("\n:", 0, at)
    return len(text) if len(text) > _LONGEST_FIELD else 0


@dataclass(frozen=True, slots=True)
class _Signs:
    """What kind of message the fields make it."""

    encoding: str
    recognised: bool
    interim: bool


def _signs(opened: Opener) -> _Signs:
    try:
        return _look("utf-8-sig", opened)
    except UnicodeDecodeError:
        return _look("latin-1", opened)


def _look(encoding: str, opened: Opener) -> _Signs:
    known = final = interim = False
    for piece in _pieces(opened, encoding):
        known = known or recognised(piece)
        final = final or _FINAL.search(piece) is not None
        interim = interim or (not final and _INTERIM.search(piece) is not None)
    return _Signs(encoding, known, interim and not final)


@dataclass(slots=True)
class _Page:
    """The statement being read."""

    account: str = ""
    number: str = ""
    currency: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    from_date: date | None = None
    to_date: date | None = None
    entries: int = 0

    def statement(self) -> Statement:
        return Statement(
            account=self.account,
            currency=self.currency,
            opening=self.opening,
            closing=self.closing,
            entries=(),
            number=self.number,
            from_date=self.from_date,
            to_date=self.to_date,
        )


class Reader:
    """Walks the fields of one file and yields entries, then the statement they belong to."""

    def __init__(self, opened: Opener, format: str = "") -> None:
        self._opened = opened
        self._signs = _signs(opened)
        self.page: _Page | None = None
        self.line: list[str] = []  # of the :61: whose :86: may still come
        self.remarks: list[str] = []
        self.offset = 0  # of that line in the piece; -1: in the piece before, at line `line_at` of the file
        self.line_at = 0
        self.text = ""  # the piece being read
        self.lines_before = 0
        if self._signs.recognised:
            self.format = format or ("mt942" if self._signs.interim else "mt940")
        else:
            self.format = format or UNKNOWN_FORMAT

    def items(self) -> Iterator[Item]:
        """Entries, each statement behind its own, and problems where they are met."""
        if not self._signs.recognised:
            yield problem("format.unknown" if self.format == UNKNOWN_FORMAT else "statement.missing")
            return
        for piece in _pieces(self._opened, self._signs.encoding):
            self.text = piece
            yield from self._piece()
            if self.line:  # its :86: may stand in the next piece
                self.line_at, self.offset = self._line_number(self.offset), -1
            self.lines_before += self.text.count("\n")
        yield from self._close()

    def _piece(self) -> Iterator[Item]:
        for matched in _FIELD.finditer(self.text):
            tag, first, more = matched.groups()
            lines = _lines(first, more)
            if tag == "86":  # after a balance it speaks of the statement, not of a payment
                if self.line:
                    self.remarks += lines
                continue
            if self.line:
                yield self._entry()
            offset = matched.start()
            if tag == "61" and self.page:
                self.line, self.offset = lines or [""], offset
                continue
            if tag in ("20", "25") or self.page is None:
                yield from self._turn(tag, lines, offset)
            try:
                self._take(tag, lines, offset)
            except Unreadable as flaw:
                yield problem(flaw.code, self._where(offset), flaw.value)

    def _turn(self, tag: str, lines: list[str], offset: int) -> Iterator[Item]:
        """Open a page at :20:, or where a statement goes on without it."""
        if tag == "20":
            yield from self._close()
            self.page = _Page()
        elif self.page is None and tag in _IN_STATEMENT:
            yield problem("statement.start_missing", self._where(offset))
            self.page = _Page()
        elif tag == "25" and self.page and self.page.account not in ("", _first(lines)):
            yield problem("account.repeated", self._where(offset))
            if self.page.entries:  # money already read stays with the account it was read under
                yield from self._close()
                self.page = _Page()

    def _take(self, tag: str, lines: list[str], offset: int) -> None:
        page = self.page
        if page is None:
            return
        if tag == "61":  # the first field of a page that did not begin with :20:
            self.line, self.offset = lines or [""], offset
        elif tag == "25":
            page.account = _first(lines)
        elif tag in ("28", "28C"):
            page.number = _first(lines)
        elif tag == "34F":
            page.currency = page.currency or _first(lines)[:3]
        elif tag[:2] in ("60", "62", "64", "65"):
            self._balance(page, tag[:2], _first(lines))

    def _balance(self, page: _Page, kind: str, text: str) -> None:
        amount, currency, day = _balance(text)
        page.currency = page.currency or currency
        if kind == "60" and page.opening is None:
            page.opening, page.from_date = amount, day
        elif kind == "62":
            page.closing, page.to_date = amount, day

    def _entry(self) -> Item:
        lines, remarks, self.line, self.remarks = self.line, self.remarks, [], []
        assert self.page is not None  # a line opens a page
        self.page.entries += 1
        try:
            return _entry(lines, remarks, self.page)
        except Unreadable as flaw:
            return problem(flaw.code, self._where(self.offset), flaw.value)

    def _close(self) -> Iterator[Item]:
        if self.line:
            yield self._entry()
        if self.page is not None:
            yield self.page.statement()
        self.page = None

    def _where(self, offset: int) -> str:
        return f"line {self._line_number(offset)}"

    def _line_number(self, offset: int) -> int:
        return self.line_at if offset < 0 else self.lines_before + self.text.count("\n", 0, offset) + 1


def _first(lines: list[str]) -> str:
    return lines[0].strip() if lines else ""


def _entry(lines: list[str], remarks: list[str], page: _Page) -> Entry:
    matched = _LINE.fullmatch(lines[0])
    if matched is None:
        raise _flaw(lines[0])
    value_text, entry_text, mark, amount, kind, rest = matched.groups("")
    value_date = swift_date(value_text)
    own, bank, columns = _line_references(rest)
    told = field86.read(remarks)
    memo, account = _supplemented(told, [*columns, *lines[1:]]) if columns or len(lines) > 1 else told[:2]
    return Entry(
        amount=_amount(amount, mark in _CREDITS),
        currency=page.currency,
        value_date=value_date,
        booking_date=entry_date(value_date, entry_text) if entry_text else None,
        references=references([*told.references, own]) if told.references else _reference(own),
        memo=memo,
        bank_reference=bank,
        status="PDNG" if mark[0] == "E" else "BOOK",  # MT942 knows expected debits and credits
        line_no=str(page.entries),
        transaction_code=kind.strip(),
        reversal="R" in mark,
        counterparty_name=told.name,
        counterparty_account=account,
    )


def _supplemented(told: field86.Remittance, added: list[str]) -> tuple[str, str]:
    """Memo and account, with what stands beside the references: an IBAN is the other account, the rest is memo."""
    texts = [tidy(text) for text in added]
    ibans = [text for text in texts if _IBAN.fullmatch(text)]
    memo = tidy(" ".join([told.memo, *(text for text in texts if text not in ibans and text not in told.memo)]))
    return memo, told.account or next(iter(ibans), "")


def _line_references(rest: str) -> tuple[str, str, list[str]]:
    """Customer reference, bank reference, and what Dutch banks print in columns after the first."""
    own, _, bank = rest.partition("//")
    own, bank = own.strip(), bank.strip()
    columns: list[str] = []
    if "  " in own:
        own, *columns = _COLUMNS.split(own)
    return own, "" if bank.upper() in NO_REFERENCE else bank, columns


def _reference(own: str) -> tuple[str, ...]:
    return () if own.upper() in NO_REFERENCE else (own,)


@lru_cache(maxsize=4096)
def _amount(text: str, credit: bool) -> Decimal:
    return signed(Decimal(text.replace(",", ".")), credit)


def _flaw(line: str) -> Unreadable:
    """Which part of a :61: line is at fault."""
    if not re.match(r"[0-9]{6}", line):
        return Unreadable("date.unreadable", line[:6])
    rest = re.sub(r"^[0-9]{6}(?:[0-9]{4})?", "", line)
    mark = re.match(_MARK, rest)
    if mark is None:
        return Unreadable("direction.unreadable")
    rest = rest[mark.end() :]
    if not re.match(rf"{_AMOUNT}(?![0-9.,])", rest):
        return Unreadable("amount.unreadable", re.split(r"[A-Z]", rest)[0].strip())
    return Unreadable("line.unreadable")


def _balance(text: str) -> tuple[Decimal, str, date]:
    matched = _BALANCE.fullmatch(text)
    if matched is None:
        raise _balance_flaw(text)
    mark, day, currency, amount = matched.groups()
    return _amount(amount, mark == "C"), currency, swift_date(day)


def _balance_flaw(text: str) -> Unreadable:
    if text[:1] not in ("C", "D"):
        return Unreadable("direction.unreadable")
    if not re.fullmatch(r"[0-9]{6}", text[1:7]):
        return Unreadable("date.unreadable", text[1:7])
    if not re.fullmatch(r"[A-Z]{3}", text[7:10]):
        return Unreadable("currency.missing")
    return Unreadable("amount.unreadable", text[10:])
