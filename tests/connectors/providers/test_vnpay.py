"""VNPAY's word counts as far as its signature reaches, and no answer that cannot be believed ever becomes a no."""

from __future__ import annotations

import json
import random
import socket
import time
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import (
    Answer,
    Call,
    Connector,
    Desk,
    Failure,
    Forged,
    Malformed,
    Notice,
    Order,
    OrderRefused,
    Outcome,
    Queryable,
    Received,
    Redirect,
    Refund,
    Refunder,
    Reply,
    Request,
    SettingMissing,
    Standing,
    Starter,
)
from connectors.providers.vnpay import VNPay
from connectors.providers.vnpay.fields import ANSWERED
from connectors.signing import hmac_sha512_sign, piped, sorted_form

GOLDEN = Path(__file__).parents[2] / "golden" / "connectors"
VECTORS = {vector["name"]: vector for vector in json.loads((GOLDEN / "psp_vectors.json").read_text())}
KEY = VECTORS["vnpay_pay_url"]["key"]
IPN = (GOLDEN / "vnpay_ipn.txt").read_text().strip()
FIELDS = {name: value for name, value in parse_qsl(IPN) if name != "vnp_SecureHash"}
QUERIED = (GOLDEN / "vnpay_querydr_answer.json").read_bytes()
REFUNDED = (GOLDEN / "vnpay_refund_answer.json").read_bytes()

PSP = VNPay()
DESK = Desk(
    settings={"tmn_code": "TESTTMN1", "host": "https://pay.example", "account": "113000000001"},
    secrets={"hash_secret": KEY},
    now=datetime(2026, 11, 21, 2, 20, tzinfo=UTC),
    nonce="R0001",
)
ORDER = Order(
    reference="PAY0001",
    amount=50_000,
    description="Nộp lệ phí hồ sơ DVC",
    created_at=datetime(2026, 11, 21, 2, 15, tzinfo=UTC),
    expires_at=datetime(2026, 11, 21, 2, 30, tzinfo=UTC),
    return_url="https://gw.example/return?x=1",
    payer_ip="127.0.0.1",
    provider_id="14271027",
)
WHOLE = Refund("R0002", 50_000, "Hoàn PAY0001", "thuquy01")
AT_TEN = replace(DESK, now=datetime(2026, 11, 21, 3, 0, tzinfo=UTC))


def get(query: str) -> Request:
    return Request("GET", "/callbacks/demo/vnpay", b"", query=query)


def receive(query: str, desk: Desk = DESK) -> Received:
    return PSP.receive(get(query), desk)


def signed(fields: Mapping[str, str]) -> str:
    """The query string under a fresh signature of VNPAY."""
    form = sorted_form(fields)
    return f"{form}&vnp_SecureHash={hmac_sha512_sign(form, KEY)}"


def notice(query: str) -> Notice:
    received = receive(query)
    assert isinstance(received, Notice), received
    return received


def answer(fields: Mapping[str, str], call: Call) -> bytes:
    """The answer under a fresh signature of VNPAY."""
    text = piped(fields.get(name, "") for name in ANSWERED[call.purpose])
    return json.dumps({**fields, "vnp_SecureHash": hmac_sha512_sign(text, KEY)}).encode()


def read(call: Call, body: bytes, status: int = 200) -> Answer:
    return PSP.read(call, Reply(status, body), DESK)


QUERY = PSP.query(ORDER, DESK)
REFUND = PSP.refund(ORDER, WHOLE, AT_TEN)
GENUINE: dict[str, str] = {k: v for k, v in json.loads(QUERIED).items() if k != "vnp_SecureHash"}
GENUINE_REFUND: dict[str, str] = {k: v for k, v in json.loads(REFUNDED).items() if k != "vnp_SecureHash"}


def test_it_keeps_the_contract_and_declares_what_it_has() -> None:
    for kept in (Connector, Starter, Queryable, Refunder):
        assert isinstance(PSP, kept)
    can = PSP.capabilities
    assert (can.starts, can.queries, can.refunds, can.answers_standing) == (True, True, True, True)
    assert can.issue_on == "notice"
    assert can.signed_fields >= {"event_id", "amount", "order_code", "outcome", "occurred_at"}
    assert can.signed_fields <= {field.name for field in fields(Notice)}


