"""The field (lĩnh vực) of a fee: what the agency's catalogue says, else the one that comes with the product.

The tariff that prices dues does not need it, so it is read from the catalogue's own text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import sqlalchemy as sa

from gateway.dues.store import catalogue

UNKNOWN = "Chưa rõ lĩnh vực / no field given"


def fields_of(connection: sa.Connection, agency_id: str) -> Mapping[str, str]:
    """Fee id -> field."""
    in_force = (catalogue.c.agency_id == agency_id) & catalogue.c.replaced_at.is_(None)
    body = connection.scalar(sa.select(catalogue.c.body).where(in_force))
    return _default() if body is None else {**_default(), **_read(bytes(body))}


def of_fee(fields: Mapping[str, str], fee_code: str) -> str:
    """Of `<fee id>-<n>`; empty where nobody says."""
    return fields.get(fee_code.rpartition("-")[0], "")


@cache
def _default() -> Mapping[str, str]:
    return _read(files("gateway.dues").joinpath("catalogue.json").read_bytes())


def _read(body: bytes) -> Mapping[str, str]:
    fees = json.loads(body).get("fees", ())
    return {str(fee["id"]): str(fee["field"]) for fee in fees if fee.get("field")}
