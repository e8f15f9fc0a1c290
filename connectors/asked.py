"""What an order must be before any provider hears of it; a provider's own limits come on top.

The reference goes into signed texts and addresses, so it holds nothing that could end a field there.
"""

from __future__ import annotations

import re
from ipaddress import ip_address

from connectors.contract import Capabilities, Order, OrderRefused

_REFERENCE = re.compile("[A-Za-z0-9_-]+")


def reference_of(order: Order, *, limit: int) -> str:
    """Our reference, of at most `limit` letters, digits, `_` and `-`. Raises OrderRefused."""
    if len(order.reference) > limit or not _REFERENCE.fullmatch(order.reference):
        raise OrderRefused("order.reference_unreadable", "reference")
    return order.reference


def payer_ip_of(order: Order) -> str:
    """The payer's IP address in its usual form. Raises OrderRefused, which does not quote it."""
    try:
        return str(ip_address(order.payer_ip))
    except ValueError:
        raise OrderRefused("order.address_unreadable", "payer_ip") from None


def amount_within(order: Order, can: Capabilities) -> int:
    """The amount in đồng, if the provider takes so much and so little. Raises OrderRefused."""
    if not can.minimum_amount <= order.amount <= can.maximum_amount:
        raise OrderRefused("order.amount_out_of_range", "amount")
    return order.amount
