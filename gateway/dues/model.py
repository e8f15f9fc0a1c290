"""What a due is: its kinds, phases and states, what is asked and what it costs (Luật Phí và lệ phí 97/2015/QH13, Điều 3).

Frozen values and one transition table; amounts are int đồng. Evidence may hold personal data and never shows in a repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Literal

from gateway.kernel.errors import Conflict

Channel = Literal["counter", "online"]


class DueKind(StrEnum):
    """Phí, lệ phí (both state fees, with a receipt), or money that is neither."""

    PHI = "PHI"
    LE_PHI = "LE_PHI"
    OTHER = "OTHER"


class Phase(StrEnum):
    """When in the life of the dossier the due arises."""

    INTAKE = "intake"
    SUPPLEMENT = "supplement"
    RETURN = "return"


class DueStatus(StrEnum):
    """Only an open due can be paid; an exempt one has no QR and no receipt."""

    OPEN = "open"
    PAID = "paid"
    EXEMPT = "exempt"
    WITHDRAWN = "withdrawn"


class DueEvent(StrEnum):
    """What may happen to a due."""

    SETTLED = "settled"  # its money came
    EXEMPTED = "exempted"  # priced at 0 đ
    AMENDED = "amended"  # priced anew, above 0 đ
    WITHDRAWN = "withdrawn"  # the one-stop system took it back


TRANSITIONS: Mapping[DueStatus, Mapping[DueEvent, DueStatus]] = MappingProxyType(
    {
        DueStatus.OPEN: MappingProxyType(
            {
                DueEvent.SETTLED: DueStatus.PAID,
                DueEvent.EXEMPTED: DueStatus.EXEMPT,
                DueEvent.AMENDED: DueStatus.OPEN,
                DueEvent.WITHDRAWN: DueStatus.WITHDRAWN,
            }
        ),
        DueStatus.EXEMPT: MappingProxyType(
            {
                DueEvent.EXEMPTED: DueStatus.EXEMPT,
                DueEvent.AMENDED: DueStatus.OPEN,
                DueEvent.WITHDRAWN: DueStatus.WITHDRAWN,
            }
        ),
        DueStatus.PAID: MappingProxyType({}),  # money back is a refund, never an unpaid due
        DueStatus.WITHDRAWN: MappingProxyType({}),
    }
)


class DueClosed(Conflict):
    """The due is paid or withdrawn, or was never to be paid."""

    code = "due.closed"


def next_status(status: DueStatus, event: DueEvent) -> DueStatus:
    """Where `event` leads a due that is `status`, or a refusal."""
    try:
        return TRANSITIONS[status][event]
    except KeyError:
        raise DueClosed(
            f"Khoản phải nộp ở trạng thái {_STATUS_VI[status]}, không thể thay đổi như yêu cầu.",
            f"The due is {status.value} and cannot become {event.value}.",
            field="status",
            status=status.value,
            event=event.value,
        ) from None


_STATUS_VI = {
    DueStatus.OPEN: "chờ nộp",
    DueStatus.PAID: "đã nộp",
    DueStatus.EXEMPT: "được miễn",
    DueStatus.WITHDRAWN: "đã rút",
}


@dataclass(frozen=True, slots=True)
class EntitlementClaim:
    """Why this payer pays less, on what evidence, and who says so."""

    code: str
    evidence: str = field(repr=False)
    asserted_by: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DueRequest:
    """One item of a dossier as the one-stop system asks for it."""

    fee_code: str
    quantity: int = 1
    value: int | None = None  # pages of the original, or the đồng a percentage is taken of
    amount: int | None = None  # free-amount fees only
    entitlement: EntitlementClaim | None = None
    phase: Phase = Phase.INTAKE
    deadline: date | None = None  # the last business day to pay


@dataclass(frozen=True, slots=True)
class Reduction:
    """Why the amount is below the base amount; what the revenue forgone is accounted by."""

    rule: str  # a rule of the catalogue, an entitlement code, or ONLINE
    ground: str  # the legal text, in Vietnamese
    amount_off: int
    entitlement: str = ""
    evidence: str = field(default="", repr=False)
    asserted_by: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Priced:
    """What one request costs on its day; quantity x unit_price = amount = base_amount - reduction."""

    fee_code: str
    kind: DueKind
    name: str
    unit: str
    quantity: int
    unit_price: int  # after the reduction
    base_amount: int  # the tariff at the counter
    amount: int
    legal_basis: str
    reduction: Reduction | None = None
    value: int | None = None
    chapter: str = ""  # chương
    sub_item: str = ""  # tiểu mục

    @property
    def exempt(self) -> bool:
        """Nothing to pay: no QR and no receipt."""
        return self.amount == 0

    @property
    def opening_status(self) -> DueStatus:
        """The state a due of this price is registered in."""
        return DueStatus.EXEMPT if self.exempt else DueStatus.OPEN
