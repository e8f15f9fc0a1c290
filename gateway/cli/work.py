"""`thuphi work`: what got stuck and why, and another try for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

work_app = typer.Typer(help="Việc bị kẹt / stuck work", no_args_is_help=True)


@work_app.command("stuck")
def stuck(data: Data = None, as_json: Json = False) -> None:
    """Liệt kê thông báo và công việc bị để riêng / list what was set apart or given up; exit 1 if there is any."""
    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        found = _found(connection)
    lines = [f"{row['id']} {row['what']} {row['error']}" for row in found] or [
        "Không có việc bị kẹt / nothing is stuck"
    ]
    say(as_json, {"stuck": found}, "\n".join(lines))
    if found:
        raise typer.Exit(1)


@work_app.command("retry")
def retry(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Để trống: tất cả / none: all")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Cho làm lại / let it be tried again."""
    from gateway.kernel import outbox
    from gateway.settlement import poison

    with refusals(as_json), installation(data) as environment:
        with environment.read() as connection:
            chosen = ids or [row["id"] for row in _found(connection)]
        with environment.begin(actor="cli") as uow:
            again = poison.put_back(uow, chosen) + outbox.revive(uow.connection, chosen, now=uow.now())
    say(as_json, {"again": again}, "\n".join(again) or "Không có gì / nothing")


def _found(connection: Any) -> list[dict[str, str]]:
    from gateway.kernel import outbox
    from gateway.settlement import poison

    notices = [(row.id, f"notice {row.connector}", row.error or "") for row in poison.set_apart(connection)]
    jobs = [(row.id, f"job {row.kind}", row.last_error or "") for row in outbox.dead(connection)]
    return [{"id": found, "what": what, "error": error} for found, what, error in (*notices, *jobs)]
