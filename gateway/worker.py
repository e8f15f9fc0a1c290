"""The worker: everything that happens after an answer was given. One visible table of what it does, in what order.

Each step works off one batch and says how much it did. A round that did nothing sleeps until the bell rings (embedded)
or the poll is due; polling is the truth, the bell only saves time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from gateway.audit.lane import AuditLane
from gateway.claims import make
from gateway.connecting.lane import ProviderLane
from gateway.counter.counter_lane import CounterLane
from gateway.counter.terminal_lane import TerminalLane
from gateway.delivery import documents, webhooks
from gateway.delivery.documents import SigningKeys
from gateway.delivery.receipt_lane import ReceiptLane
from gateway.kernel import once
from gateway.kernel.db import TROUBLE
from gateway.kernel.uow import Environment
from gateway.kernel.wake import Listener
from gateway.messages import send as letters
from gateway.messages import write
from gateway.payments import expire
from gateway.settlement import drain, reconsider
from gateway.taxing import daily, send

POLL_SECONDS = 0.5
EXPIRE_EVERY = timedelta(seconds=5)
RECONSIDER_EVERY = timedelta(seconds=5)
CLAIMS_EVERY = timedelta(seconds=10)
TAX_EVERY = timedelta(minutes=1)
FORGET_KEYS_EVERY = timedelta(hours=1)
FORGET_FAILURES = timedelta(minutes=1)  # what could not be signed or printed is tried again after this

log = structlog.get_logger(__name__)

Step = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Lane:
    """A thread of its own: slow work in one lane never holds the others up."""

    name: str
    steps: tuple[Step, ...]


class Worker:
    """Runs the lanes until told to stop; a stop ends the round in hand and leaves the rest for the next start."""

    def __init__(self, environment: Environment, keys: SigningKeys | None = None) -> None:
        self._environment = environment
        self._keys = keys
        self._looking_for_keys = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = Listener(environment)
        self._last: dict[str, datetime] = {}
        self._unsigned: set[str] = set()
        self._unprinted: set[str] = set()
        self._providers = ProviderLane(environment)
        self._deliveries = webhooks.Deliveries(environment)
        self._audit = AuditLane(environment)
        self._receipts = ReceiptLane(environment, self._signing_keys)
        self._own_keys = keys is None  # and looked for again each minute: a token plugged in, a new certificate
        self._terminals = TerminalLane(environment)
        self._counters = CounterLane(environment)

    def lanes(self) -> tuple[Lane, ...]:
        """Kind of work -> function."""
        env = self._environment
        return (
            Lane("money", (lambda: drain.drain(env), self._reconsider, self._expire, self._forget_keys)),
            Lane("more money", (lambda: drain.help_out(env),)),
            Lane("paper", (self._forget_failures, self._sign)),  # so that what failed is tried once a minute
            Lane("print", (self._render,)),
            Lane("receipts", self._receipts.steps),
            Lane("provider", (self._providers.speak, self._providers.watch, self._providers.purge)),
            Lane("word", (lambda: webhooks.fan_out(env, also=write.jobs_for), self._deliveries.step)),
            Lane("audit", self._audit.steps),
            Lane("tax", (self._tax,)),
            Lane("terminals", (self._terminals.serve, self._terminals.beat, self._terminals.read_files)),
            Lane("counters", (self._counters.look,)),
            Lane("letters", (lambda: write.write_waiting(env), lambda: letters.send_waiting(env), self._claims)),
        )

    def start(self) -> None:
        """Begin; returns at once."""
        self._listener.start()
        for lane in self.lanes():
            thread = threading.Thread(target=self._run, args=(lane,), name=f"thuphi-{lane.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End gracefully."""
        self._stop.set()
        self._environment.bell.ring()
        for thread in self._threads:
            thread.join()
        self._listener.stop()

    def run_until_quiet(self) -> int:
        """Do everything that can be done now, in this thread; how much that was."""
        done = 0
        while more := sum(step() for lane in self.lanes() for step in lane.steps):
            done += more
        return done

    def _run(self, lane: Lane) -> None:
        rings = 0
        while not self._stop.is_set():
            done = sum(self._guarded(lane, step) for step in lane.steps)
            if not done and not self._stop.is_set():
                rings = self._environment.bell.wait(rings, POLL_SECONDS)

    def _guarded(self, lane: Lane, step: Step) -> int:
        """A step that fails is tried again at the next round; the lane lives on."""
        try:
            return step()
        except TROUBLE as error:
            log.warning("worker.database", lane=lane.name, error=type(error).__name__)
        except Exception:
            log.exception("worker.failed", lane=lane.name)
        self._stop.wait(POLL_SECONDS)
        return 0

    def _time_for(self, act: str, every: timedelta) -> bool:
        """Whether `every` has gone by since this act was last due."""
        now = self._environment.clock()
        if act in self._last and now - self._last[act] < every:
            return False
        self._last[act] = now
        return True

    def _reconsider(self) -> int:
        return reconsider.reconsider(self._environment) if self._time_for("reconsider", RECONSIDER_EVERY) else 0

    def _expire(self) -> int:
        return expire.expire_waiting(self._environment) if self._time_for("expire", EXPIRE_EVERY) else 0

    def _forget_keys(self) -> int:
        """Idempotency keys are kept long enough for any retry, not for ever."""
        if not self._time_for("forget keys", FORGET_KEYS_EVERY):
            return 0
        with self._environment.begin(actor="worker") as uow:
            return once.forget(uow)

    def _sign(self) -> int:
        keys = self._signing_keys()
        return documents.sign_waiting(self._environment, keys, failed=self._unsigned) if keys else 0

    def _render(self) -> int:
        keys = self._signing_keys()
        return documents.render_waiting(self._environment, keys, failed=self._unprinted) if keys else 0

    def _claims(self) -> int:
        return make.look_again(self._environment) if self._time_for("claims", CLAIMS_EVERY) else 0

    def _tax(self) -> int:
        """Daily tables for the tax authority: made with the agency's seal, then sent."""
        keys = self._signing_keys() if self._time_for("tax", TAX_EVERY) else None
        made = daily.make_due(self._environment, keys.signer) if keys else 0
        return made + send.send_waiting(self._environment)

    def _forget_failures(self) -> int:
        if self._time_for("forget failures", FORGET_FAILURES):
            self._unsigned.clear()
            self._unprinted.clear()
        return 0

    def _signing_keys(self) -> SigningKeys | None:
        """Keys may be put in place while the worker runs; until then receipts stay numbered and visible as such."""
        with self._looking_for_keys:  # several lanes ask, and a token is opened once
            if self._keys is None or self._own_keys:
                told = self._time_for("keys", FORGET_FAILURES)
                if told or self._keys is None:
                    self._keys = documents.renew_keys(self._environment.settings.keys, self._keys, tell=told)
            return self._keys
