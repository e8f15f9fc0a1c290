"""Plug-in authors start here: what a connector to somebody else's machine must offer, and the values it speaks in.

A connector is stateless. Every method is a pure function of its arguments and of the `Desk` it is handed (settings,
secrets, the time, a nonce): the same input gives the same bytes. The gateway sends, retries, stores and decides.
`receive` and `acknowledge` are two calls so that the database commit lies between them; so are building a `Call` and
reading its `Reply`, so that no row is locked while a provider thinks. What a provider does not have, its connector does
not offer: `Inquirer`, `Admitter`, `Starter`, `Queryable` and `Refunder` are protocols of their own, and so is `Lister`
(`connectors.listing`) for providers that send lists.
`connectors.conformance` leads through a first connector and proves it.
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
    notifies: bool = True  # the provider sends notices; False: only its statements tell of money
    memo_limit: int = 19  # characters that survive to the statement
    minimum_amount: int = 1  # đồng
    maximum_amount: int = 499_999_999  # đồng; the interbank instant-transfer limit is below 500 million
    currency: str = "VND"
    signed_fields: frozenset[str] = frozenset()  # fields of Notice that the signature covers
    amount_unambiguous: bool = True  # False: digits can move between signed fields and keep the signature valid, so
    # an amount other than the one asked for is proven by the statement only
    settings: tuple[str, ...] = ()  # names that must be set
    secrets: tuple[str, ...] = ()
    answers_standing: bool = False  # the provider must hear of an unknown order or another amount: look the payment up
    # between the commit and `acknowledge`
    starts: bool = False  # is a Starter
    queries: bool = False  # is a Queryable
    refunds: bool = False  # is a Refunder
    lists: bool = False  # is a Lister: its files, and notices that are `bulk`, name many payments
    unverified: frozenset[str] = frozenset()  # calls written from a description alone, which refuse to be made
    query_after_s: tuple[int, ...] = (10, 30, 120, 600, 3600)  # seconds after which an UNKNOWN is asked about again


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


class OrderRefused(ValueError):
    """No call can be made of this order; `field` names what the provider would not take. Nothing was sent."""

    kind = "invalid"

    def __init__(self, code: str, field: str) -> None:
        super().__init__(f"{code}: {field}")
        self.code = code
        self.field = field


class SettingMissing(LookupError):
    """The connector has not been set up: one of its named settings or secrets is absent or empty."""

    kind = "unavailable"
    code = "connector.setting_missing"


class Unverified(RuntimeError):
    """The call is written down but has never been proven against the provider, so it is not made."""

    kind = "unavailable"
    code = "connector.unverified"


@dataclass(frozen=True, slots=True)
class Desk:
    """What a connector is handed for one call. Secrets stay out of repr."""

    settings: Mapping[str, str]
    now: datetime  # UTC
    nonce: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)

    def setting(self, name: str) -> str:
        """A setting that must be there. Raises SettingMissing, whose text is the name."""
        return _present(self.settings, name)

    def secret(self, name: str) -> str:
        """A secret that must be there. Raises SettingMissing, whose text is the name."""
        return _present(self.secrets, name)


def _present(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "")
    if not value:
        raise SettingMissing(name)
    return value


@dataclass(frozen=True, slots=True)
class Notice:
    """Someone states that money moved. May come twice, late or out of order; never trusted beyond `signed_fields`."""

    event_id: str  # the provider's own id: the same id is the same event
    fingerprint: str  # hex SHA-256 of all the gateway relies on; the same id with another fingerprint is an alarm
    outcome: Outcome
    amount: int  # whole units of `currency` (đồng), positive
    currency: str
    direction: Direction
    account: str  # the receiving account
    memo: str
    order_code: str = ""  # our own code of the payment where the provider carries it beside the memo
    bank_reference: str = ""  # the id under which the statement will show the money
    booked_on: date | None = None  # business day at the bank, Asia/Ho_Chi_Minh
    occurred_at: datetime | None = None  # UTC
    payer_name: str = field(default="", repr=False)
    payer_account: str = field(default="", repr=False)
    payer_bank: str = ""
    receipted_elsewhere: bool = False  # whoever took the money has issued the receipt: there must be no second one
    bulk: bool = False  # one credit of many payments, named in the same message: read it by `Lister.lines`


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


@dataclass(frozen=True, slots=True)
class Inquiry:
    """The provider asks, before its customer confirms, what is owed under a code."""

    event_id: str
    order_code: str
    occurred_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class Bill:
    """What the gateway tells about a payment that may still be paid."""

    bill_id: str
    amount: int  # đồng
    name: str = field(repr=False)  # as the payer may see it, already masked where it must be


Asked = Inquiry | Forged | Malformed


@dataclass(frozen=True, slots=True)
class Order:
    """A payment as a provider is asked for it. Later questions about it need the same `reference` and `created_at`."""

    reference: str  # ours; comes back as `Notice.order_code`
    amount: int  # đồng
    description: str  # for the payer's eyes; accents are dropped where the provider cannot take them
    created_at: datetime  # UTC, whole seconds count
    expires_at: datetime  # UTC
    return_url: str = ""  # where the payer's browser comes back; what it brings proves nothing
    payer_ip: str = field(default="", repr=False)
    language: Literal["vi", "en"] = "vi"
    provider_id: str = ""  # the provider's id of the payment, once one is known


@dataclass(frozen=True, slots=True)
class Refund:
    """Money to go back to whoever paid an order, decided and approved."""

    refund_id: str  # ours; the provider recognises a repeat by it as far as it can
    amount: int  # đồng; less than the order's: a part
    reason: str
    approved_by: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Redirect:
    """Where to send the payer's browser; nothing is sent from here. The URL names the payer's address, hence no repr."""

    url: str = field(repr=False)
    expires_at: datetime  # UTC


Purpose = Literal["start", "query", "refund"]


@dataclass(frozen=True, slots=True)
class Call:
    """An HTTP call for the gateway to make. What may hold credentials or personal data stays out of repr."""

    purpose: Purpose
    method: str
    url: str
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # lower-case names
    safe_to_repeat: bool = False  # the same bytes sent twice do no harm, even if the first came through
    timeout_s: int = 15
    idempotency_key: str = ""  # ours: one per thing that must happen once


class Failure(StrEnum):
    """Why a call brought no whole answer."""

    NOT_SENT = "not_sent"  # no byte left: no address, no connection. Any call may be made again
    TIMEOUT = "timeout"
    CUT = "cut"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call brought. FAILED and CANCELLED only where the provider says so under its signature; else UNKNOWN.

    For a refund PENDING means accepted and under way, REVERSED done, FAILED refused.
    """

    outcome: Outcome
    reason: str = ""  # a stable word of ours: `http.500`, `call.timeout`, `signature.invalid`, `order.unknown` ...
    provider_code: str = ""  # the code behind it, as the provider wrote it
    amount: int | None = None  # đồng
    provider_id: str = ""
    pay_url: str = field(default="", repr=False)  # a started payment: where to send the payer
    qr: str = field(default="", repr=False)  # a started payment: the text of a code to show
    notice: Notice | None = None  # money, if PAID: under the event id and fingerprint of the provider's own notice


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


