"""The simulated payment service takes orders, lets payers pay or not, tells, answers, refunds and settles."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from connectors.contract import Answer, Call, Notice, Outcome, Redirect, Refund, Request, Standing
from connectors.simulators.psp import Page
from connectors.simulators.psp_refused import PspRefused
from tests.connectors.simulators.merchant import HOOK, PROVIDERS, Merchant, opened

TODAY = date(2026, 11, 24)


@pytest.fixture(params=PROVIDERS)
def merchant(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> Iterator[Merchant]:
    with opened(tmp_path / "psp.db", request.param, clock) as psp:
        yield Merchant(psp, request.param, clock)


@pytest.fixture
def vnpay(tmp_path: Path, clock: Any) -> Iterator[Merchant]:
    with opened(tmp_path / "psp.db", "vnpay", clock, refunds=True, commission=Fraction(11, 1000)) as psp:
        yield Merchant(psp, "vnpay", clock)


def test_a_payer_pays_and_the_notice_and_the_query_tell_the_same_event(merchant: Merchant) -> None:
    page = merchant.page()
    assert merchant.psp.open(page) == Page("BLQGP1XF3A77", 50_000, "Nop le phi")
    visit = merchant.psp.pay(page)
    (told,) = merchant.paid()
    assert (told.outcome, told.amount, told.order_code) == (Outcome.PAID, 50_000, "BLQGP1XF3A77")
    assert (told.bank_reference, told.booked_on) == (visit.number, TODAY)
    assert merchant.take() == []
    asked = merchant.query(merchant.order())
    assert (asked.outcome, asked.amount, asked.provider_id) == (Outcome.PAID, 50_000, visit.number)
    assert asked.notice is not None
    assert (asked.notice.event_id, asked.notice.fingerprint) == (told.event_id, told.fingerprint)


def test_the_call_goes_to_the_hook(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.page())
    (outgoing,) = merchant.psp.due_ipns()
    assert outgoing.hook == outgoing.request.path == HOOK
    assert outgoing.request.method == ("GET" if merchant.provider == "vnpay" else "POST")


def test_a_payer_who_fails_is_told_of_and_has_paid_nothing(merchant: Merchant) -> None:
    visit = merchant.psp.fail(merchant.page())
    assert visit.number == ""
    (told,) = merchant.paid()
    assert told.outcome is Outcome.FAILED
    assert merchant.query(merchant.order()).outcome is Outcome.FAILED
    assert merchant.psp.settlement(TODAY).rows == ()


def test_a_payer_who_goes_back_is_told_of_as_such(vnpay: Merchant) -> None:
    vnpay.psp.fail(vnpay.page(), code="24")
    (told,) = vnpay.paid()
    assert (told.outcome, told.event_id) == (Outcome.CANCELLED, "BLQGP1XF3A77-24-02")


def test_of_a_payer_who_closes_the_window_nobody_hears_and_a_query_knows_nothing(merchant: Merchant) -> None:
    merchant.psp.abandon(merchant.page())
    assert merchant.psp.next_ipn_at() is None
    assert merchant.query(merchant.order()).outcome is Outcome.UNKNOWN
    merchant.psp.pay(merchant.page() if merchant.provider == "vnpay" else _page_again(merchant))
    assert [told.outcome for told in merchant.paid()] == [Outcome.PAID]


def _page_again(merchant: Merchant) -> str:
    """VNPT gives an order's address once: a merchant keeps it. Another order then."""
    page = merchant.page("BLQ000000001")
    assert isinstance(page, str)
    return page


def test_an_order_nobody_looked_at_is_unknown_to_vnpay(vnpay: Merchant) -> None:
    vnpay.page()
    assert vnpay.query(vnpay.order()) == Answer(Outcome.UNKNOWN, "order.unknown", "91")


