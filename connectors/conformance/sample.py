"""What a connector's author hands the conformance kit: genuine messages of the provider, taken apart and re-signable.

The kit changes one thing at a time, signed anew or under the old signature, and looks at what the connector makes of it.
Names of fields are the provider's. This module imports no test tool, so samples may lie beside the connector.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from connectors.contract import Bill, Desk, Order, Outcome, Purpose, Refund, Reply, Request, Standing

Fields = Mapping[str, str]
Written = TypeVar("Written", covariant=True)


class Write(Protocol[Written]):
    """The provider's pen: puts `told` on the wire under its signature over `signed`, by default over what it tells."""

    def __call__(self, told: Fields, signed: Fields | None = None) -> Written: ...


@dataclass(frozen=True, slots=True)
class Saying:
    """The same message with other values, and what it must then be read as; all else must be read as before."""

    fields: Fields
    read: Mapping[str, object]  # attributes of the Notice or Answer


@dataclass(frozen=True, slots=True)
class Notices:
    """A genuine notice of money that came in."""

    fields: Fields  # all of its fields, without the signature
    write: Write[Request]
    amount: str  # the name of the field that holds it
    another: Fields  # values that make it the notice of another payment
    covers: Literal["fields", "bytes", "nothing"] = (
        "fields"  # the signature: each value, the body as it stands, or none
    )
    signed: tuple[str, ...] = ()  # names of the signed fields; none where the signature covers nothing
    memo: str = ""  # the name of the memo's field, where there is one
    code: str = ""  # the name of the field that tells the outcome, where there is one
    repeat: Fields = field(default_factory=dict)  # what may differ when the provider says the same again
    minus_is_out: bool = False  # an amount below zero tells of money that went out
    sayings: tuple[Saying, ...] = ()  # another amount, account, currency, direction; each listed outcome code
    strangers: tuple[Request, ...] = ()  # without signature, under another's key, too old: all of them forged


@dataclass(frozen=True, slots=True)
class Answers:
    """The provider's table of answers to a notice."""

    words: Mapping[Standing, str]  # what it hears in each of our replies
    hear: Callable[[Reply], str]
    final: frozenset[str]  # the words after which it does not call again


@dataclass(frozen=True, slots=True)
class Inquiries:
    """A genuine question what is owed, and the bill that answers it."""

    fields: Fields
    write: Write[Request]
    signed: tuple[str, ...]
    bill: Bill


@dataclass(frozen=True, slots=True)
class Called:
    """The provider's genuine answer to a call about the sample's order."""

    fields: Fields
    write: Write[Reply]
    signed: tuple[str, ...]  # none where the answer is not signed: then it says PENDING or UNKNOWN and no more
    outcome: Outcome  # what the answer says
    code: str  # the name of the field whose unlisted value leaves the outcome UNKNOWN
    sayings: tuple[Saying, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """How the provider asks for a token, and with which credentials it gets none."""

    genuine: Request
    strangers: tuple[Request, ...]
    receive: Callable[[Reply], Request]  # a notice that carries the token of this reply


@dataclass(frozen=True, slots=True)
class Lists:
    """A genuine list of the provider's, as a table."""

    rows: tuple[Fields, ...]  # at least two payments, each with all of its fields
    write: Callable[[tuple[Fields, ...]], bytes]  # puts rows into a file
    amount: str  # the name of the field that holds a payment's amount
    id: str  # the name of the field that holds the provider's id of a payment
    stated: str = ""  # the name of the field with the sum transferred, where the list names one
    receipted: Fields = field(default_factory=dict)  # what a row says when the provider has issued the receipt


@dataclass(frozen=True, slots=True)
class Golden:
    """A message as the provider itself publishes it, with the keys it publishes, and what it must be read as."""

    request: Request
    desk: Desk
    read: Mapping[str, object]  # attributes of the Notice


@dataclass(frozen=True, slots=True)
class Samples:
    """All the kit needs to know. What the capabilities rule out is left out."""

    desk: Desk  # with every optional setting absent
    notices: Notices | None = None
    answers: Answers | None = None
    inquiries: Inquiries | None = None
    admission: Admission | None = None
    lists: Lists | None = None
    golden: tuple[Golden, ...] = ()  # where the provider publishes any
    order: Order | None = None  # for calls
    refund: Refund | None = None
    calls: Mapping[Purpose, Called] = field(default_factory=dict)


def json_request(message: object, headers: Fields | None = None) -> Request:
    """A POST of compact JSON in UTF-8."""
    return Request("POST", "/callbacks/sample", compact(message), dict(headers or {}))


def compact(message: object) -> bytes:
    """JSON without blanks, accents as they are."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def changed(value: str) -> str:
    """Another value of the same length that differs in its last character; of an empty one, `1`."""
    return value[:-1] + ("1" if value[-1:] != "1" else "2")
