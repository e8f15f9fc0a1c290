"""The bodies of the eight requests (nexo Retailer 3.0, JSON subset). Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connectors.terminal.amounts import Implied, told
from connectors.terminal.contract import Bill, ReversalReason
from connectors.terminal.envelope import Ends

LANGUAGE = "vi"


def login(now: datetime, software: str) -> dict[str, Any]:
    """Begin a session."""
    return {
        "DateTime": written(now),
        "SaleSoftware": {
            "ManufacturerID": "ThuPhi",
            "ApplicationName": "Thu Phi",
            "SoftwareVersion": software,
            "CertificationCode": "none",
        },
        "OperatorLanguage": LANGUAGE,
    }


def diagnosis() -> dict[str, Any]:
    """How are you, and is your host there?"""
    return {"HostDiagnosisFlag": True}


def payment(bill: Bill, implied: Implied) -> dict[str, Any]:
    """Ask for the money."""
    return {
        "SaleData": {"SaleTransactionID": _ours(bill)},
        "PaymentTransaction": {"AmountsReq": {"Currency": "VND", "RequestedAmount": told(bill.amount, implied)}},
    }


def status(bill: Bill, ends: Ends) -> dict[str, Any]:
    """What became of this payment?"""
    return {"MessageReference": _reference(bill, ends)}


def abort(bill: Bill, ends: Ends) -> dict[str, Any]:
    """Stop this payment."""
    return {"MessageReference": _reference(bill, ends), "AbortReason": "MerchantAbort"}


def reversal(bill: Bill, ends: Ends, poi_id: str, poi_time: str, reason: ReversalReason) -> dict[str, Any]:
    """Undo this payment. Where no answer ever named the terminal's id of it, our own id of the sale has to do."""
    original = {"SaleID": ends.sale_id, "POIID": ends.poi_id}
    named = {"POITransactionID": {"TransactionID": poi_id, "TimeStamp": poi_time}} if poi_id else {}
    return {
        "SaleData": {"SaleTransactionID": _ours(bill)},
        "OriginalPOITransaction": {**original, **named},
        "ReversalReason": reason,
    }


def totals() -> dict[str, Any]:
    """Sums of the open batch."""
    return {"TotalDetails": ["POIID"]}


def reconciliation() -> dict[str, Any]:
    """Close the batch."""
    return {"ReconciliationType": "AcquirerReconciliation"}


def written(moment: datetime) -> str:
    """A moment as nexo writes it (ISO 8601, UTC)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _ours(bill: Bill) -> dict[str, str]:
    """The reference alone would make two attempts at one payment look the same; the service id tells them apart."""
    return {"TransactionID": f"{bill.reference}-{bill.service_id}", "TimeStamp": written(bill.asked_at)}


def _reference(bill: Bill, ends: Ends) -> dict[str, str]:
    return {
        "MessageCategory": "Payment",
        "SaleID": ends.sale_id,
        "ServiceID": bill.service_id,
        "POIID": ends.poi_id,
    }
