"""Which connectors an agency uses, with their settings and sealed secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

import sqlalchemy as sa

from connectors import registry
from connectors.cash import CASH, Cash
from connectors.contract import Connector, Desk
from connectors.signing import KeyUnreadable, rsa_sha256_holds, rsa_sha256_sign
from connectors.terminal.acquirer import Acquirer
from connectors.terminal.contract import ACQUIRER
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


NAMES = {
    "vietinbank": "VietinBank",
    "vnpay": "VNPAY",
    "vnptpay": "VNPT Pay",
    "vietqrvn": "VietQR.vn",
    "statement_only": "Sao kê",
    "national_portal": "Cổng Dịch vụ công quốc gia",
    "postal": "Bưu điện",
    CASH: "Tiền mặt",
}


def provider_name(connector: str) -> str:
    """How people call the provider."""
    return NAMES.get(connector, connector)


class ConnectorNotSet(Missing):
    """The agency does not use this connector."""

    code = "connector.not_set"


class SettingMissing(Invalid):
    """The connector cannot work with these settings."""

    code = "connector.setting"


class SettingUnreadable(Invalid):
    """A setting is not what its name promises."""

    code = "connector.setting_unreadable"


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
        return self.desk_at(environment.clock(), environment.ids.code(26))

    def desk_at(self, now: datetime, nonce: str) -> Desk:
        """The same with the time and the nonce of a unit of work."""
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
    connector = _connector(name)
    for flaw in flaws(connector, settings, secrets):
        raise flaw
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


def find(connection: sa.Connection, environment: Environment | UnitOfWork, agency_id: str, name: str) -> Provider:
    """The connector as the agency uses it."""
    mine = (connector_setting.c.agency_id == agency_id) & (connector_setting.c.connector == name)
    row = connection.execute(sa.select(connector_setting).where(mine)).one_or_none()
    if row is None:
        raise ConnectorNotSet("Cơ quan thu không dùng kết nối này.", "The agency does not use this connector.")
    secrets = json.loads(environment.vault.unseal(_place(agency_id, name), row.secrets_sealed))
    return Provider(agency_id, _connector(name), row.issue_on, json.loads(row.settings), secrets)


def has_acquirer(connection: sa.Connection, agency_id: str) -> bool:
    """Whether an acquirer pays out to the agency what its card terminals take."""
    mine = (connector_setting.c.agency_id == agency_id) & connector_setting.c.connector.startswith(ACQUIRER)
    return connection.execute(sa.select(connector_setting.c.connector).where(mine).limit(1)).first() is not None


def _connector(name: str) -> Connector:
    """An acquirer needs no plug-in, its terminals all speak the same protocol; nor does cash."""
    if name == CASH:
        return Cash()
    return Acquirer(name) if name.startswith(ACQUIRER) else registry.get(name)


def _place(agency_id: str, name: str) -> str:
    return f"connector_setting.secrets.{agency_id}.{name}"


def flaws(
    connector: Connector, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> Iterator[SettingMissing | SettingUnreadable]:
    """What is wrong with settings before they are kept: absent, or not what their names promise."""
    can = connector.capabilities
    for names, given in ((can.settings, settings), (can.secrets, secrets)):
        for name in names:
            if not given.get(name, "").strip():
                yield SettingMissing(f"Thiếu thiết lập {name}.", f"The setting {name} is missing.", field=name)
    for name, value in (*settings.items(), *secrets.items()):
        wanted = next((kind for shape, kind in SHAPES if shape.search(name)), None)
        if wanted is not None and value.strip() and not wanted[0](value):
            vi, en = wanted[1:]
            yield SettingUnreadable(f"{name}: {vi}.", f"{name} must be {en}.", field=name)


def _is_address(value: str) -> bool:
    """Credentials go to these: TLS, or this machine itself."""
    parts = urlsplit(value)
    plain = parts.scheme == "http" and (parts.hostname or "") in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or plain)


def _is_ip(value: str) -> bool:
    try:
        return bool(ip_address(value))
    except ValueError:
        return False


def _is_public_key(value: str) -> bool:
    """One or several: a signature that is none is looked for under each, so each has to be read."""
    try:
        rsa_sha256_holds("", "QUFB", value)
    except KeyUnreadable:
        return False
    return True


def _is_private_key(value: str) -> bool:
    try:
        rsa_sha256_sign("", value)
    except KeyUnreadable:
        return False
    return True


Kind = tuple[Callable[[str], bool], str, str]

SHAPES: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"public_key$"), (_is_public_key, "phải là khóa công khai RSA dạng PEM", "an RSA public key in PEM")),
    (re.compile(r"private_key$"), (_is_private_key, "phải là khóa riêng RSA dạng PEM", "an RSA private key in PEM")),
    (re.compile(r"^(host|url)$|_url$"), (_is_address, "phải là địa chỉ https", "an https address")),
    (re.compile(r"_ip$"), (_is_ip, "phải là địa chỉ IP", "an IP address")),
    (re.compile(r"_s$"), (str.isdecimal, "phải là số giây", "a number of seconds")),
    (
        re.compile(r"^account$"),
        (
            lambda value: value.isascii() and value.isalnum() and len(value) <= 19,
            "phải là số tài khoản",
            "an account number",
        ),
    ),
)
