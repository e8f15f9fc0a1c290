"""Money in suspense goes to the payment two officers name, settles there by the usual rules, and never twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from gateway.settlement import allocate
from gateway.settlement.allocate import AllocationMissing, NoReason, NotAllocatable, SamePerson
from gateway.settlement.store import suspense
from tests.town import AGENCY, LE_PHI, PHI, Town

CLERK, BOSS = "officer:clerk", "officer:boss"
WHY = "Người nộp gọi điện, đúng số tiền và giờ chuyển"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def lost(town: Town, amount: int | None = None) -> tuple[PaymentRow, str]:
    """A payment whose money came without its reference; the task that waits."""
    payment = town.payment(LE_PHI)
    town.money_comes(payment, amount, memo="nop phi")
    [task] = [row for row in town.rows(suspense) if row.closed_at is None]
    return payment, task.id


def act(town: Town, actor: str, verb: Any, *more: Any, agency: str = AGENCY) -> Any:
    with town.environment.begin(actor=actor, agency=agency) as uow:
        return verb(uow, agency, *more)


def test_two_officers_give_it_to_the_payment_and_the_receipt_follows(town: Town) -> None:
    payment, task = lost(town)
    asked = act(town, CLERK, allocate.ask, task, payment.id, WHY)
    assert act(town, CLERK, allocate.ask, task, payment.id, WHY) == asked
    with pytest.raises(SamePerson):
        act(town, CLERK, allocate.agree, asked)
    assert town.view(payment).status == "pending"
    assert act(town, BOSS, allocate.agree, asked) is True
    assert (town.view(payment).status, town.suspended(), len(town.receipts())) == ("paid", {}, 1)
    town.ties()


def test_too_little_is_held_until_the_rest_comes(town: Town) -> None:
    payment, task = lost(town, 100_000)
    assert act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, task, payment.id, WHY)) is False
    assert (town.suspended(), town.view(payment).remaining) == ({"under": 100_000}, 35_000)
    town.ties()
    town.money_comes(payment, 35_000)
    assert (town.view(payment).status, town.suspended()) == ("paid", {})
    town.ties()


def test_too_much_leaves_the_surplus_in_suspense(town: Town) -> None:
    payment, task = lost(town, 200_000)
    assert act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, task, payment.id, WHY)) is True
    assert (town.view(payment).status, town.suspended()) == ("paid", {"over": 65_000})
    town.ties()


def test_one_transfer_for_two_payments_goes_to_one_that_covers_both(town: Town) -> None:
    dossier = town.dossier(LE_PHI, PHI)
    payment = town.pay_for(dossier)
    first, second = town.payment(LE_PHI), town.payment(PHI)
    town.money_comes(payment, 195_000, memo=f"{first.reference} {second.reference}")
    [task] = [row.id for row in town.rows(suspense) if row.closed_at is None]
    assert act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, task, payment.id, WHY)) is True
    town.ties()


def test_a_second_transfer_may_go_to_another_payment(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment)
    town.money_comes(payment)  # once more
    [task] = [row for row in town.rows(suspense) if row.closed_at is None]
    other = town.payment(LE_PHI)
    asked = act(town, CLERK, allocate.ask, task.id, other.id, WHY)  # a transfer of its own: it may go elsewhere
    assert act(town, BOSS, allocate.agree, asked) is True
    town.ties()


@pytest.mark.parametrize("paid_first", [True, False])
def test_a_paid_payment_takes_no_more(town: Town, paid_first: bool) -> None:
    payment, task = lost(town)
    if paid_first:
        town.money_comes(payment)
        with pytest.raises(NotAllocatable):
            act(town, CLERK, allocate.ask, task, payment.id, WHY)
    else:
        asked = act(town, CLERK, allocate.ask, task, payment.id, WHY)
        town.money_comes(payment)
        with pytest.raises(NotAllocatable):
            act(town, BOSS, allocate.agree, asked)
    assert town.suspended() == {"unknown_reference": 135_000}
    town.ties()


def test_a_declined_proposal_leaves_the_money_for_another(town: Town) -> None:
    payment, task = lost(town)
    other = town.payment(LE_PHI)
    asked = act(town, CLERK, allocate.ask, task, payment.id, WHY)
    with pytest.raises(NotAllocatable):
        act(town, CLERK, allocate.ask, task, other.id, WHY)
    act(town, BOSS, allocate.decline, asked)
    act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, task, other.id, WHY))
    assert (town.view(payment).status, town.view(other).status) == ("pending", "paid")


def test_what_is_not_there_or_not_said_is_refused(town: Town) -> None:
    payment, task = lost(town)
    with pytest.raises(NoReason):
        act(town, CLERK, allocate.ask, task, payment.id, "  ")
    for wrong in (("sus_x", payment.id), (task, "pay_x")):
        with pytest.raises(AllocationMissing):
            act(town, CLERK, allocate.ask, *wrong, WHY)
    with pytest.raises(AllocationMissing):
        act(town, CLERK, allocate.ask, task, payment.id, WHY, agency="H99")


def test_agreeing_twice_at_once_settles_once(town: Town) -> None:
    payment, task = lost(town)
    asked = act(town, CLERK, allocate.ask, task, payment.id, WHY)

    def agree(actor: str) -> bool:
        try:
            return bool(act(town, actor, allocate.agree, asked))
        except ThuPhiError:
            return False

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(agree, (BOSS, "officer:other"))) == [False, True]
    assert len(town.receipts()) == 1
    town.ties()
