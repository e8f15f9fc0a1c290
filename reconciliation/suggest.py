"""P6: what a line may be, for a person to decide; nothing here is ever booked (reconciliation specification, 2.4).

Rules: a reference one slip away; amount, payer and date; a payer known by another name; and an exact, only set of
terminal sales. Candidates come in the order of their ids, and where several fit equally, all of them are named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from reconciliation.explain import amount_told
from reconciliation.near import near_references
from reconciliation.subset import Answer, exact_subset

NEAR, PAYER, ALIAS, SUBSET = "reference.near", "payer.amount_date", "payer.alias", "subset.unique"
SUBSET_AMBIGUOUS = "subset.ambiguous"

DAYS_APART = 7  # between a payment and the line that may be its money
MOST_CANDIDATES = 10  # shown of one rule; with more a person would not choose but guess

Confidence = Literal["high", "medium", "low"]

SENTENCES: dict[str, tuple[str, str]] = {
    NEAR: (
        "Nội dung có mã chỉ lệch một ký tự so với mã của {count} thanh toán; số tiền {equal_vi}.",
        "The memo has a reference one character off that of {count} payment(s); the amount is {equal_en}.",
    ),
    PAYER: (
        "Cùng số tiền {amount_vi}, cùng người nộp, cách ngày không quá {days} ngày: {count} thanh toán.",
        "The same amount of {amount_en}, the same payer, at most {days} days apart: {count} payment(s).",
    ),
    ALIAS: (
        "Người chuyển từng nộp thay cho người này; cùng số tiền {amount_vi}: {count} thanh toán.",
        "The sender has paid for this payer before; the same amount of {amount_en}: {count} payment(s).",
    ),
    SUBSET: (
        "Chỉ một tập hợp gồm {count} giao dịch thẻ của máy {terminal} ngày {day_vi} cộng lại đúng {amount_vi}.",
        "Only one set of {count} card payments of terminal {terminal} on {day_en} adds up to exactly {amount_en}.",
    ),
    SUBSET_AMBIGUOUS: (
        "Nhiều tập hợp giao dịch thẻ của máy {terminal} ngày {day_vi} cùng cộng lại {amount_vi}: không thể chọn.",
        "Several sets of card payments of terminal {terminal} on {day_en} add up to {amount_en}: no choice can be made.",
    ),
}


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A credit that no pass could place. `payers`: keys of whom it may come from, as the host compares them."""

    line_id: str
    account: str
    booking_date: date
    amount: int  # đồng
    memo: str = field(repr=False)
    payers: frozenset[str] = field(default=frozenset(), repr=False)
    aliases: frozenset[str] = field(default=frozenset(), repr=False)  # payers the sender has paid for before


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """A payment without money. `day`: paid, traded or asked for."""

    payment_id: str
    reference: str
    account: str
    amount: int  # đồng, what a statement line would show: net of commission where that is netted
    day: date
    terminal: str = ""  # of a card payment
    payer: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One reason and the payments it speaks for; more than one of them is a choice, except for a subset."""

    rule: str
    candidates: tuple[str, ...]  # payment ids
    sentence_vi: str
    sentence_en: str
    confidence: Confidence


def suggest(
    lines: Iterable[OpenLine],
    payments: Sequence[OpenPayment],
    by_reference: Callable[[Collection[str]], Iterable[OpenPayment]],
) -> dict[str, list[Suggestion]]:
    """Suggestions for each line that has any, the surest first.

    `payments` are those without money; `by_reference` finds any issued payment by its reference, many at once.
    """
    listed = list(lines)
    slips = {line.line_id: near_references(line.memo) for line in listed}
    wanted = sorted({reference for found in slips.values() for reference in found})
    issued = {payment.reference: payment for payment in by_reference(wanted)} if wanted else {}
    desk = _Desk(payments)
    made = {
        line.line_id: [
            *_near(line, [issued[ref] for ref in sorted(slips[line.line_id]) if ref in issued]),
            *desk.of(line),
        ]
        for line in listed
    }
    return {line_id: sorted(found, key=_surest) for line_id, found in made.items() if found}


def _surest(suggestion: Suggestion) -> tuple[int, str]:
    return ("high", "medium", "low").index(suggestion.confidence), suggestion.rule


def _near(line: OpenLine, found: Sequence[OpenPayment]) -> Iterator[Suggestion]:
    if not found:
        return
    equal = [payment for payment in found if payment.amount == line.amount]
    chosen = equal or found
    confidence: Confidence = "high" if len(equal) == 1 else "medium" if len(chosen) == 1 else "low"
    same = {"equal_vi": "bằng nhau" if equal else "khác nhau", "equal_en": "equal" if equal else "different"}
    yield _made(NEAR, line, chosen, confidence, **same)


class _Desk:
    """Open payments by what a line can be compared with."""

    def __init__(self, payments: Sequence[OpenPayment]) -> None:
        self._by_amount: defaultdict[tuple[str, int], list[OpenPayment]] = defaultdict(list)
        self._sales: defaultdict[tuple[str, str, date], dict[str, int]] = defaultdict(dict)
        for payment in sorted(payments, key=lambda one: one.payment_id):
            self._by_amount[(payment.account, payment.amount)].append(payment)
            if payment.terminal:
                self._sales[(payment.account, payment.terminal, payment.day)][payment.payment_id] = payment.amount

    def of(self, line: OpenLine) -> Iterator[Suggestion]:
        """By payer and by sum."""
        alike = self._by_amount.get((line.account, line.amount), ())
        near = [one for one in alike if one.payer and abs((one.day - line.booking_date).days) <= DAYS_APART]
        if same := [one for one in near if one.payer in line.payers]:
            yield _made(PAYER, line, same, "medium" if len(same) == 1 else "low")
        if known := [one for one in near if one.payer in line.aliases and one.payer not in line.payers]:
            yield _made(ALIAS, line, known, "medium" if len(known) == 1 else "low")
        yield from self._sums(line)

    def _sums(self, line: OpenLine) -> Iterator[Suggestion]:
        for (account, terminal, day), amounts in sorted(self._sales.items()):
            apart = (line.booking_date - day).days
            if account != line.account or not 0 <= apart <= DAYS_APART:
                continue
            answer, members = exact_subset(line.amount, amounts)
            told = {"terminal": terminal, "day_vi": day.strftime("%d/%m/%Y"), "day_en": day.isoformat()}
            if answer is Answer.UNIQUE:
                yield _told(SUBSET, line, members, "low", **told)
            elif answer is Answer.AMBIGUOUS:
                yield _told(SUBSET_AMBIGUOUS, line, (), "low", **told)


def _made(
    rule: str, line: OpenLine, payments: Sequence[OpenPayment], confidence: Confidence, **told: str
) -> Suggestion:
    return _told(rule, line, tuple(one.payment_id for one in payments), confidence, **told)


def _told(rule: str, line: OpenLine, candidates: tuple[str, ...], confidence: Confidence, **told: str) -> Suggestion:
    vi, en = SENTENCES[rule]
    facts: Mapping[str, object] = {
        "count": len(candidates),
        "days": DAYS_APART,
        "amount_vi": amount_told(line.amount, "vi"),
        "amount_en": amount_told(line.amount, "en"),
        **told,
    }
    return Suggestion(
        rule,
        candidates[:MOST_CANDIDATES] if rule != SUBSET else candidates,
        vi.format(**facts),
        en.format(**facts),
        confidence,
    )
