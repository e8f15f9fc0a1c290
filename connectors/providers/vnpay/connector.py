"""VNPAY behind the contract: page, IPN, query and refund.

Settings: `tmn_code` (our terminal at VNPAY), `host` (`https://...` of the page and the API) and `account` (the
collection account into which VNPAY pays out) must be set. Optional: `pay_url` and `api_url` (whole addresses instead of
`host`), `bank_code` (`VNPAYQR`, `VNBANK`, `INTCARD`: the only way to pay offered), `order_type`, `server_ip` (ours, as
VNPAY sees it). Secret: `hash_secret`.
"""

from __future__ import annotations

import json

from connectors.asked import amount_within
from connectors.contract import (
    Answer,
    Call,
    Capabilities,
    Desk,
    Failure,
    Malformed,
    Order,
    Received,
    Redirect,
    Refund,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.providers.vnpay import calls, ipn
from connectors.providers.vnpay.fields import ANSWERS


class VNPay:
    """Payments on VNPAY's page."""

    name = "vnpay"
    capabilities = Capabilities(
        channels=frozenset({"vnpay"}),
        issue_on="notice",
        memo_limit=255,
        minimum_amount=5_000,  # what VNPAY's page says it takes; not in its API document
        maximum_amount=999_999_999,
        signed_fields=frozenset(
            {
                *("event_id", "outcome", "amount", "memo", "order_code", "bank_reference"),
                *("booked_on", "occurred_at", "payer_bank"),
            }
        ),
        settings=("tmn_code", "host", "account"),
        secrets=("hash_secret",),
        answers_standing=True,
        starts=True,
        queries=True,
        refunds=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """An IPN. Raises SettingMissing for our own configuration, nothing for bad input."""
        try:
            fields = ipn.parameters(request.query)
            if forged := ipn.not_signed(fields, desk):
                return forged
            codes = (fields.get("vnp_ResponseCode", ""), fields.get("vnp_TransactionStatus", ""))
            return ipn.notice(fields, ipn.outcome_of(*codes), codes, desk)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """00 and 02 end VNPAY's calls; after anything else it calls again, ten times in all, every five minutes."""
        code, message = ANSWERS[standing]
        return Reply(200, json.dumps({"RspCode": code, "Message": message}, separators=(",", ":")).encode())

    def start(self, order: Order, desk: Desk) -> Redirect:
        """The page. Raises OrderRefused or SettingMissing."""
        amount_within(order, self.capabilities)
        return calls.page(order, desk)

    def query(self, order: Order, desk: Desk) -> Call:
        """querydr. Raises OrderRefused or SettingMissing."""
        return calls.query(order, desk)

    def refund(self, order: Order, refund: Refund, desk: Desk) -> Call:
        """A refund, whole or in part; closed until VNPAY opens it for a terminal. Raises OrderRefused or SettingMissing."""
        return calls.refund(order, refund, desk)

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """The answer to a query or a refund. Raises SettingMissing, nothing for bad input."""
        return calls.read(call, reply, desk)
