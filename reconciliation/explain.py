"""One sentence for every result, in Vietnamese and in English, made of its rule and its evidence alone.

The same rule and evidence give the same sentence at any time: it is never stored and never guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reconciliation.model import DEPOSITED, PLACED, STRUCTURED, TERMINAL_DAY, TERMINAL_DUE, Item, Sentence
from reconciliation.sentences import SENTENCES

_SHOWN = 4  # of a list; the rest is counted


@dataclass(frozen=True, slots=True)
class _Language:
    """What differs between the two besides the sentences."""

    line: tuple[str, str]  # one, several
    payment: tuple[str, str]
    none: str  # no line or payment is named
    last: str  # before the last of a list
    more: str
    found: dict[int, str]
    thousands: str
    day: str


_VI = _Language(
    line=("dòng", "các dòng"),
    payment=("thanh toán", "các thanh toán"),
    none="phía bên kia",
    last=" và ",
    more=" và {} khoản khác",
    found={
        DEPOSITED: "theo giấy nộp tiền mặt của quầy",
        PLACED: "theo quyết định của hai cán bộ",
        STRUCTURED: "ở trường tham chiếu",
        TERMINAL_DAY: "theo máy POS và ngày giao dịch",
        TERMINAL_DUE: "theo máy POS và ngày đến hạn",
    },
    thousands=".",
    day="%d/%m/%Y",
)
_EN = _Language(
    line=("line", "lines"),
    payment=("payment", "payments"),
    none="the other side",
    last=" and ",
    more=" and {} more",
    found={
        DEPOSITED: "by the counter's cash deposit slip",
        PLACED: "by the decision of two officers",
        STRUCTURED: "in the reference field",
        TERMINAL_DAY: "by terminal and trade day",
        TERMINAL_DUE: "by terminal and due day",
    },
    thousands=",",
    day="%Y-%m-%d",
)
_IN_MEMO = {"vi": "ở nội dung", "en": "in the memo"}


def explain(item: Item, lines: Sequence[str], payments: Sequence[str]) -> Sentence:
    """The sentence of `item`.

    `lines` and `payments` name, for a reader, the item itself and what it belongs with: line 12 and P003.
    """
    vi, en = SENTENCES[item.rule]
    return Sentence(
        _told(vi, _VI, _IN_MEMO["vi"], item, lines, payments),
        _told(en, _EN, _IN_MEMO["en"], item, lines, payments),
    )


def _told(
    sentence: str, language: _Language, in_memo: str, item: Item, lines: Sequence[str], payments: Sequence[str]
) -> str:
    evidence = item.evidence
    sides = ((language.line, lines), (language.payment, payments))
    (word, own), (other_word, others) = sides if item.line_id is not None else sides[::-1]
    text = sentence.format(
        self=f"{word[0]} {own[0]}",
        other=_listed(other_word, others, language),
        ref=evidence.reference,
        where=language.found.get(evidence.how, in_memo),
        amount=_dong(item.amount, language),
        came=_dong(evidence.line_sum, language),
        expected=_dong(evidence.expected, language),
        gross=_dong(evidence.payment_sum, language),
        gap=_dong(evidence.line_sum - evidence.expected, language),
        taken=_dong(evidence.payment_sum - evidence.expected, language),
        lines=evidence.line_count,
        payments=evidence.payment_count,
        due=evidence.due_on.strftime(language.day) if evidence.due_on else "?",
    )
    return text[:1].upper() + text[1:]


def amount_told(amount: int, language: str) -> str:
    """An amount as the sentences of this language, vi or en, write it."""
    return _dong(amount, _VI if language == "vi" else _EN)


def _listed(word: tuple[str, str], names: Sequence[str], language: _Language) -> str:
    if len(names) == 1:
        return f"{word[0]} {names[0]}"
    if len(names) > _SHOWN + 1:
        return f"{word[1]} {', '.join(names[:_SHOWN])}{language.more.format(len(names) - _SHOWN)}"
    return f"{word[1]} {', '.join(names[:-1])}{language.last}{names[-1]}" if names else language.none


def _dong(amount: int, language: _Language) -> str:
    """150.000 ₫, without a sign: the sentence says which way."""
    return f"{abs(amount):,} ₫".replace(",", language.thousands)
