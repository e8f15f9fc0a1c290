"""The worker of the trial day: the same lanes, but terminals and services are spoken to one after the other, in its time."""

from __future__ import annotations

from gateway.connecting import lane as services
from gateway.counter.terminal_lane import TerminalLane
from gateway.kernel.uow import Environment
from gateway.trial.till import Till
from gateway.worker import Lane, Worker


class TrialWorker(Worker):
    """One thread, so that the same seed gives the same day."""

    def __init__(self, environment: Environment, till: Till) -> None:
        super().__init__(environment)
        files = TerminalLane(environment, till.ways)
        self._trial = (
            Lane("provider", (lambda: services.work(environment),)),
            Lane("terminals", (till.work, files.read_files)),
        )

    def lanes(self) -> tuple[Lane, ...]:
        """Kind of work -> function."""
        ours = {lane.name: lane for lane in self._trial}
        return tuple(ours.get(lane.name, lane) for lane in super().lanes())
