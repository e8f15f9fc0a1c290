"""The running balance of a table (`Số dư` beside each entry): which way the table runs, and what it opened and closed at."""

from __future__ import annotations

from decimal import Decimal


class Running:
    """Follows the balances row by row; some banks print the newest entry first."""

    def __init__(self) -> None:
        self._first: tuple[Decimal, Decimal] | None = None  # amount and balance
        self._last: tuple[Decimal, Decimal] | None = None
        self._told = self._oldest_first = self._newest_first = True

    def follow(self, amount: Decimal, balance: Decimal | None) -> None:
        """The next row. One without a balance ends what can be told."""
        if balance is None:
            self._told = False
            return
        if self._last is not None:
            before_amount, before = self._last
            self._oldest_first = self._oldest_first and before + amount == balance
            self._newest_first = self._newest_first and before - before_amount == balance
        self._first = self._first or (amount, balance)
        self._last = (amount, balance)

    @property
    def broken(self) -> bool:
        """Whether the balances follow one another in neither direction."""
        return self._told and self._last is not None and not (self._oldest_first or self._newest_first)

    def ends(self) -> tuple[Decimal | None, Decimal | None]:
        """Opening and closing; None where they cannot be told."""
        if not self._told or self._first is None or self._last is None or self.broken:
            return None, None
        first, last = (self._first, self._last) if self._oldest_first else (self._last, self._first)
        return first[1] - first[0], last[1]
