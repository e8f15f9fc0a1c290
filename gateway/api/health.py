"""Is the process alive, and may it be sent requests? What an orchestrator and `thuphi serve` ask.

The age of the outbox is reported and never alone a reason: work that waits is no reason to take the doors away.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from fastapi import APIRouter
from starlette.responses import Response

from gateway.api.deps import Installed, answer, as_json
from gateway.api.metrics import outbox_age
from gateway.api.openapi import OPEN
from gateway.api.shapes import Given
from gateway.kernel.outbox import event
from gateway.kernel.uow import Environment
from gateway.migrations import history

router = APIRouter(tags=["health"])

EARLIEST = datetime(2026, 7, 1, tzinfo=UTC)  # the receipts of this product exist since then
BACKWARDS = timedelta(minutes=5)  # how far behind its own newest event a clock may be


class Alive(Given):
    """The process answers."""

    status: Literal["ok"]


class Readiness(Given):
    """Each check is `ok` or the reason why not; `reasons` repeats the latter."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]
    reasons: list[str]
    outbox_age_seconds: float | None


@router.get("/healthz", response_model=Alive, responses={500: OPEN[500]})
async def healthz() -> Response:
    """Alive, without asking anybody."""
    return answer({"status": "ok"})


@router.get("/readyz", response_model=Readiness, responses={500: OPEN[500], 503: {"model": Readiness}})
def readyz(installed: Installed) -> Response:
    """Database, migrations, keys and clock."""
    checks: dict[str, str] = {"keys": _keys(installed)}
    age = None
    try:
        with installed.read() as connection:
            checks["database"] = "ok"
            checks["migrations"] = _migrations(connection)
            if checks["migrations"] == "ok":
                checks["clock"] = _clock(connection, installed.clock())
                age = outbox_age(connection, installed.clock())
    except sa.exc.SQLAlchemyError as error:
        checks["database"] = f"unreachable ({type(error).__name__})"
    return _worded(checks, age)


def _worded(checks: dict[str, str], age: float | None) -> Response:
    reasons = [f"{name}: {said}" for name, said in checks.items() if said != "ok"]
    body: dict[str, Any] = {
        "status": "not_ready" if reasons else "ready",
        "checks": checks,
        "reasons": reasons,
        "outbox_age_seconds": age,
    }
    return Response(as_json(body), 503 if reasons else 200, media_type="application/json")


def _keys(environment: Environment) -> str:
    return "ok" if os.access(environment.settings.keys, os.R_OK | os.X_OK) else "the directory cannot be read"


def _migrations(connection: sa.Connection) -> str:
    found = history.current(connection)
    return "ok" if found == _head() else f"at {found or 'nothing'}, {_head()} is needed"


@cache
def _head() -> str:
    return history.head()


def _clock(connection: sa.Connection, now: datetime) -> str:
    if now < EARLIEST:
        return f"{now:%Y-%m-%d} lies before this product"
    newest = connection.scalar(sa.select(event.c.at).order_by(event.c.id.desc()).limit(1))
    return "ok" if newest is None or now > newest - BACKWARDS else "behind the newest event"
