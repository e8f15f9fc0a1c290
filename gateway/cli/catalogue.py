"""`thuphi catalogue`: put an agency's tariff in force, and show which one is."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from gateway.dues.catalogue import FeeView
    from gateway.dues.tariff import Catalogue
    from gateway.kernel.errors import ThuPhiError
    from gateway.kernel.uow import Environment

catalogue_app = typer.Typer(help="Danh mục phí, lệ phí / tariff", no_args_is_help=True)

_Agency = Annotated[str | None, typer.Option("--agency", help="Mã cơ quan thu; mặc định: danh mục kèm sản phẩm")]
_Data = Annotated[Path | None, typer.Option("--data", help="Thư mục dữ liệu / data directory")]
_Day = Annotated[datetime | None, typer.Option("--day", formats=["%Y-%m-%d"], help="Ngày, mặc định hôm nay")]
_Json = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]


@catalogue_app.callback()
def catalogue() -> None:
    """Danh mục phí, lệ phí của cơ quan thu."""


@catalogue_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Tệp danh mục / the file")],
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan thu / agency id")],
    data: _Data = None,
    as_json: _Json = False,
) -> None:
    """Áp dụng một tệp danh mục cho cơ quan thu; tệp có lỗi thì mã thoát là 1 / a flawed file exits 1."""
    from gateway.dues.catalogue import import_catalogue
    from gateway.kernel.errors import ThuPhiError
    from gateway.migrations.history import require_head

    environment = _environment(data, as_json)
    try:
        with environment.begin(actor="cli", agency=agency) as uow:
            require_head(uow.connection)
            imported = import_catalogue(uow, agency, file.read_bytes())
    except ThuPhiError as refusal:
        _refuse(refusal, as_json)
    finally:
        environment.close()
    if as_json:
        _print_json(asdict(imported))
        return
    state = "đã áp dụng" if imported.changed else "đang áp dụng từ trước"
    print(f"Danh mục của {agency} {state}: {imported.fees} thủ tục, {imported.lines} khoản thu.")


@catalogue_app.command("list")
def list_(agency: _Agency = None, data: _Data = None, day: _Day = None, as_json: _Json = False) -> None:
    """Các khoản thu có hiệu lực trong ngày / the lines in force on a day."""
    from gateway.dues.catalogue import fees
    from gateway.kernel.clock import business_day, system_clock

    found = _catalogue(agency, data, as_json)
    views = fees(found, day.date() if day else business_day(system_clock()))
    if as_json:
        _print_json({"data": [_plain(view) for view in views]})
    else:
        _table(views)


@catalogue_app.command("show")
def show(
    fee_code: Annotated[str, typer.Argument(help="Mã khoản thu / fee code")],
    agency: _Agency = None,
    data: _Data = None,
    day: _Day = None,
    as_json: _Json = False,
) -> None:
    """Một khoản thu: mức, cách tính, căn cứ / one line of the tariff."""
    from gateway.dues.catalogue import fees
    from gateway.dues.problems import FeeUnknown
    from gateway.kernel.clock import business_day, system_clock

    found = _catalogue(agency, data, as_json)
    views = fees(found, day.date() if day else business_day(system_clock()))
    view = next((each for each in views if each.fee_code == fee_code), None)
    if view is None:
        text = "Danh mục không có mã khoản thu này.", "The catalogue has no such fee code in force."
        _refuse(FeeUnknown(*text, field="fee_code"), as_json)
    if as_json:
        _print_json(_plain(view))
        return
    for name, value in _plain(view).items():
        if value not in (None, ""):
            print(f"{name}: {value}")


def _environment(data: Path | None, as_json: bool) -> Environment:
    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment
    from gateway.migrations.history import NotMigrated

    settings = Settings() if data is None else Settings(data=data)
    if settings.database_url is None and not (settings.data / "thuphi.db").exists():
        vi, en = "Chưa có cơ sở dữ liệu ở đây; hãy chạy `thuphi migrate`.", "No database here; run `thuphi migrate`."
        _refuse(NotMigrated(vi, en), as_json)
    return Environment(settings)


def _catalogue(agency: str | None, data: Path | None, as_json: bool) -> Catalogue:
    """The agency's catalogue; without an agency the product's own, for which no database is opened."""
    from gateway.dues.catalogue import in_force, load_default

    if agency is None:
        return load_default()
    from gateway.agencies import require
    from gateway.kernel.errors import ThuPhiError
    from gateway.migrations.history import require_head

    environment = _environment(data, as_json)
    try:
        with environment.read() as connection:
            require_head(connection)
            require(connection, agency)
            return in_force(connection, agency)
    except ThuPhiError as refusal:
        _refuse(refusal, as_json)
    finally:
        environment.close()


def _refuse(refusal: ThuPhiError, as_json: bool) -> NoReturn:
    if as_json:
        body = {"code": refusal.code, "field": refusal.field, "vi": refusal.vi, "en": refusal.en, **refusal.facts}
        _print_json(body)
    else:
        print(f"{refusal.vi}\n{refusal.en}", file=sys.stderr)
        flaws = refusal.facts.get("flaws")
        for flaw in flaws if isinstance(flaws, list) else []:
            print(f"  {flaw['path']}: {flaw['vi']} / {flaw['en']}", file=sys.stderr)
    raise typer.Exit(1)


def _plain(view: FeeView) -> dict[str, Any]:
    """One line as JSON values."""
    plain = asdict(view)
    for name in ("valid_from", "valid_to"):
        plain[name] = None if plain[name] is None else plain[name].isoformat()
    return plain


def _print_json(body: dict[str, Any]) -> None:
    json.dump(body, sys.stdout, ensure_ascii=False)
    sys.stdout.write("\n")


def _table(views: list[FeeView]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from gateway.kernel.money import dong

    table = Table(title=Text("Danh mục phí, lệ phí"))
    table.add_column("Mã", no_wrap=True)
    table.add_column("Tên khoản thu")
    table.add_column("Mức thu", justify="right")
    table.add_column("Đơn vị")
    table.add_column("Độ chắc chắn", no_wrap=True)
    for view in views:
        amount = view.formula if view.amount is None else dong(view.amount)
        table.add_row(*(Text(cell) for cell in (view.fee_code, view.name, amount, view.unit, view.certainty)))
    Console().print(table)
