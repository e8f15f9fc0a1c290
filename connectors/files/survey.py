"""A file of any size in bounded memory: looked through once for what it comes to, then gone through in batches.

Nothing of a file may be taken before all of it is known to be readable, so a large file is read twice; what the first
look keeps is one `Head` for each statement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from connectors.files.reading import Items, accepted, gathered, says_something
from connectors.statement import BATCH, Entry, Head, Problem, Statement, Tally


@dataclass(frozen=True, slots=True)
class FileReading:
    """A `connectors.statement.Reading` of one file."""

    format: str
    heads: tuple[Head, ...]
    problems: tuple[Problem, ...]
    _again: Callable[[], Items] = field(repr=False)

    def batches(self) -> Iterator[tuple[int, list[Entry]]]:
        """Position in `heads` and entries, in file order; the file must not have changed meanwhile."""
        number, pending, seen = 0, [], False
        for item in self._again().items():
            if isinstance(item, Entry):
                seen = True
                pending.append(self._known(item, number))
                if len(pending) == BATCH:
                    yield number, pending
                    pending = []
            elif isinstance(item, Statement) and (seen or says_something(item)):
                if pending:
                    yield number, pending
                number, pending, seen = number + 1, [], False

    def _known(self, entry: Entry, number: int) -> Entry:
        return entry if entry.currency else replace(entry, currency=self.heads[number].statement.currency)


def survey(again: Callable[[], Items]) -> FileReading:
    """Look through the file that `again` reads from its beginning; refused, it has problems and no heads."""
    items = again()
    heads, problems = gathered(items.items(), _Count)
    return FileReading(items.format, heads if accepted(problems) else (), problems, again)


class _Count:
    """The entries of one statement, added up and forgotten."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._first_currency = ""
        self._currencies: set[str] = set()  # of all entries, the unbooked ones too

    def __len__(self) -> int:
        return self._tally.entries

    def append(self, entry: Entry) -> None:
        if not self._tally.entries:
            self._first_currency = entry.currency
        self._currencies.add(entry.currency)
        self._tally.append(entry)

    def closed(self, head: Statement) -> tuple[Head, Statement, bool]:
        known = replace(head, currency=head.currency or self._first_currency)
        return self._tally.head(known), known, bool(self._currencies - {"", known.currency})
