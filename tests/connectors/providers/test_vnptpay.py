"""VNPT Pay's word counts as far as its SECURE_CODE reaches, in both versions and both forms of its notification."""

from __future__ import annotations

import json
import random
import socket
import time
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

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
    Refunder,
    Reply,
    Request,
    SettingMissing,
    Standing,
    Starter,
)
from connectors.providers.vnptpay import VNPTPay
from connectors.providers.vnptpay.fields import VERSIONS
from connectors.signing import sha256_sign

GOLDEN = Path(__file__).parents[2] / "golden" / "connectors"
VECTORS = {vector["name"]: vector for vector in json.loads((GOLDEN / "psp_vectors.json").read_text())}
KEY = VECTORS["vnptpay_init"]["key"]
API_KEY = "api-key-not-real"

IPN = (GOLDEN / "vnptpay_ipn.json").read_bytes()
FORM = (GOLDEN / "vnptpay_ipn_form.txt").read_bytes().strip()
FIELDS: dict[str, str] = {name: value for name, value in json.loads(IPN).items() if name != "SECURE_CODE"}
STARTED = (GOLDEN / "vnptpay_init_answer.json").read_bytes()
QUERIED = (GOLDEN / "vnptpay_query_answer.json").read_bytes()
START_FIELDS: dict[str, str] = {k: v for k, v in json.loads(STARTED).items() if k != "SECURE_CODE"}
QUERY_FIELDS: dict[str, str] = {k: v for k, v in json.loads(QUERIED).items() if k != "SECURE_CODE"}

PSP = VNPTPay()
DESK = Desk(
    settings={"base_url": "https://pay.example/", "merchant_service_id": "470", "account": "113000000001"},
    secrets={"api_key": API_KEY, "secret_key": KEY},
    now=datetime(2026, 11, 21, 2, 17, 3, tzinfo=UTC),
)
ORDER = Order(
    reference="PAY0001",
    amount=50_000,
    description="Nộp lệ phí",
    created_at=datetime(2026, 11, 21, 2, 15, tzinfo=UTC),
    expires_at=datetime(2026, 11, 21, 2, 30, tzinfo=UTC),
    payer_ip="127.0.0.1",
)


def setting(**values: str) -> Desk:
    return replace(DESK, settings={**DESK.settings, **values})


def post(body: bytes) -> Request:
    return Request("POST", "/callbacks/demo/vnptpay", body)


def receive(body: bytes, desk: Desk = DESK) -> Received:
    return PSP.receive(post(body), desk)


def notice(body: bytes, desk: Desk = DESK) -> Notice:
    received = receive(body, desk)
    assert isinstance(received, Notice), received
    return received


def signed(fields: Mapping[str, str]) -> bytes:
    """The message under a fresh signature of VNPT over its values in their order."""
    return json.dumps({**fields, "SECURE_CODE": sha256_sign(fields.values(), KEY)}).encode()


def unsigned(fields: Mapping[str, object], original: bytes = IPN) -> bytes:
    """The message under the signature of another."""
    return json.dumps({**fields, "SECURE_CODE": json.loads(original)["SECURE_CODE"]}).encode()


def read(call: Call, body: bytes, status: int = 200, desk: Desk = DESK) -> Answer:
    return PSP.read(call, Reply(status, body), desk)


START = PSP.start(ORDER, DESK)
QUERY = PSP.query(ORDER, DESK)


def test_it_keeps_the_contract_and_offers_no_refund() -> None:
    for kept in (Connector, Starter, Queryable):
        assert isinstance(PSP, kept)
    assert not isinstance(PSP, Refunder)
    can = PSP.capabilities
    assert (can.starts, can.queries, can.refunds, can.answers_standing) == (True, True, False, True)
    assert can.signed_fields <= {field.name for field in fields(Notice)}


