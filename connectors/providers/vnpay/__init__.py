"""VNPAY 2.1.0: the payer's browser is sent to a page of VNPAY, which tells us by IPN what became of the payment.

`fields` holds the vendor's tables as data, `ipn` reads what VNPAY sends, `calls` words what we ask and reads the answers,
`connector` puts them behind the contract.
"""

from __future__ import annotations

from connectors.providers.vnpay.connector import VNPay

__all__ = ["VNPay"]
