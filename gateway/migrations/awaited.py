"""A process starts when its database is there: one that boots later, or whose line breaks just then, is waited for.

Whoever supervises the process sees it end only where the database stays away for PATIENCE_S.
"""

from __future__ import annotations

import structlog
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from gateway.kernel.db import TROUBLE
from gateway.kernel.uow import Environment
from gateway.migrations.history import require_head

PATIENCE_S = 60
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 5

log = structlog.get_logger(__name__)


def await_head(environment: Environment) -> None:
    """The database answers and is at our revision. Raises NotMigrated at once, one of TROUBLE after PATIENCE_S."""
    patience = Retrying(
        retry=retry_if_exception_type(TROUBLE),
        stop=stop_after_delay(PATIENCE_S),
        wait=wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
        before_sleep=_tell,
        reraise=True,
    )
    patience(_look, environment)


def _look(environment: Environment) -> None:
    with environment.read() as connection:
        require_head(connection)


def _tell(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.warning("database.away", error=type(error).__name__, attempt=state.attempt_number)