@pytest.mark.parametrize(
    ("settings", "url", "golden"),
    [
        ({}, "/v1.0.6/init", "vnptpay_init.json"),
        ({"version": "1.0.5"}, "/v1.0.5/init", "vnptpay_init_1.0.5.json"),
        ({"agency_id": "471"}, "/v1.0.6/init_m_merch", "vnptpay_init_m_merch.json"),
        ({"start_op": "pay_qrcode"}, "/v1.0.6/pay_qrcode", "vnptpay_pay_qrcode.json"),
    ],
)
def test_the_start_is_the_golden_one(settings: dict[str, str], url: str, golden: str) -> None:
    call = PSP.start(ORDER, setting(**settings))
    assert call.body + b"\n" == (GOLDEN / golden).read_bytes()
    assert (call.method, call.url) == ("POST", f"https://pay.example/rest/payment{url}")
    assert call.headers == {"content-type": "application/json", "authorization": f"Bearer {API_KEY}"}
    assert (call.purpose, call.safe_to_repeat, call.idempotency_key) == ("start", False, "PAY0001")


def test_the_signatures_of_the_vectors() -> None:
    assert json.loads(START.body)["SECURE_CODE"] == VECTORS["vnptpay_init"]["signature"]
    for name in ("vnptpay_init", "vnptpay_ipn", "vnptpay_ipn_answer"):
        vector = VECTORS[name]
        assert "|".join([*vector["fields"], vector["key"]]) == vector["signed_text"]
        assert sha256_sign(vector["fields"], vector["key"]) == vector["signature"]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "/v1.0.6/query"),
        ({"version": "1.0.5"}, "/v1.0.5/query_transaction"),
        ({"query_op": "query_transaction"}, "/v1.0.6/query_transaction"),
    ],
)
def test_the_query_asks_by_the_moment_of_the_start(settings: dict[str, str], url: str) -> None:
    call = PSP.query(ORDER, replace(setting(**settings), now=datetime(2027, 1, 1, tzinfo=UTC)))
    assert call.url == f"https://pay.example/rest/payment{url}"
    assert json.loads(call.body)["CREATE_DATE"] == "20261121091500"
    assert (call.purpose, call.safe_to_repeat) == ("query", True)
    assert QUERY.body + b"\n" == (GOLDEN / "vnptpay_query.json").read_bytes()


def test_an_order_of_fields_can_be_set() -> None:
    desk = setting(signed_init="ACTION, VERSION, AMOUNT")
    asked = json.loads(PSP.start(ORDER, desk).body)
    assert list(asked) == ["ACTION", "VERSION", "AMOUNT", "SECURE_CODE"]
    assert asked["SECURE_CODE"] == sha256_sign(["INIT", "1.0.6", "50000"], KEY)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 500_000_000}, "amount"),
        ({"reference": "PAY|0001"}, "reference"),
        ({"reference": ""}, "reference"),
        ({"payer_ip": "here"}, "payer_ip"),
    ],
)
def test_an_order_that_cannot_be_asked_for_is_refused_here(change: dict[str, Any], field: str) -> None:
    with pytest.raises(OrderRefused) as raised:
        PSP.start(replace(ORDER, **change), DESK)
    assert raised.value.field == field


@pytest.mark.parametrize("settings", [{"start_op": "refund"}, {"version": "1.0.5", "agency_id": "471"}])
def test_an_operation_that_the_version_has_not_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(OrderRefused, match="order.operation_unknown"):
        PSP.start(ORDER, setting(**settings))


def test_an_unknown_version_is_a_wrong_setting() -> None:
    for act in (lambda desk: PSP.query(ORDER, desk), lambda desk: PSP.receive(post(IPN), desk)):
        with pytest.raises(SettingMissing, match="version"):
            act(setting(version="2.0"))


def test_the_description_cannot_shift_the_signed_fields() -> None:
    asked = json.loads(PSP.start(replace(ORDER, description="Phí|đất|00"), DESK).body)
    assert asked["DESCRIPTION"] == "Phi dat 00"


@pytest.mark.parametrize(
    "body", [IPN, FORM, b" \r\n" + IPN, FORM + b"&other=1"], ids=["json", "form", "blanks", "more"]
)
def test_a_genuine_notice_in_either_form(body: bytes) -> None:
    assert replace(notice(body), fingerprint="") == Notice(
        event_id="VNPT0009-00",
        fingerprint="",
        outcome=Outcome.PAID,
        amount=50_000,
        currency="VND",
        direction="CRDT",
        account="113000000001",
        memo="",
        order_code="PAY0001",
        bank_reference="VNPT0009",
        booked_on=date(2026, 11, 21),
        occurred_at=datetime(2026, 11, 21, 2, 17, 2, tzinfo=UTC),
        payer_bank="VNPTPAY",
    )
    assert notice(body) == notice(IPN)


