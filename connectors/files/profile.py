"""A mapping profile: which headings of one bank's table mean what, as data (`profiles/*.json`) that a person can write.

Headings, labels and words are compared folded (no accents, lower case, letters and digits alone), so that
`Số tiền ghi nợ/\\nDebit` and `so tien ghi no debit` are one. The README of the profiles is `thuphi statements profile`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from connectors.files.cells import DATES, VND

STATEMENT, SETTLEMENT = "statement", "settlement"

FIELDS: dict[str, tuple[str, ...]] = {
    STATEMENT: (
        *("booking_date", "value_date", "debit", "credit", "amount", "direction", "memo", "bank_ref", "e2e_ref"),
        *("balance", "code", "counterparty_name", "counterparty_account", "account", "currency", "line_no"),
        "booking_date+bank_ref",  # one column that holds both, the day first
    ),
    SETTLEMENT: (
        *("batch_id", "terminal", "trade_date", "reference", "gross", "mdr", "net"),
        *("rrn", "approval_code", "stan", "masked_pan", "batch_count", "batch_net"),
    ),
}
LABELS: dict[str, tuple[str, ...]] = {
    STATEMENT: ("account", "currency", "opening", "closing", "from", "to"),
    SETTLEMENT: ("batch_id", "terminal", "trade_date"),
}
ENCODINGS = ("auto", "utf-8", "utf-16", "cp1258", "cp1252")
DELIMITERS = {"auto": "", "comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}

_NOISE = re.compile(r"[^0-9a-z]+")
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_LONGEST = 200  # characters of a heading or word, and how many of them


class ProfileInvalid(ValueError):
    """The profile cannot be used; `flaws` says where and why."""

    kind = "invalid"
    code = "profile.invalid"

    def __init__(self, flaws: Iterable[str]) -> None:
        self.flaws = tuple(flaws)
        super().__init__("; ".join(self.flaws))


@dataclass(frozen=True, slots=True)
class Profile:
    """One bank's table. Headings, labels and words are folded."""

    name: str
    kind: str  # STATEMENT or SETTLEMENT
    bank: str
    source: str  # where the headings are known from
    verified: bool  # against a real file of the bank
    columns: Mapping[str, tuple[str, ...]]  # field -> headings, any of which means it
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # what stands around the table
    recognise: tuple[str, ...] = ()  # phrases above the table; they decide between profiles that both fit
    totals: tuple[str, ...] = ()  # words with which a row of sums begins
    dates: tuple[str, ...] = DATES
    decimal: str = "auto"
    currency: str = VND
    encoding: str = "auto"
    delimiter: str = "auto"
    debit_negative: bool = False  # the bank prints debits with a sign in their own column
    numbers_per_day: bool = False  # the bank's numbers begin anew each day: alone they name no entry
    credit_words: tuple[str, ...] = ("c", "cr", "crdt", "co", "ghi co", "credit")
    debit_words: tuple[str, ...] = ("d", "dr", "dbit", "no", "ghi no", "debit")
    codes: Mapping[str, str] = field(default_factory=dict)  # the bank's own code -> ISO 20022 sub-family (CHRG, INTR)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # the same from words a memo begins with
    reversals: tuple[str, ...] = ()  # words with which the memo of a reversal begins

    def needed(self) -> tuple[tuple[str, ...], ...]:
        """Of each of these groups one field at least must have a column."""
        if self.kind == SETTLEMENT:
            named = {name for name in ("batch_id", "terminal", "trade_date") if name in self.labels}
            wanted = ("batch_id", "trade_date", "reference", "gross", "mdr", "net")
            return tuple((name,) for name in wanted if name not in named)
        return (("booking_date", "booking_date+bank_ref", "value_date"), ("amount", "credit"))


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """No accents, lower case, one blank between runs of letters and digits."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D"))
        text = "".join(c for c in apart if not unicodedata.combining(c))
    return _NOISE.sub(" ", text.lower()).strip()


def profile_of(data: Mapping[str, Any]) -> Profile:
    """A profile from its JSON. Raises ProfileInvalid with every flaw."""
    flaws = list(_flaws(data))
    if flaws:
        raise ProfileInvalid(flaws)
    direction = data.get("direction", {})
    more: dict[str, Any] = {
        name: data[name]
        for name in ("decimal", "currency", "encoding", "delimiter", "debit_negative", "numbers_per_day", "verified")
        if name in data
    }
    if "dates" in data:
        more["dates"] = tuple(data["dates"])
    for name, words in (("credit_words", direction.get("credit")), ("debit_words", direction.get("debit"))):
        if words:
            more[name] = _folded_all(words)
    return Profile(
        name=data["name"],
        kind=data["kind"],
        bank=data.get("bank", ""),
        source=data.get("source", ""),
        verified=more.pop("verified", False),
        columns={name: _folded_all(listed) for name, listed in data["columns"].items()},
        labels={name: _folded_all(listed) for name, listed in data.get("labels", {}).items()},
        recognise=_folded_all(data.get("recognise", ())),
        totals=_folded_all(data.get("totals", ())),
        codes={folded(code): iso for iso, listed in data.get("codes", {}).items() for code in listed},
        words={iso: _folded_all(listed) for iso, listed in data.get("words", {}).items()},
        reversals=_folded_all(data.get("reversals", ())),
        **more,
    )


def read_profile(text: str | bytes) -> Profile:
    """A profile from the text of its file. Raises ProfileInvalid."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise ProfileInvalid(["not JSON"]) from None
    if not isinstance(data, dict):
        raise ProfileInvalid(["not a JSON object"])
    return profile_of(data)


