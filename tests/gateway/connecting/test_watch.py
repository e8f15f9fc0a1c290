"""Silence is told from quiet: by money that only a question or a statement knew of, and by the usual rhythm of notices."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.connecting import health, watch
from gateway.connecting.doubts import doubts
from gateway.connecting.health import after_call
from gateway.connecting.model import OPENS_AFTER, Health, State, Traffic, pause, silent_since, usual_gap
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Fair
from tests.gateway.settlement.office import Office
from tests.town import AGENCY, LE_PHI

TUESDAY = datetime(2026, 11, 24, 1, 12, tzinfo=UTC)  # 08:12 in Vietnam


def known(fair: Fair, name: str) -> Health:
    watch.look(fair.environment)
    with fair.environment.read() as connection:
        return health.of(connection, AGENCY, name)


def sentences(fair: Fair) -> list[tuple[str, str]]:
    with fair.environment.read() as connection:
        return [(one.vi, one.en) for one in doubts(connection, AGENCY)]


def test_money_found_by_asking_while_no_notice_comes(fair: Fair, clock: HandClock) -> None:
    fair.at(TUESDAY - timedelta(seconds=10))
    payment, page = fair.begun("vnpay")
    fair.counters["vnpay"].psp.pay(page, faults=["drop"])
    clock.advance(seconds=10)
    fair.speak()
    assert known(fair, "vnpay").state == "ok", "a notice may still be on its way"
    clock.advance(seconds=61)
    assert known(fair, "vnpay").state == "silent"
    assert sentences(fair) == [("VNPAY: tin báo có chậm từ 08:12", "VNPAY: notices late since 08:12")]
    assert known(fair, "vnptpay").state == "ok"

    fair.counters["vnpay"].psp.pay(fair.begun("vnpay")[1])  # the next one is told of
    clock.advance(seconds=1)
    fair.hear("vnpay")
    assert known(fair, "vnpay").state == "ok"
    assert sentences(fair) == []
    fair.work()
    assert fair.view(payment).status == "paid"


def test_the_missed_notice_itself_ends_the_silence(fair: Fair, clock: HandClock) -> None:
    _, page = fair.begun("vnptpay")
    fair.counters["vnptpay"].psp.pay(page, faults=["late"])
    clock.moment += timedelta(seconds=10)
    fair.speak()
    clock.advance(seconds=61)
    assert known(fair, "vnptpay").state == "silent"
    fair.hear("vnptpay")
    assert known(fair, "vnptpay").state == "ok"


def test_money_on_the_statement_that_no_notice_told_of(fair: Fair, clock: HandClock) -> None:
    fair.at(TUESDAY)
    payment = fair.payment(LE_PHI)
    fair.transfer(payment, faults=["drop_notice"])
    clock.advance(hours=8)
    Office(fair).statement()
    fair.work()
    assert fair.view(payment).status == "paid"
    assert known(fair, "vietinbank").silent_since == TUESDAY
    assert sentences(fair)[0][0] == "VietinBank: tin báo có chậm từ 08:12"


def test_what_has_not_changed_is_not_written(fair: Fair) -> None:
    fair.money_comes(fair.payment(LE_PHI))
    assert watch.look(fair.environment) == 1
    assert watch.look(fair.environment) == 0


@pytest.mark.parametrize(
    ("after", "payments", "gap", "silent"),
    [
        (timedelta(minutes=16), 3, 60, True),
        (timedelta(minutes=14), 9, 60, False),  # a quarter of an hour is nothing
        (timedelta(minutes=16), 2, 60, False),  # nobody was there
        (timedelta(minutes=40), 9, 600, False),  # its usual gap is long
        (timedelta(minutes=61), 9, 600, True),
        (timedelta(hours=10), 9, 60, False),  # the office is closed
        (timedelta(days=1), 9, 60, False),  # another day has another rhythm
    ],
)
def test_the_usual_rhythm(after: timedelta, payments: int, gap: int, silent: bool) -> None:
    seen = Health(last_notice_at=TUESDAY, usual_gap_s=gap)
    found = silent_since(seen, Traffic(payments=payments), TUESDAY + after)
    assert found == (TUESDAY if silent else None)


def test_the_rhythm_is_learned_in_office_hours() -> None:
    begun = Health(last_notice_at=TUESDAY)
    assert usual_gap(begun, 4, TUESDAY + timedelta(minutes=4)) == 60
    assert usual_gap(begun, 1, TUESDAY + timedelta(hours=20)) is None
    assert usual_gap(Health(last_notice_at=TUESDAY, usual_gap_s=100), 1, TUESDAY + timedelta(seconds=50)) == 90


def test_slow_and_failing_come_and_go() -> None:
    one = Health()
    for _ in range(3):
        one = after_call(one, TUESDAY, True, 5_000)
    assert (one.state, one.since) == (State.SLOW, TUESDAY)
    for _ in range(OPENS_AFTER):
        one = after_call(one, TUESDAY + timedelta(minutes=1), False, 15_000)
    assert (one.state, one.since) == (State.FAILING, TUESDAY + timedelta(minutes=1))
    for _ in range(12):
        one = after_call(one, TUESDAY + timedelta(minutes=2), True, 100)
    assert one.state is State.OK
    assert [pause(failures).seconds for failures in (3, 4, 5, 6, 7, 8, 40)] == [30, 60, 120, 240, 480, 600, 600]