def test_the_page_is_the_golden_one() -> None:
    page = PSP.start(ORDER, DESK)
    assert page == Redirect((GOLDEN / "vnpay_pay_url.txt").read_text().strip(), ORDER.expires_at)
    assert VECTORS["vnpay_pay_url"]["signed_text"] in page.url
    assert page.url.endswith(VECTORS["vnpay_pay_url"]["signature"])
    assert "vnp_SecureHashType" not in page.url


def test_the_calls_are_the_golden_ones() -> None:
    for call, name in ((QUERY, "vnpay_querydr"), (REFUND, "vnpay_refund")):
        assert call.body + b"\n" == (GOLDEN / f"{name}.json").read_bytes()
        assert json.loads(call.body)["vnp_SecureHash"] == VECTORS[name]["signature"]
        assert (call.method, call.url) == ("POST", "https://pay.example/merchant_webapi/api/transaction")
        assert call.headers == {"content-type": "application/json"}


def test_a_query_may_be_repeated_and_a_refund_may_not() -> None:
    assert (QUERY.purpose, QUERY.safe_to_repeat, QUERY.idempotency_key) == ("query", True, "PAY0001")
    assert (REFUND.purpose, REFUND.safe_to_repeat, REFUND.idempotency_key) == ("refund", False, "R0002")


@pytest.mark.parametrize("amount", [5_000, 5_001, 123_457, 999_999_999])
def test_the_amount_travels_times_one_hundred_and_comes_back_exact(amount: int) -> None:
    page = dict(parse_qsl(PSP.start(replace(ORDER, amount=amount), DESK).url.partition("?")[2]))
    assert page["vnp_Amount"] == f"{amount}00"
    assert notice(signed({**FIELDS, "vnp_Amount": page["vnp_Amount"]})).amount == amount


def test_the_page_can_be_narrowed_to_one_way_to_pay_and_turned_to_english() -> None:
    desk = replace(DESK, settings={**DESK.settings, "bank_code": "VNPAYQR", "pay_url": "https://other.example/pay"})
    url = PSP.start(replace(ORDER, language="en"), desk).url
    page = dict(parse_qsl(url.partition("?")[2]))
    assert url.startswith("https://other.example/pay?")
    assert (page["vnp_BankCode"], page["vnp_Locale"]) == ("VNPAYQR", "en")


def test_the_description_loses_what_vnpay_does_not_take() -> None:
    told = 'Phí "đất" <b>&\n|100%|; số 7/HT'
    page = dict(parse_qsl(PSP.start(replace(ORDER, description=told), DESK).url.partition("?")[2]))
    assert page["vnp_OrderInfo"] == "Phi dat b 100 so 7/HT"
    empty = dict(parse_qsl(PSP.start(replace(ORDER, description="“”"), DESK).url.partition("?")[2]))
    assert empty["vnp_OrderInfo"] == "PAY0001"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": 0}, "order.amount_out_of_range", "amount"),
        ({"amount": -50_000}, "order.amount_out_of_range", "amount"),
        ({"amount": 4_999}, "order.amount_out_of_range", "amount"),
        ({"amount": 1_000_000_000}, "order.amount_out_of_range", "amount"),
        ({"reference": ""}, "order.reference_unreadable", "reference"),
        ({"reference": "PAY|1"}, "order.reference_unreadable", "reference"),
        ({"reference": "A" * 101}, "order.reference_unreadable", "reference"),
        ({"payer_ip": ""}, "order.address_unreadable", "payer_ip"),
        ({"payer_ip": "999.1.1.1"}, "order.address_unreadable", "payer_ip"),
        ({"return_url": "javascript:alert(1)"}, "order.address_unreadable", "return_url"),
        ({"expires_at": ORDER.created_at}, "order.expired", "expires_at"),
    ],
)
def test_an_order_that_vnpay_would_not_take_is_refused_here(change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(OrderRefused) as raised:
        PSP.start(replace(ORDER, **change), DESK)
    assert (raised.value.kind, raised.value.code, raised.value.field) == ("invalid", code, field)
    assert "999.1.1.1" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": 0}, "refund.amount_out_of_range"),
        ({"amount": 50_001}, "refund.amount_out_of_range"),
        ({"approved_by": ""}, "refund.approver_missing"),
        ({"refund_id": ""}, "call.id_missing"),
    ],
)
def test_a_refund_that_makes_no_sense_is_refused_here(change: dict[str, Any], code: str) -> None:
    with pytest.raises(OrderRefused, match=code):
        PSP.refund(ORDER, replace(WHOLE, **change), AT_TEN)


