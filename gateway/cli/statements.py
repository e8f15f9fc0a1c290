"""`thuphi statements`: what a bank's file says, as JSON or as a table for people; and taking it into the books."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.layouts import as_told, preview, profile_app, profile_named

if TYPE_CHECKING:
    from connectors.statement import Entry, Parsed, Statement
    from gateway.kernel.uow import Environment

statements_app = typer.Typer(help="Sao kê ngân hàng / bank statements", no_args_is_help=True)


statements_app.add_typer(profile_app, name="profile")
statements_app.command("preview")(preview)

_File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Tệp sao kê / the file")]
_Agency = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
_Data = Annotated[Path | None, typer.Option("--data", file_okay=False, help="Thư mục dữ liệu / directory")]
_Json = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]
_Layout = Annotated[str, typer.Option("--profile", help="Tên mẫu cột / name of a mapping profile")]
_Account = Annotated[str, typer.Option(help="Số tài khoản, nếu tệp không ghi / of a table that names none")]


@statements_app.callback()
def statements() -> None:
    """Sao kê ngân hàng: camt.052/053/054, MT940/MT942, CSV, XLSX."""


@statements_app.command("parse")
def parse(
    file: _File,
    format: Annotated[
        str | None, typer.Option(help="camt.053, mt940, csv...; mặc định: tự nhận / default: told")
    ] = None,
    profile: Annotated[str, typer.Option(help="Mẫu cột: tên hoặc tệp / a profile: name or file")] = "",
    account: _Account = "",
    as_json: _Json = False,
) -> None:
    """Đọc một tệp sao kê; tệp bị từ chối thì mã thoát là 1 / read a file; a refused one exits 1."""
    from connectors.files import detect

    if format is not None and format.lower() not in detect.FORMATS:
        raise typer.BadParameter(f"chọn một trong / choose one of: {', '.join(detect.FORMATS)}", param_hint="--format")
    chosen = (profile_named(profile),) if profile else ()
    parsed = detect.parse(file.read_bytes(), format=format, profiles=chosen, only=bool(profile), account=account)
    if as_json:
        json.dump(as_contract(parsed), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(parsed)
    if not parsed.statements:
        raise typer.Exit(1)


@statements_app.command("import")
def import_file(
    file: _File,
    agency: _Agency,
    data: _Data = None,
    profile: _Layout = "",
    account: _Account = "",
    as_json: _Json = False,
) -> None:
    """Nạp sao kê vào sổ và đối soát lại / import a statement, book it and reconcile."""
    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.closing.intake import import_statement

    with refusals(as_json), _flaws_told(as_json), installation(data) as environment:
        taken = import_statement(environment, agency, file.name, file, actor="cli", profile=profile, account=account)
        kinds = _reconciled(environment, agency)
    problems = [problem.code for problem in taken.imported.problems]
    new, known = taken.imported.new, taken.imported.known
    facts = {"format": taken.format, "new": new, "known": known, "problems": problems, "lines": kinds}
    said = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    for problem in taken.imported.problems:
        sys.stderr.write(f"{problem.code} {problem.where}: {problem.message}\n")
    say(as_json, facts, f"{new} dòng mới, {known} dòng đã có. Đối soát: {said}")


@statements_app.command("import-settlement")
def import_settlement_file(
    file: _File, agency: _Agency, data: _Data = None, profile: _Layout = "", as_json: _Json = False
) -> None:
    """Nạp tệp quyết toán thẻ và đối soát lại / import a card acquirer's settlement file and reconcile."""
    from dataclasses import asdict

    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.closing.settlements import import_settlement

    with refusals(as_json), _flaws_told(as_json), installation(data) as environment:
        name, content = file.name, file.read_bytes()
        taken = import_settlement(environment, agency, name, content, actor="cli", profile=profile)
        kinds = _reconciled(environment, agency)
    facts = {**asdict(taken), "lines": kinds}
    line = f"{taken.new} dòng mới, {taken.known} dòng đã có, {taken.batches} lô, thực nhận {taken.net:,} đ"
    say(as_json, facts, line.replace(",", ".") if taken.net >= 1000 else line)


