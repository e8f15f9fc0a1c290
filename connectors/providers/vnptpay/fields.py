"""VNPT Pay's tables as data: which fields each message signs, in which order, and what its codes mean.

From public integrations, which differ: 1.0.5 has AMOUNT_DETAIL, agencies have AGENCY_ID. Orders that an installation
knows better replace these by the setting `signed_<message>`. The order of a query's and of a QR code's answer is
nowhere public; a wrong one makes an answer unsigned, thus UNKNOWN, never wrong.
"""

from __future__ import annotations

from connectors.contract import Outcome, Standing

SIGNATURE = "SECURE_CODE"

FREE_TEXTS = ("DESCRIPTION", "ADDITIONAL_INFO")

Orders = dict[str, tuple[str, ...]]

_TAIL = ("DEVICE", "LOCALE", "CURRENCY_CODE", "PAYMENT_METHOD", "DESCRIPTION", "CREATE_DATE", "CLIENT_IP")

_COMMON: Orders = {
    "query": ("ACTION", "VERSION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "CREATE_DATE"),
    "init_answer": ("RESPONSE_CODE", "DESCRIPTION", "REDIRECT_URL"),
    "qr_answer": ("RESPONSE_CODE", "DESCRIPTION", "QR_CODE"),
    "query_answer": (
        *("RESPONSE_CODE", "DESCRIPTION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "VNPTPAY_TRANSACTION_ID"),
        *("AMOUNT", "PAYMENT_METHOD", "PAY_DATE", "TRANSACTION_STATUS", "ADDITIONAL_INFO"),
    ),
    "ipn": (
        *("ACTION", "RESPONSE_CODE", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "AMOUNT", "CURRENCY_CODE"),
        *("VNPTPAY_TRANSACTION_ID", "PAYMENT_METHOD", "PAY_DATE", "ADDITIONAL_INFO"),
    ),
    "ipn_answer": ("RESPONSE_CODE", "DESCRIPTION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "CREATE_DATE"),
}

VERSIONS: dict[str, Orders] = {
    "1.0.5": _COMMON
    | {
        "init": (
            *("ACTION", "VERSION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "AMOUNT", "AMOUNT_DETAIL"),
            *("SERVICE_ID", *_TAIL),
        ),
    },
    "1.0.6": _COMMON
    | {
        "init": ("ACTION", "VERSION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "AMOUNT", "SERVICE_ID", *_TAIL),
        "init_m_merch": (
            *("ACTION", "VERSION", "MERCHANT_SERVICE_ID", "AGENCY_ID", "MERCHANT_ORDER_ID", "AMOUNT", "SERVICE_ID"),
            *_TAIL,
        ),
        "pay_qrcode": (
            *("ACTION", "VERSION", "MERCHANT_SERVICE_ID", "MERCHANT_ORDER_ID", "AMOUNT", "PAYMENT_ACTION"),
            *("SERVICE_CATEGORY", "CHANNEL_ID", *_TAIL),
        ),
    },
}

NOT_SIGNED = {"pay_qrcode": ("MERCHANT_DATA",)}  # sent all the same

QUERY_OP = {"1.0.5": "query_transaction", "1.0.6": "query"}

# RESPONSE_CODE of init. 03 (the order id is used) may be our own earlier call; 04, 06, 96 and 99 say nothing of the
# order at all: these are asked about.
STARTED = {
    "00": Outcome.PENDING,
    "01": Outcome.FAILED,
    "02": Outcome.FAILED,  # format
    "05": Outcome.FAILED,  # no data
    "07": Outcome.FAILED,  # our signature
    "08": Outcome.FAILED,  # the service is locked
    "09": Outcome.FAILED,  # there is no such service
}
NOTIFIED = {"00": Outcome.PAID, "01": Outcome.FAILED}  # RESPONSE_CODE of an IPN

REASONS = {
    "03": "order.used",
    "05": "order.unknown",
    "07": "signature.refused",
    "08": "service.locked",
    "09": "service.unknown",
    "96": "service.maintained",
}

ANSWERS = {
    Standing.RECORDED: ("00", "Thanh cong"),
    Standing.REPEATED: ("02", "Giao dich da confirm"),
    Standing.UNKNOWN_REFERENCE: ("01", "Khong tim thay giao dich"),
    Standing.AMOUNT_DIFFERS: ("99", "Sai so tien"),
    Standing.FORGED: ("97", "Chu ky khong hop le"),
    Standing.CONFLICTING: ("99", "Cac loi khac"),
    Standing.MALFORMED: ("99", "Cac loi khac"),
    Standing.BUSY: ("08", "He thong ban"),
}
