"""What happens on a trial day: who comes, what they owe, how they pay and what goes wrong, drawn from one seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.dues.model import DueRequest, EntitlementClaim
from gateway.dues.payer import PayerFacts
from gateway.trial.office import THANH_HOA, Office


class Rail(StrEnum):
    """By which channel somebody pays."""

    QR = "vietqr"
    TRANSFER = "bank_transfer"
    VNPAY = "vnpay"
    VNPTPAY = "vnptpay"
    POS = "pos"


class Way(StrEnum):
    """How a payment goes."""

    PLAIN = "plain"
    # by bank transfer
    DUPLICATE = "duplicate"
    LATE_NOTICE = "late"
    REORDERED = "reorder"
    SLOW = "slow"
    MANGLED = "memo_mangled"
    FORGED = "forged"
    NO_NOTICE = "drop_notice"
    WRONG_CURRENCY = "wrong_currency"
    IN_TWO_PARTS = "in_two_parts"
    TOO_MUCH = "too_much"
    TWICE = "twice"
    AFTER_EXPIRY = "after_expiry"
    # at a payment service
    IPN_TWICE = "ipn_duplicate"
    IPN_LATE = "ipn_late"
    IPN_LOST = "ipn_drop"
    IPN_FORGED = "ipn_bad_signature"
    # at a card terminal
    CUT_BEFORE = "cut_before_send"
    CUT_AFTER = "cut_after_approve"
    ASKED_TWICE = "terminal_duplicate"
    LATE_APPROVAL = "late_approval"
    POWER_LOSS = "power_loss"
    HOST_SILENT = "host_silent"
    DECLINED = "declined"
    LINE_DEAD = "line_dead"
    # the ways that end without a receipt
    TOO_LITTLE = "too_little"
    NO_REFERENCE = "no_reference"
    WITHDRAWN = "withdrawn"
    NEVER = "never"
    NO_STATE_FEE = "no_state_fee"
    CARD_REFUSED = "card_refused"


RAILS = {Rail.QR: 70, Rail.VNPAY: 8, Rail.VNPTPAY: 7, Rail.POS: 15}
BY_TRANSFER = {
    Way.PLAIN: 600,
    Way.DUPLICATE: 40,
    Way.LATE_NOTICE: 30,
    Way.REORDERED: 30,
    Way.SLOW: 30,
    Way.MANGLED: 60,
    Way.FORGED: 15,
    Way.NO_NOTICE: 30,
    Way.WRONG_CURRENCY: 10,
    Way.IN_TWO_PARTS: 30,
    Way.TOO_MUCH: 15,
    Way.TWICE: 15,
    Way.AFTER_EXPIRY: 20,
    Way.TOO_LITTLE: 15,
    Way.NO_REFERENCE: 10,
    Way.WITHDRAWN: 10,
    Way.NEVER: 20,
    Way.NO_STATE_FEE: 20,
}
AT_SERVICE = {
    Way.PLAIN: 55,
    Way.IPN_TWICE: 10,
    Way.IPN_LATE: 10,
    Way.IPN_LOST: 15,
    Way.IPN_FORGED: 5,
    Way.CARD_REFUSED: 5,
}
AT_TERMINAL = {
    Way.PLAIN: 51,
    Way.CUT_BEFORE: 7,
    Way.CUT_AFTER: 7,
    Way.ASKED_TWICE: 7,
    Way.LATE_APPROVAL: 7,
    Way.POWER_LOSS: 7,
    Way.HOST_SILENT: 5,
    Way.DECLINED: 5,
    Way.LINE_DEAD: 4,
}
BY_BANK = frozenset({Rail.QR, Rail.TRANSFER})
WAYS = {
    Rail.QR: BY_TRANSFER,
    Rail.TRANSFER: BY_TRANSFER,
    Rail.VNPAY: AT_SERVICE,
    Rail.VNPTPAY: AT_SERVICE,
    Rail.POS: AT_TERMINAL,
}
WITHOUT_RECEIPT = frozenset(
    {Way.TOO_LITTLE, Way.NO_REFERENCE, Way.WITHDRAWN, Way.NEVER, Way.NO_STATE_FEE, Way.CARD_REFUSED}
)
FAULTS = frozenset(
    {
        Way.DUPLICATE,
        Way.LATE_NOTICE,
        Way.REORDERED,
        Way.SLOW,
        Way.MANGLED,
        Way.FORGED,
        Way.NO_NOTICE,
        Way.WRONG_CURRENCY,
    }
)
# visits that every day but a very small one has, so that nothing of what a day can bring is missing
CERTAIN: dict[int, tuple[Rail, Way]] = {
    3: (Rail.VNPTPAY, Way.PLAIN),
    5: (Rail.QR, Way.NO_REFERENCE),
    7: (Rail.QR, Way.TWICE),
    9: (Rail.VNPAY, Way.IPN_LOST),
    11: (Rail.POS, Way.PLAIN),
    13: (Rail.POS, Way.CUT_AFTER),
    15: (Rail.POS, Way.LINE_DEAD),
}
SMALL_DAY = 20
MOST_CARDS = 80  # what one terminal gets done in a day on which some of them take their time
RECEIPTLESS_SHARE = 5  # at most one payment in so many ends without a receipt

Errands = tuple[tuple[str, tuple[str, ...]], ...]  # a procedure and its fee codes

# as a provincial centre sees them in a day
ERRANDS: Errands = (
    ("3.000346", ("gplx-cap-1",)),
    ("3.000346", ("gplx-sh-a1-1", "gplx-sh-a1-2", "gplx-cap-1")),
    ("2.000884", ("ct-chuky-1",)),
    ("2.001035", ("ct-hopdong-1",)),
    ("1.004616", ("yt-cchn-duoc-1",)),
    ("1.009982", ("xd-cchn-1",)),
    ("1.009994", ("xd-gpxd-rieng-1",)),
    ("2.002043", ("dkdn-cp-2",)),
    ("1.004628", ("dl-hdv-1",)),
    ("1.011441", ("gdbd-qsdd-1",)),
    ("2.001895", ("qt-xacnhan-1",)),
    ("1.004222", ("cutru-thuongtru-1",)),
)
# as a commune-level office does
AT_COMMUNE: Errands = (
    ("1.004222", ("cutru-thuongtru-1",)),
    ("1.004194", ("cutru-tamtru-1",)),
    ("2.000635", ("ht-trichluc-1",)),
    ("1.004873", ("ht-xntthn-1",)),
    ("1.004859", ("ht-caichinh-1",)),
    ("2.000884", ("ct-chuky-1",)),
    ("2.001035", ("ct-hopdong-1",)),
    ("1.001612", ("hkd-moi-1",)),
    ("1.115970", ("dkx-moto-1",)),
    ("1.009994", ("xd-gpxd-rieng-1",)),
)
FREE_ERRAND = ("3.000347", "gplx-doi-1")  # 0 đ for who shows a level-2 electronic identity (TT 117/2026)

_FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
_MIDDLE = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thu", "Quốc", "Thanh", "Đức", "Kim")
_GIVEN = ("An", "Bình", "Chi", "Dũng", "Đào", "Giang", "Hạnh", "Khánh", "Lan", "Mai", "Nam", "Oanh", "Phúc", "Yến")


@dataclass(frozen=True, slots=True)
class Visit:
    """One citizen's errand and how its payment goes."""

    serial: int
    procedure: str
    items: tuple[DueRequest, ...]
    payer: PayerFacts
    way: Way
    rail: Rail = Rail.QR


