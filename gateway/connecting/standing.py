"""How each connector that an agency has set up is doing: for its officers, its integrators and a monitoring system."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from gateway.access import own
from gateway.connecting import health
from gateway.connecting.doubts import Doubt, doubt
from gateway.connecting.model import Health, State
from gateway.providers import connector_setting


@dataclass(frozen=True, slots=True)
class Standing:
    """One connector of one agency."""

    agency: str
    connector: str
    health: Health
    doubt: Doubt | None

    @property
    def state(self) -> State:
        return self.health.state


def standings(connection: sa.Connection, agency_id: str | None = None) -> list[Standing]:
    """By agency and name; all agencies' for the installation itself."""
    query = sa.select(connector_setting.c.agency_id, connector_setting.c.connector)
    if agency_id is not None:
        query = query.where(own(connector_setting, agency_id))
    known = health.all_of(connection, agency_id)
    found = []
    for agency, connector in connection.execute(query.order_by(*query.selected_columns)):
        one = known.get((agency, connector), Health())
        found.append(Standing(agency, connector, one, doubt(connector, one)))
    return found
