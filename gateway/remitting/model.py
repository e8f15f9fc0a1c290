"""Remittance (nộp ngân sách nhà nước): what was collected goes to the Treasury, split by rule, to the đồng.

Lệ phí goes to the budget whole (Luật 97/2015/QH13, Điều 13); of phí an agency on "khoán chi phí hoạt động" keeps a rate
that is data (Điều 12). Retained = floor(collected x rate) on the period's total of a fee, the remainder to the budget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing


class RemittanceState(StrEnum):
    """Prepared by one person, approved by another, proven by the bank's statement."""

    PREPARED = "prepared"
    APPROVED = "approved"  # the payment order may go to the bank
    CONFIRMED = "confirmed"  # a statement line names it
    DROPPED = "dropped"  # prepared wrongly; its dues are free again


class RemittanceMissing(Missing):
    """No such remittance of this agency."""

    code = "remittance.missing"


class RemittanceClosed(Conflict):
    """Its state says no."""

    code = "remittance.closed"


class NothingToRemit(Conflict):
    """Nothing proven is left to hand over."""

    code = "remittance.nothing"


class TreasuryMissing(Conflict):
    """The agency's account at the Treasury is not set up."""

    code = "remittance.no_treasury"


class SamePerson(Forbidden):
    """Who prepares does not approve."""

    code = "remittance.same_person"


class RuleInvalid(Invalid):
    """The rate or the treasury's data cannot be kept as told."""

    code = "remittance.rule"


@dataclass(frozen=True, slots=True)
class Treasury:
    """Where it goes, as slip C1-02/NS wants it (Nghị định 11/2020/NĐ-CP; Thông tư 17/2024/TT-BTC)."""

    name: str  # Kho bạc Nhà nước ...
    account: str  # of the collection account at the Treasury, or at its bank
    bin: str  # of the bank that keeps it
    authority_code: str  # mã cơ quan thu
    authority: str  # cơ quan quản lý thu
    unit_code: str  # mã ĐVQHNS
    area_code: str  # mã địa bàn
    due_rule: str  # weekly:5, monthly:5, monthly:20 ...


@dataclass(frozen=True, slots=True)
class Collected:
    """What one fee brought in, proven and not yet handed over."""

    account: str  # ours, where the money stands
    fee_code: str
    name: str
    kind: str  # PHI | LE_PHI
    chapter: str
    sub_item: str
    amount: int  # đồng; negative when more was given back than came in
    dues: int


@dataclass(frozen=True, slots=True)
class Line:
    """One fee of a remittance."""

    collected: Collected
    rate: Fraction
    retained: int
    budget: int


def split(collected: Collected, rate: Fraction) -> Line:
    """To the đồng: what is kept is rounded down, the budget gets the rest; of lệ phí nothing is kept."""
    used = rate if collected.kind == "PHI" else Fraction(0)
    retained = collected.amount * used.numerator // used.denominator if collected.amount > 0 else 0
    return Line(collected, used, retained, collected.amount - retained)


@dataclass(frozen=True, slots=True)
class Period:
    """Business days, inclusive."""

    first: date
    last: date
