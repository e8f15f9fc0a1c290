"""The form that divides one sum: a row a part, filled in with the payments that the line names, kept as it was typed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import sqlalchemy as sa
from starlette.datastructures import FormData

from gateway.access import own
from gateway.kernel.errors import Invalid
from gateway.payments.model import PAID
from gateway.payments.store import payment

ROWS = 4  # shown at least
MORE = 6  # that "more rows" adds
MOST = 40
COLUMNS = ("reference", "amount")


class AmountInvalid(Invalid):
    """What was typed is no amount in đồng."""

    code = "accountant.amount"


@dataclass(frozen=True, slots=True)
class Row:
    """One part as it stands in the form."""

    reference: str = ""
    amount: str = ""


def typed(form: FormData) -> list[tuple[str, str]]:
    """Every row of the form: what was named, and the amount as text."""
    named, amounts = ([one.strip() for one in form.getlist(name) if isinstance(one, str)] for name in COLUMNS)
    return [(text, amount) for text, amount in zip_longest(named, amounts, fillvalue="")]


def dong(text: str) -> int:
    """135000, 135.000 or 135 000 as đồng; AmountInvalid. A part without an amount is no part."""
    plain = text.removesuffix("₫").removesuffix("đ")
    for separator in (".", " ", "\u00a0"):
        plain = plain.replace(separator, "")
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 15):
        raise AmountInvalid(f"Số tiền không hợp lệ: {text[:20]!r}.", f"No amount: {text[:20]!r}.", field="amount")
    return int(plain)


def rows(form: FormData | None, named: Sequence[sa.Row[Any]], more: int) -> list[Row]:
    """What the form shows: as typed, else the unpaid payments that the line names with what each lacks, then empty ones."""
    if form is not None:
        filled = [Row(*pair) for pair in typed(form) if any(pair)]
    else:
        filled = [Row(one.reference, str(one.lacks)) for one in named if one.lacks > 0][:MOST]
    wanted = min(MOST, max(ROWS, len(filled) + 2) + MORE * max(0, more))
    return filled + [Row()] * (wanted - len(filled))


def unpaid(connection: sa.Connection, agency_id: str, payment_ids: Sequence[str]) -> list[sa.Row[Any]]:
    """Those of these payments that lack money: `reference` and what each `lacks`, đồng."""
    c = payment.c
    mine = own(payment, agency_id) & c.id.in_(payment_ids) & c.status.not_in([status.value for status in PAID])
    query = sa.select(c.reference, (c.amount - c.received).label("lacks")).where(mine).order_by(c.id)
    return list(connection.execute(query)) if payment_ids else []
