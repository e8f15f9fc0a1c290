"""What a tariff says: per fee its lines, how each amount comes about, who pays less, and since when.

Values only, after the shape of Vietnamese circulars: a fixed amount (perhaps another one for dossiers filed online), an
amount per page of the original, a percentage of a value, or an amount that somebody else sets. Amounts are int đồng
per unit, percentages exact fractions, days business days of Asia/Ho_Chi_Minh with both ends included.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from gateway.dues.model import Channel, DueKind
from gateway.kernel.money import MAX_AMOUNT, dong

Needs = Literal["", "value", "amount"]


@dataclass(frozen=True, slots=True)
class Fixed:
    """The tariff names the amount; `online` replaces it for dossiers filed online."""

    amount: int
    online: int | None = None


@dataclass(frozen=True, slots=True)
class PerPage:
    """By pages of the original: the first two, then each further one, at most `most` a copy (TT 226/2016, Điều 4)."""

    first_two: int
    further: int
    most: int = MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class Percent:
    """`rate` of a value in đồng, rounded down, within `least` and `most`."""

    rate: Fraction  # 0.15 % is Fraction(15, 10_000)
    least: int = 0
    most: int = MAX_AMOUNT


@dataclass(frozen=True, slots=True)
class Free:
    """Somebody else sets the amount (postage, social insurance)."""


Basis = Fixed | PerPage | Percent | Free


def needs(basis: Basis) -> Needs:
    """Which figure the request has to bring along."""
    if isinstance(basis, Fixed):
        return ""
    return "amount" if isinstance(basis, Free) else "value"


def computed(basis: PerPage | Percent, value: int) -> int:
    """Đồng for one unit: `value` is pages, or the đồng a percentage is taken of."""
    if isinstance(basis, PerPage):
        pages = basis.first_two * min(value, 2) + basis.further * max(value - 2, 0)
        return min(pages, basis.most)
    return min(max(value * basis.rate.numerator // basis.rate.denominator, basis.least), basis.most)


def formula(basis: Basis) -> tuple[str, str]:
    """The way the amount comes about, in Vietnamese and English; empty for a fixed one."""
    if isinstance(basis, PerPage):
        first, further = dong(basis.first_two), dong(basis.further)
        vi = f"{first}/trang cho hai trang đầu, {further}/trang từ trang thứ ba"
        en = f"{first} a page for the first two, {further} a page from the third"
        return _bounded(vi, en, 0, basis.most)
    if isinstance(basis, Percent):
        rate = f"{(Decimal(100 * basis.rate.numerator) / basis.rate.denominator).normalize():f}"
        return _bounded(f"{rate.replace('.', ',')}% giá trị", f"{rate}% of the value", basis.least, basis.most)
    if isinstance(basis, Free):
        return "Theo số tiền do đơn vị cung cấp dịch vụ xác định", "The amount set by whoever provides the service"
    return "", ""


def _bounded(vi: str, en: str, least: int, most: int) -> tuple[str, str]:
    if least:
        vi, en = f"{vi}, tối thiểu {dong(least)}", f"{en}, at least {dong(least)}"
    if most < MAX_AMOUNT:
        vi, en = f"{vi}, tối đa {dong(most)}", f"{en}, at most {dong(most)}"
    return vi, en


@dataclass(frozen=True, slots=True)
class Past:
    """An amount that held until a day, on one channel or on all."""

    until: date
    amount: int
    basis: str  # the legal text of that time
    channel: Channel | None = None
    since: date | None = None

    def holds(self, day: date, channel: Channel) -> bool:
        """Whether this was the amount on `day`."""
        return day <= self.until and (self.since is None or day >= self.since) and self.channel in (None, channel)


@dataclass(frozen=True, slots=True)
class Discount:
    """A temporary reduction; `entitlement` empty means everybody has it."""

    id: str
    ground: str
    percent: Fraction  # 50 % off is Fraction(50)
    valid_from: date | None = None
    valid_to: date | None = None
    channel: Channel | None = None
    entitlement: str = ""
    least: int = 0  # what remains to be paid is kept within these
    most: int = MAX_AMOUNT

    def holds(self, day: date, channel: Channel) -> bool:
        """Whether it is in force on `day` for `channel`."""
        started = self.valid_from is None or self.valid_from <= day
        ended = self.valid_to is not None and self.valid_to < day
        return started and not ended and self.channel in (None, channel)

    def applied(self, amount: int) -> int:
        """What remains of `amount`, rounded down to whole đồng, never more than before."""
        left = amount * (100 - self.percent) // 100
        return min(max(left, self.least), self.most, amount)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A reason of the payer's to pay less, to be claimed with evidence."""

    code: str
    vi: str
    en: str
    ground: str
    also: tuple[str, ...] = ()  # other names that texts use for it