def test_numbers_and_nulls_are_signed_as_their_text() -> None:
    told = {**FIELDS, "AMOUNT": 50000, "ADDITIONAL_INFO": None}
    assert notice(unsigned(told)) == notice(IPN)
    assert notice(unsigned({k: v for k, v in told.items() if k != "ADDITIONAL_INFO"})) == notice(IPN)


def test_the_signature_may_come_in_upper_case_and_unsigned_fields_are_not_read() -> None:
    upper = json.dumps({**FIELDS, "SECURE_CODE": json.loads(IPN)["SECURE_CODE"].upper(), "STATUS": "paid twice"})
    assert notice(upper.encode()) == notice(IPN)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_one_changed_character_of_a_signed_field_is_refused(name: str) -> None:
    for position in range(len(FIELDS[name]) + 1):
        value = FIELDS[name]
        other = "1" if value[position : position + 1] != "1" else "2"
        changed = {**FIELDS, name: value[:position] + other + value[position + 1 :]}
        assert receive(unsigned(changed)) == Forged("signature.invalid")


@pytest.mark.parametrize("name", sorted(name for name, value in FIELDS.items() if value))
def test_a_signed_field_left_out_is_refused(name: str) -> None:
    assert receive(unsigned({k: v for k, v in FIELDS.items() if k != name})) == Forged("signature.invalid")


def test_a_keyed_hash_is_not_the_protocol() -> None:
    import hashlib
    import hmac

    code = hmac.new(KEY.encode(), "|".join(FIELDS.values()).encode(), hashlib.sha256).hexdigest()
    assert receive(json.dumps({**FIELDS, "SECURE_CODE": code}).encode()) == Forged("signature.invalid")


@pytest.mark.parametrize("code", ["", None, "0" * 64, "xyz", "đ" * 64])
def test_without_a_signature_nothing_is_believed(code: str | None) -> None:
    assert isinstance(receive(json.dumps({**FIELDS, "SECURE_CODE": code}).encode()), Forged)


def test_a_separator_in_a_value_cannot_shift_the_fields() -> None:
    text = [*FIELDS.values()]
    shifted = {**FIELDS, "MERCHANT_ORDER_ID": "PAY0001|50000", "AMOUNT": "VND", "CURRENCY_CODE": "VNPT0009"}
    shifted |= {"VNPTPAY_TRANSACTION_ID": "VNPTPAY", "PAYMENT_METHOD": "20261121091702", "PAY_DATE": ""}
    assert "|".join(shifted.values()) == "|".join(text) + "|"
    assert receive(signed(shifted)) == Malformed("field.ambiguous", "MERCHANT_ORDER_ID")


def test_the_free_text_at_the_end_may_hold_the_separator() -> None:
    assert notice(signed({**FIELDS, "ADDITIONAL_INFO": "quay|so|3"})).memo == "quay|so|3"


@pytest.mark.parametrize(
    ("code", "outcome"),
    [("00", Outcome.PAID), ("01", Outcome.FAILED)]
    + [(code, Outcome.UNKNOWN) for code in ("02", "03", "04", "06", "96", "99", "0", "000", "")],
)
def test_what_a_notice_means(code: str, outcome: Outcome) -> None:
    assert notice(signed({**FIELDS, "RESPONSE_CODE": code})).outcome is outcome


def test_a_failure_without_a_number_is_told_under_our_own() -> None:
    told = notice(signed({**FIELDS, "RESPONSE_CODE": "01", "VNPTPAY_TRANSACTION_ID": "", "PAY_DATE": ""}))
    assert (told.event_id, told.bank_reference, told.occurred_at) == ("PAY0001-01", "", None)


def test_the_currency_is_told_and_signed() -> None:
    assert notice(signed({**FIELDS, "CURRENCY_CODE": "USD"})).currency == "USD"
    assert notice(signed({**FIELDS, "CURRENCY_CODE": ""})).currency == "VND"


