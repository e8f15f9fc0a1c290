"""How a command answers: a line for people or JSON for programs; exit 1 on a refusal with its reason, 2 on bad usage."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer


def say(as_json: bool, facts: dict[str, Any], line: str) -> None:
    """One answer in either form."""
    sys.stdout.write((json.dumps(facts, ensure_ascii=False) if as_json else line) + "\n")


@contextmanager
def refusals(as_json: bool) -> Iterator[None]:
    """Turn a refusal (anything with `kind` and `code`) into words and exit 1; a program error stays one."""
    try:
        yield
    except Exception as error:
        code = getattr(error, "code", None)
        if not isinstance(code, str) or not isinstance(getattr(error, "kind", None), str):
            raise
        _refuse(as_json, code, error)
        raise typer.Exit(1) from None


def _refuse(as_json: bool, code: str, error: Exception) -> None:
    field = getattr(error, "field", "")
    detail = getattr(error, "vi", str(error))
    if as_json:
        facts = {"error": code, "detail": detail, "detail_en": str(error), "field": field}
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    where = f" ({field})" if field else ""
    english = "" if detail == str(error) else f" / {error}"
    sys.stderr.write(f"{code}{where}: {detail}{english}\n")
