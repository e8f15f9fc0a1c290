"""Everything around the office on the trial day: the bank, two payment services, a terminal, and the worker's hands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from connectors.simulators.psp import SimulatedPsp
from gateway.settlement.inbox import receive
from gateway.trial import psps, pump, till
from gateway.trial.found import Trial
from gateway.trial.hands import TrialWorker
from gateway.trial.hours import TrialClock
from gateway.trial.psps import Notifier
from gateway.trial.service_line import ServiceLine
from gateway.trial.till import Machines, Till

TERMINAL_PORT = 8443  # until a server plugs the terminal in somewhere else


@dataclass(frozen=True, slots=True)
class World:
    """What a day is lived in."""

    trial: Trial
    clock: TrialClock
    psps: Mapping[str, SimulatedPsp]
    machines: Machines
    till: Till
    worker: TrialWorker

    def settle(self) -> None:
        """Let bank and services send everything they have to send, however late, and the worker do all that follows."""
        while (due_at := self._next_notice()) is not None:
            self.clock.skip_to(due_at)
            self._deliver()
        self.worker.run_until_quiet()

    def _next_notice(self) -> datetime | None:
        waiting = [self.trial.bank.next_notice_at(), *(psp.next_ipn_at() for psp in self.psps.values())]
        return min((moment for moment in waiting if moment is not None), default=None)

    def _deliver(self) -> None:
        environment, agency = self.trial.environment, self.trial.agency
        pump.deliver_due(self.trial.bank, partial(receive, environment, agency, "vietinbank"))
        for name, psp in self.psps.items():
            pump.deliver_due(Notifier(psp), partial(receive, environment, agency, name))


@contextmanager
def around(trial: Trial, clock: TrialClock, seed: int) -> Iterator[World]:
    """The world of a trial, with the agency set up for it; afterwards its books are closed."""
    directory, environment, agency = trial.directory, trial.environment, trial.agency
    with ExitStack() as stack:
        line = ServiceLine()
        stack.callback(line.close)
        services = psps.open_psps(directory, clock, line.base_url, seed, agency=agency)
        for psp in services.values():
            stack.callback(psp.close)
        line.connect(services)
        psps.connect(environment, line.base_url, agency)
        machines = till.open_machines(directory, clock)
        stack.callback(machines.close)
        till.register(environment, agency, f"127.0.0.1:{TERMINAL_PORT}")
        counter = Till(environment, agency, machines, clock)
        yield World(trial, clock, services, machines, counter, TrialWorker(environment, counter))
        psps.connect(environment, environment.settings.base_url, agency)
