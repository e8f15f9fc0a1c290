"""`thuphi statements parse`: what a bank's file says, as JSON or as a table for people."""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from connectors.statement import Entry, Parsed, Statement

statements_app = typer.Typer(help="Sao kê ngân hàng / bank statements", no_args_is_help=True)


@statements_app.callback()
def statements() -> None:
    """Sao kê ngân hàng: camt.052/053/054, MT940/MT942, CSV."""


@statements_app.command("parse")
def parse(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Tệp sao kê / the file")],
    format: Annotated[
        str | None, typer.Option(help="camt.053, mt940, csv...; mặc định: tự nhận / default: told")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Đọc một tệp sao kê; tệp bị từ chối thì mã thoát là 1 / read a file; a refused one exits 1."""
    from connectors.files import detect

    if format is not None and format.lower() not in detect.FORMATS:
        raise typer.BadParameter(f"chọn một trong / choose one of: {', '.join(detect.FORMATS)}", param_hint="--format")
    parsed = detect.parse(file.read_bytes(), format=format)
    if as_json:
        json.dump(as_contract(parsed), sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(parsed)
    if not parsed.statements:
        raise typer.Exit(1)


@statements_app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Tệp sao kê / the file")],
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")],
    data: Annotated[Path | None, typer.Option("--data", file_okay=False, help="Thư mục dữ liệu / directory")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Nạp sao kê vào sổ và đối soát lại / import a statement, book it and reconcile."""
    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.closing.intake import import_statement
    from gateway.closing.reconcile import reconcile
    from gateway.kernel.clock import business_day

    with refusals(as_json), installation(data) as environment:
        taken = import_statement(environment, agency, file.name, file.read_bytes(), actor="cli")
        with environment.begin(actor="cli", agency=agency) as uow:
            result = reconcile(uow, agency, business_day(uow.now()))
    kinds = {kind: totals.lines for kind, totals in result.totals.items() if totals.lines}
    facts = {"format": taken.format, "new": taken.imported.new, "known": taken.imported.known, "lines": kinds}
    said = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
    say(as_json, facts, f"{taken.imported.new} dòng mới, {taken.imported.known} dòng đã có. Đối soát: {said}")


def as_contract(parsed: Parsed) -> dict[str, Any]:
    """The JSON that others rely on: amounts as plain decimal strings, dates as ISO, None where the file is silent."""
    return {
        "format": parsed.format,
        "statements": [_statement(statement) for statement in parsed.statements],
        "problems": [{"code": p.code, "message": p.message, "where": p.where} for p in parsed.problems],
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