@runtime_checkable
class Inquirer(Protocol):
    """A connector whose provider asks before it lets its customer pay. Nothing is stored between the two calls."""

    def inquire(self, request: Request, desk: Desk) -> Asked:
        """Check the signature and read the question. Never raises on bad input."""
        ...

    def answer(self, inquiry: Asked, bill: Bill | None, desk: Desk) -> Reply:
        """Word the answer; None where nothing may be paid under that code."""
        ...


@runtime_checkable
class Admitter(Protocol):
    """A connector whose provider fetches a token of ours before it sends notices. Nothing is stored."""

    token_path: str  # where below our callback address it asks for one, without a slash in front

    def admit(self, request: Request, desk: Desk) -> Reply:
        """A token that `receive` will take, or the refusal. Raises SettingMissing, nothing for bad input."""
        ...


@runtime_checkable
class Caller(Protocol):
    """A connector that makes calls of its own."""

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        """Check the answer's signature and that it answers this call. Raises SettingMissing, nothing for bad input."""
        ...


@runtime_checkable
class Starter(Caller, Protocol):
    """A connector whose provider must be told of a payment, or shown to the payer, before it can be paid."""

    def start(self, order: Order, desk: Desk) -> Call | Redirect:
        """Begin the payment. Raises OrderRefused or SettingMissing."""
        ...


@runtime_checkable
class Queryable(Caller, Protocol):
    """A connector whose provider tells, when asked, what became of a payment."""

    def query(self, order: Order, desk: Desk) -> Call:
        """Ask; build it anew with a fresh nonce for each attempt. Raises OrderRefused or SettingMissing."""
        ...


@runtime_checkable
class Refunder(Caller, Protocol):
    """A connector whose provider sends money back to the payer."""

    def refund(self, order: Order, refund: Refund, desk: Desk) -> Call:
        """Order the refund. Raises OrderRefused or SettingMissing."""
        ...
