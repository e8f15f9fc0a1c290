"""A claim (phản ánh "đã trả mà chưa thấy"): what the payer says, and where the money was found.

What a payer says or shows never settles anything: a claim only leads people and machines to look, and ends by itself
when the bank's word has come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gateway.kernel.errors import Conflict, Invalid, Missing


class Finding(StrEnum):
    """Where a transfer can hide, most certain first."""

    PAID = "paid"  # the payment is paid: the money was there all along, or has come
    HELD = "held"  # it is here and waits: for the rest, for the statement, for the series
    SUSPENSE = "suspense"  # it is here without a due to go to: an officer places it
    ARRIVING = "arriving"  # the bank's word is here and is being worked on
    STATEMENT = "statement"  # a statement line looks like it: an officer looks
    OTHER_ACCOUNT = "other_account"  # it went to another of our accounts
    NOT_OURS = "not_ours"  # the account the payer names is none of ours
    NOT_YET = "not_yet"  # nothing so far: we go on looking


class ClaimState(StrEnum):
    """A claim is open until the money is booked, the payer is told that it went elsewhere, or an officer ends it."""

    OPEN = "open"
    FOUND = "found"
    ENDED = "ended"


class ClaimInvalid(Invalid):
    """The claim cannot be looked for as told; `field` says what to mend."""

    code = "claim.invalid"


class ClaimMissing(Missing):
    """No such claim."""

    code = "claim.missing"


class ClaimClosed(Conflict):
    """The claim is not open any more."""

    code = "claim.closed"


@dataclass(frozen=True, slots=True)
class Told:
    """What the payer says. Amount in đồng; `paid_on` by the payer's clock."""

    amount: int
    paid_on: date
    bank_reference: str = ""  # the code the bank's app shows
    account: str = ""  # to which the payer says it went
    email: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    note: str = field(default="", repr=False)
    picture: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Located:
    """What a search came to; `ids` are notices, suspense rows, inbox rows or statement lines for an officer's eyes."""

    finding: Finding
    ids: tuple[str, ...] = ()
    certain: bool = False  # found by reference or bank code; never by amount
