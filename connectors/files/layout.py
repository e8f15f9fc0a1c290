"""Where a table's heading row stands, and which column is which field of a profile.

A heading means a field when it is one of the profile's headings, or holds one as whole words; the exact and the longer
one win. Headings may take two rows, in two languages or as `Số tiền` over `Nợ | Có`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connectors.files.cells import Cell, shown
from connectors.files.profile import Profile, folded
from connectors.files.table import Row

_LEAST_PHRASE = 6  # letters: `no` and `co` mean something only where they stand alone
_COLUMN_MARK = re.compile(r"\(?(?:[0-9]{1,2}|[A-Za-z])\)?(?: ?= ?.*)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """A profile that fits a table."""

    profile: Profile
    columns: dict[str, int]  # field -> position in the row
    headings: tuple[str, ...]  # as they stand in the file
    line: int  # of the heading row
    last_line: int  # of its second row, or the same
    exact: int  # columns whose heading is the profile's very own
    recognised: bool  # a phrase of the profile stands above the table

    def cell(self, cells: Sequence[Cell], name: str) -> Cell:
        """The cell of a field; None where the row ends before it or the table has no such column."""
        at = self.columns.get(name)
        return None if at is None or at >= len(cells) else cells[at]

    def repeats_heading(self, cells: Sequence[Cell]) -> bool:
        """Whether the row is the heading again, as at the top of a printed page."""
        found = [(shown(cells[at]), self.headings[at]) for at in self.columns.values() if at < len(cells)]
        return bool(found) and all(a and folded(a) in folded(b) for a, b in found)


def fit(profiles: Iterable[Profile], rows: Sequence[Row]) -> Layout | None:
    """The profile that fits the rows best: recognised by name first, then by headings; None where none does."""
    found = [layout for profile in profiles if (layout := _find(profile, rows)) is not None]
    return max(found, key=_worth) if found else None  # of equals the first, so the generic ones come last


def _worth(layout: Layout) -> tuple[bool, int, int]:
    return layout.recognised, layout.exact, len(layout.columns)


def _find(profile: Profile, rows: Sequence[Row]) -> Layout | None:
    found = [layout for at in range(len(rows)) if (layout := _at(profile, rows, at)) is not None]
    if not found:
        return None
    best = max(found, key=lambda one: (len(one.columns), one.exact, one.line == one.last_line))  # of equals the first
    above = folded(" ".join(shown(cell) for line, cells in rows if line < best.line for cell in cells))
    return replace(best, recognised=any(f" {phrase} " in f" {above} " for phrase in profile.recognise))


def _at(profile: Profile, rows: Sequence[Row], at: int) -> Layout | None:
    """The layout whose headings begin in this row."""
    line, cells = rows[at]
    headings = [shown(cell) for cell in cells]
    if sum(map(bool, headings)) < 2:
        return None
    below_line, below_cells = rows[at + 1] if at + 1 < len(rows) else (line, ())
    below = [shown(cell) for cell in below_cells]
    one = _layout(profile, headings, [(heading,) for heading in headings], line, line)
    if one is None:
        return _both(profile, headings, below, line, below_line)
    if is_numbering(below):
        return replace(one, last_line=below_line)
    if _is_second_row(profile, below):
        return _both(profile, headings, below, line, below_line) or one
    return one


def _both(profile: Profile, upper: Sequence[str], lower: Sequence[str], line: int, last: int) -> Layout | None:
    """Two rows as one; a merged cell above speaks for all columns under it, and for none of them alone."""
    width = max(len(upper), len(lower))
    over = [*upper, *[""] * (width - len(upper))]
    under = [*lower, *[""] * (width - len(lower))]
    joined, variants, spread = [], [], ""
    for at in range(width):
        shared = not over[at] and bool(under[at])
        spread = spread if shared else over[at]
        merged = shared or (at + 1 < width and not over[at + 1] and bool(under[at + 1]))
        joined.append(f"{spread} {under[at]}".strip())
        variants.append((joined[-1], under[at]) if merged else (joined[-1], over[at], under[at]))
    return _layout(profile, joined, variants, line, last)


def _layout(
    profile: Profile, headings: Sequence[str], variants: Sequence[Sequence[str]], line: int, last: int
) -> Layout | None:
    columns, exact = _columns(profile, variants)
    if any(not set(group) & set(columns) for group in profile.needed()):
        return None
    return Layout(profile, columns, tuple(headings), line, last, exact, False)


def _columns(profile: Profile, variants: Sequence[Sequence[str]]) -> tuple[dict[str, int], int]:
    """Fields and their columns, and how many headings were met word for word. A column has one heading or several."""
    said = [{folded(variant) for variant in of_column} - {""} for of_column in variants]
    claims = [
        (alias in headings, len(alias), -at, name)
        for at, headings in enumerate(said)
        for name, aliases in profile.columns.items()
        for alias in aliases
        if alias in headings or (len(alias) >= _LEAST_PHRASE and any(f" {alias} " in f" {one} " for one in headings))
    ]
    columns: dict[str, int] = {}
    taken: set[int] = set()
    exact = 0
    for same, _, at, name in sorted(claims, key=lambda claim: claim[:3], reverse=True):
        if name not in columns and -at not in taken:
            columns[name] = -at
            taken.add(-at)
            exact += same
    return columns, exact


def _is_second_row(profile: Profile, cells: Sequence[str]) -> bool:
    """Whether these too are headings: the same in another language, or one level deeper."""
    return len(_columns(profile, [(cell,) for cell in cells])[0]) >= 2


def is_numbering(cells: Sequence[str]) -> bool:
    """`(1) (2) (3)` or `A B C` under the headings."""
    filled = [cell for cell in cells if cell]
    return len(filled) > 2 and all(_COLUMN_MARK.fullmatch(cell) for cell in filled)