@pytest.mark.parametrize(
    ("name", "value"), [("AMOUNT", "60000"), ("MERCHANT_ORDER_ID", "PAY0002"), ("CURRENCY_CODE", "USD")]
)
def test_other_content_under_the_same_id_has_another_fingerprint(name: str, value: str) -> None:
    other = notice(signed({**FIELDS, name: value}))
    assert other.event_id == notice(IPN).event_id
    assert other.fingerprint != notice(IPN).fingerprint


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        *(("AMOUNT", amount, "amount.unreadable") for amount in ("", "0", "-1", "+1", "050000", "50000.00", "50.000")),
        *(("AMOUNT", amount, "amount.unreadable") for amount in ("50,000", "5e4", "٥", "9" * 16, "đ", " 50000")),
        ("VNPTPAY_TRANSACTION_ID", "", "field.unreadable"),
        ("VNPTPAY_TRANSACTION_ID", "A B", "field.unreadable"),
        ("MERCHANT_ORDER_ID", "", "field.unreadable"),
        ("PAY_DATE", "", "date.unreadable"),
        ("PAY_DATE", "2026-11-21", "date.unreadable"),
        ("MERCHANT_SERVICE_ID", "471", "field.not_ours"),
        ("ACTION", "QUERY", "field.not_ours"),
    ],
)
def test_a_genuine_payment_that_cannot_be_read_names_its_field(name: str, value: str, reason: str) -> None:
    assert receive(signed({**FIELDS, name: value})) == Malformed(reason, name)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body.empty"),
        (b" ", "body.empty"),
        (b"[]", "json.not_an_object"),
        (b"{", "json.malformed"),
        (IPN[:-4], "json.malformed"),
        (b"\xff", "json.malformed"),
        (b"data=", "body.empty"),
        (b"data=%FF", "body.not_utf8"),
        (b"data=%7B", "json.malformed"),
        (b"payload=" + quote(IPN).encode(), "json.malformed"),
        (FORM + b"&" + FORM, "field.repeated"),
        (b"{" + b" " * (1 << 20) + b"}", "body.too_large"),
        (b"data=" + b"1" * (1 << 20), "body.too_large"),
        (IPN.replace(b'"AMOUNT"', b'"AMOUNT": "1", "AMOUNT"'), "json.name_repeated"),
        (IPN.replace(b'"50000"', b"true"), "field.not_text"),
        (IPN.replace(b'"50000"', b"NaN"), "json.malformed"),
        (IPN.replace(b'"PAY0001"', b'"\\ud800"'), "field.not_text"),
    ],
)
def test_hostile_bytes_are_malformed_and_raise_nothing(body: bytes, reason: str) -> None:
    received = receive(body)
    assert isinstance(received, Malformed)
    assert received.reason == reason


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=200).map(lambda data: b"data=" + data)))
def test_any_bytes_get_a_verdict_and_an_answer(body: bytes) -> None:
    received = receive(body)
    assert isinstance(received, Forged | Malformed)
    standing = Standing.FORGED if isinstance(received, Forged) else Standing.MALFORMED
    assert PSP.acknowledge(post(body), received, standing, DESK).status == 200


@given(position=st.integers(0, len(IPN) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_never_changes_what_the_signature_covers(position: int, byte: int) -> None:
    received = receive(IPN[:position] + bytes([byte]) + IPN[position + 1 :])
    if isinstance(received, Notice):
        assert received == notice(IPN)


def test_the_recorded_answer_is_the_golden_one() -> None:
    for body in (IPN, FORM):
        reply = PSP.acknowledge(post(body), notice(body), Standing.RECORDED, DESK)
        assert (reply.status, reply.content_type) == (200, "application/json")
        assert reply.body + b"\n" == (GOLDEN / "vnptpay_ipn_answer.json").read_bytes()


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing.RECORDED, "00"),
        (Standing.REPEATED, "02"),
        (Standing.UNKNOWN_REFERENCE, "01"),
        (Standing.AMOUNT_DIFFERS, "99"),
        (Standing.FORGED, "97"),
        (Standing.CONFLICTING, "99"),
        (Standing.MALFORMED, "99"),
        (Standing.BUSY, "08"),
    ],
)
def test_each_standing_has_its_code_under_our_signature(standing: Standing, code: str) -> None:
    answer = json.loads(PSP.acknowledge(post(IPN), notice(IPN), standing, DESK).body)
    assert answer["RESPONSE_CODE"] == code
    values = [answer[name] for name in VERSIONS["1.0.6"]["ipn_answer"]]
    assert answer["SECURE_CODE"] == sha256_sign(values, KEY)


