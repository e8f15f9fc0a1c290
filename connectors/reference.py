"""The payment reference, `BLQ` + 8 characters + an ISO/IEC 7064 MOD 37,36 check character, and how a memo gives it back.

Banks prefix the memo, change its case, break it every 35 characters, turn dots into spaces; people write O for 0 and
put dots between groups. Finding is a matter of form alone: whether a reference is open is for the caller to look up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

PREFIX = "BLQ"
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: they are misread or misheard
LENGTH = 12

Reading = Literal["plain", "case", "separated", "folded"]

_CHECKS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BODY = slice(len(PREFIX), LENGTH - 1)
_WHOLE = f"{PREFIX}[0-9A-TV-Z]{{8}}[0-9A-Z]"
_BROKEN = r"(?:\r?[^0-9A-Z])?".join([*PREFIX, *["[0-9A-TV-Z]"] * 8, "[0-9A-Z]"])  # one separator between any two
_TOKEN = re.compile(f"{_WHOLE}|{_BROKEN}")
_ALPHANUMERIC = re.compile("[0-9A-Z]")
_NOISE = re.compile(r"[^0-9A-Z]+")
_LOOKALIKES = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Found:
    """A reference in a memo: `memo[start:end]` is what stood there, `reading` the strongest liberty taken with it.

    `case`: lower case; `separated`: a break or separators inside; `folded`: O, I, L or accented letters mapped back.
    """

    reference: str
    start: int
    end: int
    reading: Reading


def make(below: Callable[[int], int]) -> str:
    """A new reference; `below(n)` gives a uniform number from 0 to n-1. Uniqueness is the caller's."""
    while True:
        body = PREFIX + "".join(ALPHABET[below(len(ALPHABET))] for _ in range(8))
        check = check_character(body)
        if _mixed(body) and check in ALPHABET:
            return body + check


def check_character(body: str) -> str:
    """The MOD 37,36 check character over 0-9 and A-Z (ISO/IEC 7064, hybrid system); ValueError on anything else."""
    product = 36
    for character in body:
        product = _next_product(product, _CHECKS.index(character))
    return _CHECKS[(1 - product) % 36]


def holds(reference: str) -> bool:
    """Whether this is a whole reference as it is issued, upper case and nothing around it, and its check holds."""
    if len(reference) != LENGTH or not reference.startswith(PREFIX):
        return False
    state = _AFTER_PREFIX
    try:
        for character in reference[_BODY]:
            state = state[character]
    except KeyError:
        return False
    return state.check == reference[-1]


def references(memo: str) -> tuple[str, ...]:
    """Every well-formed reference whose check holds, in order of first appearance, without repeats."""
    text = _upper(memo)
    tokens = _TOKEN.findall(text)
    for token in tokens:
        if not holds(token):  # rare: read the whole memo with care
            tokens = [reference for reference, _, _ in _readings(text)]
            break
    return tuple(dict.fromkeys(tokens)) if len(tokens) > 1 else tuple(tokens)


def find(memo: str) -> tuple[Found, ...]:
    """Like `references`, each with the place where it first stands and how it had to be read."""
    first: dict[str, Found] = {}
    for reference, start, end in _readings(_upper(memo)):
        if reference not in first:
            first[reference] = Found(reference, start, end, _liberty(memo[start:end], reference))
    return tuple(first.values())


def _readings(text: str) -> Iterator[tuple[str, int, int]]:
    """References in upper-case text of the memo's own length. A failed beginning is passed by one character only."""
    match = _TOKEN.search(text)
    while match:
        start, end = match.span()
        reference = _read(match.group(), glued=_ALPHANUMERIC.match(text, end) is not None)
        if reference:
            yield reference, start, end
        match = _TOKEN.search(text, end if reference else start + 1)


def _read(token: str, *, glued: bool) -> str | None:
    """The reference in a token that has its form but for separators and lookalikes; `glued`: text goes on behind it."""
    if holds(token):
        return token
    joined = _NOISE.sub("", token)
    if len(token) > LENGTH and glued and not _one_break(token):
        return None
    folded = PREFIX + joined[len(PREFIX) :].translate(_LOOKALIKES)
    reference = joined if holds(joined) else folded
    if not holds(reference) or not _mixed(reference):
        return None
    if reference != joined and len(token) > LENGTH and not _digits(joined):
        return None  # words: BLQ NOP LE PHI H
    return reference


def _one_break(token: str) -> bool:
    """Whether a bank's line break explains the separator, and not words and numbers: `BLQ TRAN FT5808375716`."""
    return len(_NOISE.findall(token)) == 1 and token.startswith(PREFIX) and token[len(PREFIX)].isalnum()


def _mixed(reference: str) -> bool:
    return 2 <= _digits(reference) <= 6


def _digits(reference: str) -> int:
    return sum(map(str.isdigit, reference[_BODY]))


def _liberty(written: str, reference: str) -> Reading:
    if written == reference:
        return "plain"
    upper = written.upper()
    if upper == reference:
        return "case"
    return "separated" if _NOISE.sub("", upper) == reference else "folded"


def _upper(memo: str) -> str:
    return memo.upper() if memo.isascii() else memo.translate(_BASE_LETTERS)


class _BaseLetters(dict[int, str]):
    """Each character to one upper-case character, so that places stay places: accents off, đ to D, full width to half.

    Combining marks and what has no ASCII base are left as they are, that is, as separators.
    """

    def __missing__(self, code: int) -> str:
        base = unicodedata.normalize("NFKD", chr(code))[0].upper()
        if len(base) > 1 or not base.isascii():
            return chr(code)
        self[code] = base  # only what has a base is kept: a few thousand at most
        return base


_BASE_LETTERS = _BaseLetters({ord("đ"): "D", ord("Đ"): "D"})


def _next_product(product: int, value: int) -> int:
    return ((product + value) % 36 or 36) * 2 % 37


class _State(dict[str, "_State"]):
    """A product of the check and, by each character of the alphabet, the state it leads to."""

    def __init__(self, product: int) -> None:
        self.product = product
        self.check = _CHECKS[(1 - product) % 36]


def _after_prefix() -> _State:
    states = [_State(product) for product in range(37)]
    for state in states:
        for character in ALPHABET:
            state[character] = states[_next_product(state.product, _CHECKS.index(character))]
    start = states[36]
    for character in PREFIX:
        start = states[_next_product(start.product, _CHECKS.index(character))]
    return start


_AFTER_PREFIX = _after_prefix()
