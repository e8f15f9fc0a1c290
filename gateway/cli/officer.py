"""Officers of an agency: take on, give and take roles, let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from gateway.officers.model import Officer

officer_app = typer.Typer(help="Cán bộ / officers", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
Roles = Annotated[
    list[str], typer.Option("--role", help="assistant | counter | accountant | approver | admin | auditor")
]


@officer_app.command("add")
def add(
    login: Annotated[str, typer.Argument(help="E-mail hoặc tên đăng nhập / e-mail or user name")],
    agency: AgencyOption,
    name: Annotated[str, typer.Option(help="Họ tên / full name")],
    role: Roles,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thêm cán bộ; lần đăng nhập đầu gắn với tài khoản / take an officer on."""
    from gateway import agencies
    from gateway.officers import register

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        agencies.require(uow.connection, agency)
        found = register.add(uow, agency, name, login, role)
    _tell(as_json, found)


@officer_app.command("grant")
def grant(officer: str, agency: AgencyOption, role: Roles, data: Data = None, as_json: Json = False) -> None:
    """Giao thêm vai trò / give roles."""
    from gateway.officers import register

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        found = register.grant(uow, agency, officer, role)
    _tell(as_json, found)


@officer_app.command("revoke")
def revoke(officer: str, agency: AgencyOption, role: Roles, data: Data = None, as_json: Json = False) -> None:
    """Thu lại vai trò / take roles away."""
    from gateway.officers import register

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        found = register.revoke(uow, agency, officer, role)
    _tell(as_json, found)


@officer_app.command("end")
def end(officer: str, agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Cho thôi: không đăng nhập được nữa, phiên đang mở kết thúc / let an officer go."""
    from gateway.officers import register

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        register.end(uow, agency, officer)
    say(as_json, {"id": officer, "ended": True}, f"Đã cho thôi {officer}")


@officer_app.command("list")
def listed(agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Cán bộ đang làm việc / officers in service."""
    from gateway.officers import store

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        found = store.of_agency(connection, agency)
    say(as_json, {"officers": [_facts(one) for one in found]}, "\n".join(_line(one) for one in found))


def _facts(officer: Officer) -> dict[str, object]:
    return {"id": officer.id, "name": officer.name, "login": officer.login, "roles": sorted(officer.roles)}


def _line(officer: Officer) -> str:
    return f"{officer.id}  {officer.name}  {officer.login}  {', '.join(sorted(officer.roles))}"


def _tell(as_json: bool, officer: Officer) -> None:
    say(as_json, _facts(officer), _line(officer))