@dataclass(frozen=True, slots=True)
class Line:
    """One priced line of a fee: what a `fee_code` stands for."""

    fee_code: str  # <fee id>-<n>, n from 1
    kind: DueKind
    name: str
    unit: str
    basis: Basis
    discounts: tuple[str, ...] = ()  # ids in Catalogue.discounts
    exempt: tuple[str, ...] = ()  # entitlement codes that bring it to 0 đ
    reserved_for: tuple[str, ...] = ()  # entitlement codes, one of which has to be claimed
    alternative_of: str = ""  # the fee_code it replaces
    past: tuple[Past, ...] = ()
    chapter: str = ""
    sub_item: str = ""

    def listed(self, day: date, channel: Channel) -> tuple[int, str] | None:
        """The amount the tariff names for `day` and, for a former one, its legal text; None where it is computed."""
        for past in self.past:  # oldest first
            if past.holds(day, channel):
                return past.amount, past.basis
        if not isinstance(self.basis, Fixed):
            return None
        online = self.basis.online if channel == "online" else None
        return (self.basis.amount if online is None else online), ""


@dataclass(frozen=True, slots=True)
class Fee:
    """The lines of one procedure, and the text they stand in."""

    id: str
    procedure_code: str
    procedure_name: str
    legal_basis: str
    certainty: str
    lines: tuple[Line, ...]
    legacy_codes: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_to: date | None = None

    def ahead(self, day: date) -> bool:
        """Whether it begins after `day`."""
        return self.valid_from is not None and day < self.valid_from

    def over(self, day: date) -> bool:
        """Whether it ended before `day`."""
        return self.valid_to is not None and self.valid_to < day


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A whole tariff, ready for look-ups."""

    fees: tuple[Fee, ...]
    discounts: Mapping[str, Discount]
    entitlements: tuple[Entitlement, ...]
    content_hash: str = ""
    _lines: dict[str, tuple[Fee, Line]] = field(init=False, repr=False, compare=False)
    _names: dict[str, Entitlement] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_lines", {line.fee_code: (fee, line) for fee, line in self.lines()})
        object.__setattr__(self, "_names", named(self.entitlements))
        for discount in self.discounts.values():
            if discount.entitlement:
                self._names.setdefault(folded(discount.id), self._names[folded(discount.entitlement)])

    def lines(self) -> Iterator[tuple[Fee, Line]]:
        """Every line with its fee, in the order of the tariff."""
        return ((fee, line) for fee in self.fees for line in fee.lines)

    def find(self, fee_code: str) -> tuple[Fee, Line] | None:
        """The line `fee_code` stands for."""
        return self._lines.get(fee_code)

    def entitlement(self, name: str) -> Entitlement | None:
        """By code, by a name that texts use, or by the id of a reduction that rests on it."""
        return self._names.get(folded(name))

    def in_force(self, day: date) -> Iterator[tuple[Fee, Line]]:
        """The lines that hold on `day`."""
        return ((fee, line) for fee, line in self.lines() if not fee.ahead(day) and not fee.over(day))

    def procedure_name(self, code: str) -> str:
        """The procedure's name by national code (a local suffix is ignored) or former code; empty when not listed."""
        national = ".".join(code.split(".")[:2])
        for fee in self.fees:
            if national and national in (fee.procedure_code, *fee.legacy_codes):
                return fee.procedure_name
        return ""


def named(entitlements: tuple[Entitlement, ...]) -> dict[str, Entitlement]:
    """Entitlements by everything they are called."""
    return {folded(name): found for found in entitlements for name in (found.code, found.vi, *found.also)}


def folded(name: str) -> str:
    """One spelling for look-ups: NFC, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
