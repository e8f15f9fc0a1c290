"""A basket (giỏ hồ sơ): one payer, many dossiers, one payment for each beneficiary account and bank limit.

The payer is known by tax code or personal number, typed once; a dossier of somebody else is as good as unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.kernel.errors import Invalid, Missing
from gateway.payments.view import PaymentView


class Left(StrEnum):
    """Why a code that was typed is not in the basket."""

    UNKNOWN = "unknown"  # no such dossier of this payer
    PAID = "paid"
    NOTHING_DUE = "nothing_due"
    TOO_LARGE = "too_large"  # one due above what a transfer may carry
    REFUSED = "refused"  # the agency cannot collect now


class BasketInvalid(Invalid):
    """No basket can be made of this; `field` says what to mend."""

    code = "basket.invalid"


class BasketMissing(Missing):
    """No such basket."""

    code = "basket.missing"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A code that was typed, and why it is not in the basket."""

    code: str
    why: Left
    note: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """A basket as it stands."""

    id: str
    token: str = field(repr=False)
    payer: str = field(repr=False)  # name of the company, or the masked name of a person
    created_at: datetime
    expires_at: datetime
    payments: tuple[PaymentView, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def amount(self) -> int:
        """What all of it asks, đồng."""
        return sum(view.row.amount for view in self.payments)

    @property
    def paid(self) -> int:
        """How many of its payments are paid."""
        return sum(view.status == "paid" for view in self.payments)
