"""VNPAY's tables as data: signed fields in their order, and what its codes mean (VNPAY 2.1.0, payment and query API).

A code that stands in no table is UNKNOWN. So are, on purpose, the states 01 (not finished), 04 (payer debited, payment
not made) and 07 (suspect): each of them may still turn into money.
"""

from __future__ import annotations

from connectors.contract import Outcome, Purpose, Standing

VERSION = "2.1.0"
HASH = "vnp_SecureHash"
UNSIGNED = (HASH, "vnp_SecureHashType")  # the type is a leaving of older versions

QUERY = "querydr"
REFUND = "refund"

ASKED: dict[Purpose, tuple[str, ...]] = {
    "query": (
        *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TxnRef", "vnp_TransactionDate"),
        *("vnp_CreateDate", "vnp_IpAddr", "vnp_OrderInfo"),
    ),
    "refund": (
        *("vnp_RequestId", "vnp_Version", "vnp_Command", "vnp_TmnCode", "vnp_TransactionType", "vnp_TxnRef"),
        *("vnp_Amount", "vnp_TransactionNo", "vnp_TransactionDate", "vnp_CreateBy", "vnp_CreateDate", "vnp_IpAddr"),
        "vnp_OrderInfo",
    ),
}

_ANSWERED = (
    *("vnp_ResponseId", "vnp_Command", "vnp_ResponseCode", "vnp_Message", "vnp_TmnCode", "vnp_TxnRef", "vnp_Amount"),
    *("vnp_BankCode", "vnp_PayDate", "vnp_TransactionNo", "vnp_TransactionType", "vnp_TransactionStatus"),
    "vnp_OrderInfo",
)
ANSWERED: dict[Purpose, tuple[str, ...]] = {
    "query": (*_ANSWERED, "vnp_PromotionCode", "vnp_PromotionAmount"),
    "refund": _ANSWERED,
}

# vnp_ResponseCode of an IPN whose vnp_TransactionStatus is 02: why the payer did not pay. 07 (debited, suspect) and 99
# (anything else) are missing on purpose.
NOT_PAID = {
    "09": Outcome.FAILED,  # card or account not registered for internet banking
    "10": Outcome.FAILED,  # wrong card data three times
    "11": Outcome.FAILED,  # the page's time was over
    "12": Outcome.FAILED,  # card or account locked
    "13": Outcome.FAILED,  # wrong one-time password
    "24": Outcome.CANCELLED,  # the payer went back
    "51": Outcome.FAILED,  # not enough money
    "65": Outcome.FAILED,  # over the day's limit
    "75": Outcome.FAILED,  # the bank is being serviced
    "79": Outcome.FAILED,  # wrong payment password too often
}

# (vnp_TransactionType, vnp_TransactionStatus) of a query answer. Of a part (03) that went back nothing follows here.
QUERIED = {
    ("01", "00"): Outcome.PAID,
    ("01", "02"): Outcome.FAILED,
    ("02", "00"): Outcome.REVERSED,
}

# vnp_TransactionStatus of a refund answer.
REFUNDED = {
    "00": Outcome.REVERSED,
    "05": Outcome.PENDING,  # VNPAY is working on it
    "06": Outcome.PENDING,  # sent to the bank
    "09": Outcome.FAILED,  # refused
}

WHOLE, PART = "02", "03"  # vnp_TransactionType of a refund

REASONS = {  # vnp_ResponseCode of an answer that is not 00
    "91": "order.unknown",
    "94": "call.repeated",
    "95": "refund.refused",
    "97": "signature.refused",
}

ANSWERS = {
    Standing.RECORDED: ("00", "Confirm Success"),
    Standing.REPEATED: ("02", "Order already confirmed"),
    Standing.UNKNOWN_REFERENCE: ("01", "Order not found"),
    Standing.AMOUNT_DIFFERS: ("04", "Invalid amount"),
    Standing.FORGED: ("97", "Invalid signature"),
    Standing.CONFLICTING: ("99", "Other error"),
    Standing.MALFORMED: ("99", "Other error"),
    Standing.BUSY: ("99", "Other error"),
}
