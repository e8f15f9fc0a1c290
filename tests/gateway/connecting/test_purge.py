"""Raw messages are forgotten after their date; what identifies them, and what waits for somebody, stays."""

from __future__ import annotations

from gateway.connecting.lane import ProviderLane
from gateway.connecting.store import exchange
from gateway.settlement.store import inbox, inbox_refused
from tests.conftest import HandClock
from tests.gateway.connecting.fair import Fair
from tests.town import LE_PHI


def test_after_two_years(fair: Fair, clock: HandClock) -> None:
    payment, page = fair.begun("vnpay")
    fair.counters["vnpay"].psp.pay(page)
    clock.advance(seconds=10)
    fair.speak()
    fair.transfer(fair.payment(LE_PHI), faults=["forged"])
    clock.advance(seconds=10)
    fair.deliver()
    fair.work()
    repeat = fair.counters["vnpay"].psp.due_ipns()[0].request

    clock.advance(days=729)
    assert ProviderLane(fair.environment).purge() == 0
    clock.advance(days=3)
    lane = ProviderLane(fair.environment)
    assert lane.purge() == 4
    assert lane.purge() == 0
    assert fair.rows(exchange) == [] and fair.rows(inbox_refused) == []
    assert [(row.raw_sealed, row.notice_sealed, row.state) for row in fair.rows(inbox)] == [(b"", None, "done")] * 2

    from gateway.settlement.inbox import receive
    from tests.town import AGENCY

    assert b'"02"' in receive(fair.environment, AGENCY, "vnpay", repeat).body, "a repeat is a repeat for ever"
    fair.work()
    assert fair.view(payment).status == "paid"
    fair.ties()