def test_a_part_is_a_refund_of_another_type() -> None:
    asked = json.loads(PSP.refund(ORDER, replace(WHOLE, amount=20_000), AT_TEN).body)
    assert (asked["vnp_TransactionType"], asked["vnp_Amount"]) == ("03", "2000000")


def test_a_query_needs_a_nonce_and_takes_any() -> None:
    with pytest.raises(OrderRefused, match="call.id_missing: nonce"):
        PSP.query(ORDER, replace(DESK, nonce=""))
    long = json.loads(PSP.query(ORDER, replace(DESK, nonce="ref_" + "9" * 40)).body)["vnp_RequestId"]
    assert len(long) == 32
    assert long != json.loads(PSP.query(ORDER, replace(DESK, nonce="ref_" + "8" * 40)).body)["vnp_RequestId"]


def test_a_genuine_notice() -> None:
    assert replace(notice(IPN), fingerprint="") == Notice(
        event_id="14271027-00-00",
        fingerprint="",
        outcome=Outcome.PAID,
        amount=50_000,
        currency="VND",
        direction="CRDT",
        account="113000000001",
        memo="Nop le phi ho so DVC",
        order_code="PAY0001",
        bank_reference="14271027",
        booked_on=date(2026, 11, 21),
        occurred_at=datetime(2026, 11, 21, 2, 17, 2, tzinfo=UTC),
        payer_bank="NCB",
    )


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_one_changed_character_of_a_signed_parameter_is_refused(name: str) -> None:
    value = FIELDS[name]
    for position, character in enumerate(value):
        other = "1" if character != "1" else "2"
        changed = {**FIELDS, name: value[:position] + other + value[position + 1 :]}
        query = f"{sorted_form(changed)}&vnp_SecureHash={IPN.rpartition('=')[2]}"
        assert receive(query) == Forged("signature.invalid")


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_parameter_left_out_or_emptied_is_refused(name: str) -> None:
    rest = {key: value for key, value in FIELDS.items() if key != name}
    query = f"{sorted_form(rest)}&vnp_SecureHash={IPN.rpartition('=')[2]}"
    assert receive(query) == Forged("signature.invalid")
    assert receive(f"{name}=&{query}") == Forged("signature.invalid")


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda q: q.replace("+", "%20"), id="blank as %20"),
        pytest.param(lambda q: "&".join(reversed(q.split("&"))), id="other order"),
        pytest.param(lambda q: q.replace("DVC", "%44VC"), id="needless escape"),
        pytest.param(lambda q: q.replace("vnp_TxnRef", "vnp%5FTxnRef"), id="escaped name"),
        pytest.param(lambda q: q[:-128] + q[-128:].upper(), id="upper-case hash"),
        pytest.param(lambda q: q + "&utm_source=x&utm_source=y", id="foreign parameters"),
        pytest.param(lambda q: q + "&vnp_SecureHashType=HMACSHA512", id="hash type of older versions"),
        pytest.param(lambda q: "vnp_Nothing=&" + q, id="an empty parameter"),
        pytest.param(lambda q: "&" + q + "&", id="empty pairs"),
    ],
)
def test_the_same_message_written_otherwise_says_the_same(written: Callable[[str], str]) -> None:
    assert notice(written(IPN)) == notice(IPN)


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        (IPN + "&vnp_Extra=1", Forged("signature.invalid")),
        (IPN.replace("vnp_TxnRef", "vnp_txnref"), Forged("signature.invalid")),
        (IPN.replace("vnp_TxnRef", "VNP_TxnRef"), Forged("signature.invalid")),
        (IPN.replace("PAY0001", "pay0001"), Forged("signature.invalid")),
        (IPN.replace("Nop+le+phi", "Nop++le+phi"), Forged("signature.invalid")),
        (IPN.replace("&vnp_SecureHash=", "&SecureHash="), Forged("signature.missing")),
        (IPN.partition("&vnp_SecureHash=")[0] + "&vnp_SecureHash=", Forged("signature.missing")),
        (IPN[:-1], Forged("signature.invalid")),
        (IPN[:-128] + "0" * 128, Forged("signature.invalid")),
        (IPN[:-128] + "đ" * 128, Forged("signature.invalid")),
        (IPN + "&vnp_Amount=5000000", Malformed("field.repeated", "vnp_Amount")),
        (IPN + "&vnp%5FAmount=1", Malformed("field.repeated", "vnp_Amount")),
        (IPN + "&vnp_Amount=", Malformed("field.repeated", "vnp_Amount")),
        (IPN + f"&vnp_SecureHash={'0' * 128}", Malformed("field.repeated", "vnp_SecureHash")),
        (IPN + "&vnp_x-y=1", Malformed("query.malformed")),
        ("", Malformed("query.empty")),
        ("vnp_A=%FF%FE", Malformed("query.not_utf8")),
        ("vnp_A=%00", Malformed("field.not_text", "query")),
        ("vnp_A=\ud800", Malformed("field.not_text", "query")),
        ("vnp_A=" + "1" * 9000, Malformed("query.too_large")),
        ("vnp_A=" + "1" * 2001, Malformed("field.too_long", "query")),
    ],
)
def test_what_two_readers_could_read_differently_is_not_believed(query: str, verdict: Received) -> None:
    assert receive(query) == verdict