def test_an_order_id_is_taken_once(merchant: Merchant) -> None:
    merchant.psp.open(merchant.page())
    if merchant.provider == "vnpay":
        dearer = merchant.connector.start(replace(merchant.order(), amount=60_000), merchant.desk())
        assert isinstance(dearer, Redirect)
        with pytest.raises(PspRefused, match="psp.order_used"):
            merchant.psp.open(dearer)
    else:
        assert merchant.start(merchant.order()) == Answer(Outcome.UNKNOWN, "order.used", "03")


def test_a_page_is_paid_once(merchant: Merchant) -> None:
    page = merchant.page()
    merchant.psp.pay(page)
    for act in (merchant.psp.open, merchant.psp.pay, merchant.psp.fail, merchant.psp.abandon):
        with pytest.raises(PspRefused, match="psp.order_closed"):
            act(page)
    assert len(merchant.paid()) == 1


def test_a_page_is_closed_after_its_time(vnpay: Merchant, clock: Any) -> None:
    page = vnpay.page()
    clock.advance(minutes=15)
    with pytest.raises(PspRefused, match="psp.order_expired"):
        vnpay.psp.pay(page)


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (lambda url: url.replace("5000000", "5000100"), "psp.signature_invalid"),
        (lambda url: url[:-1], "psp.signature_invalid"),
        (lambda url: "https://psp.example/", "psp.signature_invalid"),
        (lambda url: "", "psp.signature_invalid"),
    ],
)
def test_vnpay_opens_no_page_that_the_merchant_did_not_sign(vnpay: Merchant, target: Any, code: str) -> None:
    page = vnpay.page()
    assert isinstance(page, Redirect)
    with pytest.raises(PspRefused) as raised:
        vnpay.psp.pay(target(page.url))
    assert (raised.value.code, raised.value.field) == (code, "target")


@pytest.mark.parametrize(
    ("target", "code"),
    [("https://psp.example/pay/none", "psp.order_missing"), ("https://x/", "psp.address_unreadable")],
)
def test_vnpt_opens_no_page_it_did_not_hand_out(tmp_path: Path, clock: Any, target: str, code: str) -> None:
    with opened(tmp_path / "psp.db", "vnptpay", clock) as psp, pytest.raises(PspRefused, match=code):
        psp.open(target)


def test_the_browser_brings_back_what_the_notice_says_and_no_more(vnpay: Merchant) -> None:
    visit = vnpay.psp.pay(vnpay.page())
    assert visit.return_url.startswith("https://gw.example/back?")
    brought = vnpay.read(Request("GET", HOOK, b"", query=urlsplit(visit.return_url).query))
    (told,) = vnpay.paid()
    assert brought == told  # replayed at the hook it is the same event, and counted once


def test_an_unanswered_notification_comes_ten_times_five_minutes_apart(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page())
    waits, requests, start = [], set(), clock()
    said = [(0, b""), (500, b'{"RspCode":"00"}'), (200, b"<html>"), (200, b"[]"), (200, b'{"RspCode":["00"]}')]
    while (due := merchant.psp.next_ipn_at()) is not None:
        waits.append((due - start).total_seconds())
        clock.moment = due
        (outgoing,) = merchant.psp.due_ipns()
        requests.add((outgoing.request.query, outgoing.request.body))
        assert merchant.psp.due_ipns() == []  # leased: nobody else sends it meanwhile
        merchant.psp.answered(outgoing.id, *said[len(waits) % len(said)])
    assert waits == [300 * n for n in range(10)]
    assert len(requests) == 1  # word for word the same


@pytest.mark.parametrize("standing", list(Standing))
def test_only_recorded_and_repeated_end_the_calls(merchant: Merchant, clock: Any, standing: Standing) -> None:
    merchant.psp.pay(merchant.page())
    (outgoing,) = merchant.psp.due_ipns()
    merchant.answer(outgoing, standing)
    ended = standing in (Standing.RECORDED, Standing.REPEATED)
    assert merchant.psp.next_ipn_at() == (None if ended else clock() + timedelta(minutes=5))


