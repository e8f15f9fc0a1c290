"""VNPT Pay behind the contract: start, IPN and query. Public integrations show no refund, so none is offered.

Settings: `base_url`, `merchant_service_id` and `account` (the collection account into which VNPT pays out) must be set.
Optional: `version` (`1.0.5` or `1.0.6`), `agency_id`, `start_op` (`init`, `init_m_merch` or `pay_qrcode`), `query_op`,
`service_id`, `device`, `payment_method`, `service_category`, `channel_id`, `paid_statuses` and `failed_statuses`
(values of TRANSACTION_STATUS, comma-separated), `signed_<message>` (another field order, comma-separated).
Secrets: `api_key` opens the door, `secret_key` signs.
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
    Forged,
    Malformed,
    Notice,
    Order,
    Outcome,
    Received,
    Reply,
    Request,
    Standing,
)
from connectors.exact_json import Unreadable
from connectors.providers.vnptpay import calls, ipn
from connectors.providers.vnptpay.fields import ANSWERS, NOTIFIED, SIGNATURE
from connectors.providers.vnptpay.signature import NotSigned, signed, verified
from connectors.stamp import stamp_of


class VNPTPay:
    """Payments by VNPT Pay and VNPT Money."""

    name = "vnptpay"
    capabilities = Capabilities(
        channels=frozenset({"vnptpay"}),
        issue_on="notice",
        memo_limit=255,
        signed_fields=frozenset(
            {
                *("event_id", "outcome", "amount", "currency", "memo", "order_code", "bank_reference"),
                *("booked_on", "occurred_at", "payer_bank"),
            }
        ),
        settings=("base_url", "merchant_service_id", "account"),
        secrets=("api_key", "secret_key"),
        answers_standing=True,
        starts=True,
        queries=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """An IPN. Raises SettingMissing for our own configuration, nothing for bad input."""
        try:
            fields = verified(ipn.message(request.body), "ipn", desk)
            if fields.get("ACTION") != "CONFIRM":
                raise Unreadable("field.not_ours", "ACTION")
            code = fields.get("RESPONSE_CODE", "")
            return ipn.notice(fields, NOTIFIED.get(code, Outcome.UNKNOWN), code, desk)
        except NotSigned as problem:
            return Forged(problem.code)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """Our signed answer, under the order's id only where VNPT itself named it. Raises SettingMissing."""
        code, description = ANSWERS[standing]
        answer = {
            "RESPONSE_CODE": code,
            "DESCRIPTION": description,
            "MERCHANT_SERVICE_ID": desk.setting("merchant_service_id"),
            "MERCHANT_ORDER_ID": received.order_code if isinstance(received, Notice) else "",
            "CREATE_DATE": stamp_of(desk.now),
        }
        whole = {**answer, SIGNATURE: signed(answer, "ipn_answer", desk)}
        return Reply(200, json.dumps(whole, separators=(",", ":")).encode())

    def start(self, order: Order, desk: Desk) -> Call:
        """init, or what `start_op` names. Raises OrderRefused or SettingMissing."""
        amount_within(order, self.capabilities)
        return calls.start(order, desk)

    def query(self, order: Order, desk: Desk) -> Call:
        """What became of the payment. Raises OrderRefused or SettingMissing."""
        return calls.query(order, desk)

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """The answer to a start or a query. Raises SettingMissing, nothing for bad input."""
        return calls.read(call, reply, desk)