@cache
def builtin(kind: str) -> tuple[Profile, ...]:
    """The profiles that come with the product, by name; the generic ones last."""
    found = [read_profile(text) for text in _texts().values()]
    chosen = [profile for profile in found if profile.kind == kind]
    return tuple(sorted(chosen, key=lambda profile: (profile.name.startswith("generic"), profile.name)))


def builtin_text(name: str) -> str | None:
    """The file of a profile that comes with the product: what a person begins a new one from."""
    return _texts().get(name)


@cache
def _texts() -> dict[str, str]:
    room = files(__package__).joinpath("profiles")
    return {path.name[:-5]: path.read_text("utf-8") for path in room.iterdir() if path.name.endswith(".json")}


def _folded_all(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(folded, words)))


_SWITCHES = ("verified", "debit_negative", "numbers_per_day")
_TEXTS = ("bank", "source", "about", "currency")
_LISTS = ("recognise", "totals", "dates", "reversals")
_TABLES = ("columns", "labels", "codes", "words", "direction")
_KNOWN = {"name", "kind", "decimal", "encoding", "delimiter", *_SWITCHES, *_TEXTS, *_LISTS, *_TABLES}


def _flaws(data: Mapping[str, Any]) -> Iterable[str]:
    yield from (f"{name}: unknown member" for name in sorted(set(data) - _KNOWN))
    if not isinstance(data.get("name"), str) or not _NAME.fullmatch(data["name"]):
        yield "name: small letters, digits and _ (at most 40)"
    kind = data.get("kind")
    if kind not in FIELDS:
        yield f"kind: one of {', '.join(FIELDS)}"
        return
    yield from (f"{name}: a text" for name in _TEXTS if not isinstance(data.get(name, ""), str))
    yield from (f"{name}: true or false" for name in _SWITCHES if name in data and data[name] not in (True, False))
    for name, allowed in (("decimal", ("auto", ",", ".")), ("encoding", ENCODINGS), ("delimiter", tuple(DELIMITERS))):
        if data.get(name, "auto") not in allowed:
            yield f"{name}: one of {', '.join(allowed)}"
    yield from (f"{name}: a list of texts" for name in _LISTS if not _texts_listed(data.get(name, [])))
    lists_are_whole = True
    for name in _TABLES:
        table = data.get(name, {})
        if not isinstance(table, dict) or not all(_texts_listed(listed) and listed for listed in table.values()):
            yield f"{name}: an object of lists of texts"
            lists_are_whole = False
    if lists_are_whole:
        yield from _table_flaws(data, kind)


def _table_flaws(data: Mapping[str, Any], kind: str) -> Iterable[str]:
    columns, labels = data.get("columns", {}), data.get("labels", {})
    yield from (f"columns.{name}: unknown field" for name in sorted(set(columns) - set(FIELDS[kind])))
    yield from (f"labels.{name}: unknown label" for name in sorted(set(labels) - set(LABELS[kind])))
    yield from (
        f"direction.{name}: credit or debit" for name in sorted(set(data.get("direction", {})) - {"credit", "debit"})
    )
    shape = Profile(data.get("name", ""), kind, "", "", False, columns, labels)
    yield from (
        f"columns: one of {' or '.join(group)} is needed" for group in shape.needed() if not set(group) & set(columns)
    )
    if kind == STATEMENT and "credit" in columns and "debit" not in columns:
        yield "columns: credit needs debit beside it"
    headings = [(name, folded(heading)) for name, listed in columns.items() for heading in listed]
    yield from (f"columns.{name}: a heading without letters" for name, heading in headings if not heading)
    for heading in sorted({h for _, h in headings if len({n for n, other in headings if other == h}) > 1}):
        yield f"columns: the heading {heading!r} means two fields"
    if isinstance(data.get("dates", []), list):
        yield from (f"dates: {form} lacks dd, MM or yyyy" for form in data.get("dates", []) if not _whole_date(form))


def _texts_listed(listed: object) -> bool:
    return (
        isinstance(listed, list)
        and len(listed) <= _LONGEST
        and all(isinstance(text, str) and len(text) <= _LONGEST for text in listed)
    )


def _whole_date(form: object) -> bool:
    return isinstance(form, str) and "dd" in form and "MM" in form and "yy" in form
