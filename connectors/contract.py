"""Plug-in authors start here: what a connector to somebody else's machine must offer, and the values it speaks in.

A connector is stateless. Every method is a pure function of its arguments and of the `Desk` it is handed (settings,
secrets, the time, a nonce): the same input gives the same bytes. The gateway sends, retries, stores and decides.
`receive` and `acknowledge` are two calls so that the database commit lies between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol, runtime_checkable


class Outcome(StrEnum):
    """What the other side says of a payment. A code that its table does not list is UNKNOWN, never FAILED."""

    PENDING = "pending"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REVERSED = "reversed"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """Where a stored message stands in the gateway's books; the connector words it for its provider."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    CONFLICTING = "conflicting"  # same provider id, other content: refused, and an alarm
    UNKNOWN_REFERENCE = "unknown_reference"
    AMOUNT_DIFFERS = "amount_differs"
    FORGED = "forged"
    MALFORMED = "malformed"
    BUSY = "busy"


Direction = Literal["CRDT", "DBIT"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do, as data: screens, retries and the conformance kit read it."""

    channels: frozenset[str]
    issue_on: Literal["notice", "statement"]  # which proof settles; `notice` only where the notice is signed
    memo_limit: int = 19  # characters that survive to the statement
    minimum_amount: int = 1  # đồng
    maximum_amount: int = 499_999_999  # đồng; the interbank instant-transfer limit is below 500 million
    currency: str = "VND"
    signed_fields: frozenset[str] = frozenset()  # fields of Notice that the signature covers
    settings: tuple[str, ...] = ()  # names that must be set
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP call as it came in, body untouched."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case names
    query: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The HTTP answer the provider expects."""

    status: int
    body: bytes
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a connector is handed for one call. Secrets stay out of repr."""

    settings: Mapping[str, str]
    now: datetime  # UTC
    nonce: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """Someone states that money moved. May come twice, late or out of order; never trusted beyond `signed_fields`."""

    event_id: str  # the provider's own id: the same id is the same event
    fingerprint: str  # hex SHA-256 of the signed content; the same id with another fingerprint is an alarm
    outcome: Outcome
    amount: int  # đồng, positive
    currency: str
    direction: Direction
    account: str  # the receiving account
    memo: str
    bank_reference: str = ""
    booked_on: date | None = None  # business day at the bank, Asia/Ho_Chi_Minh
    occurred_at: datetime | None = None  # UTC
    payer_name: str = field(default="", repr=False)
    payer_account: str = field(default="", repr=False)
    payer_bank: str = ""


@dataclass(frozen=True, slots=True)
class Forged:
    """The message is not from whom it says it is (signature, credentials)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Malformed:
    """Genuine or not, the message cannot be read; it is kept raw and shown to a person."""

    reason: str
    field: str = ""


Received = Notice | Forged | Malformed


@runtime_checkable
class Connector(Protocol):
    """One provider. Instances hold no state; discovery is by entry point in the group `thuphi.connectors`."""

    name: str
    capabilities: Capabilities

    def receive(self, request: Request, desk: Desk) -> Received:
        """Check the signature over the raw bytes and read the message. Never raises on bad input."""
        ...

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        """Word the provider's answer after the gateway has committed what it received."""
        ...
