"""A parent that has the product loaded and forks its processes, so that what was killed is back in a blink.

One JSON line in (`argv`, `env`, `log`, `most_pages`), one pid out. Each child runs `thuphi ARGV` as a process of its
own; it dies with this parent, and this parent ends when its input does, so nothing outlives a test run.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from typing import Any

from gateway.migrations import history

PR_SET_PDEATHSIG = 1  # prctl(2)
LOADED = (
    "gateway.cli.serve",
    "gateway.closing.reconcile",
    "gateway.main",
    "gateway.worker",
    "psycopg",
    "receipts.pdf",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)


def serve() -> None:
    """Fork what is asked for until the input ends; then end what was forked."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    children: list[int] = []
    print("ready", flush=True)
    for line in sys.stdin:
        children.append(_fork(json.loads(line)))
        print(children[-1], flush=True)
    for pid in children:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _load() -> None:
    """Everything a process would import; no thread is started and nothing is opened."""
    for name in LOADED:
        importlib.import_module(name)
    history.head()  # reads the migrations


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _run(order)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(1)
    return pid


def _run(order: dict[str, Any]) -> None:
    """In the child: die with the parent, write to the log, be `thuphi`."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.environ.update(order["env"])
    if order["most_pages"]:
        _small_disk(order["most_pages"])
    sys.argv = ["thuphi", *order["argv"]]
    from gateway.cli import main

    main()


def _small_disk(pages: int) -> None:
    """No SQLite file of this process grows beyond so many pages: to the program the disk is full."""
    import sqlalchemy as sa

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    sa.event.listen(sa.pool.Pool, "connect", limit)


if __name__ == "__main__":
    serve()
