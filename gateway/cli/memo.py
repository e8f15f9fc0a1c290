"""`thuphi memo extract`: the payment references in what a bank made of a memo."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

memo_app = typer.Typer(help="Nội dung chuyển khoản / transfer memos", no_args_is_help=True)


@memo_app.callback()
def memo() -> None:
    """Nội dung chuyển khoản: tìm mã thanh toán."""


@memo_app.command("extract")
def extract(
    memo: Annotated[str | None, typer.Argument(help="Nội dung / the memo")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Đọc từng dòng / read lines {"id","memo"}')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Mọi mã thanh toán đúng dạng và đúng ký tự kiểm tra / every well-formed reference whose check holds."""
    from connectors.reference import references

    if jsonl == (memo is not None):
        raise typer.BadParameter("cần một trong hai / give one of the two: MEMO, --jsonl")
    if memo is None:
        for line in filter(bytes.strip, sys.stdin.buffer):
            _answer(_extracted(line))
    elif as_json:
        _answer({"references": references(memo)})
    else:
        for reference in references(memo):
            typer.echo(reference)


def _extracted(line: bytes) -> dict[str, Any]:
    from connectors.reference import references

    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        return {"id": None, "references": [], "error": "bad_line"}
    if not isinstance(asked, dict):
        return {"id": None, "references": [], "error": "bad_line"}
    memo = asked.get("memo")
    if not isinstance(memo, str):
        return {"id": asked.get("id"), "references": [], "error": "bad_memo"}
    return {"id": asked.get("id"), "references": references(memo)}


def _answer(answer: dict[str, Any]) -> None:
    """One line at once: who asks line by line is not left waiting."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
