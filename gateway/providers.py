"""Which connectors an agency uses, with their settings and sealed secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import sqlalchemy as sa

from connectors import registry
from connectors.contract import Connector, Desk
from gateway.kernel.db import UtcTime, metadata
from gateway.kernel.errors import Invalid, Missing
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new

IssueOn = Literal["notice", "statement"]

connector_setting = sa.Table(
    "connector_setting",
    metadata,
    sa.Column("agency_id", sa.Text, sa.ForeignKey("agency.id"), primary_key=True),
    sa.Column("connector", sa.Text, primary_key=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("secrets_sealed", sa.LargeBinary, nullable=False),
    sa.Column("issue_on", sa.Text, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.CheckConstraint("issue_on IN ('notice', 'statement')", name="issue_on"),
)


class ConnectorNotSet(Missing):
    """The agency does not use this connector."""

    code = "connector.not_set"


class SettingMissing(Invalid):
    """The connector cannot work with these settings."""

    code = "connector.setting"


@dataclass(frozen=True, slots=True)
class Provider:
    """A connector as one agency has set it up."""

    agency: str
    connector: Connector
    issue_on: IssueOn  # which proof settles
    settings: Mapping[str, str]
    secrets: Mapping[str, str] = field(repr=False)

    def desk(self, environment: Environment) -> Desk:
        """What the connector is handed for one call."""
        now = environment.clock()
        nonce = environment.ids.code(26)
        return Desk(settings=self.settings, secrets=self.secrets, now=now, nonce=nonce)


def use(
    uow: UnitOfWork,
    agency_id: str,
    name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    issue_on: IssueOn | None = None,
) -> None:
    """Set a connector up for an agency, or change how it is set up."""
    connector = registry.get(name)
    _complete(connector.capabilities.settings, settings)
    _complete(connector.capabilities.secrets, secrets)
    values = {
        "settings": json.dumps(dict(settings), sort_keys=True),
        "secrets_sealed": uow.vault.seal(_place(agency_id, name), json.dumps(dict(secrets)).encode()),
        "issue_on": issue_on or connector.capabilities.issue_on,
        "updated_at": uow.now(),
    }
    row = {"agency_id": agency_id, "connector": name, **values}
    if not insert_if_new(uow.connection, connector_setting, row):
        mine = (connector_setting.c.agency_id == agency_id) & (connector_setting.c.connector == name)
        uow.connection.execute(sa.update(connector_setting).where(mine).values(**values))


def find(connection: sa.Connection, environment: Environment, agency_id: str, name: str) -> Provider:
    """The connector as the agency uses it."""
    mine = (connector_setting.c.agency_id == agency_id) & (connector_setting.c.connector == name)
    row = connection.execute(sa.select(connector_setting).where(mine)).one_or_none()
    if row is None:
        raise ConnectorNotSet("Cơ quan thu không dùng kết nối này.", "The agency does not use this connector.")
    secrets = json.loads(environment.vault.unseal(_place(agency_id, name), row.secrets_sealed))
    return Provider(agency_id, registry.get(name), row.issue_on, json.loads(row.settings), secrets)


def _place(agency_id: str, name: str) -> str:
    return f"connector_setting.secrets.{agency_id}.{name}"


def _complete(names: tuple[str, ...], given: Mapping[str, str]) -> None:
    for name in names:
        if not given.get(name):
            raise SettingMissing(f"Thiếu thiết lập {name}.", f"The setting {name} is missing.", field=name)
