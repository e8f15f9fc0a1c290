"""What the program says while it works: JSON lines on stderr for a server, silence for a command."""

from __future__ import annotations

import logging
import sys
from typing import TextIO, cast


class _Stderr:
    """Today's standard error, whoever has put another in its place since."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def quiet_logs() -> None:
    """Only errors."""
    _configure(logging.ERROR)


def server_logs() -> None:
    """Everything of importance, one JSON object a line."""
    _configure(logging.INFO)


def _configure(level: int) -> None:
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast(TextIO, _Stderr())),
    )
