"""`thuphi words`: an amount of đồng in Vietnamese words, one at a time or as a stream of JSON lines."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

WHOLE = re.compile(r"[0-9]{1,30}")


def words(
    amount: Annotated[str | None, typer.Argument(metavar="N", help="Số tiền, đồng / amount in đồng")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Đọc {"id","amount"} từng dòng / read JSON lines')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Số tiền bằng chữ / an amount in words."""
    from receipts.words import words as spell

    if jsonl == (amount is not None):
        raise typer.BadParameter("cho N hoặc --jsonl / give N or --jsonl", param_hint="N")
    if amount is None:
        raise typer.Exit(_stream(sys.stdin.buffer))
    if not WHOLE.fullmatch(amount):
        raise typer.BadParameter("không phải số nguyên không âm / not a whole number, 0 or more", param_hint="N")
    spelled = spell(int(amount))
    _write({"amount": int(amount), "words": spelled} if as_json else spelled)


def _stream(lines: Iterable[bytes]) -> int:
    """Answer each line as it comes; the exit code is 1 when one of them was refused."""
    refused = False
    for line in lines:
        if line.strip():
            refused |= _answer(line)
    return int(refused)


def _answer(line: bytes) -> bool:
    """Write the answer to one line; True when it was refused."""
    from receipts.words import words as spell

    try:
        asked: Any = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        _write({"id": None, "error": "line.not_an_object"})
        return True
    amount: Any = asked.get("amount")
    try:
        answer = {"words": spell(amount)}
    except ValueError:
        answer = {"error": "amount.invalid"}
    _write({"id": asked.get("id"), **answer})
    return "error" in answer


def _write(answer: dict[str, Any] | str) -> None:
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    sys.stdout.buffer.write(f"{text}\n".encode(errors="backslashreplace"))  # a lone surrogate in an id
