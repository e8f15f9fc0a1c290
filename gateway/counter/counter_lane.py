"""The counter's part of the worker: outage slips that files prove, cash on its way to the bank, and there."""

from __future__ import annotations

from datetime import datetime, timedelta

from gateway.counter import cash_deposit, cash_slip, outage_sheet
from gateway.kernel.uow import Environment

LOOK_EVERY = timedelta(seconds=30)


class CounterLane:
    """Steps for the worker."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._looked: datetime | None = None

    def look(self) -> int:
        """What files and statements have brought for cash and for outage slips."""
        now = self._environment.clock()
        if self._looked is not None and now - self._looked < LOOK_EVERY:
            return 0
        self._looked = now
        told = cash_slip.tell_waiting(self._environment)
        return told + outage_sheet.check_waiting(self._environment) + cash_deposit.clear_waiting(self._environment)
