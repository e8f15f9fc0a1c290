"""A message as it may be written down: the members named here and no others, card numbers masked (PCI DSS 3.3, 3.4).

A terminal may put track data, a cardholder's name or chip tags anywhere in an answer. What is not on this list does not
get to disk; what cannot be read as a message leaves its digest and its length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from connectors import exact_json
from connectors.exact_json import Unreadable
from connectors.terminal.contract import masked

KEPT = frozenset(
    [
        "SaleToPOIRequest",
        "SaleToPOIResponse",
        "MessageHeader",
        "ProtocolVersion",
        "MessageClass",
        "MessageCategory",
        "MessageType",
        "SaleID",
        "ServiceID",
        "POIID",
        "LoginRequest",
        "LoginResponse",
        "DiagnosisRequest",
        "DiagnosisResponse",
        "PaymentRequest",
        "PaymentResponse",
        "TransactionStatusRequest",
        "TransactionStatusResponse",
        "AbortRequest",
        "ReversalRequest",
        "ReversalResponse",
        "GetTotalsRequest",
        "GetTotalsResponse",
        "ReconciliationRequest",
        "ReconciliationResponse",
        "Response",
        "Result",
        "ErrorCondition",
        "SaleData",
        "SaleTransactionID",
        "TransactionID",
        "TimeStamp",
        "PaymentTransaction",
        "AmountsReq",
        "Currency",
        "RequestedAmount",
        "MessageReference",
        "AbortReason",
        "OriginalPOITransaction",
        "POITransactionID",
        "ReversalReason",
        "POIData",
        "POIReconciliationID",
        "PaymentResult",
        "PaymentType",
        "AmountsResp",
        "AuthorizedAmount",
        "PaymentInstrumentData",
        "PaymentInstrumentType",
        "CardData",
        "MaskedPan",
        "PaymentBrand",
        "PaymentAcquirerData",
        "ApprovalCode",
        "AcquirerPOIID",
        "MerchantID",
        "AcquirerTransactionID",
        "RepeatedMessageResponse",
        "RepeatedResponseMessageBody",
        "ReversedAmount",
        "ReconciliationType",
        "TransactionTotals",
        "PaymentTotals",
        "TransactionType",
        "TransactionCount",
        "TransactionAmount",
        "HostStatus",
        "IsReachableFlag",
        "HostDiagnosisFlag",
        "TotalDetails",
        "PaymentInstrumentType",
    ]
)
_LONGEST = 64  # characters of a text; nothing on the list is longer


def cleansed(raw: bytes, *, ids: bool = False) -> bytes:
    """The message without anything that must not be kept. `ids`: what names a payment stays whole, though it may look
    like a card number, for a message that is still to be understood."""
    try:
        message = exact_json.read(raw)
    except Unreadable:
        return json.dumps({"unreadable": hashlib.sha256(raw).hexdigest(), "bytes": len(raw)}).encode()
    return json.dumps(_kept(message, ids), ensure_ascii=False, separators=(",", ":")).encode()


def _kept(value: Any, ids: bool) -> Any:
    if isinstance(value, Mapping):
        return {name: _value(name, inner, ids) for name, inner in value.items() if name in KEPT}
    if isinstance(value, list):
        return [_kept(item, ids) for item in value]
    if isinstance(value, str):
        return value[:_LONGEST] if not _card_number(value) else masked(value)
    return value


def _value(name: str, value: Any, ids: bool) -> Any:
    if ids and name == "TransactionID" and isinstance(value, str):
        return value[:_LONGEST]
    return masked(str(value)) if name == "MaskedPan" else _kept(value, ids)


def _card_number(text: str) -> bool:
    """Whether a text has the form of a card number (ISO/IEC 7812: 13 to 19 digits, Luhn) in a field of another name."""
    digits = text.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19):
        return False
    doubled = [int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0