def test_composed_and_decomposed_accents_are_different_texts() -> None:
    composed = signed({**FIELDS, "vnp_OrderInfo": unicodedata.normalize("NFC", "Nộp lệ phí")})
    assert notice(composed).memo == "Nộp lệ phí"
    swapped = composed.replace(quote_plus("ộ"), quote_plus(unicodedata.normalize("NFD", "ộ")))
    assert swapped != composed
    assert receive(swapped) == Forged("signature.invalid")
    assert notice(composed.replace(quote_plus("ộ"), quote("ộ").lower())) == notice(composed)


def test_a_stranger_signs_nothing() -> None:
    form = sorted_form(FIELDS)
    assert receive(f"{form}&vnp_SecureHash={hmac_sha512_sign(form, 'another secret')}") == Forged("signature.invalid")


@pytest.mark.parametrize(
    ("response", "status", "outcome"),
    [
        ("00", "00", Outcome.PAID),
        ("24", "02", Outcome.CANCELLED),
        ("51", "02", Outcome.FAILED),
        ("11", "02", Outcome.FAILED),
        ("00", "01", Outcome.UNKNOWN),
        ("00", "02", Outcome.UNKNOWN),
        ("00", "04", Outcome.UNKNOWN),
        ("00", "07", Outcome.UNKNOWN),
        ("07", "07", Outcome.UNKNOWN),
        ("07", "02", Outcome.UNKNOWN),
        ("51", "00", Outcome.UNKNOWN),
        ("51", "01", Outcome.UNKNOWN),
        ("00", "88", Outcome.UNKNOWN),
        ("88", "02", Outcome.UNKNOWN),
        ("99", "02", Outcome.UNKNOWN),
    ],
)
def test_paid_needs_both_codes_and_failed_a_known_reason(response: str, status: str, outcome: Outcome) -> None:
    told = notice(signed({**FIELDS, "vnp_ResponseCode": response, "vnp_TransactionStatus": status}))
    assert told.outcome is outcome


def test_a_missing_status_is_no_payment() -> None:
    assert notice(signed({k: v for k, v in FIELDS.items() if k != "vnp_TransactionStatus"})).outcome is Outcome.UNKNOWN


def test_a_failure_without_a_number_of_vnpay_is_told_under_our_own() -> None:
    failed = {**FIELDS, "vnp_ResponseCode": "24", "vnp_TransactionStatus": "02", "vnp_TransactionNo": "0"}
    told = notice(signed({**failed, "vnp_PayDate": "", "vnp_BankTranNo": ""}))
    assert (told.event_id, told.bank_reference, told.booked_on) == ("PAY0001-24-02", "", None)