def test_a_stranger_gets_no_id_of_his_choosing_signed() -> None:
    body = unsigned({**FIELDS, "MERCHANT_ORDER_ID": "PAY6666"})
    answer = json.loads(PSP.acknowledge(post(body), receive(body), Standing.FORGED, DESK).body)
    assert (answer["MERCHANT_ORDER_ID"], answer["RESPONSE_CODE"]) == ("", "97")


def test_a_started_payment_has_an_address_for_the_payer() -> None:
    told = read(START, STARTED)
    assert (told.outcome, told.pay_url, told.provider_code) == (Outcome.PENDING, START_FIELDS["REDIRECT_URL"], "00")


def test_a_code_to_scan_is_read_as_such() -> None:
    call = PSP.start(ORDER, setting(start_op="pay_qrcode"))
    told = read(call, signed({"RESPONSE_CODE": "00", "DESCRIPTION": "Thanh cong", "QR_CODE": "000201010212"}))
    assert (told.outcome, told.qr, told.pay_url) == (Outcome.PENDING, "000201010212", "")
    nothing = read(call, signed({"RESPONSE_CODE": "00", "DESCRIPTION": "Thanh cong", "QR_CODE": ""}))
    assert nothing.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("address", ["", "javascript:alert(1)", "//pay.example", "https://pay.example/ x", "data:text"])
def test_an_address_that_is_none_leaves_the_start_unknown(address: str) -> None:
    told = read(START, signed({**START_FIELDS, "REDIRECT_URL": address}))
    assert told == Answer(Outcome.UNKNOWN, "field.unreadable", "00")


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(code, Outcome.FAILED) for code in ("01", "02", "05", "07", "08", "09")]
    + [(code, Outcome.UNKNOWN) for code in ("03", "04", "06", "96", "99", "10", "")],
)
def test_what_the_answer_to_a_start_means(code: str, outcome: Outcome) -> None:
    told = read(START, signed({**START_FIELDS, "RESPONSE_CODE": code, "REDIRECT_URL": ""}))
    assert (told.outcome, told.provider_code, told.pay_url) == (outcome, code, "")
    assert told.reason


@pytest.mark.parametrize("name", sorted(START_FIELDS))
def test_a_changed_answer_to_a_start_is_not_believed(name: str) -> None:
    changed = unsigned({**START_FIELDS, name: START_FIELDS[name] + "1"}, STARTED)
    assert read(START, changed) == Answer(Outcome.UNKNOWN, "signature.invalid")


def test_a_query_that_finds_the_money_tells_of_the_same_event_as_the_notice() -> None:
    told = read(QUERY, QUERIED)
    assert (told.outcome, told.amount, told.provider_id) == (Outcome.PAID, 50_000, "VNPT0009")
    assert told.notice == notice(IPN)


@pytest.mark.parametrize("name", sorted(QUERY_FIELDS))
def test_a_changed_answer_to_a_query_is_not_believed(name: str) -> None:
    changed = unsigned({**QUERY_FIELDS, name: QUERY_FIELDS[name] + "1"}, QUERIED)
    assert read(QUERY, changed) == Answer(Outcome.UNKNOWN, "signature.invalid")


@pytest.mark.parametrize("status", ["", "01", "02", "04", "07", "99", "PAID"])
def test_a_state_that_is_nowhere_public_is_unknown(status: str) -> None:
    told = read(QUERY, signed({**QUERY_FIELDS, "TRANSACTION_STATUS": status}))
    assert told == Answer(Outcome.UNKNOWN, f"status.{status}", status, provider_id="VNPT0009")


def test_the_states_of_an_installation_can_be_set() -> None:
    desk = setting(paid_statuses="1,2", failed_statuses="3,4")
    for status, outcome in (("2", Outcome.PAID), ("4", Outcome.FAILED), ("00", Outcome.UNKNOWN), ("", Outcome.UNKNOWN)):
        assert read(QUERY, signed({**QUERY_FIELDS, "TRANSACTION_STATUS": status}), desk=desk).outcome is outcome


