"""The printed token: short, checked offline, and worthless after the change of a single character."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gateway.cli.receipts import receipts_app
from receipts.keys import TokenKey
from receipts.token import TokenFacts, TokenRefused, check, make, printed
from tests.receipts.forge import keys, token_key

FACTS = TokenFacts(
    tax_code="2800000001",
    form="EBL01",
    symbol="26TAA",
    number=42,
    day=date(2026, 11, 24),
    amount=250_000,
    digest=base64.b64encode(bytes(range(32))).decode(),
)
TOKEN_FACTS = st.builds(
    TokenFacts,
    tax_code=st.from_regex(r"[0-9]{10}(-[0-9]{3})?", fullmatch=True).filter(str.isascii),
    form=st.sampled_from(["EBL01", "EBL02"]),
    symbol=st.from_regex(r"[0-9]{2}T[A-EGHK-NP-VXY]{2}", fullmatch=True).filter(str.isascii),
    number=st.integers(1, 99_999_999),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    amount=st.integers(0, 10**15),
    digest=st.binary(min_size=32, max_size=32).map(lambda raw: base64.b64encode(raw).decode()),
)


def refusal(text: str, key: TokenKey | None = None) -> str:
    with pytest.raises(TokenRefused) as refused:
        check(text, (key or token_key()).public)
    return refused.value.code


@given(TOKEN_FACTS)
def test_what_goes_in_comes_out(facts: TokenFacts) -> None:
    found = check(make(facts, token_key()), token_key().public)
    assert found == replace(facts, key_id=token_key().key_id.hex())


def test_bare_token_and_printed_address_are_the_same() -> None:
    token = make(FACTS, token_key())
    address = printed("https://thuphi.example/", token)
    assert address == f"https://thuphi.example/vi/receipts/verify?t={token}"
    assert check(address, token_key().public) == check(f" {token}\n", token_key().public)


def test_it_fits_a_small_code() -> None:
    assert (
        len(printed("https://thuphi.thanhhoa.gov.vn", make(FACTS, token_key()))) <= 235
    )  # QR version 10, level M: 213


def test_a_repeat_prints_the_same() -> None:
    assert make(FACTS, token_key()) == make(FACTS, token_key())


@given(st.data())
def test_no_character_can_be_changed(data: st.DataObject) -> None:
    token = make(FACTS, token_key())
    place = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda c: c != token[place]))
    changed = token[:place] + other + token[place + 1 :]
    if changed.strip() != token:
        refusal(changed)


@given(st.text(max_size=300) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_anything_else_is_refused_with_a_code(text: str) -> None:
    assert refusal(text).startswith("token.")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda token: "", TokenRefused.MALFORMED),
        (lambda token: token + "=", TokenRefused.MALFORMED),
        (lambda token: token[:-4], TokenRefused.MALFORMED),
        (lambda token: token + token, TokenRefused.MALFORMED),
        (lambda token: "x" * 5_000, TokenRefused.MALFORMED),
        (lambda token: "C" + token[1:], TokenRefused.VERSION),
        (lambda token: token[:-20] + "A" * 20, TokenRefused.SIGNATURE),
        (lambda token: f"https://a.example/?t={token}&t={token}", TokenRefused.MALFORMED),
        (lambda token: f"https://a.example/?x={token}", TokenRefused.MALFORMED),
        (lambda token: f"https://[a/?t={token}", TokenRefused.MALFORMED),
    ],
)
def test_refusals(change: object, code: str) -> None:
    assert callable(change)
    assert refusal(change(make(FACTS, token_key()))) == code


def test_a_zero_signature_proves_nothing() -> None:
    raw = base64.urlsafe_b64decode(make(FACTS, token_key()) + "==")
    forged = base64.urlsafe_b64encode(raw[:-64] + bytes(64)).rstrip(b"=").decode()
    assert refusal(forged) == TokenRefused.SIGNATURE


def test_another_key_is_told_from_a_forgery() -> None:
    other = TokenKey(ec.generate_private_key(ec.SECP256R1()))
    assert refusal(make(FACTS, token_key()), other) == TokenRefused.UNKNOWN_KEY


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(receipts_app, ["check", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout


def test_command_says_what_the_token_proves() -> None:
    address = printed("https://thuphi.example", make(FACTS, token_key()))
    code, out = run(address, "--key", keys().token_public, "--json")
    assert code == 0
    assert json.loads(out) == {
        "valid": True,
        "tax_code": "2800000001",
        "form": "EBL01",
        "symbol": "26TAA",
        "number": 42,
        "day": "2026-11-24",
        "amount": 250_000,
        "digest": FACTS.digest,
        "key_id": token_key().key_id.hex(),
    }
    assert "amount: 250000" in run(address, "--key", keys().token_public)[1]


def test_command_refuses_with_a_reason() -> None:
    code, out = run("nonsense", "--key", keys().token_public, "--json")
    assert (code, json.loads(out)["valid"], json.loads(out)["reason"]) == (1, False, TokenRefused.MALFORMED)


@pytest.mark.parametrize("key", ["ca_certificate", "signer_key", "directory"])
def test_command_wants_a_public_key(key: str) -> None:
    assert run("x", "--key", getattr(keys(), key))[0] == 2
