"""Each fault does what a real service does on a bad day, and however it goes, money is told of and counted once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Answer, Call, Failure, Forged, Notice, Outcome, Redirect, Refund, Reply, Standing
from connectors.providers.vnpay import VNPay
from connectors.simulators.psp_faults import CALL_FAULTS, HTML, IPN_FAULTS, SLOW_S, plan, spoiled
from connectors.simulators.psp_refused import PspRefused, PspSilent
from tests.connectors.simulators.merchant import Merchant, opened

TODAY = date(2026, 11, 24)

seeds = st.integers(0, 2**32)


@pytest.fixture(params=["vnpay", "vnptpay", "vnptpay form"])
def merchant(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> Iterator[Merchant]:
    with opened(tmp_path / "psp.db", request.param, clock, refunds=True) as psp:
        yield Merchant(psp, request.param, clock)


def bits(seed: int) -> Callable[[int], int]:
    return random.Random(seed).getrandbits


def wait(merchant: Merchant, clock: Any, *, most: int = 100) -> list[tuple[float, Any]]:
    """Everything told from now on: seconds waited, what was read."""
    start = clock()
    told: list[tuple[float, Any]] = []
    while (due := merchant.psp.next_ipn_at()) is not None and len(told) < most:
        clock.moment = max(due, clock.moment)
        told += [((clock() - start).total_seconds(), received) for received in merchant.take()]
    return told


def test_duplicates_are_one_event(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page(), faults=["duplicate"])
    assert len(merchant.psp.due_ipns()) == 2  # two at the very same time
    clock.advance(seconds=30)
    told = [received for _, received in wait(merchant, clock)]
    assert 2 <= len(told) <= 5
    assert len(set(told)) == 1


@pytest.mark.parametrize(("fault", "least", "most"), [("late", 1, 5), ("reorder", 0.5, 3)])
def test_a_held_notification_comes_in_its_time(
    merchant: Merchant, clock: Any, fault: str, least: float, most: float
) -> None:
    merchant.psp.pay(merchant.page(), faults=[fault])
    assert merchant.take() == []
    ((waited, told),) = wait(merchant, clock)
    assert isinstance(told, Notice)
    assert least <= waited <= most


def test_a_later_payment_overtakes_a_reordered_one(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page("BLQ000000001", 10_000), faults=["reorder"])
    merchant.psp.pay(merchant.page("BLQ000000002", 20_000))
    assert [told.amount for _, told in wait(merchant, clock)] == [20_000, 10_000]


def test_a_wrong_amount_is_signed_refused_ten_times_and_put_right_by_a_query(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page(), faults=["wrong_amount"])
    told = [received for _, received in wait(merchant, clock)]
    assert [notice.amount for notice in told] == [500_000] * 10
    assert merchant.standing(told[0]) is Standing.AMOUNT_DIFFERS
    assert merchant.query(merchant.order()).amount == 50_000
    assert merchant.psp.settlement(TODAY).gross == 50_000


def test_a_forged_notification_comes_first_and_its_sender_does_not_come_again(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page(), faults=["bad_signature"])
    (_, forged), (waited, genuine) = wait(merchant, clock)
    assert forged == Forged("signature.invalid")
    assert isinstance(genuine, Notice)
    assert waited > 0


def test_a_dropped_notification_leaves_it_to_the_query_and_the_file(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.page(), faults=["drop", "duplicate", "late"])
    assert merchant.psp.next_ipn_at() is None
    assert merchant.query(merchant.order()).outcome is Outcome.PAID
    assert merchant.psp.settlement(TODAY).gross == 50_000


@given(st.sets(st.sampled_from(sorted(IPN_FAULTS - {"drop"}))), seeds)
def test_whatever_is_asked_the_genuine_notification_leaves_within_five_seconds(faults: set[str], seed: int) -> None:
    planned = plan(faults, bits(seed))
    genuine = [notice for notice in planned if not notice.forged]
    assert 0 <= min(notice.after_ms for notice in genuine) <= 5_000
    assert sum(notice.forged for notice in planned) == ("bad_signature" in faults)


def test_repeats_of_every_count_occur() -> None:
    assert {len(plan(["duplicate"], bits(seed))) for seed in range(60)} == {2, 3, 4, 5}


def test_unknown_faults_are_named_and_leave_no_trace(merchant: Merchant) -> None:
    page = merchant.page()
    for act in (lambda: merchant.psp.pay(page, faults=["late", "meteor"]), lambda: merchant.psp.arm(["meteor"])):
        with pytest.raises(PspRefused, match="meteor") as raised:
            act()
        assert (raised.value.code, raised.value.field) == ("psp.fault_unknown", "faults")
    assert merchant.psp.next_ipn_at() is None
    assert merchant.psp.settlement(TODAY).rows == ()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("drop", "call.timeout"),
        ("silent", "call.timeout"),
        ("slow", "call.timeout"),
        ("cut", "json.malformed"),
        ("html", "json.malformed"),
        ("server_error", "http.500"),
        ("bad_signature", "signature.invalid"),
    ],
)
def test_no_bad_answer_makes_a_paid_order_anything_but_unknown(merchant: Merchant, fault: str, reason: str) -> None:
    merchant.psp.pay(merchant.page())
    merchant.psp.arm([fault])
    assert merchant.query(merchant.order()) == Answer(Outcome.UNKNOWN, reason)
    assert merchant.query(merchant.order()).outcome is Outcome.PAID  # it hit once


def test_faults_hit_one_call_each_in_their_order(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.page())
    merchant.psp.arm(["html", "server_error"])
    merchant.psp.arm(["drop"])
    reasons = [merchant.query(merchant.order()).reason for _ in range(4)]
    assert reasons == ["json.malformed", "http.500", "call.timeout", ""]


@pytest.mark.parametrize("fault", sorted(CALL_FAULTS - {"drop"}))
def test_a_refund_whose_answer_is_lost_is_carried_out_once(tmp_path: Path, clock: Any, fault: str) -> None:
    with opened(tmp_path / "psp.db", "vnpay", clock, refunds=True) as psp:
        merchant = Merchant(psp, "vnpay", clock)
        psp.pay(merchant.page())
        wanted = Refund("R1", 50_000, "Nop thua", "thuquy01")
        call = VNPay().refund(merchant.order(), wanted, merchant.desk())
        psp.arm([fault])
        assert merchant.send(call).outcome is Outcome.UNKNOWN
        assert merchant.send(call) == Answer(Outcome.UNKNOWN, "call.repeated", "94")
        assert [row.gross for row in psp.settlement(TODAY).rows] == [50_000, -50_000]


@pytest.mark.parametrize("fault", sorted(CALL_FAULTS))
def test_a_start_whose_answer_is_lost_is_asked_about_and_never_doubled(tmp_path: Path, clock: Any, fault: str) -> None:
    with opened(tmp_path / "psp.db", "vnptpay", clock) as psp:
        merchant = Merchant(psp, "vnptpay", clock)
        psp.arm([fault])
        begun = merchant.start(merchant.order())
        assert not isinstance(begun, Redirect)
        assert (begun.outcome, begun.pay_url) == (Outcome.UNKNOWN, "")
        asked = merchant.query(merchant.order())
        assert asked.outcome is Outcome.UNKNOWN
        assert asked.reason == ("order.unknown" if fault == "drop" else "status.")


def test_a_patient_caller_gets_the_slow_answer() -> None:
    call = Call("query", "POST", "https://psp.example", timeout_s=SLOW_S)
    assert spoiled("slow", call, Reply(200, b"{}")) == Reply(200, b"{}")
    with pytest.raises(PspSilent) as raised:
        spoiled("slow", Call("query", "POST", "https://psp.example", timeout_s=SLOW_S - 1), Reply(200, b"{}"))
    assert raised.value.failure is Failure.TIMEOUT


def test_a_page_of_html_comes_with_success() -> None:
    call = Call("query", "POST", "https://psp.example")
    assert spoiled("html", call, Reply(200, b"{}")) == Reply(200, HTML, "text/html")
    assert spoiled("server_error", call, Reply(200, b"{}")) == Reply(500, b"{}")
