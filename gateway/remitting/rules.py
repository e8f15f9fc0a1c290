"""What the agency tells once: its Treasury account, and which part of which phí it may keep, with the decision."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction

import sqlalchemy as sa

from gateway.access import own
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork, insert_if_new
from gateway.remitting import deadline, store
from gateway.remitting.model import RuleInvalid, Treasury
from gateway.remitting.store import retention

_BIN, _ACCOUNT, _CODE = re.compile(r"[0-9]{6}"), re.compile(r"[0-9A-Za-z.]{4,30}"), re.compile(r"[0-9A-Za-z.]{1,20}")


def set_treasury(uow: UnitOfWork, agency_id: str, told: Treasury) -> None:
    """Keep or change where the agency remits to. RuleInvalid names the field."""
    deadline.deadline(told.due_rule, date(2026, 1, 1))
    for field, pattern in (("bin", _BIN), ("account", _ACCOUNT), ("unit_code", _CODE), ("area_code", _CODE)):
        if not pattern.fullmatch(getattr(told, field)):
            raise RuleInvalid(f"Trường {field} không hợp lệ.", f"The field {field} is not valid.", field=field)
    if not told.name.strip() or not told.authority.strip():
        raise RuleInvalid("Thiếu tên Kho bạc hoặc cơ quan thu.", "A name is missing.", field="name")
    values = {name: getattr(told, name) for name in Treasury.__dataclass_fields__} | {"updated_at": uow.now()}
    if not insert_if_new(uow.connection, store.treasury, {"agency_id": agency_id, **values}):
        mine = own(store.treasury, agency_id)
        uow.connection.execute(sa.update(store.treasury).where(mine).values(**values))
    uow.emit([Event(agency_id, "treasury.set", agency_id, {"account": told.account})])


def set_rate(uow: UnitOfWork, agency_id: str, fee: str, rate: Fraction, source: str) -> None:
    """Which part of `fee` (a code, an id, or PHI) the agency keeps, by which decision. RuleInvalid."""
    if not 0 <= rate <= 1:
        raise RuleInvalid("Tỷ lệ để lại phải từ 0 đến 1.", "The rate must lie between 0 and 1.", field="rate")
    if not source.strip():
        raise RuleInvalid("Cần nêu văn bản quy định tỷ lệ.", "The decision behind the rate is missing.", field="source")
    values = {
        "numerator": rate.numerator,
        "denominator": rate.denominator,
        "source": source.strip(),
        "updated_at": uow.now(),
    }
    if not insert_if_new(uow.connection, retention, {"agency_id": agency_id, "fee": fee, **values}):
        mine = own(retention, agency_id) & (retention.c.fee == fee)
        uow.connection.execute(sa.update(retention).where(mine).values(**values))
    uow.emit([Event(agency_id, "retention.set", agency_id, {"fee": fee, "rate": str(rate)})])