@statements_app.command("import-list")
def import_list_file(
    file: _File,
    connector: Annotated[str, typer.Option("--connector", help="national_portal, postal...: ai gửi / who sent it")],
    agency: _Agency,
    data: _Data = None,
    as_json: _Json = False,
) -> None:
    """Nạp danh sách đã thu của cổng quốc gia, bưu điện... / import what a portal or an agent says was paid."""
    from dataclasses import asdict

    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.closing.lists import import_list
    from gateway.settlement.drain import drain

    with refusals(as_json), _flaws_told(as_json), installation(data) as environment:
        taken = import_list(environment, agency, connector, file.name, file.read_bytes(), actor="cli")
        while drain(environment):
            pass
        kinds = _reconciled(environment, agency)
    for flaw in taken.problems:
        sys.stderr.write(f"{flaw['where']}: {flaw['code']}: {flaw['message']}\n")
    line = f"{taken.new} khoản mới, {taken.known} khoản đã có, {taken.refused} khoản trái với lần trước, {taken.batches} lô"
    say(as_json, {**asdict(taken), "lines": kinds}, line)


def _reconciled(environment: Environment, agency: str) -> dict[str, int]:
    """Reconcile as of today; lines by kind."""
    from gateway.closing.reconcile import reconcile
    from gateway.closing.turns import again, take_turn
    from gateway.kernel.clock import business_day

    def act() -> dict[str, int]:
        with environment.begin(actor="cli", agency=agency) as uow:
            take_turn(uow, agency)
            result = reconcile(uow, agency, business_day(uow.now()))
        return {kind: totals.lines for kind, totals in result.totals.items() if totals.lines}

    return again(act)


@contextmanager
def _flaws_told(as_json: bool) -> Iterator[None]:
    """A refused file names each flaw with its line and column, and exits 1."""
    try:
        yield
    except Exception as error:
        facts = getattr(error, "facts", {})
        flaws = facts.get("flaws") if isinstance(facts, dict) else None
        if not flaws:
            raise
        if as_json:
            told = {"error": getattr(error, "code", ""), "detail": getattr(error, "vi", ""), "detail_en": str(error)}
            sys.stdout.write(json.dumps({**told, "flaws": flaws}, ensure_ascii=False) + "\n")
        for flaw in flaws:
            sys.stderr.write(f"{flaw['where']}: {flaw['code']}: {flaw['message']}\n")
        raise typer.Exit(1) from None


def as_contract(parsed: Parsed) -> dict[str, Any]:
    """The JSON that others rely on: amounts as plain decimal strings, dates as ISO, None where the file is silent."""
    return {
        "format": parsed.format,
        "statements": [_statement(statement) for statement in parsed.statements],
        "problems": [as_told(problem) for problem in parsed.problems],
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "account": statement.account,
        "currency": statement.currency,
        "opening": _amount(statement.opening),
        "closing": _amount(statement.closing),
        "entries": [_entry(entry) for entry in statement.entries],
        "balances": statement.balances,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "amount": _amount(entry.amount),
        "value_date": _day(entry.value_date),
        "booking_date": _day(entry.booking_date),
        "references": list(entry.references),
        "memo": entry.memo,
        "bank_reference": entry.bank_reference,
        "status": entry.status,
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:f}"


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _show(parsed: Parsed) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    for statement in parsed.statements:
        table = Table(title=Text(_headline(parsed.format, statement)), caption=Text(_verdict(statement)))
        table.add_column("#", no_wrap=True)
        table.add_column("Ngày", no_wrap=True)
        table.add_column("Số tiền", justify="right", no_wrap=True)
        for heading in ("Trạng thái", "Tham chiếu", "Nội dung", "Mã ngân hàng"):
            table.add_column(heading)
        for entry in statement.entries:
            table.add_row(*(Text(cell) for cell in _cells(entry)))
        console.print(table)
    for flaw in parsed.problems:
        console.print(Text(f"{flaw.code} {flaw.where}: {flaw.message}"), style="red")


def _headline(format: str, statement: Statement) -> str:
    number = f", số {statement.number}" if statement.number else ""
    return f"Sao kê {format}{number}, tài khoản {statement.account} ({statement.currency})"


def _verdict(statement: Statement) -> str:
    if statement.opening is None or statement.closing is None:
        return "Sao kê không ghi đủ số dư đầu kỳ và cuối kỳ"
    tie = "khớp" if statement.balances else "KHÔNG KHỚP"
    return f"Số dư đầu kỳ {_grouped(statement.opening)}, cuối kỳ {_grouped(statement.closing)}: {tie}"


def _grouped(amount: Decimal) -> str:
    """1.234.567,89 as it is written in Vietnam."""
    return f"{amount:,f}".translate(str.maketrans(",.", ".,"))


def _cells(entry: Entry) -> list[str]:
    day = _day(entry.booking_date or entry.value_date) or ""
    references = ", ".join(entry.references)
    return [entry.line_no, day, _grouped(entry.amount), entry.status, references, entry.memo, entry.bank_reference]
