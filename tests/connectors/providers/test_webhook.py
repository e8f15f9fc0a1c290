"""A webhook is believed while its signature is fresh, under either key while keys change, whatever names the sender uses."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Connector, Desk, Forged, Malformed, Notice, Outcome, Received, Reply, Request, Standing
from connectors.providers.webhook import Webhook
from connectors.providers.webhook.signature import sign
from connectors.simulators.webhook_sender import FAULTS, Credit, WebhookSender

VECTOR = json.loads((Path(__file__).parents[2] / "golden" / "connectors" / "webhook_vectors.json").read_text())
KEY = VECTOR["key"]
SENT_AT = VECTOR["timestamp"]
NOW = datetime(2025, 11, 21, 1, 55, tzinfo=UTC)  # the moment of the vector's timestamp

HOOK = Webhook()
DESK = Desk({}, NOW, secrets={"signing_keys": KEY})
FIELDS: dict[str, Any] = {
    "id": "WH1",
    "amount": 50_000,
    "account": "113000000001",
    "memo": "NOP LE PHI",
    "bank_reference": "FT1",
}
CREDIT = Credit("WH7", "113000000001", 50_000, "BLQGP1XF3A77", NOW - timedelta(seconds=3), payer_name="LE VAN BA")
SENDER = WebhookSender((KEY,))

# A sender with names of its own, as its settings say.
NAMED = {
    "signature_header": "X-SePay-Signature",
    "timestamp_header": "X-SePay-Timestamp",
    "field_amount": "transferAmount",
    "field_direction": "transferType",
    "field_memo": "content",
    "field_bank_reference": "referenceCode",
}


def post(body: bytes, signature: str, sent_at: str = SENT_AT) -> Request:
    return Request("POST", "/callbacks/demo/webhook", body, {"x-timestamp": sent_at, "x-signature": signature})


def signed(fields: object, key: str = KEY, sent_at: str = SENT_AT) -> Request:
    body = json.dumps(fields).encode()
    return post(body, f"sha256={sign(sent_at, body, key)}", sent_at)


def receive(request: Request, desk: Desk = DESK) -> Received:
    return HOOK.receive(request, desk)


def notice(request: Request, desk: Desk = DESK) -> Notice:
    received = receive(request, desk)
    assert isinstance(received, Notice), received
    return received


def setting(**values: str) -> Desk:
    return replace(DESK, settings=values)


def test_it_keeps_the_contract() -> None:
    assert isinstance(HOOK, Connector)
    assert HOOK.capabilities.issue_on == "notice"
    assert HOOK.capabilities.settings == ()


def test_a_published_rule_s_vector_is_read_under_the_sender_s_own_names() -> None:
    headers = {"x-sepay-timestamp": SENT_AT, "x-sepay-signature": f"sha256={VECTOR['signature']}"}
    request = Request("POST", "/callbacks/demo/webhook", VECTOR["body"].encode(), headers)
    assert replace(notice(request, setting(**NAMED)), fingerprint="") == Notice(
        event_id="92704",
        fingerprint="",
        outcome=Outcome.PAID,
        amount=50_000,
        currency="VND",
        direction="CRDT",
        account="",
        memo="DVC test",
        bank_reference="FT1",
    )


def test_facts_may_lie_inside_objects() -> None:
    desk = setting(field_amount="data.amount", field_id="data.id")
    assert notice(signed({"data": {"id": "A1", "amount": "7"}}), desk).amount == 7
    assert receive(signed({"data": ["A1"]}), desk) == Malformed("field.not_an_object", "data")
    assert receive(signed({"data": {"id": "A1"}}), desk) == Malformed("amount.unreadable", "data.amount")
    assert receive(signed({"id": "A1"}), desk) == Malformed("field.unreadable", "data.id")


@pytest.mark.parametrize("seconds", [-300, -1, 0, 299, 300])
def test_a_message_is_fresh_for_five_minutes_either_way(seconds: int) -> None:
    assert notice(signed(FIELDS), replace(DESK, now=NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_message_that_is_too_old_or_too_new_is_refused(seconds: int) -> None:
    assert receive(signed(FIELDS), replace(DESK, now=NOW + timedelta(seconds=seconds))) == Forged("timestamp.stale")


def test_the_tolerance_is_a_setting_and_nonsense_does_not_widen_it() -> None:
    late = replace(DESK, now=NOW + timedelta(seconds=301))
    assert notice(signed(FIELDS), replace(late, settings={"tolerance_s": "600"}))
    assert receive(signed(FIELDS), replace(late, settings={"tolerance_s": "always"})) == Forged("timestamp.stale")
    early = replace(DESK, now=NOW + timedelta(seconds=61), settings={"tolerance_s": "60"})
    assert receive(signed(FIELDS), early) == Forged("timestamp.stale")


def test_another_time_under_the_old_signature_is_refused() -> None:
    old = signed(FIELDS, sent_at="1763600000")
    moved = replace(old, headers={**old.headers, "x-timestamp": SENT_AT})
    assert receive(moved) == Forged("signature.invalid")


@pytest.mark.parametrize("sent_at", ["", "0", "-1763690100", "17636901", "1763690100.5", "١٧٦٣٦٩٠١٠٠", "9" * 14, "now"])
def test_a_time_that_is_none_is_refused(sent_at: str) -> None:
    assert receive(signed(FIELDS, sent_at=sent_at)) == Forged("timestamp.unreadable")


def test_the_time_may_come_in_milliseconds() -> None:
    assert notice(signed(FIELDS, sent_at=f"{SENT_AT}250"))


def test_either_key_fits_while_keys_change_and_the_old_one_only_until_it_is_taken_out() -> None:
    both = replace(DESK, secrets={"signing_keys": f"{KEY} the-next-key"})
    after = replace(DESK, secrets={"signing_keys": "the-next-key"})
    assert notice(signed(FIELDS), both) == notice(signed(FIELDS, "the-next-key"), both)
    assert notice(signed(FIELDS, "the-next-key"), after)
    assert receive(signed(FIELDS), after) == Forged("signature.invalid")


def test_a_sender_may_sign_with_both_its_keys() -> None:
    body = json.dumps(FIELDS).encode()
    ours, other = sign(SENT_AT, body, KEY), sign(SENT_AT, body, "another")
    for text in (f"sha256={other}, sha256={ours}", f"{ours.upper()},{other}", f"sha256={ours}"):
        assert notice(post(body, text))
    assert receive(post(body, ",".join([other] * 8 + [ours]))) == Forged("signature.invalid")


@pytest.mark.parametrize("text", ["sha256=", "sha1=ab", "không", "ab" * 31, "sha256=" + "0" * 64, ",", " , ,"])
def test_a_signature_that_is_none_is_refused(text: str) -> None:
    assert receive(post(json.dumps(FIELDS).encode(), text)) == Forged("signature.invalid")


@pytest.mark.parametrize("text", ["", "  "])
def test_without_a_signature_nothing_is_believed(text: str) -> None:
    assert receive(post(json.dumps(FIELDS).encode(), text)) == Forged("signature.missing")


@given(st.binary(max_size=300), st.text(max_size=80), st.text(max_size=20))
def test_no_stranger_is_believed(body: bytes, signature: str, sent_at: str) -> None:
    assert isinstance(receive(post(body, signature, sent_at)), Forged)


@given(st.binary(max_size=300))
def test_any_genuine_bytes_get_a_verdict(body: bytes) -> None:
    assert isinstance(receive(post(body, sign(SENT_AT, body, KEY))), Malformed | Notice)


@pytest.mark.parametrize(
    ("given", "outcome", "direction"),
    [
        ({}, Outcome.PAID, "CRDT"),
        ({"direction": "in"}, Outcome.PAID, "CRDT"),
        ({"direction": "OUT"}, Outcome.PAID, "DBIT"),
        ({"direction": "sideways"}, Outcome.UNKNOWN, "CRDT"),
        ({"status": "Paid"}, Outcome.PAID, "CRDT"),
        ({"status": "failed"}, Outcome.FAILED, "CRDT"),
        ({"status": "reversed"}, Outcome.REVERSED, "CRDT"),
        ({"status": "pending"}, Outcome.UNKNOWN, "CRDT"),
        ({"status": "paid", "direction": "?"}, Outcome.UNKNOWN, "CRDT"),
    ],
)
def test_words_mean_what_is_listed_and_nothing_else(given: dict[str, str], outcome: Outcome, direction: str) -> None:
    told = notice(signed({**FIELDS, **given}))
    assert (told.outcome, told.direction) == (outcome, direction)


def test_words_are_settings_and_one_in_two_lists_means_nothing() -> None:
    desk = setting(words_paid="DONE, OK", words_failed="KO, OK")
    for word, outcome in (("done", Outcome.PAID), ("ko", Outcome.FAILED), ("ok", Outcome.UNKNOWN), ("paid", "unknown")):
        assert notice(signed({**FIELDS, "status": word}), desk).outcome == outcome


@pytest.mark.parametrize(
    ("text", "moment", "day"),
    [
        ("2026-11-22T00:30:00+07:00", datetime(2026, 11, 21, 17, 30, tzinfo=UTC), date(2026, 11, 22)),
        ("2026-11-21T17:30:00Z", datetime(2026, 11, 21, 17, 30, tzinfo=UTC), date(2026, 11, 22)),
        ("2026-11-21 15:30:00", datetime(2026, 11, 21, 8, 30, tzinfo=UTC), date(2026, 11, 21)),
        ("1763690100", NOW, date(2025, 11, 21)),
        ("", None, None),
    ],
)
def test_the_moment_and_its_vietnamese_day(text: str, moment: datetime | None, day: date | None) -> None:
    told = notice(signed({**FIELDS, "occurred_at": text}))
    assert (told.occurred_at, told.booked_on) == (moment, day)


@pytest.mark.parametrize("text", ["2026-11-31 15:30:00", "21/11/2026", "2026-W47-6", "20261121", "hôm nay", "1e9"])
def test_a_moment_that_is_none_is_named(text: str) -> None:
    assert receive(signed({**FIELDS, "occurred_at": text})) == Malformed("date.unreadable", "occurred_at")


@pytest.mark.parametrize("amount", ["150.000", "150,000", 0, -5, 1.5, "1e5", None, True, [1]])
def test_an_unreadable_amount_is_never_a_number(amount: object) -> None:
    assert isinstance(receive(signed({**FIELDS, "amount": amount})), Malformed)


def test_the_decimals_that_dong_do_not_have_are_taken_if_they_are_zero() -> None:
    assert notice(signed({**FIELDS, "amount": "150000.00"})).amount == 150_000


@pytest.mark.parametrize(
    ("standing", "status", "body"),
    [
        (Standing.RECORDED, 200, {"success": True}),
        (Standing.REPEATED, 200, {"success": True}),
        (Standing.UNKNOWN_REFERENCE, 200, {"success": True}),
        (Standing.AMOUNT_DIFFERS, 200, {"success": True}),
        (Standing.FORGED, 401, {"success": False, "reason": "forged"}),
        (Standing.CONFLICTING, 409, {"success": False, "reason": "conflicting"}),
        (Standing.MALFORMED, 422, {"success": False, "reason": "malformed"}),
        (Standing.BUSY, 503, {"success": False, "reason": "busy"}),
    ],
)
def test_each_standing_has_its_status(standing: Standing, status: int, body: object) -> None:
    reply = HOOK.acknowledge(signed(FIELDS), notice(signed(FIELDS)), standing, DESK)
    assert (reply.status, json.loads(reply.body)) == (status, body)
    assert SENDER.again(reply) == (status != 200)


@pytest.mark.parametrize("fault", [None, *sorted(FAULTS)])
def test_whatever_the_sender_does_the_money_is_one_event(fault: str | None) -> None:
    faults = [fault, "duplicate"] if fault else []
    told = set()
    for delivery in SENDER.deliveries(CREDIT, NOW, faults, bits=lambda n: (1 << n) - 1):
        received = receive(delivery.request)
        if isinstance(received, Notice):
            assert delivery.genuine
            told.add(received)
        else:
            assert isinstance(received, Forged)
    assert [(notice.event_id, notice.amount) for notice in told] == [
        ("WH7", 500_000 if fault == "wrong_amount" else 50_000)
    ]


def test_a_sender_that_changes_its_key_is_understood_throughout() -> None:
    changing = replace(SENDER, keys=("the-next-key", KEY))
    (delivery,) = changing.deliveries(CREDIT, NOW, bits=lambda n: 0)
    assert notice(delivery.request).payer_name == "LE VAN BA"
    assert "LE VAN BA" not in repr(notice(delivery.request))
    assert KEY not in repr(changing)


def test_a_fault_that_does_not_exist_is_named() -> None:
    with pytest.raises(ValueError, match="no such fault: sulk"):
        SENDER.deliveries(CREDIT, NOW, ["sulk"], bits=lambda n: 0)


def test_a_sender_without_an_answer_calls_again() -> None:
    assert SENDER.again(None)
    assert not SENDER.again(Reply(204, b""))