def test_vnpt_believes_no_answer_that_is_not_signed(tmp_path: Path, clock: Any) -> None:
    with opened(tmp_path / "psp.db", "vnptpay", clock) as psp:
        merchant = Merchant(psp, "vnptpay", clock)
        psp.pay(merchant.page())
        (outgoing,) = psp.due_ipns()
        psp.answered(outgoing.id, 200, b'{"RESPONSE_CODE":"00","SECURE_CODE":"0"}')
        assert psp.next_ipn_at() is not None


def test_a_late_word_changes_nothing_and_an_unknown_id_is_refused(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.page())
    (outgoing,) = merchant.psp.due_ipns()
    merchant.answer(outgoing)
    merchant.psp.answered(outgoing.id, 500, b"")
    assert merchant.psp.next_ipn_at() is None
    with pytest.raises(PspRefused, match="psp.ipn_missing"):
        merchant.psp.answered(99, 200, b"{}")


def test_a_silent_merchant_is_called_again_after_the_lease(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.page())
    (first,) = merchant.psp.due_ipns()
    clock.advance(seconds=29)
    assert merchant.psp.due_ipns() == []
    clock.advance(seconds=1)
    assert merchant.psp.due_ipns() == [first]


def test_the_same_request_id_on_the_same_day_is_a_repeat(vnpay: Merchant, clock: Any) -> None:
    vnpay.psp.pay(vnpay.page())
    call = vnpay.connector.query(vnpay.order(), vnpay.desk())
    assert vnpay.send(call).outcome is Outcome.PAID
    assert vnpay.send(call) == Answer(Outcome.UNKNOWN, "call.repeated", "94")
    clock.advance(days=1)
    assert vnpay.send(call).outcome is Outcome.PAID


