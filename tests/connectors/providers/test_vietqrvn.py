"""VietQR.vn is let in by a token of ours, and what it says is announced, not proven."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import reference
from connectors.contract import (
    Admitter,
    Connector,
    Desk,
    Forged,
    Malformed,
    Notice,
    Outcome,
    Received,
    Request,
    Standing,
)
from connectors.providers.vietqrvn import VietQRVN

NOW = datetime(2026, 11, 21, 2, 20, tzinfo=UTC)
VQR = VietQRVN()
DESK = Desk({"username": "vietqr"}, NOW, secrets={"password": "mật khẩu:x", "token_key": "a long random text"})
FIELDS: dict[str, Any] = {
    "bankaccount": "113000000001",
    "amount": 50_000,
    "transType": "C",
    "content": "QR VQRa1b2c3d4e5 BLQGP1XF3A77 Ma giao dich Trace123456 Trace 123456",
    "transactionid": "4f0c1a9e",
    "transactiontime": 1_795_227_420_000,
    "referencenumber": "FT26325000001",
    "orderId": "",
    "sign": "",
}


def ask(name: str = "vietqr", password: str = "mật khẩu:x", scheme: str = "Basic") -> Request:
    credentials = base64.b64encode(f"{name}:{password}".encode()).decode()
    return Request(
        "POST", "/callbacks/demo/vietqrvn/api/token_generate", b"", {"authorization": f"{scheme} {credentials}"}
    )


def granted(desk: Desk = DESK) -> str:
    token = json.loads(VQR.admit(ask(), desk).body)["access_token"]
    assert isinstance(token, str)
    return token


def sync(fields: object, token: str | None = None, scheme: str = "Bearer") -> Request:
    headers = {"authorization": f"{scheme} {granted() if token is None else token}"}
    return Request("POST", "/callbacks/demo/vietqrvn/bank/api/transaction-sync", json.dumps(fields).encode(), headers)


def receive(fields: object, desk: Desk = DESK) -> Received:
    return VQR.receive(sync(fields), desk)


def notice(fields: object) -> Notice:
    received = receive(fields)
    assert isinstance(received, Notice), received
    return received


def test_it_keeps_the_contract_and_lets_the_statement_settle() -> None:
    assert isinstance(VQR, Connector)
    assert isinstance(VQR, Admitter)
    assert VQR.capabilities.issue_on == "statement"
    assert VQR.capabilities.signed_fields == frozenset()
    assert VQR.capabilities.amount_unambiguous is False


def test_credentials_buy_a_token_for_a_while() -> None:
    reply = VQR.admit(ask(), DESK)
    told = json.loads(reply.body)
    assert (reply.status, told["token_type"], told["expires_in"]) == (200, "Bearer", 300)
    assert set(told) == {"access_token", "token_type", "expires_in"}
    assert VQR.admit(ask(scheme="basic"), DESK) == reply


@pytest.mark.parametrize(
    "request_",
    [
        ask(password="mat khau:x"),
        ask(name="vietqr:mật khẩu", password="x:"),
        ask(name="", password=""),
        ask(scheme="Bearer"),
        Request("POST", "/x", b""),
        Request("POST", "/x", b"", {"authorization": "Basic"}),
        Request("POST", "/x", b"", {"authorization": "Basic !!!!"}),
        Request("POST", "/x", b"", {"authorization": "Basic không"}),
    ],
)
def test_without_the_credentials_there_is_no_token(request_: Request) -> None:
    reply = VQR.admit(request_, DESK)
    assert reply.status == 401
    assert json.loads(reply.body) == {"error": True, "errorReason": "INVALID_CREDENTIALS", "object": None}


def test_a_token_works_until_it_expires() -> None:
    token = granted()
    assert isinstance(VQR.receive(sync(FIELDS, token), replace(DESK, now=NOW + timedelta(seconds=299))), Notice)
    assert VQR.receive(sync(FIELDS, token), replace(DESK, now=NOW + timedelta(seconds=300))) == Forged("token.expired")


def test_the_life_of_a_token_is_a_setting_and_nonsense_does_not_prolong_it() -> None:
    for text, life in (("60", 60), ("0", 300), ("-1", 300), ("for ever", 300), ("", 300)):
        desk = replace(DESK, settings={**DESK.settings, "token_life_s": text})
        assert json.loads(VQR.admit(ask(), desk).body)["expires_in"] == life


def test_an_expiry_cannot_be_moved() -> None:
    expiry, _, mac = granted().partition(".")
    assert VQR.receive(sync(FIELDS, f"{int(expiry) + 1}.{mac}"), DESK) == Forged("token.invalid")


@pytest.mark.parametrize("token", ["", "x", ".", "1795227420.", "1795227420." + "0" * 64, "9999999999." + "f" * 64])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    assert isinstance(VQR.receive(sync(FIELDS, token), DESK), Forged)


def test_the_password_itself_is_no_token() -> None:
    basic = ask().headers["authorization"].partition(" ")[2]
    assert VQR.receive(sync(FIELDS, basic, "Basic"), DESK) == Forged("token.missing")
    assert VQR.receive(sync(FIELDS, basic), DESK) == Forged("token.invalid")


@pytest.mark.parametrize("name", ["password", "token_key"])
def test_a_new_secret_ends_the_tokens_of_the_old(name: str) -> None:
    changed = replace(DESK, secrets={**DESK.secrets, name: "another one"})
    assert VQR.receive(sync(FIELDS, granted()), changed) == Forged("token.invalid")


def test_a_movement_is_read() -> None:
    assert replace(notice(FIELDS), fingerprint="") == Notice(
        event_id="FT26325000001",
        fingerprint="",
        outcome=Outcome.PAID,
        amount=50_000,
        currency="VND",
        direction="CRDT",
        account="113000000001",
        memo=FIELDS["content"],
        bank_reference="FT26325000001",
        booked_on=date(2026, 11, 21),
        occurred_at=datetime(2026, 11, 21, 2, 17, tzinfo=UTC),
    )


def test_the_reference_is_found_in_the_memo_when_the_order_comes_empty() -> None:
    code = "BLQGP1XF3A7"
    whole = code + reference.check_character(code)
    told = notice({**FIELDS, "content": f"QR VQRa1b2c3d4e5 {whole} Ma giao dich Trace123456 Trace 123456"})
    assert told.order_code == ""
    assert [found.reference for found in reference.find(told.memo)] == [whole]


def test_keys_are_read_in_whichever_case_they_come() -> None:
    for write in (str.lower, str.upper, lambda name: {"bankaccount": "bankAccount"}.get(name, name)):
        assert notice({write(name): value for name, value in FIELDS.items()}) == notice(FIELDS)


def test_two_keys_that_differ_in_case_alone_are_refused() -> None:
    assert receive({**FIELDS, "Amount": 90_000}) == Malformed("field.repeated", "amount")


def test_a_repeat_is_recognised_by_its_reference_number() -> None:
    again = notice({**FIELDS, "transactionid": "another", "sign": "00"})
    assert (again.event_id, again.fingerprint) == (notice(FIELDS).event_id, notice(FIELDS).fingerprint)


@pytest.mark.parametrize(
    ("name", "value"),
    [("amount", 90_000), ("transType", "D"), ("bankaccount", "999"), ("content", "x"), ("orderId", "PAY0001")],
)
def test_other_content_under_the_same_number_has_another_fingerprint(name: str, value: object) -> None:
    assert notice({**FIELDS, name: value}).fingerprint != notice(FIELDS).fingerprint


@pytest.mark.parametrize(
    ("kind", "direction", "outcome"),
    [("C", "CRDT", Outcome.PAID), ("d", "DBIT", Outcome.PAID), ("X", "CRDT", Outcome.UNKNOWN), ("", "CRDT", "unknown")],
)
def test_which_way_the_money_went(kind: str, direction: str, outcome: str) -> None:
    told = notice({**FIELDS, "transType": kind})
    assert (told.direction, told.outcome) == (direction, outcome)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("amount", 0, "amount.unreadable"),
        ("amount", -1, "amount.unreadable"),
        ("amount", 0.5, "amount.unreadable"),
        ("amount", "50.000", "amount.unreadable"),
        ("amount", None, "amount.unreadable"),
        ("amount", [50_000], "field.not_text"),
        ("referencenumber", "", "field.unreadable"),
        ("referencenumber", "FT 1", "field.unreadable"),
        ("transactiontime", 1_795_227_420, "date.unreadable"),
        ("transactiontime", "21/11/2026", "date.unreadable"),
        ("content", "a" * 2001, "field.too_long"),
    ],
)
def test_what_cannot_be_read_names_its_field(name: str, value: object, reason: str) -> None:
    assert receive({**FIELDS, name: value}) == Malformed(reason, name)


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.dictionaries(st.text(), inner))
)
def test_any_json_gets_a_verdict(fields: object) -> None:
    assert isinstance(receive(fields), Malformed)


@pytest.mark.parametrize(
    "standing", [Standing.RECORDED, Standing.REPEATED, Standing.UNKNOWN_REFERENCE, Standing.AMOUNT_DIFFERS]
)
def test_what_is_recorded_is_answered_under_its_number(standing: Standing) -> None:
    reply = VQR.acknowledge(sync(FIELDS), notice(FIELDS), standing, DESK)
    assert reply.status == 200
    assert json.loads(reply.body) == {
        "error": False,
        "errorReason": "",
        "toastMessage": "Da ghi nhan",
        "object": {"reftransactionid": "FT26325000001"},
    }


@pytest.mark.parametrize(
    ("standing", "status", "reason"),
    [
        (Standing.FORGED, 401, "INVALID_TOKEN"),
        (Standing.CONFLICTING, 400, "TRANSACTION_CONFLICT"),
        (Standing.MALFORMED, 400, "INVALID_MESSAGE"),
        (Standing.BUSY, 503, "BUSY"),
    ],
)
def test_what_is_not_recorded_is_an_error_without_an_object(standing: Standing, status: int, reason: str) -> None:
    reply = VQR.acknowledge(sync(FIELDS), notice(FIELDS), standing, DESK)
    told = json.loads(reply.body)
    assert (reply.status, told["error"], told["errorReason"], told["object"]) == (status, True, reason, None)


def test_no_secret_is_in_a_token_or_a_repr() -> None:
    shown = repr(DESK) + granted() + base64.b64encode(granted().encode()).decode()
    assert "mật khẩu" not in shown
    assert "a long random text" not in shown
