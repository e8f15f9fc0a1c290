"""Finds connectors by entry point (Python packaging specification, group `thuphi.connectors`).

Anyone may install a plug-in, so one that breaks is listed with its error and hurts nobody but itself. A name that two
plug-ins claim belongs to neither: who speaks to the bank must not depend on the order of a search path.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from connectors.contract import Connector

GROUP = "thuphi.connectors"


class ConnectorMissing(LookupError):
    """No connector of that name is installed."""

    kind = "missing"
    code = "connector.missing"


class ConnectorBroken(RuntimeError):
    """The connector is installed but cannot be used; the text says why."""

    kind = "unavailable"
    code = "connector.broken"


@dataclass(frozen=True, slots=True)
class Listed:
    """One installed plug-in: usable, or with the reason why not."""

    name: str
    connector: Connector | None
    error: str = ""


@cache
def all() -> tuple[Listed, ...]:
    """Every installed plug-in by name, looked for once per process (`all.cache_clear()` looks again)."""
    return listed(entry_points(group=GROUP))


def get(name: str) -> Connector:
    """The connector of that name. Raises ConnectorMissing or ConnectorBroken."""
    for entry in all():
        if entry.name == name:
            if entry.connector is None:
                raise ConnectorBroken(f"{name}: {entry.error}")
            return entry.connector
    raise ConnectorMissing(name)


def listed(found: Iterable[EntryPoint]) -> tuple[Listed, ...]:
    """Load what was found; nothing that a plug-in does while loading gets out of here."""
    claims: dict[str, dict[str, EntryPoint]] = {}
    for entry in found:
        claims.setdefault(entry.name, {})[entry.value] = entry
    return tuple(_settled(name, claims[name]) for name in sorted(claims))


def _settled(name: str, claims: dict[str, EntryPoint]) -> Listed:
    if len(claims) > 1:
        return Listed(name, None, f"claimed by {' and '.join(sorted(claims))}")
    (entry,) = claims.values()
    try:
        connector = entry.load()()
    except (Exception, SystemExit) as error:
        return Listed(name, None, f"{type(error).__name__}: {error}")
    if not isinstance(connector, Connector):
        return Listed(name, None, f"{entry.value} does not keep the contract of connectors.contract.Connector")
    if connector.name != name:
        return Listed(name, None, f"calls itself {connector.name!r}")
    return Listed(name, connector)
