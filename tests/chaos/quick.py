"""Towns by the hundred: a migrated SQLite file with keys, made once and copied, on a memory disk and without fsync.

Only for tests that kill nothing: what they look for is in the rules, not on the disk.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.simulators import bank_key
from gateway.kernel.ids import Ids
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from receipts.pki import demo_pki
from tests.conftest import HandClock

MORNING = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
_MEMORY = Path("/dev/shm")


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory of its own, in memory where there is such a disk."""
    with tempfile.TemporaryDirectory(prefix="thuphi-quick-", dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        yield Path(name)


def template(place: Path, migrated: Path) -> Path:
    """What every town starts with: `data/thuphi.db`, keys, and the bank's key."""
    demo_pki(place / "data" / "keys", now=MORNING)
    shutil.copy(migrated, place / "data" / "thuphi.db")
    bank_key.kept(place / "bank.db")
    return place


@contextmanager
def opened(place: Path, clock: HandClock, *, seed: int) -> Iterator[Environment]:
    """The installation in a copy of the template."""
    ids = Ids(random.Random(seed).getrandbits)
    environment = Environment(Settings(data=place / "data", database_url=None), clock=clock, ids=ids)
    sa.event.listen(environment.writer, "connect", _without_fsync)
    try:
        yield environment
    finally:
        environment.close()


def _without_fsync(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()