def test_a_suspect_payment_that_is_cleared_later_is_another_event() -> None:
    suspect = notice(signed({**FIELDS, "vnp_ResponseCode": "07", "vnp_TransactionStatus": "07"}))
    assert suspect.event_id != notice(IPN).event_id


@pytest.mark.parametrize(
    ("name", "value"), [("vnp_Amount", "6000000"), ("vnp_TxnRef", "PAY0002"), ("vnp_ResponseCode", "51")]
)
def test_other_content_has_another_fingerprint(name: str, value: str) -> None:
    assert notice(signed({**FIELDS, name: value})).fingerprint != notice(IPN).fingerprint


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        *(
            ("vnp_Amount", amount, "amount.unreadable")
            for amount in ("", "0", "000", "-5000000", "50000.00", "5000001")
        ),
        *(
            ("vnp_Amount", amount, "amount.unreadable")
            for amount in ("5e6", "05000000", "٥٠٠٠٠٠٠", "9" * 18 + "00", "đ")
        ),
        ("vnp_TransactionNo", "0", "field.unreadable"),
        ("vnp_TransactionNo", "1 2", "field.unreadable"),
        ("vnp_TxnRef", "", "field.unreadable"),
        ("vnp_TxnRef", "PAY 1", "field.unreadable"),
        ("vnp_PayDate", "", "date.unreadable"),
        ("vnp_PayDate", "20261131091702", "date.unreadable"),
        ("vnp_TmnCode", "OTHERTMN", "field.not_ours"),
    ],
)
def test_a_genuine_payment_that_cannot_be_read_names_its_field(name: str, value: str, reason: str) -> None:
    assert receive(signed({**FIELDS, name: value})) == Malformed(reason, name)


@given(st.text(max_size=300))
def test_any_query_gets_a_verdict_and_an_answer(query: str) -> None:
    received = receive(query)
    assert isinstance(received, Forged | Malformed)
    standing = Standing.FORGED if isinstance(received, Forged) else Standing.MALFORMED
    assert PSP.acknowledge(get(query), received, standing, DESK).status == 200


@given(st.binary(max_size=300), st.sampled_from(["GET", "POST", "PUT"]))
def test_a_body_proves_nothing(body: bytes, method: str) -> None:
    assert PSP.receive(Request(method, "/callbacks/demo/vnpay", body), DESK) == Malformed("query.empty")


@given(position=st.integers(0, len(IPN) - 1), character=st.characters())
def test_a_damaged_character_never_changes_what_the_signature_covers(position: int, character: str) -> None:
    received = receive(IPN[:position] + character + IPN[position + 1 :])
    if isinstance(received, Notice):
        assert received == notice(IPN)


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.RECORDED, "00"),
        (Standing.REPEATED, "02"),
        (Standing.UNKNOWN_REFERENCE, "01"),
        (Standing.AMOUNT_DIFFERS, "04"),
        (Standing.FORGED, "97"),
        (Standing.CONFLICTING, "99"),
        (Standing.MALFORMED, "99"),
        (Standing.BUSY, "99"),
    ],
)
def test_each_standing_has_its_code(standing: Standing, code: str) -> None:
    reply = PSP.acknowledge(get(IPN), notice(IPN), standing, DESK)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert json.loads(reply.body)["RspCode"] == code
    if standing is Standing.RECORDED:
        assert reply.body + b"\n" == (GOLDEN / "vnpay_ipn_answer.json").read_bytes()


def test_a_query_that_finds_the_money_tells_of_the_same_event_as_the_notice() -> None:
    told = read(QUERY, QUERIED)
    assert (told.outcome, told.amount, told.provider_id) == (Outcome.PAID, 50_000, "14271027")
    assert told.notice is not None
    assert (told.notice.event_id, told.notice.fingerprint) == (notice(IPN).event_id, notice(IPN).fingerprint)
    assert told.notice == notice(IPN)


@pytest.mark.parametrize("name", ANSWERED["query"])
def test_one_changed_character_of_a_signed_answer_is_not_believed(name: str) -> None:
    changed = {**json.loads(QUERIED), name: GENUINE.get(name, "") + "1"}
    assert read(QUERY, json.dumps(changed).encode()) == Answer(Outcome.UNKNOWN, "signature.invalid")


