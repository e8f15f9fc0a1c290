"""Bring a database to the head of the history, and say where it stands."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.kernel.errors import Conflict


class NotMigrated(Conflict):
    """The database is not at the revision this program was written for."""

    code = "database.not_migrated"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The newest revision this program knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None
    return revision


def current(connection: sa.Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Move the database to `revision`, all or nothing."""
    with engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        if revision == "base":
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def require_head(connection: sa.Connection) -> None:
    """Refuse to work on an older or newer database."""
    found = current(connection)
    if found != head():
        raise NotMigrated(
            "Cơ sở dữ liệu chưa ở đúng phiên bản; hãy chạy `thuphi migrate`.",
            "The database is at another revision; run `thuphi migrate`.",
            found=found or "",
            wanted=head(),
        )
