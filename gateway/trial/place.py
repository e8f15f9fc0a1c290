"""Where a trial keeps its things, and the one file that says it is a trial: `demo.json`.

A trial is built beside its place and moved there when it is complete, so a kill leaves either all of it or nothing.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from gateway.kernel.errors import Conflict

MARK = "demo.json"


class NotATrial(Conflict):
    """The directory holds something else, which must not be replaced."""

    code = "demo.directory"


def is_trial(directory: Path) -> bool:
    """Whether a complete trial is there."""
    return (directory / MARK).is_file()


def refuse_foreign(directory: Path) -> None:
    """Leave alone what is not a trial."""
    if directory.exists() and not is_trial(directory) and (not directory.is_dir() or any(directory.iterdir())):
        raise NotATrial(
            f"{directory} đã có dữ liệu khác; chọn thư mục khác.",
            f"{directory} holds other data; choose another directory.",
            field="data",
        )


def building_site(directory: Path) -> Path:
    """An empty directory beside the place; what a killed run left there is cleared."""
    site = directory.with_name(f".{directory.name}.building")
    shutil.rmtree(site, ignore_errors=True)
    site.mkdir(parents=True, mode=0o700)
    return site


def move_in(site: Path, directory: Path) -> None:
    """Put the finished trial in its place, in two renames; an older one is gone afterwards."""
    old = directory.with_name(f".{directory.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if directory.exists():
        directory.replace(old)
    site.replace(directory)
    shutil.rmtree(old, ignore_errors=True)


def write_mark(directory: Path, facts: dict[str, Any]) -> None:
    """Write `demo.json` at once or not at all; it holds an API key, so its owner alone may read it."""
    fresh = directory / f"{MARK}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(facts, out, ensure_ascii=False, indent=2)
        out.write("\n")
    fresh.replace(directory / MARK)


def read_mark(directory: Path) -> dict[str, Any]:
    """What `demo.json` says."""
    found: dict[str, Any] = json.loads((directory / MARK).read_text(encoding="utf-8"))
    return found
