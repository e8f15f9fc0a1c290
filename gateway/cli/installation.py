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
connector_app = typer.Typer(help="Kết nối ngân hàng, cổng thanh toán / connectors", no_args_is_help=True)
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
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thêm cơ quan thu với tài khoản nhận và dải số biên lai / add an agency, its account and its series."""
    from gateway import agencies
    from gateway.agencies import Account, Agency
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
        facts = {"agency": agency_id, "account": account_id, "series": series.id}
        say(as_json, facts, f"Đã thêm {name} ({agency_id}), ký hiệu {symbol}")


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
    from gateway.kernel.clock import system_clock
    from receipts.pki import demo_pki

    directory = settings_of(data).keys
    if not demo:
        raise typer.BadParameter(f"khóa thật: đặt signer.key, signer.pem, token.key vào {directory}; hoặc --demo")
    with refusals(as_json):
        demo_pki(directory, now=system_clock(), organisation=organisation)
    say(as_json, {"keys": str(directory)}, f"Khóa dùng thử (DEMO) ở / trial keys in {directory}")


@connector_app.command("set")
def connector_set(
    name: Annotated[str, typer.Argument(help="Tên kết nối / connector, e.g. vietinbank")],
    agency: AgencyOption,
    setting: Annotated[
        list[str] | None, typer.Option(help="tên=giá trị hoặc tên=@tệp / name=value or name=@file")
    ] = None,
    secret: Annotated[list[str] | None, typer.Option(help="tên=@tệp / name=@file")] = None,
    issue_on: Annotated[str | None, typer.Option(help="notice | statement")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thiết lập kết nối cho một cơ quan / set a connector up for an agency."""
    from gateway import providers

    if issue_on not in (None, "notice", "statement"):
        raise typer.BadParameter("notice | statement", param_hint="--issue-on")
    settings, secrets = _pairs(setting), _pairs(secret)
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        providers.use(uow, agency, name, settings, secrets, issue_on)  # type: ignore[arg-type]
    facts = {"agency": agency, "connector": name, "callback": f"/callbacks/{agency}/{name}"}
    say(as_json, facts, f"Đã thiết lập {name}; địa chỉ nhận báo có: /callbacks/{agency}/{name}")


@connector_app.command("list")
def connector_list(as_json: Json = False) -> None:
    """Các kết nối đã cài / installed connectors."""
    from connectors import registry

    found = [{"name": entry.name, "error": entry.error} for entry in registry.all()]
    lines = "\n".join(f"{entry['name']}  {entry['error'] or 'ok'}" for entry in found)
    say(as_json, {"connectors": found}, lines)


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


def _pairs(given: list[str] | None) -> dict[str, str]:
    """`name=value`, or `name=@file` for the file's text, so that secrets stay out of the shell's history."""
    found = {}
    for item in given or ():
        name, separator, value = item.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"cần tên=giá trị / name=value expected: {name}")
        if value.startswith("@"):
            path = Path(value[1:])
            if not path.is_file():
                raise typer.BadParameter(f"không có tệp / no such file: {path}")
            value = path.read_text(encoding="utf-8")
        found[name] = value
    return found
