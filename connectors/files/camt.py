"""ISO 20022 camt.052, camt.053 and camt.054 (BankToCustomer messages), any version, read by local names.

`Amt` is unsigned and `CdtDbtInd` is its direction, also where `RvslInd` is true; one `Ntry` is one line whatever the
number of its `TxDtls`. No tree is built and a DOCTYPE is refused, so that no file costs more memory than it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import BinaryIO
from xml.parsers import expat

from connectors.files.camt_paths import (
    BALANCE,
    DETAIL,
    DOMAIN_CODE,
    ENTRY,
    PARTY_ACCOUNTS,
    PARTY_NAMES,
    Outside,
    Place,
    Record,
)
from connectors.files.reading import (
    UNKNOWN_FORMAT,
    Item,
    Opener,
    Unreadable,
    collect,
    iso_date,
    joined,
    problem,
    references,
    signed,
    tidy,
    unsigned,
)
from connectors.statement import Entry, Parsed, Statement

USTRD_WIDTH = 140  # Max140Text: longer remittance information comes in several Ustrd
_CHUNK = 1 << 16


class _Doctype(Exception):
    """The file declares a document type: entities could follow, and no bank sends one."""


def parse(data: bytes) -> Parsed:
    """The whole file as statements and problems."""
    reader = Reader(lambda: BytesIO(data))
    parsed = collect("", reader.items())
    return Parsed(reader.format, parsed.statements, parsed.problems)


class Reader:
    """Follows the elements of one file and turns each finished entry and statement into a value."""

    def __init__(self, opened: Opener) -> None:
        self.format = UNKNOWN_FORMAT
        self.records: list[Record] = [{}]
        self.details: list[Record] = []
        self.balances: list[Record] = []
        self.found: list[Item] = []
        self.statements = 1
        self.entries = 0
        self._opened = opened

    def items(self) -> Iterator[Item]:
        """Entries and statements as they end, and a problem where the file breaks off."""
        try:
            yield from self._items()
        except _Doctype:
            yield problem("xml.doctype")
        except expat.ExpatError:
            yield problem("xml.malformed")
        except (LookupError, ValueError):  # an encoding that Python does not know or that expat cannot read
            if self.format != UNKNOWN_FORMAT:
                raise
            yield problem("encoding.unreadable")
        else:
            if self.format == UNKNOWN_FORMAT:
                yield problem("format.unknown")

    def _items(self) -> Iterator[Item]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = _refuse
        self._follow(parser)
        with self._opened() as file:
            for chunk in _chunks(file):
                parser.Parse(chunk, False)
                yield from self.found
                self.found.clear()
            parser.Parse(b"", True)

    def _follow(self, parser: expat.XMLParserType) -> None:
        """Hook up to the parser. These run for every element of the file, hence closures and nothing needless."""
        place: Place = Outside()
        above: list[Place] = []
        texts: list[str] = []
        records, push, pop, clear = self.records, above.append, above.pop, texts.clear

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal place
            push(place)
            place = place[name]
            if place.key:
                clear()
                if attributes and "Ccy" in attributes:
                    records[-1][place.currency] = [attributes["Ccy"]]
            elif place.opens:
                self._open(place)

        def end(name: str) -> None:
            nonlocal place
            key = place.key
            if key:
                text = "".join(texts)  # of `Sts` with a `Cd` inside it, the text of both
                record = records[-1]
                if key in record:
                    record[key].append(text)
                else:
                    record[key] = [text]
            elif place.record:
                self._finish(place.record, records.pop())
            place = pop()

        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = texts.append

    def _open(self, place: Place) -> None:
        if place.format and self.format == UNKNOWN_FORMAT:
            self.format = place.format
        if place.record:
            self.records.append({})

    def _finish(self, kind: str, record: Record) -> None:
        if kind == DETAIL:
            self.details.append(record)
        elif kind == ENTRY:
            self._entry(record)
        elif kind == BALANCE:
            self.balances.append(record)
        else:
            self._statement(record)

    def _entry(self, record: Record) -> None:
        self.entries += 1
        details, self.details = self.details, []
        try:
            entry = _entry(record, details, self.entries)
            self.found.append(entry)
            if _differ(record, details):
                self.found.append(problem("details.differ", f"statement {self.statements}, entry {self.entries}"))
        except Unreadable as flaw:
            self.found.append(problem(flaw.code, f"statement {self.statements}, entry {self.entries}", flaw.value))

    def _statement(self, record: Record) -> None:
        try:
            self.found.append(_statement(record, self.balances))
        except Unreadable as flaw:
            self.found.append(problem(flaw.code, f"statement {self.statements}", flaw.value))
        self.balances, self.entries = [], 0
        self.statements += 1


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file without the blanks that may stand before its XML declaration."""
    begun = False
    while chunk := file.read(_CHUNK):
        if not begun:
            chunk = chunk.lstrip(b" \t\r\n")
            begun = bool(chunk)
        if chunk:
            yield chunk


def _refuse(*_: object) -> None:
    raise _Doctype


def _one(record: Record, *paths: str) -> str:
    """The first text at the first path that has one."""
    for path in paths:
        found = record.get(path)
        if found and (text := found[0].strip()):
            return text
    return ""


