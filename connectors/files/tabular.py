"""A statement as CSV (RFC 4180), one row a line, with the columns of Thu Phí's own exchange format.

`line_no,account,booking_date,value_date,direction,amount,e2e_ref,memo,bank_ref`: direction CRDT or DBIT, the amount in
đồng without sign, no balances. Several accounts may share a file; each becomes a statement of its own.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from io import BytesIO, TextIOWrapper

from connectors.files.reading import (
    Item,
    Opener,
    Unreadable,
    collect,
    iso_date,
    problem,
    references,
    signed,
    tidy,
    unsigned,
)
from connectors.statement import Entry, Parsed, Problem, Statement

FORMAT = "csv"
COLUMNS = ("line_no", "account", "booking_date", "value_date", "direction", "amount", "e2e_ref", "memo", "bank_ref")
MOST_ACCOUNTS = 64  # in one file
_REQUIRED = ("account", "booking_date", "direction", "amount")

Row = Mapping[str, str]


def recognised(text: str) -> bool:
    """Whether the first line is a header of ours."""
    header = {cell.strip().strip('"') for cell in text[:1000].lstrip().partition("\n")[0].split(",")}
    return {"booking_date", "direction", "amount"} <= header


def parse(data: bytes) -> Parsed:
    """The whole file as one statement per account, in the order in which the accounts first appear."""
    reader = Reader(lambda: BytesIO(data))
    return collect(FORMAT, reader.items())


class Reader:
    """One reading of a file; a file of several accounts is gone through once for each, so that none fills the memory."""

    format = FORMAT

    def __init__(self, opened: Opener) -> None:
        self._opened = opened

    def items(self) -> Iterator[Item]:
        """The entries of each account, then its statement; problems where they are met, each once."""
        accounts: dict[str, None] = {}
        for item in self._rows():
            if isinstance(item, Problem):
                yield item
                continue
            account, entry = item
            if account not in accounts:
                accounts[account] = None
                if len(accounts) > MOST_ACCOUNTS:
                    yield problem("csv.too_many_accounts")
                    return
            if account == next(iter(accounts)):
                yield entry
        for position, account in enumerate(accounts):
            if position:
                yield from self._of(account)
            yield Statement(account=account, currency="VND", opening=None, closing=None, entries=())

    def _of(self, account: str) -> Iterator[Entry]:
        for item in self._rows():
            if not isinstance(item, Problem) and item[0] == account:
                yield item[1]

    def _rows(self) -> Iterator[tuple[str, Entry] | Problem]:
        with TextIOWrapper(self._opened(), encoding="utf-8-sig", newline="") as text:
            rows = csv.reader(text, strict=True)
            try:
                header = [cell.strip() for cell in next(rows, [])]
                for name in _REQUIRED:
                    if name not in header:
                        yield problem("csv.column_missing", name)
                        return
                for position, cells in enumerate((row for row in rows if row), start=1):
                    yield _row(header, cells, position, f"line {rows.line_num}")
            except csv.Error:
                yield problem("csv.malformed", f"line {rows.line_num}")
            except UnicodeDecodeError:
                yield problem("encoding.unreadable")


def _row(header: list[str], cells: list[str], position: int, where: str) -> tuple[str, Entry] | Problem:
    if len(cells) != len(header):
        return problem("csv.row_shape", where)
    row = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    try:
        return row["account"], _entry(row, position)
    except Unreadable as flaw:
        return problem(flaw.code, where, flaw.value)


def _entry(row: Row, position: int) -> Entry:
    value_date = row.get("value_date", "")
    return Entry(
        amount=signed(unsigned(row["amount"]), _credit(row["direction"])),
        currency="VND",
        value_date=iso_date(value_date) if value_date else None,
        booking_date=iso_date(row["booking_date"]),
        references=references([row.get("e2e_ref", "")]),
        memo=tidy(row.get("memo", "")),
        bank_reference=row.get("bank_ref", ""),
        line_no=row.get("line_no", "") or str(position),
    )


def _credit(stated: str) -> bool:
    if stated not in ("CRDT", "DBIT"):
        raise Unreadable("direction.unreadable" if stated else "direction.missing", stated)
    return stated == "CRDT"