@pytest.mark.parametrize("name", ANSWERED["refund"])
def test_one_changed_character_of_a_refund_answer_is_not_believed(name: str) -> None:
    changed = {**json.loads(REFUNDED), name: GENUINE_REFUND.get(name, "") + "1"}
    assert read(REFUND, json.dumps(changed).encode()) == Answer(Outcome.UNKNOWN, "signature.invalid")


@pytest.mark.parametrize(
    ("kind", "status", "outcome"),
    [
        ("01", "00", Outcome.PAID),
        ("01", "02", Outcome.FAILED),
        ("01", "01", Outcome.UNKNOWN),
        ("01", "04", Outcome.UNKNOWN),
        ("01", "05", Outcome.UNKNOWN),
        ("01", "06", Outcome.UNKNOWN),
        ("01", "07", Outcome.UNKNOWN),
        ("01", "09", Outcome.UNKNOWN),
        ("01", "88", Outcome.UNKNOWN),
        ("02", "00", Outcome.REVERSED),
        ("02", "09", Outcome.UNKNOWN),
        ("03", "00", Outcome.UNKNOWN),
        ("", "00", Outcome.UNKNOWN),
    ],
)
def test_what_a_query_answer_means(kind: str, status: str, outcome: Outcome) -> None:
    body = answer({**GENUINE, "vnp_TransactionType": kind, "vnp_TransactionStatus": status}, QUERY)
    told = read(QUERY, body)
    assert (told.outcome, told.provider_code) == (outcome, status)
    assert (told.notice is not None) == (outcome is Outcome.PAID)
    assert (told.reason == "") == (outcome is not Outcome.UNKNOWN)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91", "order.unknown"),
        ("94", "call.repeated"),
        ("97", "signature.refused"),
        ("95", "refund.refused"),
        ("99", "code.unknown"),
        ("", "code.unknown"),
    ],
)
def test_an_answer_without_success_says_nothing_of_the_payment(code: str, reason: str) -> None:
    body = answer({**GENUINE, "vnp_ResponseCode": code}, QUERY)
    assert read(QUERY, body) == Answer(Outcome.UNKNOWN, reason, code)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("00", Outcome.REVERSED),
        ("05", Outcome.PENDING),
        ("06", Outcome.PENDING),
        ("09", Outcome.FAILED),
        ("07", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
    ],
)
def test_what_a_refund_answer_means(status: str, outcome: Outcome) -> None:
    told = read(REFUND, answer({**GENUINE_REFUND, "vnp_TransactionStatus": status}, REFUND))
    assert (told.outcome, told.amount, told.notice) == (outcome, 50_000, None)


