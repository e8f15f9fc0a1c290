"""A statement's entries as lines to be matched: đồng as int, nature decided, references and words found once.

Only booked entries in VND are money here (ISO 20022 EntryStatus BOOK). What cannot be taken is a Problem of the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import overload

from connectors import reference
from connectors.statement import Entry, Problem, Statement
from reconciliation.model import MEMO, STRUCTURED, WORD
from reconciliation.natures import nature, squeezed

CURRENCY = "VND"

REASONS = {
    "currency.not_vnd": ("Chỉ đối soát được tiền VND", "only VND can be reconciled"),
    "amount.not_whole": ("Số tiền VND có phần lẻ", "an amount in VND is not whole"),
    "date.missing": ("Dòng không có ngày hạch toán lẫn ngày giá trị", "the line has neither booking nor value date"),
    "account.missing": ("Sao kê không ghi số tài khoản", "the statement names no account"),
    "statement.gap": (
        "Số dư đầu kỳ không nối tiếp sao kê trước, hoặc các dòng không khớp số dư cuối kỳ",
        "the opening balance does not continue the statement before, or the lines do not add up to the closing one",
    ),
    "entry.interim": (
        "Dòng trong ngày không có mã của ngân hàng: chờ sao kê cuối ngày",
        "entries of an interim report without the bank's own reference wait for the statement",
    ),
    "file.known": ("Tệp này đã được nhập", "this very file was imported before"),
}

_PIECE = re.compile(r"[0-9A-Za-z]+")
_ACCOUNT_NOISE = re.compile(r"[\s.\-]+")
_CURRENCY_TAIL = re.compile(r"(?<=[0-9])VND$")
_SHORTEST_WORD, _LONGEST_WORD = 3, 40


@dataclass(frozen=True, slots=True)
class Draft:
    """A booked entry, ready to be stored or matched."""

    line_no: str
    account: str
    booking_date: date
    value_date: date | None
    credit: bool
    amount: int
    reversal: bool
    nature: str
    bank_reference: str
    references: tuple[tuple[str, int], ...]
    memo: str = field(repr=False)
    counterparty_name: str = field(repr=False)
    counterparty_account: str = field(repr=False)


class Unusable(ValueError):
    """An entry or statement that cannot be reconciled; `code` is one of REASONS."""

    kind = "invalid"

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def problem(code: str, where: str = "") -> Problem:
    """A Problem in both languages."""
    vietnamese, english = REASONS[code]
    return Problem(code, f"{vietnamese} / {english}", where)


def drafts(statement: Statement, own: Collection[str]) -> list[Draft]:
    """The booked entries of a statement. `own`: account keys of our own accounts. Raises Unusable."""
    account = account_key(statement.account)
    if not account:
        raise Unusable("account.missing")
    if statement.currency not in ("", CURRENCY):
        raise Unusable("currency.not_vnd")
    return [_draft(entry, account, own) for entry in statement.entries if entry.status == "BOOK"]


def whole_balances(statement: Statement) -> tuple[int | None, int | None]:
    """Opening and closing in đồng. Raises Unusable."""
    return _whole(statement.opening), _whole(statement.closing)


def account_key(text: str) -> str:
    """An account number as it is compared: without blanks, dots, the bank's BIC in front or the currency behind."""
    bare = _ACCOUNT_NOISE.sub("", text).upper().rpartition("/")[2]
    return _CURRENCY_TAIL.sub("", bare)


@overload
def _whole(amount: Decimal) -> int: ...
@overload
def _whole(amount: Decimal | None) -> int | None: ...
def _whole(amount: Decimal | None) -> int | None:
    if amount is None:
        return None
    if amount != int(amount):
        raise Unusable("amount.not_whole")
    return int(amount)


def _draft(entry: Entry, account: str, own: Collection[str]) -> Draft:
    booked = entry.booking_date or entry.value_date
    if entry.currency not in ("", CURRENCY):
        raise Unusable("currency.not_vnd")
    if booked is None:
        raise Unusable("date.missing")
    signed = _whole(entry.amount)
    credit = signed >= 0
    found = _references(entry)
    other = account_key(entry.counterparty_account)
    kind = nature(
        entry.transaction_code,
        entry.memo,
        credit=credit,
        reversal=entry.reversal,
        referenced=bool(found),
        own=other in own and other != account,
    )
    named = {ref for ref, _ in found}
    words = () if found and credit else tuple((word, WORD) for word in _words(entry) if word not in named)
    return Draft(
        line_no=entry.line_no,
        account=account,
        booking_date=booked,
        value_date=entry.value_date,
        credit=credit,
        amount=abs(signed),
        reversal=entry.reversal,
        nature=kind,
        bank_reference=entry.bank_reference,
        references=found + words,
        memo=entry.memo,
        counterparty_name=entry.counterparty_name,
        counterparty_account=entry.counterparty_account,
    )


def _references(entry: Entry) -> tuple[tuple[str, int], ...]:
    """A valid structured reference wins: the memo is then not searched."""
    structured = dict.fromkeys([ref for ref in entry.references if reference.holds(ref)])
    if structured:
        return tuple((ref, STRUCTURED) for ref in structured)
    return tuple((ref, MEMO) for ref in reference.references(entry.memo))


def _words(entry: Entry) -> dict[str, None]:
    """Words that may be a batch id, a terminal or an order number: whole, cut at punctuation, and neighbours joined."""
    return dict.fromkeys(
        word
        for text in (*entry.references, entry.bank_reference, entry.memo)
        for word in _candidates(text)
        if _SHORTEST_WORD <= len(word) <= _LONGEST_WORD and any(map(str.isdigit, word))
    )


def _candidates(text: str) -> Iterator[str]:
    yield from map(squeezed, text.split())
    pieces = [piece.upper() for piece in _PIECE.findall(text)]
    yield from pieces
    for length in (2, 3):
        yield from ("".join(pieces[at : at + length]) for at in range(len(pieces) - length + 1))