def visits(
    count: int,
    seed: int,
    *,
    rails: Mapping[Rail, int] = RAILS,
    errands: Errands = ERRANDS,
    office: Office = THANH_HOA,
) -> list[Visit]:
    """The day's `count` payments; the same seed gives the same day."""
    draw = random.Random(f"day {seed}")
    told: list[Visit] = []
    seen: Counter[Rail | Way] = Counter()
    for serial in range(1, count + 1):
        (rail,) = draw.choices(list(rails), weights=list(rails.values()))
        if rail is Rail.POS and seen[Rail.POS] >= MOST_CARDS:
            rail = Rail.QR
        (way,) = draw.choices(list(WAYS[rail]), weights=list(WAYS[rail].values()))
        if count >= SMALL_DAY and serial in CERTAIN:
            rail, way = CERTAIN[serial]
            rail = rail if rail in rails else Rail.VNPTPAY
        way = Way.PLAIN if _too_many(seen, way, count) else way
        told.append(_visit(draw, serial, rail, way, errands, office))
        seen.update((rail, way))
    return told


def _too_many(seen: Counter[Rail | Way], way: Way, count: int) -> bool:
    """Enough have ended without a receipt; or the terminal's line has died before, or has not been heard of yet."""
    if way is Way.LINE_DEAD:
        return not seen[Rail.POS] or seen[way] > 0
    return way in WITHOUT_RECEIPT and sum(seen[each] for each in WITHOUT_RECEIPT) + 1 > count // RECEIPTLESS_SHARE


def free_visits(count: int, seed: int, office: Office = THANH_HOA) -> list[Visit]:
    """Errands that the law makes free for who comes with the evidence: a due of 0 đ, no QR, no receipt."""
    draw = random.Random(f"free {seed}")
    procedure, fee = FREE_ERRAND
    claim = EntitlementClaim("TT117", "Tài khoản định danh điện tử mức 2 (VNeID)", "Bộ phận tiếp nhận")
    items = (DueRequest(fee, entitlement=claim),)
    return [Visit(9_000 + n, procedure, items, person(draw, office), Way.NEVER) for n in range(1, count + 1)]


def _visit(draw: random.Random, serial: int, rail: Rail, way: Way, errands: Errands, office: Office) -> Visit:
    payer = _firm(draw, office) if draw.random() < 0.08 else person(draw, office)
    if way is Way.NO_STATE_FEE:
        amount = draw.choice((22_000, 26_500, 31_000))
        return Visit(serial, "1.004616", (DueRequest("buu-chinh-1", amount=amount),), payer, way, rail)
    procedure, fees = draw.choice(errands)
    quantity = draw.choice((1, 1, 1, 2, 3)) if fees[0].startswith("ct-") else 1
    return Visit(serial, procedure, tuple(DueRequest(fee, quantity=quantity) for fee in fees), payer, way, rail)


def person(draw: random.Random, office: Office) -> PayerFacts:
    """A citizen with a made-up name and number."""
    name = " ".join(draw.choice(part) for part in (_FAMILY, _MIDDLE, _GIVEN))
    number = f"{office.persons}{draw.randrange(10**9):09d}"
    return PayerFacts(name=name, id_number=number, address=f"{draw.choice(office.places)}, {office.province}")


def _firm(draw: random.Random, office: Office) -> PayerFacts:
    name, tax_code = draw.choice(office.firms)
    return PayerFacts(name=name, tax_code=tax_code, address=f"{draw.choice(office.places)}, {office.province}")
