"""A real installation from nothing: database, keys, agency with account and series, API key, connector, webhook."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation, settings_of

agency_app = typer.Typer(help="Cơ quan thu / agencies", no_args_is_help=True)
key_app = typer.Typer(help="Khóa API / API keys", no_args_is_help=True)
keys_app = typer.Typer(help="Khóa ký biên lai / signing keys", no_args_is_help=True)
webhook_app = typer.Typer(help="Webhook tới hệ thống một cửa / webhooks", no_args_is_help=True)
config_app = typer.Typer(help="Cấu hình / configuration", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]


def migrate(
    data: Data = None,
    to: Annotated[str, typer.Option(help="Phiên bản / revision")] = "head",
    as_json: Json = False,
) -> None:
    """Đưa cơ sở dữ liệu về đúng phiên bản / bring the database to the right revision."""
    from gateway.migrations import history

    settings = settings_of(data)
    if settings.database_url is None:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with refusals(as_json), installation(data, migrated=False) as environment, environment.sole_writer():
        history.migrate(environment.writer, to)
        with environment.read() as connection:
            at = history.current(connection)
    say(as_json, {"revision": at}, f"Cơ sở dữ liệu ở phiên bản / database at revision {at}")


@agency_app.command("add")
def agency_add(
    agency_id: Annotated[str, typer.Argument(metavar="ID", help="Mã, ví dụ H56.17")],
    name: Annotated[str, typer.Option(help="Tên / name")],
    tax_code: Annotated[str, typer.Option(help="Mã số thuế / tax code")],
    address: Annotated[str, typer.Option(help="Địa chỉ / address")],
    bank_bin: Annotated[str, typer.Option("--bin", help="BIN ngân hàng / bank BIN")],
    account: Annotated[str, typer.Option(help="Số tài khoản nhận / beneficiary account")],
    holder: Annotated[str, typer.Option(help="Tên tài khoản / account holder")],
    symbol: Annotated[str, typer.Option(help="Ký hiệu biên lai, ví dụ 26TAA / receipt symbol")],
    bank: Annotated[str, typer.Option(help="Tên ngân hàng / bank")] = "",
    connector: Annotated[str, typer.Option(help="Kết nối báo có / connector that brings notices")] = "vietinbank",
    phone: Annotated[str, typer.Option(help="Điện thoại / phone")] = "",
    identifier: Annotated[str, typer.Option(help="Mã định danh / identifier")] = "",
    combined: Annotated[bool, typer.Option(help="Phí và lệ phí trên một biên lai / one receipt for both")] = False,
    valid_from: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Từ ngày / from")] = None,
    unregistered: Annotated[
        bool, typer.Option(help="Chưa được chấp nhận 01/ĐKTĐ-CTĐT / not yet accepted: `register file`, `accept`")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thêm cơ quan thu với tài khoản nhận và dải số biên lai / add an agency, its account and its series."""
    from gateway import agencies
    from gateway.agencies import Account, Agency
    from gateway.cli.register import declare
    from receipts.series import open_series

    with refusals(as_json), installation(data) as environment:
        with environment.begin(actor="cli", agency=agency_id) as uow:
            since = valid_from.date() if valid_from else date(uow.now().year, 1, 1)
            grouping = "combined" if combined else "separate"
            found = Agency(agency_id, name, tax_code, address, phone, identifier, since, receipt_grouping=grouping)  # type: ignore[arg-type]
            agencies.add(uow, found)
            account_id = uow.mint("acc")
            agencies.add_account(
                uow, Account(account_id, agency_id, bank_bin, account, holder, bank or bank_bin, ("*",), connector)
            )
            series = open_series(
                uow.connection, owner=agency_id, tax_code=tax_code, symbol=symbol, now=uow.now(), mint=uow.mint
            )
            if not unregistered:
                declare(uow, agency_id, since)
        facts = {"agency": agency_id, "account": account_id, "series": series.id}
        say(as_json, facts, f"Đã thêm {name} ({agency_id}), ký hiệu {symbol}")


