"""Each fault does what a real bank does on a bad day, and no more."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Forged, Notice
from connectors.reference import make, references
from connectors.simulators.bank import SimulatedBank
from connectors.simulators.bank_faults import FAULTS, LONGEST_MS, plan
from connectors.simulators.bank_memo import ENVELOPES, mangled

ACCOUNT = "113000000001"
TODAY = date(2026, 11, 24)

QR = Callable[..., str]
seeds = st.integers(0, 2**32)


def bits(seed: int) -> Callable[[int], int]:
    return random.Random(seed).getrandbits


def wait(bank: SimulatedBank, clock: Any, customer: Any) -> list[tuple[float, Any]]:
    """Everything told from now on: seconds waited, what was read."""
    start, told = clock(), []
    while (due := bank.next_notice_at()) is not None:
        clock.moment = max(due, clock.moment)
        told += [((clock() - start).total_seconds(), received) for received in customer.take()]
    return told


def test_duplicate_tells_two_to_five_times_and_twice_at_once(
    bank: SimulatedBank, clock: Any, customer: Any, qr: QR
) -> None:
    bank.pay(qr(), faults=["duplicate"])
    assert len(bank.due_notices()) == 2
    clock.advance(seconds=30)
    told = [received for _, received in wait(bank, clock, customer)]
    assert 2 <= len(told) <= 5
    assert len(set(told)) == 1
    assert len(bank.statement(ACCOUNT, TODAY).entries) == 1


@given(seeds)
def test_every_number_of_repeats_is_within_bounds(seed: int) -> None:
    moments = [planned.after_ms for planned in plan(frozenset({"duplicate"}), bits(seed))]
    assert 2 <= len(moments) <= 5
    assert moments.count(moments[0]) >= 2


def test_repeats_of_every_count_occur() -> None:
    assert {len(plan(frozenset({"duplicate"}), bits(seed))) for seed in range(60)} == {2, 3, 4, 5}


@pytest.mark.parametrize(("fault", "least", "most"), [("late", 1, 5), ("reorder", 0.5, 5), ("slow", 2, 3)])
def test_a_held_notice_comes_in_its_time(
    bank: SimulatedBank, clock: Any, customer: Any, qr: QR, fault: str, least: float, most: float
) -> None:
    bank.pay(qr(), faults=[fault])
    assert customer.take() == []
    ((waited, told),) = wait(bank, clock, customer)
    assert isinstance(told, Notice)
    assert least <= waited <= most


@given(st.sets(st.sampled_from(sorted(FAULTS - {"drop_notice"}))), seeds)
def test_whatever_is_asked_the_first_genuine_notice_leaves_within_five_seconds(faults: set[str], seed: int) -> None:
    planned = plan(frozenset(faults), bits(seed))
    genuine = [notice for notice in planned if not notice.forged]
    assert 0 <= min(notice.after_ms for notice in genuine) <= LONGEST_MS
    assert sum(notice.forged for notice in planned) == ("forged" in faults)


def test_a_later_transfer_overtakes_a_reordered_one(bank: SimulatedBank, clock: Any, customer: Any, qr: QR) -> None:
    bank.pay(qr(10_000), faults=["reorder"])
    bank.pay(qr(20_000))
    assert [told.amount for _, told in wait(bank, clock, customer)] == [20_000, 10_000]
    assert [entry.amount for entry in bank.statement(ACCOUNT, TODAY).entries] == [10_000, 20_000]


@pytest.mark.parametrize("seed", range(4))
def test_a_forged_notice_comes_first_and_the_genuine_one_after_it(
    open_bank: Any, serve: Any, clock: Any, qr: QR, seed: int
) -> None:
    bank = open_bank(seed)
    bank.pay(qr(), faults=["forged"])
    (_, forged), (waited, genuine) = wait(bank, clock, serve(bank))
    assert forged == Forged("signature.invalid")
    assert isinstance(genuine, Notice)
    assert waited > 0
    assert len(bank.statement(ACCOUNT, TODAY).entries) == 1


def test_both_kinds_of_forgery_occur() -> None:
    kinds = {plan(frozenset({"forged"}), bits(seed))[0].kind for seed in range(20)}
    assert kinds == {"foreign_key", "altered_amount"}


def test_the_forger_does_not_call_again(bank: SimulatedBank, clock: Any, qr: QR) -> None:
    bank.pay(qr(), faults=["forged", "drop_notice"])
    (forged,) = bank.due_notices()
    bank.answered(forged.id, 500, b"")
    assert bank.next_notice_at() is None


def test_wrong_currency_is_under_a_genuine_signature_and_the_statement_says_dong(
    bank: SimulatedBank, customer: Any, qr: QR
) -> None:
    bank.pay(qr(), faults=["wrong_currency"])
    (told,) = customer.take()
    assert (told.amount, told.currency) == (150_000, "USD")
    (entry,) = bank.statement(ACCOUNT, TODAY).entries
    assert (entry.amount, entry.currency) == (150_000, "VND")


def test_a_dropped_notice_leaves_the_statement_alone_to_tell(bank: SimulatedBank, qr: QR) -> None:
    bank.pay(qr(), faults=["drop_notice", "duplicate", "late"])
    assert bank.next_notice_at() is None
    assert len(bank.statement(ACCOUNT, TODAY).entries) == 1


def test_a_mangled_memo_is_the_same_on_notice_and_statement(bank: SimulatedBank, customer: Any, qr: QR) -> None:
    for _ in range(10):
        bank.pay(qr(), faults=["memo_mangled"])
    told = [received.memo for received in customer.take()]
    assert told == [entry.memo for entry in bank.statement(ACCOUNT, TODAY).entries]
    assert len(set(told)) == 10


@given(seeds)
def test_the_reference_can_be_found_in_every_mangled_memo(seed: int) -> None:
    draw = random.Random(seed)
    reference = make(draw.randrange)
    memo = mangled(f"{reference} PHI 01", "NGUYEN THI GIANG", "241126", draw.getrandbits)
    assert references(memo) == (reference,)
    assert memo.isascii()
    assert len(memo) <= 140


def test_mangling_breaks_words_and_changes_case() -> None:
    reference = "BLQGP1XF3A77"
    memos = [mangled(reference, "NGUYEN VAN AN", "241126", bits(seed)) for seed in range(60)]
    assert any(reference in memo for memo in memos)
    assert any(reference.lower() in memo for memo in memos)
    assert any(reference.lower() not in memo.lower() for memo in memos)  # broken at column 35
    assert len({memo[:4] for memo in memos}) >= len(ENVELOPES)
