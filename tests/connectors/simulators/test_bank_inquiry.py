"""The simulated bank asks before its customer pays, and believes no answer that is not signed for its own question."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.signing import rsa_sha256_holds, rsa_sha256_sign
from connectors.simulators import bank_key
from connectors.simulators.bank_inquiry import ANSWERED, ASKED, BillTold, heard, question
from connectors.simulators.bank_refused import BankRefused

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
CODE = "BLQ7K3M9TX1Q"


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """The bank's and ours."""
    return bank_key.made(), bank_key.made()


def answered(key: str, **more: str) -> bytes:
    told = dict.fromkeys(ANSWERED, "") | {"transId": "VTQ0000000007", "custCode": CODE, "custName": "NG*** A**"}
    told |= {"billId": CODE, "amount": "135000", "errorCode": "00"} | more
    return json.dumps(told | {"signature": rsa_sha256_sign("".join(told[name] for name in ANSWERED), key)}).encode()


def test_the_question_is_signed_by_the_bank(keys: tuple[str, str]) -> None:
    asked = json.loads(question(CODE, keys[0], NOW, provider="P", number=7).body)
    assert rsa_sha256_holds("".join(asked[name] for name in ASKED), asked["signature"], bank_key.public_of(keys[0]))
    assert (asked["msgType"], asked["custCode"], asked["transTime"]) == ("1100", CODE, "20261124093000")


def test_a_signed_answer_is_shown(keys: tuple[str, str]) -> None:
    asked = question(CODE, keys[0], NOW, provider="P", number=7)
    assert heard(asked, answered(keys[1]), bank_key.public_of(keys[1])) == BillTold(CODE, "NG*** A**", 135_000)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"errorCode": "02"}, "bank.bill_refused"),
        ({"transId": "VTQ0000000008"}, "bank.answer_untrusted"),
        ({"amount": "0"}, "bank.amount_zero"),
        ({"amount": "-5"}, "bank.amount_zero"),
        ({"amount": ""}, "bank.amount_zero"),
    ],
)
def test_what_is_not_paid(keys: tuple[str, str], change: dict[str, str], code: str) -> None:
    asked = question(CODE, keys[0], NOW, provider="P", number=7)
    with pytest.raises(BankRefused, match=code):
        heard(asked, answered(keys[1], **change), bank_key.public_of(keys[1]))


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"errorCode": "00", "amount": "1"}'])
def test_what_is_no_answer(keys: tuple[str, str], body: bytes) -> None:
    asked = question(CODE, keys[0], NOW, provider="P", number=7)
    with pytest.raises(BankRefused, match="bank.answer_untrusted"):
        heard(asked, body, bank_key.public_of(keys[1]))
