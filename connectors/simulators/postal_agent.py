"""A postal agent: takes fees at his counters, sends a signed list, transfers it in one sum, and makes every mistake.

The signed text is written down here a second time, so that the connector is tested against the rule and not itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from connectors.contract import Reply, Request
from connectors.simulators.delivery import Bits, Delivery, cut, known, shuffled
from connectors.simulators.table import Form, table
from connectors.stamp import VIETNAM

OF_LISTS = frozenset({"missing_row", "doubled_row", "wrong_amount", "lump_differs", "bad_amount"})
OF_NOTICES = frozenset({"duplicate", "late", "reorder", "bad_signature", "foreign_key", "stale", "cut"})
FAULTS = OF_LISTS | OF_NOTICES
STALE_S = 3_600
LATE_S = 900


@dataclass(frozen=True, slots=True)
class Collected:
    """A payment at a counter."""

    id: str
    reference: str
    amount: int  # đồng
    paid_at: datetime  # UTC
    office: str = "440000"
    payer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transfer brings."""

    id: str
    account: str
    booked_on: date
    payments: tuple[Collected, ...]

    @property
    def total(self) -> int:
        """What he took in."""
        return sum(payment.amount for payment in self.payments)


@dataclass(frozen=True, slots=True)
class PostalAgent:
    """Keeps nothing but his key."""

    key: str = field(repr=False)
    hook: str = "/callbacks/demo/postal"

    def transferred(self, batch: Batch, faults: Collection[str] = ()) -> int:
        """The one sum in đồng that reaches the account."""
        return batch.total + (1_000 if "lump_differs" in known(faults, FAULTS) else 0)

    def file(self, batch: Batch, faults: Collection[str] = (), *, form: Form = "csv") -> bytes:
        """The list as a table; faults befall its first row. The sum it states is the one transferred."""
        asked = known(faults, FAULTS)
        head = _head(batch, self.transferred(batch, faults))
        return table([{**head, **row} for row in _rows(batch, asked)], form)

    def deliveries(self, batch: Batch, now: datetime, faults: Collection[str] = (), *, bits: Bits) -> list[Delivery]:
        """The list as a signed bulk notice, and what else leaves. ValueError names faults that do not exist."""
        asked = known(faults, FAULTS)
        told = {**_head(batch, self.transferred(batch, faults)), "rows": _rows(batch, asked)}
        body = json.dumps(told, ensure_ascii=False).encode()
        sent_at, after_s = int(now.timestamp()), LATE_S if "late" in asked else 0
        sent = [Delivery(self._signed(body, sent_at + after_s), after_s=after_s)]
        if "bad_signature" in asked:
            other = replace(sent[0].request, body=body.replace(b'"total": "', b'"total": "9', 1))
            sent.insert(0, Delivery(other, genuine=False))
        if "foreign_key" in asked:
            sent.insert(0, Delivery(replace(self, key="a-stranger")._signed(body, sent_at), genuine=False))
        if "stale" in asked:
            sent.insert(0, Delivery(self._signed(body, sent_at - STALE_S)))
        if "cut" in asked:
            sent.insert(0, Delivery(cut(sent[-1].request), genuine=False))
        if "duplicate" in asked:
            sent += [Delivery(self._signed(body, sent_at + again)) for again in range(1, 2 + bits(2))]
        return shuffled(sent, bits) if "reorder" in asked else sent

    def again(self, reply: Reply | None) -> bool:
        """Whether he calls again: not once he was told that the list is taken, or why it cannot be."""
        return reply is None or not (200 <= reply.status < 300 or reply.status == 422)

    def _signed(self, body: bytes, sent_at: int) -> Request:
        signature = hmac.new(self.key.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"x-timestamp": str(sent_at), "x-signature": f"sha256={signature}"}
        return Request("POST", self.hook, body, {**headers, "content-type": "application/json"})


def _head(batch: Batch, total: int) -> dict[str, str]:
    return {
        "batch_id": batch.id,
        "account": batch.account,
        "booked_on": batch.booked_on.isoformat(),
        "total": str(total),
    }


def _rows(batch: Batch, asked: frozenset[str]) -> list[dict[str, str]]:
    first, *others = [_row(payment) for payment in batch.payments]
    if "wrong_amount" in asked:
        first = {**first, "amount": str(int(first["amount"]) * 10)}
    if "bad_amount" in asked:
        first = {**first, "amount": f"{int(first['amount']):,}"}
    found: Sequence[dict[str, str]] = others if "missing_row" in asked else [first, *others]
    return [*found, found[0]] if "doubled_row" in asked else [*found]


def _row(payment: Collected) -> dict[str, str]:
    return {
        "id": payment.id,
        "reference": payment.reference,
        "amount": str(payment.amount),
        "paid_at": payment.paid_at.astimezone(VIETNAM).isoformat(timespec="seconds"),
        "office": payment.office,
        "payer_name": payment.payer,
    }
