"""Messages to payers as an operator sees them: occasion, medium, state, a masked address, the next try; never a text."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from sqlalchemy import Row

    from gateway.kernel.vault import Vault

message_app = typer.Typer(help="Tin nhắn cho người nộp / messages to payers", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
State = Annotated[str, typer.Option(help="waiting | sent | refused | failed; rỗng: tất cả / empty: all")]
Since = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Từ ngày / written on this day or later")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Mới nhất trước / newest first")]

COLUMNS = ("id", "created_at", "medium", "to", "occasion", "state", "next_try", "ended_at")


@message_app.command("list")
def listed(
    agency: AgencyOption,
    state: State = "",
    since: Since = None,
    limit: Limit = 50,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tin đã gửi, đang chờ, không gửi được / what was sent, waits, or could not be sent."""
    from gateway import agencies
    from gateway.messages import store

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        agencies.require(connection, agency)
        first = _morning(since.date()) if since else None
        found = store.of_agency(connection, agency, state=store.state_named(state), since=first, limit=limit)
        counts = store.count_by_state(connection, agency)
        messages = [_facts(one, environment.vault) for one in found]
    lines = [" ".join(f"{name}: {number}" for name, number in counts.items()), *map(_line, messages)]
    say(as_json, {"counts": counts, "messages": messages}, "\n".join(lines))


@message_app.command("retry")
def retry_(
    message_id: Annotated[str, typer.Argument(metavar="ID", help="Mã tin / the message")],
    agency: AgencyOption,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Gửi lại ngay một tin đang chờ hoặc không gửi được / try one again that waits or could not be sent."""
    from gateway.kernel.clock import rfc3339
    from gateway.messages.retry import retry

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        run_at = rfc3339(retry(uow, agency, message_id))
    say(as_json, {"id": message_id, "next_try": run_at}, f"{message_id}: sẽ gửi lúc {run_at} / next try {run_at}")


def _morning(day: date) -> datetime:
    from datetime import time

    from gateway.kernel.clock import VIETNAM

    return datetime.combine(day, time(), VIETNAM)


def _facts(row: Row[Any], vault: Vault) -> dict[str, object]:
    """One message; the address is forgotten with the words once it has ended."""
    from gateway.kernel.clock import rfc3339
    from gateway.messages import store
    from gateway.messages.model import masked

    said = store.said(row, vault)
    return {
        "id": row.id,
        "occasion": row.occasion,
        "medium": row.medium,
        "to": masked(said["to"]) if said else None,
        "state": row.state,
        "created_at": rfc3339(row.created_at),
        "next_try": rfc3339(row.run_at) if row.run_at else None,
        "ended_at": rfc3339(row.ended_at) if row.ended_at else None,
    }


def _line(facts: dict[str, object]) -> str:
    return "  ".join(str(facts[name] or "-") for name in COLUMNS)