def _credit(record: Record) -> bool:
    stated = _one(record, "CdtDbtInd")
    if stated not in ("CRDT", "DBIT"):
        raise Unreadable("direction.unreadable" if stated else "direction.missing", stated)
    return stated == "CRDT"


def _reversal(record: Record) -> bool:
    stated = _one(record, "RvslInd") if "RvslInd" in record else "false"
    if stated not in ("true", "false", "1", "0"):
        raise Unreadable("reversal.unreadable", stated)
    return stated in ("true", "1")


def _day(record: Record, name: str) -> date | None:
    """`Dt` or `DtTm` inside a date choice; None only where the element is absent."""
    found = record.get(f"{name}/Dt") or record.get(f"{name}/DtTm")
    return iso_date(found[0]) if found else None


def _entry(record: Record, details: list[Record], position: int) -> Entry:
    amount, credit, reversal = unsigned(_one(record, "Amt")), _credit(record), _reversal(record)
    currency, status = _one(record, "Amt@Ccy"), _one(record, "Sts", "Sts/Cd", "Sts/Prtry")
    if not currency:
        raise Unreadable("currency.missing")
    if not status:
        raise Unreadable("status.missing")
    name, account = _counterparty(details, "Dbtr" if credit != reversal else "Cdtr")
    return Entry(
        amount=signed(amount, credit),
        currency=currency,
        value_date=_day(record, "ValDt"),
        booking_date=_day(record, "BookgDt"),
        references=_references(details),
        memo=_memo(details) or tidy(_one(record, "AddtlNtryInf")),
        bank_reference=_one(record, "AcctSvcrRef"),
        status=status,
        line_no=_one(record, "NtryRef") or str(position),
        transaction_code=_code(record) or (_code(details[0]) if details else ""),
        reversal=reversal,
        counterparty_name=name,
        counterparty_account=account,
    )


def _references(details: list[Record]) -> tuple[str, ...]:
    ends = [text for detail in details for text in detail.get("Refs/EndToEndId", ())]
    structured = [text for detail in details for text in detail.get("RmtInf/Strd/CdtrRefInf/Ref", ())]
    return references(ends + structured)


def _memo(details: list[Record]) -> str:
    if len(details) == 1:
        return _detail_memo(details[0])
    return " ".join(dict.fromkeys(text for text in map(_detail_memo, details) if text))


def _detail_memo(detail: Record) -> str:
    pieces = detail.get("RmtInf/Ustrd", ())
    remitted = tidy(pieces[0] if len(pieces) == 1 else joined(pieces, USTRD_WIDTH))
    added = tidy(_one(detail, "AddtlTxInf")) if "AddtlTxInf" in detail else ""
    return remitted if not added or added in remitted else f"{remitted} {added}".strip()


def _differ(record: Record, details: list[Record]) -> bool:
    """Whether the details do not sum to the entry; unknown, hence no, unless each has an amount in its currency."""
    total, credit = Decimal(0), _credit(record)
    for detail in details:
        path, unit = ("Amt", "Amt@Ccy") if "Amt" in detail else ("AmtDtls/TxAmt/Amt", "AmtDtls/TxAmt/Amt@Ccy")
        if path not in detail or detail.get(unit) != record["Amt@Ccy"]:
            return False
        same = "CdtDbtInd" not in detail or _credit(detail) == credit
        total += unsigned(detail[path][0]) * (1 if same else -1)
    return bool(details) and total != unsigned(record["Amt"][0])


def _counterparty(details: list[Record], role: str) -> tuple[str, str]:
    """The other side, where the entry is one payment. A reversed debit still names its creditor."""
    if len(details) != 1:
        return "", ""
    return _one(details[0], *PARTY_NAMES[role]), _one(details[0], *PARTY_ACCOUNTS[role])


def _code(record: Record) -> str:
    """BkTxCd as `PMNT/RCDT/ESCT`, else the bank's own code."""
    if "BkTxCd/Domn/Cd" not in record:
        return _one(record, "BkTxCd/Prtry/Cd")
    return "/".join([text for path in DOMAIN_CODE if (text := _one(record, path))])


def _statement(record: Record, balances: list[Record]) -> Statement:
    """The frame around entries that were read already. Balances that are not used must be readable all the same."""
    known: dict[str, tuple[Decimal, str]] = {}
    for balance in balances:
        known.setdefault(_one(balance, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry"), _balance(balance))
    opening = known.get("OPBD") or known.get("PRCD")
    closing = known.get("CLBD")
    return Statement(
        account=_one(record, "Acct/Id/IBAN", "Acct/Id/Othr/Id"),
        currency=_one(record, "Acct/Ccy") or next((ccy for _, ccy in filter(None, (opening, closing))), ""),
        opening=opening[0] if opening else None,
        closing=closing[0] if closing else None,
        entries=(),
        number=_one(record, "ElctrncSeqNb", "LglSeqNb", "Id"),
        from_date=_moment(record, "FrToDt/FrDtTm"),
        to_date=_moment(record, "FrToDt/ToDtTm"),
    )


def _balance(record: Record) -> tuple[Decimal, str]:
    _day(record, "Dt")
    return signed(unsigned(_one(record, "Amt")), _credit(record)), _one(record, "Amt@Ccy")


def _moment(record: Record, path: str) -> date | None:
    stated = _one(record, path)
    return iso_date(stated) if stated else None
