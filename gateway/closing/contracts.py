"""Who pays out in lumps on the next working day, and what each may keep: the setting `mdr` of its connector (`11/1000`).

Acquirers of card terminals, payment services and whoever sends lists do; a bank credits each transfer by itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import cache

import sqlalchemy as sa

from connectors import registry
from connectors.terminal.contract import ACQUIRER
from gateway.access import own
from gateway.kernel.errors import Invalid
from gateway.providers import connector_setting

_RATE = re.compile(r"(\d{1,9})/([1-9]\d{0,8})")


class RateUnreadable(Invalid):
    """A contract's commission is a fraction such as 11/1000."""

    code = "settlement.rate"


def pays_in_lumps(connector: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a connector's money comes in lumps, for a query over notices."""
    return connector.startswith(ACQUIRER, autoescape=True) | connector.in_(_payers())


def rates(connection: sa.Connection, agency_id: str) -> Mapping[str, Fraction | None]:
    """What each of the agency's connectors that pay in lumps may keep of a sale; None: no contract is known."""
    table = connector_setting.c
    mine = own(connector_setting, agency_id) & pays_in_lumps(table.connector)
    query = sa.select(table.connector, table.settings).where(mine).order_by(table.connector)
    return {name: _rate(json.loads(settings).get("mdr", "")) for name, settings in connection.execute(query)}


def one_for_all(connection: sa.Connection, agency_id: str) -> Fraction | None:
    """The rate, where all have the same: reconciliation holds each row of a file against one."""
    found = set(rates(connection, agency_id).values())
    return found.pop() if len(found) == 1 else None


@cache
def _payers() -> tuple[str, ...]:
    able = [entry.connector for entry in registry.all() if entry.connector is not None]
    return tuple(one.name for one in able if one.capabilities.starts or one.capabilities.lists)


def _rate(text: str) -> Fraction | None:
    if not text.strip():
        return None
    if (found := _RATE.fullmatch(text.strip())) is None:
        raise RateUnreadable(
            "Tỷ lệ phí dịch vụ thanh toán (mdr) phải viết như 11/1000.",
            "The commission rate (mdr) must be written like 11/1000.",
            field="mdr",
        )
    return Fraction(int(found[1]), int(found[2]))
