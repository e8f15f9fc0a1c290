"""`thuphi reconcile files`: payments, receipts and a bank statement re-verified from files alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from reconciliation.engine import Progress
    from reconciliation.engines import EngineMissing
    from reconciliation.tabulated import FilesRefused

reconcile_app = typer.Typer(help="Đối soát / reconciliation", no_args_is_help=True)

ENGINES = ("database", "duckdb", "spark")  # reconciliation.engines has them too, and costs what importing costs

_File = typer.Option(exists=True, dir_okay=False, readable=True)


@reconcile_app.callback()
def reconcile() -> None:
    """Đối soát sao kê, thanh toán và biên lai."""


@reconcile_app.command("files")
def files(
    payments: Annotated[Path, _File],
    receipts: Annotated[Path, _File],
    statement: Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True, help="camt.053, MT940, CSV")],
    account: Annotated[str, typer.Option(help="Tài khoản thu đúng / the right collection account")],
    as_of: Annotated[str, typer.Option(help="Ngày cuối của sao kê / the statement's last day, YYYY-MM-DD")],
    out: Annotated[Path, typer.Option(file_okay=False, help="Thư mục kết quả / where the results go")],
    settlement: Annotated[Path | None, _File] = None,
    mdr: Annotated[
        str | None, typer.Option(help="Phí dịch vụ thanh toán theo hợp đồng / commission by contract, 11/1000")
    ] = None,
    engine: Annotated[str, typer.Option(help="database, duckdb, spark")] = "database",
    as_json: Annotated[bool, typer.Option("--json", help="In tóm tắt JSON / print the summary as JSON")] = False,
) -> None:
    """Đối soát lại một kỳ chỉ từ tệp; tệp có lỗi thì mã thoát là 1 / re-verify a period; flawed files exit 1."""
    day, rate = _day(as_of), _rate(mdr)
    _known(engine)
    if not account.strip():
        raise typer.BadParameter("để trống / it is empty", param_hint="--account")
    from reconciliation.engines import EngineMissing
    from reconciliation.files import reconcile_files
    from reconciliation.tabulated import FilesRefused

    try:
        with _progress() as progress:
            summary = reconcile_files(
                payments=payments,
                receipts=receipts,
                statement=statement,
                settlement=settlement,
                account=account.strip(),
                as_of=day,
                out=out,
                rate=rate,
                engine=engine,
                progress=progress,
            )
    except FilesRefused as refusal:
        _refuse(refusal, as_json)
    except EngineMissing as missing:
        _refuse_engine(engine, missing, as_json)
    if as_json:
        json.dump(summary, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        _show(summary, out)


@reconcile_app.command("register")
def register(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, XLSX")],
    agency: Annotated[str, typer.Option(help="Cơ quan thu / the agency")],
    data: Annotated[Path | None, typer.Option(help="Thư mục của bản cài đặt / the installation's directory")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Đối chiếu danh sách hồ sơ của hệ thống một cửa / compare the one-stop register's list of dossiers."""
    from dataclasses import asdict

    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from gateway.cli.statements import _flaws_told
    from gateway.closing.register import findings, import_register

    with (
        refusals(as_json),
        _flaws_told(as_json),
        installation(data) as environment,
        environment.begin(actor="cli", agency=agency) as uow,
    ):
        taken = import_register(uow, agency, file.name, file.read_bytes())
        found = findings(uow.connection, agency)
    lines = [f"{taken.rows} hồ sơ, {taken.new} mới; {len(found)} điểm lệch", *(one.sentence_vi for one in found)]
    say(as_json, {**asdict(taken), "findings": [asdict(one) for one in found]}, "\n".join(lines))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("cần YYYY-MM-DD / YYYY-MM-DD is needed", param_hint="--as-of") from None


def _rate(text: str | None) -> Fraction | None:
    if text is None:
        return None
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(-1)
    if not 0 <= rate < 1:
        raise typer.BadParameter("cần phân số như 11/1000 / a fraction like 11/1000", param_hint="--mdr")
    return rate


def _known(engine: str) -> None:
    if engine not in ENGINES:
        raise typer.BadParameter(f"chọn một trong / choose one of: {', '.join(ENGINES)}", param_hint="--engine")


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on a terminal, nothing anywhere else."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reconcile", total=None)
        yield lambda step, done, total: bar.update(task, description=step, completed=done, total=total)


def _refuse(refusal: FilesRefused, as_json: bool) -> None:
    if as_json:
        problems = [
            {"file": p.file, "line": p.line or None, "column": p.column, "code": p.code, "message": p.message}
            for p in refusal.problems
        ]
        json.dump({"error": refusal.code, "problems": problems}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    for flaw in refusal.problems:
        place = ", ".join(
            part for part in (flaw.file, f"dòng/line {flaw.line}" if flaw.line else "", flaw.column) if part
        )
        typer.echo(f"{place}: {flaw.code}: {flaw.message}", err=True)
    raise typer.Exit(1)


def _refuse_engine(engine: str, missing: EngineMissing, as_json: bool) -> None:
    told = (
        f"Bộ máy {engine} cần gói bổ sung: pip install '{missing.extra}' / "
        f"the engine {engine} needs an extra: pip install '{missing.extra}'"
    )
    if as_json:
        json.dump({"error": missing.code, "extra": missing.extra, "message": told}, sys.stdout, ensure_ascii=False)
        sys.stdout.write("\n")
    typer.echo(told, err=True)
    raise typer.Exit(1)


def _show(summary: dict[str, Any], out: Path) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Đối soát đến {summary['as_of']}, tài khoản {summary['account']}", box=box.SIMPLE)
    table.add_column("Loại", no_wrap=True, min_width=22)
    for heading in ("Dòng", "Tiền về", "Khoản", "Phải thu", "Lệch"):
        table.add_column(heading, justify="right", no_wrap=True)
    for kind, total in summary["totals"].items():
        numbers = (total[name] for name in ("lines", "line_amount", "payments", "payment_amount", "difference"))
        table.add_row(kind, *(f"{number:,}".replace(",", ".") for number in numbers))
    console = Console()
    console.print(table)
    tie = {True: "khớp / ties", False: "KHÔNG KHỚP / DOES NOT TIE", None: "không có số dư / no balances"}
    console.print(f"Số dư / balances: {tie[summary['balances_tie']]}", highlight=False)
    console.print(
        f"{out / 'lines.csv'}, {out / 'payments.csv'}, {out / 'summary.json'}", highlight=False, soft_wrap=True
    )