@agency_app.command("theme")
def agency_theme(
    agency: Annotated[str, typer.Argument(metavar="ID", help="Mã cơ quan / agency id")],
    name: Annotated[str | None, typer.Option(help="Tên hiện trên trang / name on the pages")] = None,
    accent: Annotated[str | None, typer.Option(help="Màu nút, liên kết, #rrggbb / buttons and links")] = None,
    band: Annotated[str | None, typer.Option(help="Màu dải đầu trang, #rrggbb / the band on top")] = None,
    logo: Annotated[
        Path | None, typer.Option(help="Ảnh PNG, JPEG, WebP / picture", exists=True, dir_okay=False)
    ] = None,
    no_logo: Annotated[bool, typer.Option("--no-logo", help="Bỏ logo / take the logo away")] = False,
    bank_links: Annotated[
        bool | None, typer.Option(help="Mở ứng dụng ngân hàng từ trang nộp (vietqr.io thấy số tiền) / banks' apps")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tên, màu, logo của cơ quan trên trang người dân / an agency's name, colours and logo on its pages."""
    from gateway.web import theme

    picture = logo.read_bytes() if logo else b"" if no_logo else None
    asked = theme.ThemeChange(name, accent, band, picture, bank_links)
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        kept = theme.change(uow, agency, asked)
    facts = {
        "agency": agency,
        "name": kept.name,
        "accent": kept.accent,
        "band": kept.band,
        "logo": kept.has_logo,
        "bank_links": kept.bank_links,
    }
    say(as_json, facts, f"{kept.name}: {kept.accent}, {kept.band}")


@key_app.command("create")
def key_create(
    agency: AgencyOption,
    name: Annotated[str, typer.Option(help="Dùng cho / used by")] = "one-stop",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tạo khóa API; chỉ hiện một lần / make an API key, shown once."""
    from gateway import access, agencies

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        agencies.require(uow.connection, agency)
        key = access.create_key(uow, agency, name)
    say(as_json, {"agency": agency, "api_key": key}, key)


@keys_app.command("init")
def keys_init(
    demo: Annotated[bool, typer.Option("--demo", help="Khóa dùng thử, ghi rõ DEMO / trial keys, marked DEMO")] = False,
    organisation: Annotated[str, typer.Option(help="Tên trên chứng thư / name in the certificate")] = "Cơ quan thu",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tạo khóa dùng thử; khóa thật đặt vào keys/signer.key, signer.pem / make trial keys."""
    from gateway.audit import keys as audit_keys
    from gateway.kernel.clock import system_clock
    from receipts.pki import demo_pki

    directory = settings_of(data).keys
    if not demo:
        raise typer.BadParameter(f"khóa thật: đặt signer.key, signer.pem, token.key vào {directory}; hoặc --demo")
    with refusals(as_json):
        demo_pki(directory, now=system_clock(), organisation=organisation)
        audit_keys.make(directory)
    say(as_json, {"keys": str(directory)}, f"Khóa dùng thử (DEMO) ở / trial keys in {directory}")


@webhook_app.command("add")
def webhook_add(agency: AgencyOption, url: str, data: Data = None, as_json: Json = False) -> None:
    """Đăng ký địa chỉ nhận sự kiện; khóa ký chỉ hiện một lần / register an endpoint."""
    from gateway.delivery import webhooks

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        secret = webhooks.add_endpoint(uow, agency, url)
    say(as_json, {"agency": agency, "url": url, "secret": secret}, secret)


@config_app.command("check")
def config_check(data: Data = None, as_json: Json = False) -> None:
    """Kiểm tra cơ sở dữ liệu, khóa và kết nối / check database, keys and connectors."""
    from connectors import registry
    from gateway.delivery.documents import load_keys

    with refusals(as_json), installation(data) as environment:
        keys = load_keys(environment.settings.keys)
        broken = [entry.name for entry in registry.all() if entry.connector is None]
    facts = {"database": "ok", "signer": keys.signer.subject, "demo_keys": keys.demo, "broken_connectors": broken}
    say(as_json, facts, f"Cơ sở dữ liệu: ok\nNgười ký: {keys.signer.subject}\nKết nối hỏng: {broken or 'không'}")
    if broken:
        raise typer.Exit(1)
