"""payOS: HMAC-SHA256 over `k=v&k=v` of the fields in `data`, sorted by name, raw values, null as nothing.

It numbers orders, so our reference travels as the number that its eight characters are in base 32, and comes back from
it. Settings: `client_id`, `cancel_url`. Secrets: `api_key`, `checksum_key`.
"""

from __future__ import annotations

import json

from connectors import exact_json, written
from connectors.answered import answered
from connectors.asked import amount_within, reference_of
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
from connectors.signing import ambiguous, fingerprint, hmac_sha256_holds, hmac_sha256_sign, pairs
from connectors.stamp import business_day
from example_wallets.payos_number import number_of, reference_of_number
from example_wallets.standings import STATUSES

HOST = "https://api-merchant.payos.vn"
NEEDED = ("accountNumber", "amount", "code", "currency", "description", "orderCode", "reference", "transactionDateTime")


class PayOS:
    """Transfers that payOS tells of."""

    name = "payos"
    capabilities = Capabilities(
        channels=frozenset({"payos"}),
        issue_on="notice",
        memo_limit=25,
        signed_fields=frozenset(
            {"event_id", "outcome", "amount", "currency", "account", "memo", "order_code", "bank_reference"}
            | {"booked_on", "occurred_at", "payer_name", "payer_account", "payer_bank"}
        ),
        settings=("client_id", "cancel_url"),
        secrets=("api_key", "checksum_key"),
        starts=True,
    )

    def receive(self, request: Request, desk: Desk) -> Received:
        """A notice. Raises SettingMissing for our own configuration, nothing for bad input."""
        key = desk.secret("checksum_key")
        try:
            fields = _signed(exact_json.read(request.body), key)
            return Forged("signature.invalid") if fields is None else _notice(fields)
        except Unreadable as problem:
            return Malformed(problem.code, problem.field)

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """Any 2xx ends its calls."""
        return Reply(STATUSES[standing], b'{"success":%s}' % (b"true" if STATUSES[standing] == 200 else b"false"))

    def start(self, order: Order, desk: Desk) -> Call:
        """Raises OrderRefused or SettingMissing."""
        number = number_of(reference_of(order, limit=12))
        told = {"amount": amount_within(order, self.capabilities), "cancelUrl": desk.setting("cancel_url")}
        told |= {"description": order.reference, "orderCode": number, "returnUrl": order.return_url}
        signature = hmac_sha256_sign(pairs((k, str(v)) for k, v in told.items()), desk.secret("checksum_key"))
        headers = {"content-type": "application/json", "x-client-id": desk.setting("client_id")}
        headers["x-api-key"] = desk.secret("api_key")
        body = json.dumps({**told, "signature": signature}, separators=(",", ":")).encode()
        return Call("start", "POST", f"{HOST}/v2/payment-requests", body, headers, idempotency_key=order.reference)

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """PENDING with the address to pay at, if payOS signed it for this order."""
        try:
            fields = _signed(answered(reply), desk.secret("checksum_key"))
        except Unreadable as problem:
            return Answer(Outcome.UNKNOWN, problem.code)
        if fields is None or fields.get("orderCode") != str(json.loads(call.body)["orderCode"]):
            return Answer(Outcome.UNKNOWN, "signature.invalid" if fields is None else "answer.other_order")
        code, url = fields.get("status", ""), fields.get("checkoutUrl", "")
        if code != "PENDING" or not url:
            return Answer(Outcome.UNKNOWN, "code.unlisted", code)
        return Answer(Outcome.PENDING, provider_code=code, provider_id=fields.get("paymentLinkId", ""), pay_url=url)


def _signed(message: dict[str, object], key: str) -> dict[str, str] | None:
    """The fields of `data`, if the signature covers them. Raises Unreadable."""
    data, signature = message.get("data"), exact_json.text_of(message.get("signature"), "signature", limit=200)
    if not isinstance(data, dict):
        raise Unreadable("field.not_an_object", "data")
    fields = {name: exact_json.text_of(data[name], name, limit=2000) for name in sorted(data)}
    return fields if hmac_sha256_holds(pairs(fields.items()), signature, key) else None


def _notice(fields: dict[str, str]) -> Notice:
    if missing := [name for name in NEEDED if name not in fields]:
        raise Unreadable("field.missing", missing[0])
    if name := ambiguous(fields, "&", free="description"):
        raise Unreadable("field.ambiguous", name)
    moment = written.moment(fields["transactionDateTime"], "transactionDateTime")
    return Notice(
        event_id=written.identity(fields["reference"], "reference"),
        fingerprint=fingerprint(fields[name] for name in NEEDED),
        outcome=Outcome.PAID if fields["code"] == "00" else Outcome.UNKNOWN,
        amount=written.amount(fields["amount"], "amount"),
        currency=fields["currency"],
        direction="CRDT",
        account=fields["accountNumber"],
        memo=fields["description"],
        order_code=reference_of_number(fields["orderCode"]),
        bank_reference=fields["reference"],
        booked_on=business_day(moment),
        occurred_at=moment,
        payer_name=fields.get("counterAccountName", ""),
        payer_account=fields.get("counterAccountNumber", ""),
        payer_bank=fields.get("counterAccountBankId", ""),
    )
