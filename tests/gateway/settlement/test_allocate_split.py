"""One sum on several payments: chosen parts, two persons, to the đồng; what is left waits; what has not settled comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from gateway.settlement import allocate, allocate_undo, conservation
from gateway.settlement.allocate import NotAllocatable, Part, PartsInvalid, SamePerson
from gateway.settlement.allocation_store import allocation, allocation_undone
from gateway.settlement.refund.model import RefundRequest
from gateway.settlement.refund.request import request as ask_refund
from gateway.settlement.store import notice, suspense
from tests.gateway.settlement.office import Office
from tests.town import AGENCY, LE_PHI, PHI, Town

CLERK, BOSS = "officer:clerk", "officer:boss"
WHY = "Một lần chuyển cho hai hồ sơ, người nộp xác nhận"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def act(town: Town, actor: str, verb: Any, *more: Any) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more)


def task_of(town: Town) -> Any:
    [task] = [row for row in town.rows(suspense) if row.closed_at is None]
    return task


def sum_came(town: Town, amount: int, *, proven: bool = True) -> tuple[PaymentRow, PaymentRow]:
    """Two payments, and one transfer of `amount` that names neither."""
    first, second = town.payment(LE_PHI), town.payment(PHI)
    town.money_comes(first, amount, memo="nop phi hai ho so")
    if proven:
        Office(town).statement()
    return first, second


def split(town: Town, *parts: tuple[PaymentRow, int]) -> str:
    told = [Part(payment.id, amount) for payment, amount in parts]
    return str(act(town, CLERK, allocate.ask_split, task_of(town).id, told, WHY))


def test_two_officers_divide_it_and_each_payment_has_its_receipt(town: Town) -> None:
    first, second = sum_came(town, 195_000)
    asked = split(town, (first, 135_000), (second, 60_000))
    assert split(town, (first, 135_000), (second, 60_000)) == asked
    assert [row.id for row in act(town, BOSS, lambda uow, agency: allocate.waiting(uow.connection, agency))] == [asked]
    with pytest.raises(SamePerson):
        act(town, CLERK, allocate.agree, asked)
    assert act(town, BOSS, allocate.agree, asked) is True
    assert [town.view(one).status for one in (first, second)] == ["paid", "paid"]
    assert (town.suspended(), len(town.receipts())) == ({}, 2)
    with town.environment.read() as connection:
        [kept] = conservation.days(connection, AGENCY)
    assert (kept.money_in, kept.settled, kept.suspense) == (195_000, 195_000, 0)
    town.ties()


def test_what_no_part_takes_waits_on_and_goes_back_or_further(town: Town) -> None:
    first, second = sum_came(town, 300_000)
    act(town, BOSS, allocate.agree, split(town, (first, 135_000), (second, 60_000)))
    assert town.suspended() == {"unknown_reference": 105_000}
    rest, third = task_of(town), town.payment(PHI)
    assert act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, rest.id, third.id, WHY)) is True
    assert town.suspended() == {"over": 45_000}
    asked = RefundRequest(AGENCY, "k1", "Chuyển thừa", suspense_id=task_of(town).id)
    with town.environment.begin(actor=CLERK, agency=AGENCY) as uow:
        assert ask_refund(uow, asked).amount == 45_000
    lines = {row.line_id for row in town.rows(notice)}
    assert len(lines) == 1 and sum(row.counted for row in town.rows(notice)) == 300_000
    town.ties()


def test_a_part_may_be_less_than_the_payment_asks(town: Town) -> None:
    first, second = sum_came(town, 100_000)
    assert act(town, BOSS, allocate.agree, split(town, (first, 40_000), (second, 60_000))) is False
    assert (town.view(first).remaining, town.view(second).status) == (95_000, "paid")
    assert town.suspended() == {"under": 40_000}
    town.money_comes(first, 95_000)
    assert (town.view(first).status, town.suspended()) == ("paid", {})
    town.ties()


@pytest.mark.parametrize(
    ("amounts", "refusal"),
    [
        ((135_000, 60_001), NotAllocatable),  # more than the second asks
        ((135_000, 0), PartsInvalid),
        ((135_001, 60_000), NotAllocatable),
        ((), PartsInvalid),
    ],
)
def test_parts_that_do_not_fit_are_refused(town: Town, amounts: tuple[int, ...], refusal: type[Exception]) -> None:
    both = sum_came(town, 200_000)
    with pytest.raises(refusal):
        split(town, *zip(both, amounts, strict=False))
    assert town.suspended() == {"unknown_reference": 200_000}


def test_more_than_there_is_the_same_payment_twice_and_what_no_line_proves(town: Town) -> None:
    first, second = sum_came(town, 150_000, proven=False)
    with pytest.raises(NotAllocatable, match="statement line"):
        split(town, (first, 90_000), (second, 60_000))
    Office(town).statement()
    with pytest.raises(PartsInvalid):
        split(town, (first, 135_000), (second, 60_000))
    with pytest.raises(PartsInvalid):
        split(town, (first, 10_000), (first, 20_000))
    split(town, (first, 90_000), (second, 60_000))
    with pytest.raises(NotAllocatable):  # one proposal at a time
        split(town, (first, 100_000), (second, 50_000))
    town.ties()


def test_a_payment_that_was_paid_meanwhile_stops_the_whole_split(town: Town) -> None:
    first, second = sum_came(town, 195_000)
    asked = split(town, (first, 135_000), (second, 60_000))
    town.money_comes(second)
    with pytest.raises(NotAllocatable):
        act(town, BOSS, allocate.agree, asked)
    assert town.view(first).status == "pending"
    act(town, BOSS, allocate.decline, asked)
    assert {row.outcome for row in town.rows(allocation)} == {"declined"}
    town.ties()


def test_a_notice_that_comes_late_is_the_same_money(town: Town) -> None:
    first, second = town.payment(LE_PHI), town.payment(PHI)
    town.transfer(first, 200_000, memo="nop phi hai ho so")
    Office(town).statement()
    act(town, BOSS, allocate.agree, split(town, (first, 135_000), (second, 60_000)))
    town.deliver()
    town.work()
    assert sum(row.counted for row in town.rows(notice)) == 200_000
    assert "notice.contradicted" not in {row.kind for row in town.rows(leaf)}
    town.ties()


def test_held_parts_come_back_as_a_new_row_and_settled_ones_stay(town: Town) -> None:
    first, second = sum_came(town, 60_000)
    act(town, BOSS, allocate.agree, split(town, (first, 40_000), (second, 20_000)))
    [line] = {row.line_id for row in town.rows(notice)}
    assert act(town, CLERK, allocate_undo.take_back, [line]) == 2
    assert act(town, CLERK, allocate_undo.take_back, [line]) == 0
    assert town.suspended() == {"unknown_reference": 60_000}
    assert [town.view(one).row.received for one in (first, second)] == [0, 0]
    assert {row.outcome for row in town.rows(allocation)} == {"agreed"}
    assert sorted(row.amount for row in town.rows(allocation_undone)) == [20_000, 40_000]
    town.ties()
    big = max((row for row in town.rows(suspense) if row.closed_at is None), key=lambda row: row.amount)
    third = town.payment(LE_PHI)
    act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, big.id, third.id, WHY))
    town.money_comes(third, 95_000)
    with pytest.raises(NotAllocatable, match="refund"):
        act(town, CLERK, allocate_undo.take_back, [line])
    town.ties()


def test_money_that_was_held_for_another_payment_leaves_it(town: Town) -> None:
    first, second = town.payment(LE_PHI), town.payment(PHI)
    town.money_comes(first, 70_000)
    Office(town).statement()
    assert town.view(first).row.received == 70_000
    assert act(town, BOSS, allocate.agree, split(town, (second, 60_000), (first, 10_000))) is False
    assert (town.view(first).row.received, town.view(second).status) == (10_000, "paid")
    other = town.payment(PHI)
    act(town, BOSS, allocate.agree, act(town, CLERK, allocate.ask, task_of(town).id, other.id, WHY))
    assert (town.view(first).row.received, town.view(other).row.received) == (0, 10_000)
    town.ties()


def test_what_was_taken_back_stays_written(town: Town) -> None:
    first, second = sum_came(town, 60_000)
    act(town, BOSS, allocate.agree, split(town, (first, 40_000), (second, 20_000)))
    [line] = {row.line_id for row in town.rows(notice)}
    act(town, CLERK, allocate_undo.take_back, [line])
    for change in (sa.delete(allocation_undone), sa.update(allocation_undone).values(amount=1)):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            town.environment.begin(actor=CLERK, agency=AGENCY) as uow,
        ):
            uow.connection.execute(change)
