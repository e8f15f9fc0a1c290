"""`thuphi terminal`: the agency's card terminals, and one to try them with."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from connectors.terminal.contract import Health
    from gateway.counter.terminal_store import TerminalRow

terminal_app = typer.Typer(help="Máy POS / card terminals", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
Name = Annotated[str, typer.Argument(help="Tên máy / the terminal's name")]


@terminal_app.command("add")
def terminal_add(
    name: Name,
    agency: AgencyOption,
    acquirer: Annotated[str, typer.Option(help="Ngân hàng thanh toán thẻ / acquirer, e.g. vietinbank-pos")],
    poi_id: Annotated[str, typer.Option("--poi", help="POIID")],
    sale_id: Annotated[str, typer.Option("--sale", help="SaleID")] = "THUPHI",
    address: Annotated[str, typer.Option(help="máy:cổng hoặc URL / host:port or URL")] = "",
    certificate: Annotated[Path | None, typer.Option(help="Chứng thư của máy, PEM / its certificate")] = None,
    account: Annotated[str, typer.Option(help="Tài khoản nhận tiền / account the acquirer pays into")] = "",
    model: Annotated[str, typer.Option(help="lan | cloud | pull")] = "lan",
    decimals: Annotated[int, typer.Option(help="0, hoặc 2 số lẻ ngầm định / 0, or 2 implied decimals")] = 0,
    token: Annotated[Path | None, typer.Option(help="Tệp mã truy cập đám mây / file with the cloud's token")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thêm máy POS / add a terminal."""
    from gateway.counter.terminal_register import TOKEN, NewTerminal, add

    described = NewTerminal(
        name,
        acquirer,
        poi_id,
        sale_id,
        address,
        _text(certificate),
        account,
        model,  # type: ignore[arg-type]
        decimals,  # type: ignore[arg-type]
        {TOKEN: _text(token).strip()} if token else {},
    )
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        facts = _facts(add(uow, agency, described))
    say(as_json, facts, f"Đã thêm máy POS {name} / terminal added")


@terminal_app.command("list")
def terminal_list(agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Các máy POS đang dùng / terminals in use."""
    from gateway.counter import terminal_store as store

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        found = [_facts(row) for row in store.terminals(connection, agency)]
    lines = "\n".join(f"{row['name']}  {row['acquirer']}  {row['address']}  {row['flaw'] or 'ok'}" for row in found)
    say(as_json, {"terminals": found}, lines)


@terminal_app.command("check")
def terminal_check(name: Name, agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Hỏi máy POS có sẵn sàng không / ask a terminal how it is; exit 1 if it is not ready."""
    from gateway.counter import terminal_store as store
    from gateway.counter.terminal_drive import driver_for

    async def ask(environment: Any, row: TerminalRow) -> Health:
        return await driver_for(environment, row).diagnose()

    with refusals(as_json), installation(data) as environment:
        with environment.read(agency) as connection:
            row = store.terminal_named(connection, agency, name)
        health = asyncio.run(ask(environment, row))
    facts = {"name": name, "ready": health.ready, "host": health.host_reachable, "reason": health.reason}
    say(as_json, facts, f"{name}: {'sẵn sàng / ready' if health.ready else health.reason}")
    if not health.ready:
        raise typer.Exit(1)


@terminal_app.command("simulate")
def terminal_simulate(
    directory: Annotated[Path, typer.Argument(help="Nơi máy giữ sổ / where it keeps its books")],
    poi_id: Annotated[str, typer.Option("--poi", help="POIID")] = "DEMO-POI",
    sale_id: Annotated[str, typer.Option("--sale", help="SaleID")] = "THUPHI",
    tid: Annotated[str, typer.Option(help="TID, 8 ký tự / characters")] = "DEMO0001",
    host: Annotated[str, typer.Option()] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Cổng / port")] = 8443,
    decimals: Annotated[int, typer.Option(help="0 | 2")] = 0,
    fault: Annotated[list[str] | None, typer.Option(help="Lỗi sắp tới / faults to come, each once")] = None,
    pace: Annotated[float, typer.Option(help="Giây khách tìm thẻ / seconds until the card")] = 4.0,
) -> None:
    """Máy POS mô phỏng và ngân hàng của nó / a simulated terminal with its acquirer, until stopped."""
    from connectors.simulators.acquirer import SimulatedAcquirer
    from connectors.simulators.terminal import Pace, SimulatedTerminal
    from connectors.simulators.terminal_server import TerminalApp, own_certificate, serve
    from gateway.kernel.clock import system_clock

    if len(tid) != 8 or decimals not in (0, 2):
        raise typer.BadParameter("--tid: 8 ký tự / characters; --decimals: 0 | 2")
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, key = own_certificate(directory, system_clock())
    acquirer = SimulatedAcquirer(directory / "acquirer.db", clock=system_clock, implied=decimals)
    terminal = SimulatedTerminal(
        directory / "terminal.db",
        acquirer,
        poi_id=poi_id,
        tid=tid,
        mid="DEMOMERCHANT",
        clock=system_clock,
        implied=decimals,  # type: ignore[arg-type]
        pace=Pace(pace, min(pace, 2.0)),
    )
    with refusals(as_json=False):
        terminal.arm(fault or [])
    say(False, {}, f"https://{host}:{port}/nexo  POIID {poi_id}  {certificate}")
    serve(TerminalApp(terminal, sale_id), host=host, port=port, certificate=certificate, key=key).run()


def _text(path: Path | None) -> str:
    if path is None:
        return ""
    if not path.is_file():
        raise typer.BadParameter(f"không có tệp / no such file: {path}")
    return path.read_text(encoding="utf-8")


def _facts(row: TerminalRow) -> dict[str, Any]:
    from gateway.kernel.clock import rfc3339

    return {
        "name": row.name,
        "acquirer": row.acquirer,
        "poi_id": row.poi_id,
        "model": row.model,
        "address": row.address,
        "decimals": row.implied,
        "seen_at": rfc3339(row.seen_at) if row.seen_at else None,
        "flaw": row.flaw,
    }
