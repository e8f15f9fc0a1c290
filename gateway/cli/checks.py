"""`thuphi ledger check`: prove the books, also beside a live server; non-zero on any violation."""

from __future__ import annotations

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

ledger_app = typer.Typer(help="Sổ cái / ledger", no_args_is_help=True)


@ledger_app.callback()
def ledger() -> None:
    """Sổ cái / ledger."""


@ledger_app.command("check")
def ledger_check(data: Data = None, as_json: Json = False) -> None:
    """Mọi bút toán cân bằng, mọi đồng có chỗ đứng / every entry balances, every đồng has its place."""
    from gateway.closing.proof import violations
    from gateway.settlement import conservation

    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        broken = violations(connection)
        lost = {agency: amount for agency, amount in conservation.differences(connection).items() if amount}
    found = [{"rule": v.rule, "subject": v.subject, "detail": v.detail} for v in broken]
    found += [{"rule": "conservation", "subject": agency, "detail": str(amount)} for agency, amount in lost.items()]
    lines = [f"{v['rule']} {v['subject']} {v['detail']}" for v in found] or ["Sổ sách khớp / the books tie"]
    say(as_json, {"violations": found}, "\n".join(lines))
    if found:
        raise typer.Exit(1)


@ledger_app.command("states")
def ledger_states() -> None:
    """Bảng trạng thái: tiền về thì ghi vào đâu / the state table: where money goes, rule by rule."""
    from gateway.settlement.states import page

    typer.echo(page())