@pytest.mark.parametrize("code", ["01", "02", "04", "05", "06", "07", "96", "99", ""])
def test_a_query_without_success_says_nothing_of_the_payment(code: str) -> None:
    told = read(QUERY, signed({**QUERY_FIELDS, "RESPONSE_CODE": code}))
    assert (told.outcome, told.provider_code, told.notice) == (Outcome.UNKNOWN, code, None)


@pytest.mark.parametrize(("name", "value"), [("MERCHANT_ORDER_ID", "PAY0002"), ("MERCHANT_SERVICE_ID", "471")])
def test_a_genuine_answer_to_another_question_is_no_answer(name: str, value: str) -> None:
    assert read(QUERY, signed({**QUERY_FIELDS, name: value})) == Answer(Outcome.UNKNOWN, "field.not_asked", "00")


def test_only_the_last_free_text_of_an_answer_may_hold_the_separator() -> None:
    held = signed({**QUERY_FIELDS, "DESCRIPTION": "Thanh cong|470"})
    assert read(QUERY, held) == Answer(Outcome.UNKNOWN, "field.ambiguous")
    assert read(QUERY, signed({**QUERY_FIELDS, "ADDITIONAL_INFO": "a|b"})).outcome is Outcome.PAID


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Failure.NOT_SENT, "call.not_sent"),
        (Failure.TIMEOUT, "call.timeout"),
        (Failure.CUT, "call.cut"),
        (Reply(500, QUERIED), "http.500"),
        (Reply(401, b'{"message":"Unauthorized"}'), "http.401"),
        (Reply(200, b"<html></html>", "text/html"), "json.malformed"),
        (Reply(200, QUERIED[: len(QUERIED) // 2]), "json.malformed"),
        (Reply(200, b""), "body.empty"),
        (Reply(200, b'{"RESPONSE_CODE":"01","DESCRIPTION":"Giao dich that bai"}'), "signature.missing"),
        (Reply(200, b"null"), "json.not_an_object"),
    ],
)
def test_what_is_no_answer_leaves_the_payment_unknown_and_never_failed(reply: Reply | Failure, reason: str) -> None:
    for call in (START, QUERY):
        assert PSP.read(call, reply, DESK) == Answer(Outcome.UNKNOWN, reason)


@given(st.binary(max_size=300), st.integers(100, 599))
def test_any_answer_gets_a_verdict(body: bytes, status: int) -> None:
    for call in (START, QUERY):
        assert read(call, body, status).outcome is Outcome.UNKNOWN


def test_the_same_input_gives_the_same_bytes_without_clock_chance_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def everything() -> list[object]:
        made = [PSP.start(ORDER, DESK), PSP.query(ORDER, DESK), receive(IPN), receive(FORM)]
        said = [read(START, STARTED), read(QUERY, QUERIED)]
        return [*made, *said, PSP.acknowledge(post(IPN), notice(IPN), Standing.RECORDED, DESK)]

    before = everything()

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a connector is a pure function")

    for module, name in ((time, "time"), (random, "random"), (random, "getrandbits"), (socket, "socket")):
        monkeypatch.setattr(module, name, forbidden)
    assert everything() == before


@pytest.mark.parametrize("name", ["base_url", "merchant_service_id", "account", "api_key", "secret_key"])
def test_a_missing_setting_or_secret_is_named(name: str) -> None:
    without = replace(
        DESK,
        settings={key: value for key, value in DESK.settings.items() if key != name},
        secrets={key: value for key, value in DESK.secrets.items() if key != name},
    )
    assert name in (*PSP.capabilities.settings, *PSP.capabilities.secrets)
    with pytest.raises(SettingMissing, match=name):
        receive(IPN, without) if name == "account" else PSP.start(ORDER, without)


def test_no_secret_and_no_payer_is_in_any_repr_or_error() -> None:
    call = PSP.start(replace(ORDER, payer_ip="203.0.113.9"), DESK)
    assert quote_plus(API_KEY).encode() not in call.body
    shown = repr([DESK, call, QUERY, read(START, STARTED), read(QUERY, QUERIED), notice(IPN)])
    for hidden in (KEY, API_KEY, "203.0.113.9", "pay.example/rest/payment/page"):
        assert hidden not in shown
