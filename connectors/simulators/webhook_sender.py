"""A sender of signed webhooks that misbehaves on request: twice, late, out of order, another amount, a stranger's key.

The signed text is written down here a second time, so that the connector is tested against the rule and not itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.contract import Reply, Request
from connectors.simulators.delivery import Bits, Delivery, cut, known, shuffled
from connectors.stamp import VIETNAM

FAULTS = frozenset({"duplicate", "stale", "wrong_amount", "bad_signature", "foreign_key", "cut", "reorder"})
STALE_S = 3_600


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that came in."""

    id: str
    account: str
    amount: int  # đồng
    memo: str
    occurred_at: datetime  # UTC
    order_code: str = ""
    payer_name: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Keeps nothing. `keys` are tried by the receiver; several sign at once while a key is being changed."""

    keys: tuple[str, ...] = field(repr=False)
    hook: str = "/callbacks/demo/webhook"

    def deliveries(self, credit: Credit, now: datetime, faults: Collection[str] = (), *, bits: Bits) -> list[Delivery]:
        """What leaves for one credit, in order. ValueError names faults that do not exist."""
        known(faults, FAULTS)
        told = replace(credit, amount=credit.amount * 10) if "wrong_amount" in faults else credit
        sent_at = int(now.timestamp())
        sent = [Delivery(self._signed(told, sent_at))]
        if "bad_signature" in faults:
            sent.insert(0, Delivery(self._altered(sent[0].request), genuine=False))
        if "foreign_key" in faults:
            sent.insert(0, Delivery(replace(self, keys=("a-stranger",))._signed(told, sent_at), genuine=False))
        if "stale" in faults:
            sent.insert(0, Delivery(self._signed(told, sent_at - STALE_S)))
        if "cut" in faults:
            sent.insert(0, Delivery(cut(sent[-1].request), genuine=False))
        if "duplicate" in faults:
            sent += [Delivery(self._signed(told, sent_at + again)) for again in range(1 + bits(2))]
        return shuffled(sent, bits) if "reorder" in faults else sent

    def again(self, reply: Reply | None) -> bool:
        """Whether it calls again: it hears the status and nothing else."""
        return reply is None or not 200 <= reply.status < 300

    def _signed(self, credit: Credit, sent_at: int) -> Request:
        body = json.dumps(_message(credit), ensure_ascii=False).encode()
        text = str(sent_at).encode() + b"." + body
        signatures = [hmac.new(key.encode(), text, hashlib.sha256).hexdigest() for key in self.keys]
        headers = {"x-timestamp": str(sent_at), "x-signature": ", ".join(f"sha256={hex_}" for hex_ in signatures)}
        return Request("POST", self.hook, body, headers)

    def _altered(self, request: Request) -> Request:
        return replace(request, body=request.body.replace(b'"amount": ', b'"amount": 9', 1))


def _message(credit: Credit) -> dict[str, object]:
    return {
        "id": credit.id,
        "amount": credit.amount,
        "currency": "VND",
        "direction": "CRDT",
        "status": "paid",
        "account": credit.account,
        "memo": credit.memo,
        "order_code": credit.order_code,
        "bank_reference": credit.id,
        "occurred_at": credit.occurred_at.astimezone(VIETNAM).isoformat(timespec="seconds"),
        "payer_name": credit.payer_name,
    }
