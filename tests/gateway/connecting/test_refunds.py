"""A refund leaves once: by VNPAY to the payer, whatever is lost, repeated or killed between the call and its record."""

from __future__ import annotations

import os
import signal

import pytest

from connectors.contract import Call
from gateway.connecting import lane, refunds, send
from gateway.connecting.store import exchange
from gateway.kernel.outbox import event, job
from gateway.kernel.uow import Environment
from gateway.settlement.refund import model, way
from gateway.settlement.refund.store import RefundRow
from gateway.settlement.store import notice
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Counter, Fair
from tests.gateway.settlement.office import GROUND, Office
from tests.gateway.settlement.test_kill import MOST_STATEMENTS, in_a_process_killed_at
from tests.town import AGENCY

DAY = 86_400


@pytest.fixture
def office(fair: Fair) -> Office:
    return Office(fair)


@pytest.fixture
def counter(fair: Fair) -> Counter:
    return fair.counters["vnpay"]


def ordered(fair: Fair, office: Office, amount: int | None = None) -> RefundRow:
    """A due paid by VNPAY whose money is to go back, approved and ordered."""
    payment, page = fair.begun("vnpay")
    fair.counters["vnpay"].psp.pay(page)
    fair.hear("vnpay")
    fair.work()
    due = fair.view(payment).dues[0].id
    return office.orders(office.approved(due_id=due, ground=GROUND, amount=amount))


def sent(counter: Counter) -> list[Call]:
    return [call for call in counter.calls if b'"refund"' in call.body]


def books(counter: Counter) -> int:
    """Đồng that the service has given back."""
    with counter.psp._book.reading():
        (total,) = counter.psp._book._db.execute("SELECT coalesce(sum(amount), 0) FROM refund").fetchone()
    return int(total)


def test_ordered_under_way_and_gone(fair: Fair, office: Office, counter: Counter, clock: HandClock) -> None:
    row = ordered(fair, office)
    fair.speak()
    assert office.now(row).status == "ordered", "accepted is not gone"
    assert len(sent(counter)) == 1 and books(counter) == 135_000
    for seconds in (10, 30, 120, 600, 3_600, DAY, DAY):
        clock.advance(seconds=seconds)
        fair.speak()
    assert office.now(row).status == "returned"
    assert office.kept() == (135_000, 0, 0, 135_000)
    assert len(sent(counter)) == 1
    fair.ties()


def test_refused_it_may_be_ordered_anew(fair: Fair, office: Office, counter: Counter) -> None:
    row = ordered(fair, office)
    counter.psp._refunds = False
    fair.speak()
    failed = office.now(row)
    assert (failed.status, failed.why) == ("failed", "refund.refused 95")
    assert office.orders(row, attempt=2).attempt == 2
    fair.ties()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["silent", "cut", "html", "server_error", "bad_signature"])
def test_without_a_whole_answer_it_is_asked_about_and_not_sent_again(
    fair: Fair, office: Office, counter: Counter, fault: str, clock: HandClock
) -> None:
    row = ordered(fair, office)
    counter.psp.arm([fault])
    fair.speak()
    for seconds in (10, 30, 120, 600, 3_600, DAY, DAY):
        clock.advance(seconds=seconds)
        fair.speak()
    assert len(sent(counter)) == 1 and books(counter) == 135_000
    assert office.now(row).status == "returned"
    fair.ties()


@pytest.mark.usefixtures("impatient")
def test_when_the_questions_are_over_a_person_sees_it(
    fair: Fair, office: Office, counter: Counter, clock: HandClock
) -> None:
    row = ordered(fair, office)
    counter.psp.arm(["drop"])  # it never arrived, and the provider cannot say so
    fair.speak()
    for seconds in (10, 30, 120, 600, 3_600, *[DAY] * 9):
        clock.advance(seconds=seconds)
        fair.speak()
    assert len(sent(counter)) == 1 and books(counter) == 0
    assert office.now(row).status == "ordered"
    assert [(one.kind, one.last_error) for one in fair.rows(job) if one.dead_at] == [(refunds.ASK, "refund.unanswered")]
    assert [one.kind for one in fair.rows(event)].count("refund.unanswered") == 1


def test_what_cannot_have_left_is_sent_when_it_can(fair: Fair, office: Office, clock: HandClock) -> None:
    row = ordered(fair, office)
    counter = fair.counters["vnpay"]
    counter.server.shutdown()
    counter.server.server_close()
    fair.speak()
    assert fair.rows(exchange)[-1].outcome == "not_sent"

    fair.counters["vnpay"] = Counter(counter.psp)
    with fair.environment.begin(actor="test", agency=AGENCY) as uow:
        from gateway import providers

        providers.use(uow, AGENCY, "vnpay", *fair.setting("vnpay"))
    clock.advance(seconds=30)
    fair.speak()
    assert len(sent(fair.counters["vnpay"])) == 1
    assert office.now(row).status == "ordered"


def test_killed_before_every_statement_it_is_executed_once(
    fair: Fair, office: Office, counter: Counter, clock: HandClock
) -> None:
    """SIGKILL before each statement of the worker's round in turn, the lease over in between."""
    row = ordered(fair, office)
    for step in range(1, MOST_STATEMENTS):
        if in_a_process_killed_at(fair.environment, step, lane.work):
            break
        clock.advance(minutes=5)
        assert len(sent(counter)) <= 1
    else:
        raise AssertionError("never lived to the end")
    assert step > 5
    for _ in range(9):
        clock.advance(days=1)
        fair.speak()
    assert len(sent(counter)) == 1 and books(counter) == 135_000
    assert office.now(row).status == "returned"
    fair.ties()


def test_killed_between_the_call_and_its_record(fair: Fair, office: Office, counter: Counter, clock: HandClock) -> None:
    row = ordered(fair, office)
    fair.environment.close()
    child = os.fork()
    if child == 0:  # pragma: no cover - the other process
        send.Spoken.record = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign,assignment]
        lane.work(Environment(fair.environment.settings, clock=clock))
        os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert books(counter) == 135_000
    assert [one.outcome for one in fair.rows(exchange)][-1] == "sending"
    for _ in range(4):
        clock.advance(days=1)
        fair.speak()
    assert len(sent(counter)) == 1 and books(counter) == 135_000
    assert office.now(row).status == "returned"


def test_a_part_goes_back_and_only_the_statement_can_say_when(fair: Fair, office: Office, counter: Counter) -> None:
    row = ordered(fair, office, amount=35_000)
    fair.speak()
    assert books(counter) == 35_000
    assert office.now(row).status == "ordered"


def test_only_what_a_provider_took_goes_back_by_it(fair: Fair, office: Office) -> None:
    """Bank money needs its statement line, and the bank's list leaves out what a provider sends back."""
    with pytest.raises(model.NotProven):
        office.approved(suspense_id=office.paid_twice(proven=False))
    payment, page = fair.begun("vnpay")
    fair.counters["vnpay"].psp.pay(page)
    fair.hear("vnpay")
    fair.work()
    approved = office.approved(due_id=fair.view(payment).dues[0].id, ground=GROUND)
    assert office.collects() == []
    with fair.environment.read() as connection:
        assert way.by_provider(connection, [office.now(approved)]) == {approved.id: "vnpay"}
    assert [row.line_id for row in fair.rows(notice) if row.connector == "vnpay"] == [None]
