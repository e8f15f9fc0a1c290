"""The bodies of a simulated terminal's answers in nexo Retailer 3.0, with the extras real ones like to add."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.simulators.terminal_book import Payment
from connectors.terminal.amounts import Implied, told
from connectors.terminal.envelope import Ends, header

APPROVED = "Giao dịch thành công"
REFUSED = "Giao dịch không thành công"
BRAND = "NAPAS"


def result(word: str, condition: str = "") -> dict[str, Any]:
    """A bare Response."""
    return {"Response": {"Result": word, "ErrorCondition": condition} if condition else {"Result": word}}


def payment(done: Payment, tid: str, mid: str, implied: Implied) -> dict[str, Any]:
    """A PaymentResponse, as given the first time and whenever it is repeated."""
    body = result(done.result, done.condition)
    if done.result != "Success":
        return body
    body["POIData"] = {
        "POITransactionID": {"TransactionID": done.stan, "TimeStamp": done.poi_time},
        "POIReconciliationID": done.batch,
    }
    body["PaymentResult"] = {
        "PaymentType": "Normal",
        "PaymentInstrumentData": {
            "PaymentInstrumentType": "Card",
            "CardData": {
                "PaymentBrand": BRAND,
                "MaskedPan": done.card,
                "SensitiveCardData": {"CardholderName": "NGUYEN VAN THU", "ExpiryDate": "1229"},
            },
        },
        "AmountsResp": {"Currency": "VND", "AuthorizedAmount": told(done.amount, implied)},
        "PaymentAcquirerData": {
            "ApprovalCode": done.approval,
            "AcquirerPOIID": tid,
            "MerchantID": mid,
            "AcquirerTransactionID": {"TransactionID": done.rrn, "TimeStamp": done.poi_time},
        },
    }
    body["PaymentReceipt"] = [{"DocumentQualifier": "CustomerReceipt", "OutputContent": "NGUYEN VAN THU"}]
    return body


def repeated(done: Payment, body: Mapping[str, Any], ends: Ends) -> dict[str, Any]:
    """The first answer inside the answer to TransactionStatus."""
    inner = Ends(done.sale_id, ends.poi_id)
    return result("Success") | {
        "RepeatedMessageResponse": {
            "MessageHeader": header("Payment", "Response", inner, done.service_id),
            "RepeatedResponseMessageBody": {"PaymentResponse": dict(body)},
        }
    }


def totals(batch: str, sales: Sequence[Payment], implied: Implied) -> dict[str, Any]:
    """The sums of a batch: what was taken, and what of it was undone."""
    undone = [sale for sale in sales if not sale.stands]
    rows = [_row("Debit", sales, implied), _row("ReverseDebit", undone, implied)]
    return result("Success") | {"POIReconciliationID": batch, "TransactionTotals": [{"PaymentTotals": rows}]}


def display(line: str) -> dict[str, Any]:
    """A DisplayRequest to the cashier."""
    text = {"OutputFormat": "Text", "OutputText": [{"Text": line}]}
    return {"DisplayOutput": [{"Device": "CashierDisplay", "InfoQualify": "Status", "OutputContent": text}]}


def _row(kind: str, sales: Sequence[Payment], implied: Implied) -> dict[str, Any]:
    amount = told(sum(sale.amount for sale in sales), implied)
    return {"TransactionType": kind, "TransactionCount": len(sales), "TransactionAmount": amount}
