"""Messages to payers as an operator sees them: occasion, medium, state; never an address, never a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from sqlalchemy import Row

message_app = typer.Typer(help="Tin nhắn cho người nộp / messages to payers", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
State = Annotated[str, typer.Option(help="waiting | sent | refused | failed; rỗng: tất cả / empty: all")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="Mới nhất trước / newest first")]


@message_app.command("list")
def listed(
    agency: AgencyOption, state: State = "", limit: Limit = 50, data: Data = None, as_json: Json = False
) -> None:
    """Tin đã gửi, đang chờ, không gửi được / what was sent, waits, or could not be sent."""
    from gateway import agencies
    from gateway.messages import store

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        agencies.require(connection, agency)
        found = store.of_agency(connection, agency, state=store.state_named(state), limit=limit)
        counts = store.count_by_state(connection, agency)
    lines = [" ".join(f"{name}: {number}" for name, number in counts.items()), *(_line(one) for one in found)]
    say(as_json, {"counts": counts, "messages": [_facts(one) for one in found]}, "\n".join(lines))


def _facts(row: Row[Any]) -> dict[str, object]:
    from gateway.kernel.clock import rfc3339

    return {
        "id": row.id,
        "occasion": row.occasion,
        "medium": row.medium,
        "state": row.state,
        "created_at": rfc3339(row.created_at),
        "ended_at": rfc3339(row.ended_at) if row.ended_at else None,
    }


def _line(row: Row[Any]) -> str:
    facts = _facts(row)
    return "  ".join(
        str(facts[name] or "-") for name in ("id", "created_at", "medium", "occasion", "state", "ended_at")
    )
