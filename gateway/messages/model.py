"""Messages to payers (thư điện tử, tin nhắn): what is told on which occasion, and what becomes of a message.

A message is a courtesy: it never touches the payment, and a payment never waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.kernel.errors import Conflict, Invalid, Missing, Unavailable


class Medium(StrEnum):
    """How a message travels."""

    EMAIL = "email"
    SMS = "sms"


class MessageState(StrEnum):
    """What is known of it."""

    WAITING = "waiting"
    SENT = "sent"  # the mail server or the SMS centre took it
    REFUSED = "refused"  # the address does not exist, or the server will never take it
    FAILED = "failed"  # nobody took it in time


class Occasion(StrEnum):
    """What there is to tell."""

    PAID = "paid"
    RECEIPT = "receipt"
    REFUND = "refund"
    REFUNDED = "refunded"
    CLAIM = "claim"
    CLAIM_FOUND = "claim_found"


class AddressUnusable(Invalid):
    """No message can go there; the address itself is never repeated."""

    code = "message.address"


class StateUnknown(Invalid):
    """There is no such state of a message."""

    code = "message.state_unknown"


class MessageMissing(Missing):
    """There is no such message."""

    code = "message.missing"


class MessageSent(Conflict):
    """It has gone out: a second one would only confuse."""

    code = "message.sent_already"


class MessageForgotten(Conflict):
    """Its words are gone, and what it was about does not tell them again."""

    code = "message.forgotten"


class CarrierSilent(Unavailable):
    """The mail server or the SMS centre does not answer, or not now."""

    code = "message.carrier_silent"


@dataclass(frozen=True, slots=True)
class Told:
    """The facts a text may use: no name, no dossier, no fee of a restricted one."""

    occasion: Occasion
    agency: str  # its name
    reference: str
    amount: int  # đồng
    link: str  # our own page
    number: str = ""  # of the receipt or of the acknowledgement
    lookup_code: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address."""

    id: str
    medium: Medium
    to: str = field(repr=False)
    subject: str  # "" for SMS
    text: str


def masked(address: str) -> str:
    """Enough of an address to know it again: its first letter and its mail server, or a number's last three digits."""
    name, at, server = address.partition("@")
    return f"{name[:1]}***@{server}" if at else f"*******{address[-3:]}"
