"""What a lying wire makes of a call: UNKNOWN after the first byte, never a receipt, and never a second call that harms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Failure, Reply
from gateway.connecting import health, lane
from gateway.connecting import job as jobs
from gateway.connecting.exchange import redacted
from gateway.connecting.store import exchange
from gateway.kernel import outbox
from gateway.kernel.clock import system_clock
from gateway.kernel.outbox import job
from gateway.payments import channels
from gateway.worker import Worker
from tests.conftest import HandClock
from tests.gateway.connecting.fair import PSPS, Counter, Fair
from tests.town import AGENCY, LE_PHI

# A fault of the question, and the word under which the doubt is kept.
FAULTS: dict[str, tuple[Callable[[Counter], object], str]] = {
    "half an answer": (lambda c: c.faults.extend(["cut"] * 3), "call.cut"),
    "closed without a word": (lambda c: c.faults.extend(["refuse"] * 3), "call.cut"),
    "never answered, carried out": (lambda c: c.psp.arm(["silent"]), "call.timeout"),
    "never answered, lost": (lambda c: c.psp.arm(["drop"]), "call.timeout"),
    "dripping": (lambda c: c.faults.append("drip"), "call.timeout"),
    "500 that speaks of success": (lambda c: c.psp.arm(["server_error"]), "http.500"),
    "200 with a page": (lambda c: c.psp.arm(["html"]), "json.malformed"),
    "another's signature": (lambda c: c.psp.arm(["bad_signature"]), "signature.invalid"),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("name", PSPS)
@pytest.mark.parametrize(("fault", "word"), FAULTS.values(), ids=FAULTS)
def test_a_spoiled_answer_is_no_answer(
    fair: Fair, name: str, fault: Callable[[Counter], object], word: str, clock: HandClock
) -> None:
    payment, page = fair.begun(name)
    counter = fair.counters[name]
    counter.psp.pay(page, faults=["drop"])
    fault(counter)
    clock.advance(seconds=10)
    fair.speak()
    fair.work()
    assert fair.view(payment).status == "pending"
    last = fair.rows(exchange)[-1]
    assert (last.outcome, last.reason) == ("unknown", word)

    clock.advance(seconds=20)
    fair.speak()
    fair.work()
    assert fair.view(payment).status == "paid"
    assert len(fair.receipts()) == 1
    fair.ties()


def test_a_question_cut_off_is_repeated_at_once(fair: Fair, clock: HandClock) -> None:
    payment, page = fair.begun("vnpay")
    counter = fair.counters["vnpay"]
    counter.psp.pay(page, faults=["drop"])
    counter.faults.append("refuse")
    clock.advance(seconds=10)
    fair.speak()
    assert fair.rows(exchange)[-1].tries == 2
    fair.work()
    assert fair.view(payment).status == "paid"


@pytest.mark.parametrize(
    ("reply", "word"),
    [(Reply(302, b""), "http.302"), (Reply(200, b" " * (2 << 20)), "call.cut")],
    ids=["a redirect is not followed", "an answer has a size"],
)
def test_what_is_not_read(
    fair: Fair, clock: HandClock, monkeypatch: pytest.MonkeyPatch, reply: Reply, word: str
) -> None:
    fair.begun("vnpay")
    monkeypatch.setattr(fair.counters["vnpay"].psp, "handle", lambda _: reply)
    clock.advance(seconds=10)
    fair.speak()
    assert fair.rows(exchange)[-1].reason == word


def test_nothing_leaves_without_a_connection_and_it_is_tried_again(fair: Fair, clock: HandClock) -> None:
    payment = fair.payment(LE_PHI, channel="vnptpay")
    counter = fair.counters["vnptpay"]
    counter.server.shutdown()
    counter.server.server_close()
    fair.speak()
    assert [(row.outcome, row.reason) for row in fair.rows(exchange)] == [("not_sent", f"call.{Failure.NOT_SENT}")]
    assert fair.page(payment) is None

    fair.counters["vnptpay"] = Counter(counter.psp)
    with fair.environment.begin(actor="test", agency=AGENCY) as uow:
        from gateway import providers

        providers.use(uow, AGENCY, "vnptpay", *fair.setting("vnptpay"))
    clock.advance(seconds=10)
    fair.speak()
    assert fair.page(payment) is not None


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", ["drop", "silent"])
def test_a_start_without_answer_is_asked_about_not_repeated(fair: Fair, fault: str, clock: HandClock) -> None:
    """What never arrived is begun again. What arrived has a page nobody knows: the payer begins anew."""
    payment = fair.payment(LE_PHI, channel="vnptpay")
    counter = fair.counters["vnptpay"]
    counter.psp.arm([fault])
    fair.speak()
    assert [row.outcome for row in fair.rows(exchange)] == ["unknown"]
    assert len(counter.calls) == 1

    clock.advance(seconds=10)
    fair.speak()
    assert (fair.page(payment) is not None) == (fault == "drop")
    assert fair.view(payment).status == ("pending" if fault == "drop" else "failed")
    starts = [call for call in counter.calls if call.url.endswith("/init")]
    assert len(starts) == (2 if fault == "drop" else 1)


@pytest.mark.usefixtures("impatient")
def test_a_provider_that_does_not_answer_is_spared_and_probed(fair: Fair, clock: HandClock) -> None:
    counter = fair.counters["vnpay"]
    payments = [fair.begun("vnpay") for _ in range(4)]
    began = clock.moment
    counter.psp.arm(["server_error"] * 3)
    clock.advance(seconds=10)
    fair.speak()
    assert len(counter.calls) == 3, "the fourth was not sent: the circuit opened"
    with fair.environment.read() as connection:
        known = health.of(connection, AGENCY, "vnpay")
    assert (known.state, known.since, known.open_until) == (
        "failing",
        clock.moment,
        clock.moment + timedelta(seconds=30),
    )

    fair.at(began + timedelta(seconds=35))
    fair.speak()
    assert len(counter.calls) == 3
    counter.psp.arm(["server_error"])
    fair.at(began + timedelta(seconds=41))
    fair.speak()
    assert len(counter.calls) == 4, "one probe, and it failed"

    counter.psp.pay(payments[0][1], faults=["drop"])
    fair.at(began + timedelta(seconds=130))
    fair.speak()
    fair.work()
    with fair.environment.read() as connection:
        assert health.of(connection, AGENCY, "vnpay").state == "ok"
    assert {fair.view(payment).status for payment, _ in payments} == {"paid", "pending"}
    assert all(row.dead_at is None for row in fair.rows(job))


def test_secrets_are_taken_out_however_they_are_written() -> None:
    secrets = {"key": "a+b/c==", "several": "first-key second-key", "short": "ab"}
    text = b"x=a+b/c== y=a%2Bb%2Fc%3D%3D first-key;second-key ab"
    assert redacted(text, secrets) == b"x=[redacted] y=[redacted] [redacted];[redacted] ab"


def test_a_slip_of_ours_is_tried_with_patience_and_then_shown(
    fair: Fair, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slip(*_: object) -> None:
        raise AttributeError("a slip of the pen")

    monkeypatch.setitem(lane.HANDLERS, channels.START, slip)  # type: ignore[arg-type]
    fair.payment(LE_PHI, channel="vnptpay")
    for tried in range(1, jobs.MOST_ATTEMPTS + 1):
        fair.speak()
        (row,) = fair.rows(job)
        assert (row.attempts, row.last_error) == (tried, "AttributeError")
        assert (row.dead_at is not None) == (tried == jobs.MOST_ATTEMPTS)
        clock.advance(minutes=10)
    assert [one.kind for one in dead(fair)] == [channels.START]


def dead(fair: Fair) -> list[Any]:
    with fair.environment.read() as connection:
        return outbox.dead(connection)


def test_the_worker_speaks_beside_its_other_work(fair: Fair) -> None:
    """The lane of a running worker: begun, paid, told and signed without a hand."""
    fair.environment.clock = system_clock
    payment = fair.payment(LE_PHI, channel="vnptpay")
    worker = Worker(fair.environment)
    assert worker.run_until_quiet()
    page = fair.page(payment)
    assert page is not None
    fair.counters["vnptpay"].psp.pay(page)
    fair.hear("vnptpay")
    worker.run_until_quiet()
    assert [row.state for row in fair.receipts()] == ["signed"]
