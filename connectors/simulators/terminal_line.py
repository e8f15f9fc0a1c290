"""A till's line to a simulated terminal in simulated time: waiting costs nothing, and every cut is at a known moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.contract import Failure
from connectors.simulators.terminal import PowerLost, SimulatedTerminal
from connectors.simulators.terminal_faults import CUT_S
from connectors.terminal import envelope
from connectors.terminal.contract import LinkFailed

WAY_S = 0.2
NO_ONE_THERE_S = 5


class SimulatedLine:
    """A transport to one terminal. `move(seconds)` lets the clock of the simulation go on."""

    def __init__(
        self, terminal: SimulatedTerminal, *, clock: Callable[[], datetime], move: Callable[[float], object]
    ) -> None:
        self._terminal = terminal
        self._clock = clock
        self._move = move
        self._cut_until: datetime | None = None
        self._dead = False

    def repair(self) -> None:
        """Put a dead line in order."""
        self._dead, self._cut_until = False, None

    async def sleep(self, seconds: float) -> None:
        """Wait in simulated time."""
        self._move(max(0.0, seconds))

    async def send(self, message: bytes, timeout_s: float) -> bytes:
        asked = envelope.read(message)
        paying = asked.category == "Payment"
        self._nobody_there()
        if paying and self._terminal.hit("cut_before_send"):
            raise LinkFailed(Failure.CUT)
        self._move(WAY_S)
        try:
            answer = self._terminal.handle(message)
            if paying and self._terminal.hit("duplicate"):
                answer = self._terminal.handle(message)
            if answer is None:
                answer = self._awaited(asked, self._clock() + timedelta(seconds=timeout_s))
        except PowerLost:
            raise LinkFailed(Failure.CUT) from None
        if paying:
            self._cut_perhaps()
        return answer

    def _nobody_there(self) -> None:
        cut = self._cut_until is not None and self._clock() < self._cut_until
        if self._dead or cut or self._terminal.dark():
            self._move(NO_ONE_THERE_S)
            raise LinkFailed(Failure.NOT_SENT)

    def _awaited(self, asked: envelope.Envelope, until: datetime) -> bytes:
        while (answer := self._terminal.answer_to(asked.ends.sale_id, asked.service_id)) is None:
            ready = self._terminal.next_at() or until
            self._move((min(ready, until) - self._clock()).total_seconds())
            if self._clock() >= until:
                raise LinkFailed(Failure.TIMEOUT)
        return answer

    def _cut_perhaps(self) -> None:
        if self._terminal.hit("cut_before_answer"):
            raise LinkFailed(Failure.CUT)
        if not self._terminal.approved():
            return
        if self._terminal.hit("line_dead"):
            self._dead = True
            raise LinkFailed(Failure.CUT)
        if self._terminal.hit("cut_after_approve"):
            self._cut_until = self._clock() + timedelta(seconds=CUT_S)
            raise LinkFailed(Failure.CUT)
