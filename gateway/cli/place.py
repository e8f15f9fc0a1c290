"""Which installation a command works on: `--data DIR`, else the environment (THUPHI_DATA, THUPHI_DATABASE_URL)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment

Data = Annotated[Path | None, typer.Option("--data", file_okay=False, help="Thư mục dữ liệu / data directory (SQLite)")]
Json = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]


def settings_of(data: Path | None) -> Settings:
    """The settings of the installation meant."""
    from gateway.kernel.settings import Settings

    return Settings() if data is None else Settings(data=data, database_url=None)


@contextmanager
def installation(data: Path | None, *, migrated: bool = True, patient: bool = False) -> Iterator[Environment]:
    """The installation, opened; refused unless its database is at the right revision. `patient`: once it answers."""
    from gateway.kernel.uow import Environment
    from gateway.migrations.awaited import await_head
    from gateway.migrations.history import require_head

    environment = Environment(settings_of(data))
    try:
        if patient:
            await_head(environment)
        elif migrated:
            with environment.read() as connection:
                require_head(connection)
        yield environment
    finally:
        environment.close()