def test_a_query_for_another_moment_finds_nothing(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.page())
    other = replace(merchant.order(), created_at=merchant.clock() + timedelta(seconds=1))
    asked = merchant.query(other)
    assert (asked.outcome, asked.reason) == (Outcome.UNKNOWN, "order.unknown")


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"vnp_Command":"refund"}', b'{"A":'])
def test_calls_that_are_none_get_an_answer_and_do_nothing(merchant: Merchant, body: bytes) -> None:
    call = replace(merchant.connector.query(merchant.order(), merchant.desk()), body=body)
    assert merchant.psp.handle(call).status == 200
    assert merchant.psp.settlement(TODAY).rows == ()


def test_vnpt_opens_its_door_to_the_key_and_to_known_operations_only(tmp_path: Path, clock: Any) -> None:
    with opened(tmp_path / "psp.db", "vnptpay", clock) as psp:
        merchant = Merchant(psp, "vnptpay", clock)
        call = merchant.connector.start(merchant.order(), merchant.desk())
        assert isinstance(call, Call)
        assert psp.handle(replace(call, headers={})).status == 401
        assert psp.handle(replace(call, url=call.url.replace("init", "give"))).status == 404
        changed = replace(call, body=call.body.replace(b"50000", b"60000"))
        assert merchant.send(changed) == Answer(Outcome.FAILED, "signature.refused", "07")


def test_a_refund_is_closed_until_it_is_opened(tmp_path: Path, clock: Any) -> None:
    with opened(tmp_path / "psp.db", "vnpay", clock) as psp:
        merchant = Merchant(psp, "vnpay", clock)
        psp.pay(merchant.page())
        refused = merchant.refund(merchant.order(), Refund("R1", 50_000, "Nop thua", "thuquy01"))
        assert (refused.outcome, refused.reason) == (Outcome.FAILED, "refund.refused")
        assert len(psp.settlement(TODAY).rows) == 1


def test_what_was_never_paid_does_not_go_back(vnpay: Merchant) -> None:
    vnpay.psp.fail(vnpay.page())
    assert vnpay.refund(vnpay.order(), Refund("R1", 50_000, "Nop thua", "thuquy01")).outcome is Outcome.FAILED
    assert vnpay.psp.settlement(TODAY).rows == ()


def test_money_goes_back_in_parts_up_to_what_was_paid(vnpay: Merchant, clock: Any) -> None:
    order = vnpay.order()
    vnpay.psp.pay(vnpay.page())
    first = vnpay.refund(order, Refund("R1", 20_000, "Nop thua", "thuquy01"))
    assert (first.outcome, first.amount) == (Outcome.PENDING, 20_000)
    assert vnpay.refund(order, Refund("R1", 20_000, "Nop thua", "thuquy01")).reason == "call.repeated"
    assert vnpay.refund(order, Refund("R2", 30_001, "Nop thua", "thuquy01")).outcome is Outcome.FAILED
    assert vnpay.refund(order, Refund("R3", 30_000, "Nop thua", "thuquy01")).outcome is Outcome.PENDING
    assert vnpay.query(order).outcome is Outcome.PAID  # nothing has arrived yet
    clock.advance(days=1)
    assert vnpay.query(order).outcome is Outcome.REVERSED
    assert [row.net for row in vnpay.psp.settlement(TODAY).rows] == [49_450, -20_000, -30_000]


def test_the_file_of_a_day_ties_to_the_dong(vnpay: Merchant, clock: Any) -> None:
    for number, amount in enumerate((50_000, 5_001, 123_457), 1):
        vnpay.psp.pay(vnpay.page(f"BLQ{number:09d}", amount))
    clock.moment = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # midnight in Vietnam
    vnpay.psp.pay(vnpay.page("BLQ000000009", 70_000))
    day = vnpay.psp.settlement(TODAY)
    assert [row.commission for row in day.rows] == [550, 55, 1_358]
    assert (day.gross, day.commission, day.net) == (178_458, 1_963, 176_495)
    assert day.net == sum(row.net for row in day.rows)
    assert [row.reference for row in vnpay.psp.settlement(TODAY + timedelta(days=1)).rows] == ["BLQ000000009"]
    lines = day.csv().decode().split("\r\n")
    assert lines[0] == "batch_id,terminal,trade_date,reference,number,gross,mdr,net"
    assert lines[1] == "TESTTMN1-20261124,TESTTMN1,2026-11-24,BLQ000000001,14000001,50000,550,49450"
    assert len(lines) == 5


def test_the_same_clock_and_bits_give_the_same_bytes(tmp_path: Path, clock: Any) -> None:
    told = []
    for name in ("one", "two"):
        with opened(tmp_path / name, "vnpay", clock) as psp:
            merchant = Merchant(psp, "vnpay", clock)
            for number, faults in enumerate(([], ["duplicate", "bad_signature"], ["late"], ["reorder"])):
                psp.pay(merchant.page(f"BLQ{number:09d}"), faults=faults)
            clock.advance(seconds=10)
            told.append(([outgoing.request for outgoing in psp.due_ipns()], psp.settlement(TODAY).csv()))
            clock.advance(seconds=-10)
    assert told[0] == told[1]
    assert len(told[0][0]) >= 6


def test_no_secret_and_no_payer_is_in_any_repr(merchant: Merchant) -> None:
    page = merchant.page()
    visit = merchant.psp.pay(page)
    shown = repr([merchant.psp, visit, merchant.psp._wire])
    assert "not-real" not in shown
    (outgoing,) = merchant.psp.due_ipns()
    assert isinstance(merchant.read(outgoing.request), Notice)


def test_every_answer_is_json_in_utf8(merchant: Merchant) -> None:
    merchant.psp.open(merchant.page())
    reply = merchant.psp.handle(merchant.connector.query(merchant.order(), merchant.desk()))
    assert reply.content_type == "application/json"
    assert isinstance(json.loads(reply.body), dict)
