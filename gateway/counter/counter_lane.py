"""The counter's part of the worker: reversals two persons agreed on, outage slips, cash that reached the bank."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.counter import cash_deposit, outage_sheet, sale_reverse
from gateway.counter.terminal_drive import WAYS, Ways
from gateway.kernel.uow import Environment

LOOK_EVERY = timedelta(seconds=30)


class CounterLane:
    """Steps for the worker."""

    def __init__(self, environment: Environment, ways: Ways = WAYS) -> None:
        self._environment = environment
        self._ways = ways
        self._looked: datetime | None = None

    def reverse(self) -> int:
        """Sales to be reversed at their terminals."""
        return sale_reverse.reverse_waiting(self._environment, self._ways)

    def look(self) -> int:
        """What files and statements have brought for cash and for outage slips."""
        now = self._environment.clock()
        if self._looked is not None and now - self._looked < LOOK_EVERY:
            return 0
        self._looked = now
        return outage_sheet.check_waiting(self._environment) + cash_deposit.clear_waiting(self._environment)
