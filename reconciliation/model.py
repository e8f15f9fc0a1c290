"""What reconciliation takes and gives: payments, statement lines and settlement rows in, one kind for each of them out.

Kinds, their definitions and their order of precedence are those of the reconciliation specification, section 2.3;
amounts are đồng as int, days are days in Asia/Ho_Chi_Minh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

RULES_VERSION = "2026-11.3"  # of the passes in sql/ and the data beside them; stored with every run

PLACED, STRUCTURED, MEMO, WORD, TERMINAL_DAY, TERMINAL_DUE = -1, 1, 2, 3, 4, 5  # how a line names what it pays
DEPOSITED = -2  # by the number of a deposit slip that lists it


class Kind(StrEnum):
    """What a statement line or a payment turned out to be. Each has exactly one."""

    MATCH_E2E = "MATCH_E2E"
    MATCH_MEMO = "MATCH_MEMO"
    MATCH_ONE_TO_MANY = "MATCH_ONE_TO_MANY"
    MATCH_MANY_TO_ONE = "MATCH_MANY_TO_ONE"
    MATCH_MANY_TO_MANY = "MATCH_MANY_TO_MANY"
    MATCH_BATCH = "MATCH_BATCH"
    MONEY_WITHOUT_RECEIPT = "MONEY_WITHOUT_RECEIPT"
    RECEIPT_WITHOUT_MONEY = "RECEIPT_WITHOUT_MONEY"
    AMOUNT_UNDER = "AMOUNT_UNDER"
    AMOUNT_OVER = "AMOUNT_OVER"
    DUPLICATE = "DUPLICATE"
    UNKNOWN_REFERENCE = "UNKNOWN_REFERENCE"
    WRONG_ACCOUNT = "WRONG_ACCOUNT"
    FEE_MISMATCH = "FEE_MISMATCH"
    BATCH_NOT_PAID = "BATCH_NOT_PAID"
    MISSING_IN_SETTLEMENT = "MISSING_IN_SETTLEMENT"
    MISSING_IN_BANK = "MISSING_IN_BANK"
    LATE_CUTOFF = "LATE_CUTOFF"
    OPEN = "OPEN"
    REFUND = "REFUND"
    CHARGEBACK = "CHARGEBACK"
    REMITTANCE = "REMITTANCE"
    INTERNAL_TRANSFER = "INTERNAL_TRANSFER"
    INTEREST = "INTEREST"
    BANK_FEE = "BANK_FEE"
    UNKNOWN_DEBIT = "UNKNOWN_DEBIT"
    AMBIGUOUS = "AMBIGUOUS"
    STATEMENT_GAP = "STATEMENT_GAP"  # of a statement, never of a line: what its lines prove stays proven

    @property
    def closed(self) -> bool:
        """Whether nothing is left to do: line, payment and receipt agree."""
        return self.value.startswith("MATCH_")


class ReconciliationError(Exception):
    """Base of what this library raises; `kind` and `code` tell a door how to answer."""

    kind = "invalid"
    code = "reconciliation.invalid"


class InvariantBroken(ReconciliationError):
    """The result does not add up: a flaw in the program or its sources. The caller's work has to be rolled back."""

    kind = "conflict"
    code = "reconciliation.invariant"


class SourceFlawed(ReconciliationError):
    """The payments handed over cannot be reconciled: a repeated id or reference, or one without an account."""

    code = "reconciliation.source"


@dataclass(frozen=True, slots=True)
class SourcePayment:
    """A payment as its owner knows it."""

    payment_id: str
    dossier_id: str
    reference: str
    amount: int  # đồng
    channel: str  # `POS` is paid out in batches, `CASH` brought in, on the next working day; else on the day itself
    status: str  # SUCCEEDED, PENDING or FAILED
    paid_on: date | None  # business day
    terminal: str
    receipt_no: str  # empty: no receipt
    account: str  # the collection account it should reach


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A statement line, read once: nature decided, references found."""

    line_id: str
    sort_key: str  # decides between lines that are equal in all else
    account: str
    booking_date: date
    credit: bool
    amount: int  # đồng, without sign
    reversal: bool
    nature: str  # empty, or what the bank's code or the words of the memo make of it
    references: tuple[tuple[str, int], ...]  # reference or word, and how it was found


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One sale, or one negative row, of an acquirer's settlement file."""

    batch_id: str
    terminal: str
    trade_date: date
    reference: str
    gross: int
    mdr: int  # the acquirer's commission
    net: int


def commission(gross: int, rate: Fraction) -> int:
    """What the contract lets the acquirer take of one sale: gross x rate, rounded down to the đồng."""
    return gross * rate.numerator // rate.denominator


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a row has its kind: the facts its sentence is made of."""

    reference: str = ""
    how: int = 0
    line_count: int = 0
    payment_count: int = 0
    line_sum: int = 0  # credits positive, debits negative
    expected: int = 0  # what should have come: the payments, or the net of a settlement batch
    payment_sum: int = 0
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """The result for one line (`line_id`) or one payment (`payment_id`)."""

    line_id: str | None
    payment_id: str | None
    account: str
    kind: Kind
    group_id: str
    rule: str
    amount: int  # a line's with its sign, a payment's own
    difference: int  # of the group: lines minus payments
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same explanation twice."""

    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What one kind holds."""

    lines: int = 0
    line_amount: int = 0  # credits minus debits
    payments: int = 0
    payment_amount: int = 0
    difference: int = 0  # over its groups: line_amount - payment_amount


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run found and what it changed."""

    run_id: str
    totals: Mapping[str, Totals]  # by kind, over everything that was looked at
    written: int  # rows added to recon_item
    ended: int  # rows that no longer hold
    contested: tuple[str, ...]  # ids of lines and payments whose manual decision meets new evidence
    gaps: tuple[str, ...]  # ids of statements that do not continue the one before, or do not add up
