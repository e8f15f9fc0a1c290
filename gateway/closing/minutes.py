"""The minutes of a closed day (biên bản đối soát) as facts and as XML, from what was frozen at the closing alone.

The head of the audit tree stands in them, so that a copy can be held against the books years later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.closing import day as closing
from gateway.kernel.clock import rfc3339
from gateway.officers.store import names_of
from receipts.xml import escape


@dataclass(frozen=True, slots=True)
class Minutes:
    """Everything the paper says."""

    agency: str
    tax_code: str
    day: date
    closed_by: str
    closed_at: datetime
    facts: dict[str, Any]
    checkpoint: str


def minutes(connection: sa.Connection, agency_id: str, day: date) -> Minutes:
    """Of the closing in force. DayNotClosed."""
    row = closing.current(connection, agency_id, day)
    agency = agencies.require(connection, agency_id)
    name = names_of(connection, agency_id, [row.closed_by]).get(row.closed_by, row.closed_by)
    return Minutes(agency.name, agency.tax_code, day, name, row.closed_at, json.loads(row.facts), row.checkpoint)


def as_xml(made: Minutes) -> bytes:
    """UTF-8; amounts in đồng."""
    totals, points = made.facts["totals"], made.facts["points"]
    accounts = "".join(f"<TKhoan>{_tags(one)}</TKhoan>" for one in made.facts["accounts"])
    listed = "".join(f'<Diem Ma="{escape(one["code"])}">{one["count"]}</Diem>' for one in points)
    body = (
        f"<CQuan>{escape(made.agency)}</CQuan><MST>{escape(made.tax_code)}</MST><Ngay>{made.day.isoformat()}</Ngay>"
        f"<NLap>{escape(made.closed_by)}</NLap><TGian>{rfc3339(made.closed_at)}</TGian>"
        f"<TCong>{_tags(totals)}</TCong><DSTKhoan>{accounts}</DSTKhoan><DSDiem>{listed}</DSDiem>"
        f"<DKTra>{escape(made.checkpoint)}</DKTra>"
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><BBDSoat Id="data">{body}</BBDSoat>'.encode()


def _tags(facts: dict[str, Any]) -> str:
    return "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in facts.items() if value is not None)
