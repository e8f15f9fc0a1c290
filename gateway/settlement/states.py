"""The state table as a page: every combination of what can be true when money comes, and the rule that decides it.

Printed by `thuphi ledger states`. Nothing here is written down twice: the table is `decide.RULES` asked about each case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import product

from gateway.dues.model import DueStatus
from gateway.payments.model import PaymentStatus
from gateway.settlement.decide import RULES
from gateway.settlement.model import (
    Arrival,
    Case,
    Confirm,
    Decision,
    DueCase,
    Held,
    Known,
    PaymentCase,
    Proof,
    Reason,
    Settle,
)

PRICE = 100_000

DUES = ("open", "one paid", "one withdrawn", "all paid", "all withdrawn", "amended up", "amended down")
AMOUNTS = ("less", "equal", "more")
HELD = ("nothing held", "part held")
REFERENCES = ("one", "none", "several")
PROOFS = ("notice settles", "notice, statement wanted", "notice, amount unsure", "statement")
KNOWN = ("new", "waiting", "settled")


@dataclass(frozen=True, slots=True)
class Situation:
    """One combination."""

    payment: PaymentStatus
    dues: str
    amount: str
    held: str
    references: str
    account: str  # right | wrong
    currency: str  # VND | other
    direction: str  # in | out
    proof: str
    series: str  # open | closed
    known: str


def situations() -> Iterator[Situation]:
    """All combinations."""
    columns = (
        DUES,
        AMOUNTS,
        HELD,
        REFERENCES,
        ("right", "wrong"),
        ("VND", "other"),
        ("in", "out"),
        PROOFS,
        ("open", "closed"),
        KNOWN,
    )
    for status, values in product(PaymentStatus, product(*columns)):
        yield Situation(status, *values)


def decided(situation: Situation) -> tuple[str, Decision]:
    """The name of the rule that speaks, and what it says."""
    case, arrival = _case(situation)
    for rule in RULES:
        if (decision := rule(case, arrival)) is not None:
            return rule.__name__, decision
    raise AssertionError(f"no rule decides {situation}")


def said(decision: Decision) -> str:
    """The outcome in words of the house."""
    if isinstance(decision, Settle):
        surplus = f", surplus: {decision.surplus_reason.value}" if decision.surplus_reason else ""
        return f"settle{surplus}"
    if isinstance(decision, Confirm):
        return "confirm, contradicted" if decision.contradicted else "confirm"
    return f"suspend: {decision.reason.value}"


def page() -> str:
    """The table for a reader: rules in their order, why each, and how its outcomes spread over all combinations."""
    counts: dict[str, dict[str, int]] = {rule.__name__: {} for rule in RULES}
    total = 0
    for situation in situations():
        name, decision = decided(situation)
        counts[name][said(decision)] = counts[name].get(said(decision), 0) + 1
        total += 1
    lines = [f"{total} combinations; the first rule that speaks decides.", ""]
    for number, rule in enumerate(RULES, 1):
        lines.append(f"{number:>2}. {rule.__name__.replace('_', ' ')}: {(rule.__doc__ or '').strip()}")
        lines += [f"      {outcome:<40} {count:>7}" for outcome, count in sorted(counts[rule.__name__].items())]
    return "\n".join(lines)


def _case(situation: Situation) -> tuple[Case, Arrival]:
    payment = _payment(situation.payment, situation.dues, situation.held)
    payments = {"one": (payment,), "none": (), "several": (payment, replace(payment, id="other"))}
    case = Case(payments[situation.references], situation.series == "open", _known(situation, payment))
    return case, _arrival(situation, payment)


@cache  # decisions only read it
def _payment(status: PaymentStatus, dues: str, held: str) -> PaymentCase:
    waiting = [Held("sus", "earlier", 10_000, Reason.UNDER)] if held == "part held" else []
    return PaymentCase("pay", "right", "BLQ", 2 * PRICE, 10_000 * len(waiting), status, _dues(dues), waiting)


def _dues(kind: str) -> list[DueCase]:
    first, second = DueStatus.OPEN, DueStatus.OPEN
    if kind.endswith("paid"):
        second = DueStatus.PAID
    if kind.endswith("withdrawn"):
        second = DueStatus.WITHDRAWN
    if kind.startswith("all"):
        first = second
    price = {"amended up": PRICE + 50_000, "amended down": PRICE - 50_000}.get(kind, PRICE)
    return [
        DueCase("due1", "dos", "fee-1", "LE_PHI", PRICE, first),
        DueCase("due2", "dos", "fee-2", "PHI", price, second),
    ]


def _arrival(situation: Situation, payment: PaymentCase) -> Arrival:
    asked = payment.needed - payment.counted
    amount = {"less": asked - 1, "equal": asked, "more": max(asked, payment.amount) + 1}[situation.amount]
    return Arrival(
        id="arrival",
        agency="H",
        connector="bank",
        proof=Proof.STATEMENT if situation.proof == "statement" else Proof.NOTICE,
        amount=max(1, amount),
        currency="VND" if situation.currency == "VND" else "USD",
        incoming=situation.direction == "in",
        account=situation.account,
        day=date(2026, 1, 2),
        at=datetime(2026, 1, 2, tzinfo=UTC),
        references=(),
        settles=situation.proof != "notice, statement wanted",
        amount_sure=situation.proof != "notice, amount unsure",
    )


def _known(situation: Situation, payment: PaymentCase) -> Known | None:
    if situation.known == "new":
        return None
    settled = PRICE if situation.known.startswith("settled") else 0
    by_notice = situation.proof == "statement"  # the other proof came before
    return Known("earlier", payment.id, PRICE, settled, by_notice, None if by_notice else "line")
