"""VietQR.vn's side: it fetches a token, tells of movements under it, and calls again until it hears `error: false`.

Calls again up to ten times, five in the first minute, then one a minute. The message is written down here a second
time, in both cases of key that its versions use, so that the connector is tested against the description.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime

from connectors.contract import Reply, Request
from connectors.simulators.delivery import Bits, Delivery, cut, known, shuffled

FAULTS = frozenset(
    {
        *("duplicate", "late", "reorder", "wrong_amount", "wrong_account", "debit", "forged", "no_token"),
        *("old_token", "cut", "other_case", "other_id"),
    }
)
AGAIN_S = (12, 24, 36, 48, 60, 120, 180, 240, 300, 360)
LATE_S = 900


class TokenRefused(RuntimeError):
    """We gave it no token."""

    kind = "forbidden"
    code = "vietqrvn.token_refused"


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved on a linked account. `memo` is the payer's; VietQR.vn writes its own words around it."""

    reference: str  # the bank's; duplicates are known by it
    account: str
    amount: int  # đồng
    memo: str = field(repr=False)
    occurred_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class VietQRVNSender:
    """Keeps nothing but its credentials."""

    username: str
    password: str = field(repr=False)
    hook: str = "/callbacks/demo/vietqrvn"

    def ask(self) -> Request:
        """How it asks for a token."""
        basic = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return Request("POST", f"{self.hook}/api/token_generate", b"", {"authorization": f"Basic {basic}"})

    def token(self, reply: Reply) -> str:
        """The token in our answer. Raises TokenRefused."""
        try:
            said = json.loads(reply.body)
            told = (said["token_type"], int(said["expires_in"]) > 0, str(said["access_token"]))
        except (ValueError, KeyError, TypeError):
            raise TokenRefused(f"HTTP {reply.status} without a token") from None
        if reply.status != 200 or told[:2] != ("Bearer", True):
            raise TokenRefused(f"HTTP {reply.status}")
        return told[2]

    def deliveries(
        self, movement: Movement, token: str, faults: Collection[str] = (), *, bits: Bits, old_token: str = ""
    ) -> list[Delivery]:
        """What leaves for one movement, in order. ValueError names faults that do not exist."""
        asked = known(faults, FAULTS)
        after_s = LATE_S if "late" in asked else 0
        told = self._told(movement, asked)
        sent = [Delivery(self._sync(told, token), after_s=after_s)]
        if "forged" in asked:
            sent.insert(
                0, Delivery(self._sync(told, f"{token[:-1]}{'0' if token[-1:] != '0' else '1'}"), genuine=False)
            )
        if "no_token" in asked:
            sent.insert(0, Delivery(replace(sent[-1].request, headers={}), genuine=False))
        if "old_token" in asked:
            sent.insert(0, Delivery(self._sync(told, old_token), genuine=False))
        if "cut" in asked:
            sent.insert(0, Delivery(cut(sent[-1].request), genuine=False))
        if "duplicate" in asked:
            again = {**told, "transactionid": f"{told['transactionid']}2"} if "other_id" in asked else told
            sent += [Delivery(self._sync(again, token), after_s=after_s + 60) for _ in range(1 + bits(2))]
        return shuffled(sent, bits) if "reorder" in asked else sent

    def again(self, reply: Reply | None, tries: int) -> int | None:
        """Seconds after the first call at which it calls once more; None when it stops."""
        if reply is not None and _recorded(reply):
            return None
        return AGAIN_S[tries - 1] if tries <= len(AGAIN_S) else None

    def _sync(self, told: dict[str, object], token: str) -> Request:
        body = json.dumps(told, ensure_ascii=False).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        return Request("POST", f"{self.hook}/bank/api/transaction-sync", body, headers)

    def _told(self, movement: Movement, asked: frozenset[str]) -> dict[str, object]:
        upper = "other_case" in asked
        return {
            "bankAccount" if upper else "bankaccount": "999" if "wrong_account" in asked else movement.account,
            "amount": movement.amount * (10 if "wrong_amount" in asked else 1),
            "transType": "D" if "debit" in asked else "C",
            "content": f"QR VQR{movement.reference[-8:].lower()} {movement.memo} Ma giao dich Trace1 Trace 1",
            "transactionId" if upper else "transactionid": movement.reference[::-1],
            "transactiontime": int(movement.occurred_at.timestamp()) * 1_000,
            "referencenumber": movement.reference,
            "orderId": "",
            "terminalCode": "",
            "subTerminalCode": "",
            "serviceCode": "",
            "urlLink": "",
            "sign": "",
        }


def _recorded(reply: Reply) -> bool:
    """A 2xx that says `error: false`."""
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return False
    return 200 <= reply.status < 300 and isinstance(said, dict) and said.get("error") is False
