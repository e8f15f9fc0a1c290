"""`thuphi connector`: set a bank or payment service up for an agency, try it without money, and see how it is doing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

connector_app = typer.Typer(help="Kết nối ngân hàng, cổng thanh toán / connectors", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Tên kết nối / connector, e.g. vietinbank")]
AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]


@connector_app.command("set")
def connector_set(
    name: Name,
    agency: AgencyOption,
    setting: Annotated[
        list[str] | None, typer.Option(help="tên=giá trị hoặc tên=@tệp / name=value or name=@file")
    ] = None,
    secret: Annotated[list[str] | None, typer.Option(help="tên=@tệp / name=@file")] = None,
    issue_on: Annotated[str | None, typer.Option(help="notice | statement")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thiết lập kết nối cho một cơ quan; kiểm tra trước khi ghi / set a connector up for an agency, checked first."""
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


@connector_app.command("check")
def connector_check(
    name: Name,
    agency: AgencyOption,
    online: Annotated[
        bool, typer.Option("--online", help="Hỏi thật một mã không có / really ask about a code that is none")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thử kết nối mà không động đến tiền; exit 1 nếu có lỗi / a dry run: settings, keys, a call, a signature."""
    from gateway.connecting import check

    with refusals(as_json), installation(data) as environment:
        findings = check.check(environment, agency, name, online=online)
    told = [{"what": one.what, "ok": one.ok, "detail": one.detail} for one in findings]
    good = all(one.ok for one in findings)
    lines = [f"{'ok  ' if one.ok else 'LỖI '} {one.what}: {one.detail}" for one in findings]
    say(as_json, {"connector": name, "agency": agency, "ok": good, "findings": told}, "\n".join(lines))
    if not good:
        raise typer.Exit(1)


@connector_app.command("status")
def connector_status(
    agency: Annotated[str | None, typer.Option("--agency", help="Mã cơ quan; để trống: tất cả / none: all")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ngân hàng, cổng thanh toán có trả lời, có báo tin không; exit 1 nếu có nơi không ổn / how each is doing."""
    from gateway.connecting.standing import standings
    from gateway.kernel.clock import rfc3339

    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        found = standings(connection, agency)
    told = [
        {
            "agency": one.agency,
            "connector": one.connector,
            "state": one.state.value,
            "since": rfc3339(one.health.since) if one.health.since else None,
            "sentence_vi": one.doubt.vi if one.doubt else None,
            "sentence_en": one.doubt.en if one.doubt else None,
        }
        for one in found
    ]
    lines = [f"{one.agency} {one.connector}: {one.doubt.vi if one.doubt else 'ok'}" for one in found]
    say(as_json, {"providers": told}, "\n".join(lines) or "Chưa thiết lập kết nối nào / none is set up")
    if any(one.doubt for one in found):
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
