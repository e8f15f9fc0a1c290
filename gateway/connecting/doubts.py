"""What a person should know of a provider that is not well, in a sentence of each language; nothing where all is well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from gateway.connecting import health
from gateway.connecting.model import Health, State
from gateway.kernel.clock import VIETNAM
from gateway.providers import provider_name

SENTENCES = {
    State.SILENT: ("{name}: tin báo có chậm từ {since}", "{name}: notices late since {since}"),
    State.FAILING: ("{name}: không trả lời từ {since}", "{name}: not answering since {since}"),
    State.SLOW: ("{name}: trả lời chậm từ {since}", "{name}: slow since {since}"),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One provider that is not well."""

    connector: str
    state: State
    since: datetime | None
    vi: str
    en: str


def doubts(connection: sa.Connection, agency_id: str, now: datetime | None = None) -> list[Doubt]:
    """The agency's providers that are not well, by name. With `now`, another day is told with its date."""
    known = health.all_of(connection, agency_id)
    found = (doubt(name, one, now) for (_, name), one in sorted(known.items()))
    return [one for one in found if one is not None]


def doubt(connector: str, known: Health, now: datetime | None = None) -> Doubt | None:
    """What to say of one; None where all is well."""
    state, since = known.state, known.since
    if state not in SENTENCES or since is None:
        return None
    told = {"name": provider_name(connector), "since": _moment(since, now)}
    vi, en = (sentence.format(**told) for sentence in SENTENCES[state])
    return Doubt(connector, state, since, vi, en)


def _moment(since: datetime, now: datetime | None) -> str:
    local = since.astimezone(VIETNAM)
    today = now is None or local.date() == now.astimezone(VIETNAM).date()
    return f"{local:%H:%M}" if today else f"{local:%H:%M %d/%m}"
