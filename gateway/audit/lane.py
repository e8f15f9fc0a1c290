"""What the worker does for the audit trail, round by round: number what is committed, sign the head now and then.

Numbering is a commit of its own, so it comes at most once a second unless leaves pile up: on SQLite each commit is a
turn of the one writer that settlements wait for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from gateway.audit import checkpoints, sequencer
from gateway.audit.keys import LogKey, LogKeyUnusable, load
from gateway.kernel.uow import Environment

LOOK_EVERY = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class AuditLane:
    """The steps of the worker's lane `audit`; each says how much it did."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._key: LogKey | None = None
        self._looked: dict[str, datetime] = {}
        self._behind = False
        self.steps: tuple[Callable[[], int], ...] = (self.number, self.sign)

    def number(self) -> int:
        """One batch, if its second has come or the last batch was full."""
        if not self._time_for("number") and not self._behind:
            return 0
        done = sequencer.number(self._environment)
        self._behind = done == sequencer.BATCH
        return done

    def sign(self) -> int:
        """A checkpoint, if the tree grew and its minute has come; without a key the tree waits, visibly."""
        if not self._time_for("sign") or (key := self._log_key()) is None:
            return 0
        return int(checkpoints.sign(self._environment, key) is not None)

    def _time_for(self, act: str) -> bool:
        now = self._environment.clock()
        if act in self._looked and now - self._looked[act] < LOOK_EVERY:
            return False
        self._looked[act] = now
        return True

    def _log_key(self) -> LogKey | None:
        """A key may be put in place while the worker runs."""
        if self._key is None:
            try:
                self._key = load(self._environment.settings.keys)
            except LogKeyUnusable as error:
                log.warning("audit.no_key", code=error.code)
        return self._key
