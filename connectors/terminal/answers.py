"""What a terminal's answers mean: one table of error conditions, and nothing believed that answers another question.

nexo Retailer 3.0, ErrorCondition. A condition is FAILED only where it says that no money moved; Busy, a missing device
or a code we do not know is UNKNOWN, which makes the gateway ask instead of guess. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from connectors.contract import Outcome
from connectors.exact_json import Unreadable
from connectors.terminal.amounts import Implied, understood
from connectors.terminal.cleansed import cleansed
from connectors.terminal.contract import NOT_FOUND, CardSlip, Health, Said, Totals, masked
from connectors.terminal.envelope import Ends, answer_to, part, text

PAYMENT_REFUSALS: Mapping[str, Outcome] = {
    "Aborted": Outcome.CANCELLED,
    "Cancel": Outcome.CANCELLED,
    "InvalidCard": Outcome.FAILED,
    "LoggedOut": Outcome.FAILED,
    "MessageFormat": Outcome.FAILED,
    "NotAllowed": Outcome.FAILED,
    "PaymentRestriction": Outcome.FAILED,
    "Refusal": Outcome.FAILED,
    "UnavailableService": Outcome.FAILED,
    "UnreachableHost": Outcome.FAILED,
    "WrongPIN": Outcome.FAILED,
    "InProgress": Outcome.PENDING,
}
REVERSAL_REFUSALS = frozenset({"Refusal", "NotAllowed"})


def of_payment(raw: bytes, ends: Ends, service_id: str, implied: Implied) -> Said:
    """The answer to a Payment."""
    return _guarded(raw, lambda: _paid(answer_to(raw, "Payment", ends, service_id), implied))


def of_status(raw: bytes, ends: Ends, service_id: str, asked_of: str, implied: Implied) -> Said:
    """The answer to a TransactionStatus about the payment `asked_of`: its first answer, repeated, or why not."""
    return _guarded(
        raw, lambda: _status(answer_to(raw, "TransactionStatus", ends, service_id), ends, asked_of, implied)
    )


def of_reversal(raw: bytes, ends: Ends, service_id: str) -> Said:
    """The answer to a Reversal."""
    return _guarded(raw, lambda: _reversed(answer_to(raw, "Reversal", ends, service_id)))


def of_health(raw: bytes, category: str, ends: Ends, service_id: str) -> Health:
    """The answer to a Login or a Diagnosis."""
    try:
        body = answer_to(raw, category, ends, service_id)
        result, condition = _result(body)
        hosts = body.get("HostStatus")
        reachable = isinstance(hosts, list) and any(
            isinstance(h, Mapping) and h.get("IsReachableFlag") is True for h in hosts
        )
    except Unreadable as flaw:
        return Health(False, flaw.code)
    return Health(result == "Success", condition, reachable)


def of_totals(raw: bytes, category: str, ends: Ends, service_id: str, implied: Implied) -> Totals:
    """The answer to a GetTotals or a Reconciliation."""
    try:
        return _totals(answer_to(raw, category, ends, service_id), implied)
    except Unreadable as flaw:
        return Totals("", 0, 0, reason=flaw.code)


def _guarded(raw: bytes, understand: Callable[[], Said]) -> Said:
    try:
        said = understand()
    except Unreadable as flaw:
        return Said(Outcome.UNKNOWN, flaw.code, message=cleansed(raw))
    return replace(said, message=cleansed(raw))


def _result(body: Mapping[str, Any]) -> tuple[str, str]:
    response = part(body, "Response")
    return text(response, "Result"), text(response, "ErrorCondition")


def _paid(body: Mapping[str, Any], implied: Implied) -> Said:
    result, condition = _result(body)
    if result not in ("Success", "Partial"):
        outcome = PAYMENT_REFUSALS.get(condition, Outcome.UNKNOWN) if result == "Failure" else Outcome.UNKNOWN
        return Said(outcome, condition or "result.unknown")
    paid = part(body, "PaymentResult")
    amounts = part(paid, "AmountsResp")
    if text(amounts, "Currency") not in ("VND", "704", ""):
        raise Unreadable("amount.currency", "Currency")
    poi = part(part(body, "POIData"), "POITransactionID")
    amount = understood(text(amounts, "AuthorizedAmount"), implied)
    if amount == 0:
        raise Unreadable("amount.zero", "AuthorizedAmount")
    return Said(Outcome.PAID, "", amount, _slip(body), text(poi, "TransactionID"), text(poi, "TimeStamp"))


def _slip(body: Mapping[str, Any]) -> CardSlip:
    paid, poi = part(body, "PaymentResult"), part(body, "POIData")
    card = part(part(paid, "PaymentInstrumentData"), "CardData")
    acquirer = part(paid, "PaymentAcquirerData")
    number = text(part(poi, "POITransactionID"), "TransactionID")
    return CardSlip(
        masked_pan=masked(text(card, "MaskedPan")),
        brand=text(card, "PaymentBrand")[:20],
        rrn=text(part(acquirer, "AcquirerTransactionID"), "TransactionID")[:36],
        approval_code=text(acquirer, "ApprovalCode")[:12],
        tid=text(acquirer, "AcquirerPOIID")[:16],
        mid=text(acquirer, "MerchantID")[:20],
        batch=text(poi, "POIReconciliationID")[:12],
        stan=number if number.isdigit() and len(number) <= 6 else "",
    )


def _status(body: Mapping[str, Any], ends: Ends, asked_of: str, implied: Implied) -> Said:
    result, condition = _result(body)
    if result == "Success":
        repeated = part(body, "RepeatedMessageResponse")
        head = part(repeated, "MessageHeader")
        about = (text(head, "MessageCategory"), text(head, "ServiceID"), text(head, "SaleID"), text(head, "POIID"))
        if about != ("Payment", asked_of, ends.sale_id, ends.poi_id):
            raise Unreadable("answer.foreign")
        return _paid(part(part(repeated, "RepeatedResponseMessageBody"), "PaymentResponse"), implied)
    if (result, condition) == ("Failure", "InProgress"):
        return Said(Outcome.PENDING, condition)
    if (result, condition) == ("Failure", "NotFound"):
        return Said(Outcome.FAILED, NOT_FOUND)
    return Said(Outcome.UNKNOWN, condition or "result.unknown")


def _reversed(body: Mapping[str, Any]) -> Said:
    result, condition = _result(body)
    if result == "Success":
        return Said(Outcome.REVERSED)
    if (result, condition) == ("Failure", "NotFound"):
        return Said(Outcome.FAILED, NOT_FOUND)
    if result == "Failure" and condition in REVERSAL_REFUSALS:
        return Said(Outcome.FAILED, condition)
    return Said(Outcome.UNKNOWN, condition or "result.unknown")


def _totals(body: Mapping[str, Any], implied: Implied) -> Totals:
    result, condition = _result(body)
    batch = text(body, "POIReconciliationID")
    sums = {"Debit": [0, 0], "ReverseDebit": [0, 0]}
    for block in _list(body, "TransactionTotals"):
        for row in _list(block, "PaymentTotals"):
            found = sums.get(text(row, "TransactionType"))
            if found is not None:
                found[0] += int(understood(text(row, "TransactionCount"), 0))
                found[1] += understood(text(row, "TransactionAmount"), implied)
    (sales, sold), (undone, returned) = sums["Debit"], sums["ReverseDebit"]
    balanced = result == "Success" and condition != "Totals" if "ReconciliationType" in body else None
    reason = condition or ("" if result in ("Success", "Partial") else "result.unknown")
    return Totals(batch, sales, sold, undone, returned, balanced, reason)


def _list(holder: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = holder.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise Unreadable("field.not_a_list", name)
    return found
