"""`thuphi statements preview` and `profile`: how a bank's table is read, and profiles for banks that have none yet."""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from connectors.files.layout import Layout
    from connectors.files.preview import Preview, Sums
    from connectors.files.profile import Profile
    from connectors.statement import Entry, Problem

profile_app = typer.Typer(help="Mẫu cột của tệp ngân hàng / mapping profiles of bank files", no_args_is_help=True)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]
_Json = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]
_ROWS = {True: "khớp / ties", False: "KHÔNG KHỚP / DOES NOT TIE", None: "không đủ số dư / balances missing"}


def preview(
    file: _File,
    profile: Annotated[str, typer.Option(help="Mẫu cột: tên hoặc tệp / a profile: name or file")] = "",
    settlement: Annotated[bool, typer.Option("--settlement", help="Tệp quyết toán thẻ / an acquirer's file")] = False,
    as_json: _Json = False,
) -> None:
    """Xem trước cách đọc một bảng CSV hay XLSX / show how a CSV or XLSX table would be read; nothing is kept."""
    from connectors.files import preview as previews
    from connectors.files.profile import SETTLEMENT, STATEMENT, builtin

    profiles = (profile_named(profile),) if profile else builtin(SETTLEMENT if settlement else STATEMENT)
    seen = previews.preview(lambda: file.open("rb"), profiles)
    if as_json:
        json.dump(_facts(seen), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(seen)
    if seen.layout is None:
        raise typer.Exit(1)


@profile_app.callback()
def profiles() -> None:
    """Mẫu cột: tiêu đề nào là trường nào / which heading is which field."""


@profile_app.command("check")
def check(file: _File, as_json: _Json = False) -> None:
    """Kiểm tra một tệp mẫu cột / check a profile file; a flawed one exits 1."""
    from connectors.files.profile import ProfileInvalid, read_profile

    try:
        profile = read_profile(file.read_bytes())
    except ProfileInvalid as flaw:
        if as_json:
            sys.stdout.write(json.dumps({"valid": False, "flaws": list(flaw.flaws)}, ensure_ascii=False) + "\n")
        sys.stderr.write("".join(f"{file.name}: {one}\n" for one in flaw.flaws))
        raise typer.Exit(1) from None
    facts = {"valid": True, "name": profile.name, "kind": profile.kind, "fields": sorted(profile.columns)}
    line = f"{profile.name}: đúng / valid ({profile.kind}; {', '.join(sorted(profile.columns))})"
    sys.stdout.write((json.dumps(facts, ensure_ascii=False) if as_json else line) + "\n")


@profile_app.command("list")
def listed(as_json: _Json = False) -> None:
    """Các mẫu cột có sẵn / the profiles that come with the product."""
    from connectors.files.profile import SETTLEMENT, STATEMENT, builtin

    found = [*builtin(STATEMENT), *builtin(SETTLEMENT)]
    if as_json:
        facts = [{"name": p.name, "kind": p.kind, "bank": p.bank, "verified": p.verified} for p in found]
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
        return
    for p in found:
        mark = "" if p.verified else "  (chưa kiểm chứng với tệp thật / unverified against a real file)"
        sys.stdout.write(f"{p.name:<20} {p.kind:<11} {p.bank}{mark}\n")


@profile_app.command("show")
def show(name: Annotated[str, typer.Argument(help="Tên mẫu / name")]) -> None:
    """In một mẫu cột có sẵn, để viết mẫu mới / print a profile, to begin a new one from."""
    from connectors.files.profile import builtin_text

    text = builtin_text(name)
    if text is None:
        raise typer.BadParameter("không có mẫu này / there is no such profile", param_hint="NAME")
    sys.stdout.write(text)


@profile_app.command("add")
def add(
    file: _File,
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")],
    data: Annotated[Path | None, typer.Option("--data", file_okay=False, help="Thư mục dữ liệu / directory")] = None,
    as_json: _Json = False,
) -> None:
    """Lưu mẫu cột của riêng cơ quan / keep a profile for the agency, for imports here and over HTTP."""
    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.closing.layouts import keep_layout

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        kept = keep_layout(uow, agency, file.read_text("utf-8-sig"))
    say(as_json, {"name": kept.name, "kind": kept.kind}, f"Đã lưu mẫu {kept.name} / kept")


def profile_named(name: str) -> Profile:
    """A profile by the name it comes with, or from a file. Raises BadParameter."""
    from connectors.files.profile import ProfileInvalid, builtin_text, read_profile

    path = Path(name)
    text = path.read_bytes() if path.suffix and path.is_file() else builtin_text(name)
    if text is None:
        raise typer.BadParameter("không có mẫu này / there is no such profile", param_hint="--profile")
    try:
        return read_profile(text)
    except ProfileInvalid as flaw:
        raise typer.BadParameter("; ".join(flaw.flaws), param_hint="--profile") from None


def as_told(problem: Problem) -> dict[str, str]:
    """A problem as JSON; `column` where a table has one."""
    told = {"code": problem.code, "message": problem.message, "where": problem.where}
    return told | {"column": problem.column} if problem.column else told


def _facts(seen: Preview) -> dict[str, Any]:
    layout = seen.layout
    return {
        "format": seen.format,
        "encoding": seen.encoding,
        "delimiter": seen.delimiter,
        "profile": layout and layout.profile.name,
        "verified": layout and layout.profile.verified,
        "heading_line": layout and layout.line,
        "columns": layout and _columns(layout),
        "unused": layout and _unused(layout),
        "first": [_entry(entry) for entry in seen.first],
        "statements": [_sums(sums) for sums in seen.statements],
        "batches": [dict(zip(("batch_id", "rows", "gross", "mdr", "net"), one, strict=True)) for one in seen.batches],
        "rows": [{"line": line, "cells": list(cells)} for line, cells in seen.rows],
        "problems": [as_told(problem) for problem in seen.problems],
    }


def _columns(layout: Layout) -> list[dict[str, Any]]:
    placed = sorted(layout.columns.items(), key=lambda item: item[1])
    return [{"column": at + 1, "heading": layout.headings[at], "field": name} for name, at in placed]


def _unused(layout: Layout) -> list[str]:
    used = set(layout.columns.values())
    return [heading for at, heading in enumerate(layout.headings) if heading and at not in used]


def _entry(entry: Entry) -> dict[str, Any]:
    day = entry.booking_date or entry.value_date
    return {
        "day": day and day.isoformat(),
        "amount": f"{entry.amount:f}",
        "bank_reference": entry.bank_reference,
        "memo": entry.memo,
        "code": entry.transaction_code,
        "reversal": entry.reversal,
    }


def _sums(sums: Sums) -> dict[str, Any]:
    said = sums.statement
    return {
        "account": said.account,
        "currency": said.currency,
        "entries": sums.entries,
        "opening": _plain(said.opening),
        "credits": _plain(sums.credits),
        "debits": _plain(sums.debits),
        "closing": _plain(said.closing),
        "balances": sums.balances,
    }


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _show(seen: Preview) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    marks = ", ".join(filter(None, (seen.format, seen.encoding, seen.delimiter and f"dấu tách {seen.delimiter!r}")))
    console.print(Text(f"Tệp / file: {marks}"))
    if seen.layout is not None:
        _show_layout(console, seen.layout)
        for facts in map(_entry, seen.first):
            console.print(
                Text("  ".join(str(facts[name] or "-") for name in ("day", "amount", "bank_reference", "memo")))
            )
    for sums in seen.statements:
        facts = _sums(sums)
        told = ", ".join(f"{name} {facts[name]}" for name in ("opening", "credits", "debits", "closing"))
        console.print(
            Text(f"{facts['account']} {facts['currency']}: {sums.entries} dòng, {told}: {_ROWS[sums.balances]}")
        )
    for batch, rows, gross, mdr, net in seen.batches:
        console.print(Text(f"Lô / batch {batch}: {rows} dòng, gross {gross}, mdr {mdr}, net {net}"))
    if seen.rows:
        table = Table(title="Các dòng đầu / the first rows")
        for at in range(max(len(cells) for _, cells in seen.rows) + 1):
            table.add_column(str(at or "#"))
        for line, cells in seen.rows:
            table.add_row(str(line), *(Text(cell) for cell in cells))
        console.print(table)
    for problem in seen.problems:
        console.print(Text(f"{problem.code} {problem.where}: {problem.message}"), style="red")


def _show_layout(console: Any, layout: Layout) -> None:
    from rich.text import Text

    mark = "" if layout.profile.verified else " (chưa kiểm chứng / unverified)"
    console.print(Text(f"Mẫu / profile: {layout.profile.name}{mark}; tiêu đề ở dòng / headings in line {layout.line}"))
    for column in _columns(layout):
        console.print(Text(f"  cột {column['column']:>2}  {column['heading']}  ->  {column['field']}"))
    if unused := _unused(layout):
        console.print(Text(f"  không dùng / unused: {', '.join(unused)}"))