def test_a_refund_is_refused_only_by_the_code_that_says_so() -> None:
    refused = read(REFUND, answer({**GENUINE_REFUND, "vnp_ResponseCode": "95"}, REFUND))
    assert (refused.outcome, refused.reason) == (Outcome.FAILED, "refund.refused")
    for code in ("91", "94", "97", "99", "03"):
        assert read(REFUND, answer({**GENUINE_REFUND, "vnp_ResponseCode": code}, REFUND)).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("call", "fields", "name", "value"),
    [
        (QUERY, GENUINE, "vnp_TxnRef", "PAY0002"),
        (QUERY, GENUINE, "vnp_TxnRef", ""),
        (QUERY, GENUINE, "vnp_TmnCode", "OTHERTMN"),
        (QUERY, GENUINE, "vnp_Command", "refund"),
        (REFUND, GENUINE_REFUND, "vnp_Amount", "6000000"),
        (REFUND, GENUINE_REFUND, "vnp_TxnRef", "PAY0002"),
        (REFUND, {**GENUINE_REFUND, "vnp_ResponseCode": "95"}, "vnp_TxnRef", ""),
    ],
)
def test_a_genuine_answer_to_another_question_is_no_answer(
    call: Call, fields: dict[str, str], name: str, value: str
) -> None:
    told = read(call, answer({**fields, name: value}, call))
    assert (told.outcome, told.reason) == (Outcome.UNKNOWN, "field.not_asked")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Failure.NOT_SENT, "call.not_sent"),
        (Failure.TIMEOUT, "call.timeout"),
        (Failure.CUT, "call.cut"),
        (Reply(500, QUERIED), "http.500"),
        (Reply(502, b"<html>Bad gateway</html>", "text/html"), "http.502"),
        (Reply(302, QUERIED), "http.302"),
        (Reply(404, b"{}"), "http.404"),
        (Reply(200, b"<!DOCTYPE html><html></html>", "text/html"), "json.malformed"),
        (Reply(200, QUERIED[: len(QUERIED) // 2]), "json.malformed"),
        (Reply(200, QUERIED.rstrip()[:-1]), "json.malformed"),
        (Reply(200, b""), "body.empty"),
        (Reply(200, b"[]"), "json.not_an_object"),
        (Reply(200, b"{}"), "signature.missing"),
        (Reply(200, QUERIED.replace(b'"00"', b'"02"', 1)), "signature.invalid"),
        (Reply(200, QUERIED.replace(b'"5000000"', b"[5000000]")), "field.not_text"),
        (Reply(200, QUERIED.replace(b'"vnp_Amount"', b'"vnp_Amount": "1", "vnp_Amount"')), "json.name_repeated"),
    ],
)
def test_what_is_no_answer_leaves_the_payment_unknown_and_never_failed(reply: Reply | Failure, reason: str) -> None:
    assert PSP.read(QUERY, reply, DESK) == Answer(Outcome.UNKNOWN, reason)
    assert PSP.read(REFUND, reply, DESK).outcome is Outcome.UNKNOWN


@given(st.binary(max_size=300), st.integers(100, 599))
def test_any_answer_gets_a_verdict(body: bytes, status: int) -> None:
    for call in (QUERY, REFUND):
        assert read(call, body, status).outcome is Outcome.UNKNOWN


@given(position=st.integers(0, len(QUERIED) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_never_changes_an_answer(position: int, byte: int) -> None:
    told = read(QUERY, QUERIED[:position] + bytes([byte]) + QUERIED[position + 1 :])
    assert told == read(QUERY, QUERIED) or told.outcome is Outcome.UNKNOWN


def test_a_paid_answer_that_cannot_be_read_is_unknown_and_says_why() -> None:
    body = answer({**GENUINE, "vnp_Amount": "5000001"}, QUERY)
    assert read(QUERY, body) == Answer(Outcome.UNKNOWN, "amount.unreadable", "00")


def test_the_same_input_gives_the_same_bytes_without_clock_chance_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list[object]:
        made = [PSP.start(ORDER, DESK), PSP.query(ORDER, DESK), PSP.refund(ORDER, WHOLE, AT_TEN), receive(IPN)]
        return [*made, read(QUERY, QUERIED), PSP.acknowledge(get(IPN), notice(IPN), Standing.RECORDED, DESK)]

    before = everything()

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a connector is a pure function")

    for module, name in ((time, "time"), (random, "random"), (random, "getrandbits"), (socket, "socket")):
        monkeypatch.setattr(module, name, forbidden)
    assert everything() == before


@pytest.mark.parametrize("name", ["tmn_code", "host", "account", "hash_secret"])
def test_a_missing_setting_or_secret_is_named(name: str) -> None:
    without = replace(
        DESK,
        settings={key: value for key, value in DESK.settings.items() if key != name},
        secrets={key: value for key, value in DESK.secrets.items() if key != name},
    )
    assert name in (*PSP.capabilities.settings, *PSP.capabilities.secrets)
    with pytest.raises(SettingMissing, match=name):
        PSP.start(ORDER, without) if name == "host" else receive(IPN, without)


def test_no_secret_and_no_payer_is_in_any_repr_or_error() -> None:
    order = replace(ORDER, payer_ip="203.0.113.9")
    redirect = PSP.start(order, DESK)
    shown = repr([DESK, order, WHOLE, redirect, QUERY, REFUND, read(QUERY, QUERIED), notice(IPN)])
    assert KEY not in shown
    assert "203.0.113.9" not in shown
    assert "thuquy01" not in shown
    with pytest.raises(SettingMissing) as raised:
        PSP.query(ORDER, replace(DESK, settings={}))
    assert KEY not in str(raised.value)
