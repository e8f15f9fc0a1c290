"""What is said to a terminal is golden to the byte; what it says is believed only as far as the protocol goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Outcome
from connectors.exact_json import Unreadable
from connectors.terminal import answers, envelope, requests
from connectors.terminal.amounts import Implied, told, understood
from connectors.terminal.cleansed import cleansed
from connectors.terminal.contract import Bill, CardSlip, masked
from connectors.terminal.envelope import Ends

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "terminal" / "requests.json").read_text())
ENDS = Ends("TILL-1", "POI-1")
NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
BILL = Bill("ABCDEFGHJK", "BLQ7K2M9QX4A", 135_000, NOW)
PAN = "9704000000001234"

BODIES: dict[str, tuple[str, Any]] = {
    "login": ("Login", requests.login(NOW, "1")),
    "diagnosis": ("Diagnosis", requests.diagnosis()),
    "payment": ("Payment", requests.payment(BILL, 0)),
    "payment_two_decimals": ("Payment", requests.payment(BILL, 2)),
    "status": ("TransactionStatus", requests.status(BILL, ENDS)),
    "abort": ("Abort", requests.abort(BILL, ENDS)),
    "reversal": ("Reversal", requests.reversal(BILL, ENDS, "000123", "2026-11-24T02:30:08+00:00", "Malfunction")),
    "reversal_unnamed": ("Reversal", requests.reversal(BILL, ENDS, "", "", "Malfunction")),
    "totals": ("GetTotals", requests.totals()),
    "reconciliation": ("Reconciliation", requests.reconciliation()),
}


@pytest.mark.parametrize("name", BODIES)
def test_requests_are_golden(name: str) -> None:
    category, body = BODIES[name]
    golden = json.dumps(GOLDEN[name], ensure_ascii=False, separators=(",", ":")).encode()
    assert envelope.request(category, ENDS, BILL.service_id, body) == golden


def paid(**changes: Any) -> dict[str, Any]:
    """A PaymentResponse as a talkative terminal gives it."""
    amount = changes.pop("amount", 135_000)
    body: dict[str, Any] = {
        "Response": {"Result": "Success"},
        "POIData": {
            "POITransactionID": {"TransactionID": "000123", "TimeStamp": "2026-11-24T02:30:08+00:00"},
            "POIReconciliationID": "000007",
        },
        "PaymentResult": {
            "PaymentInstrumentData": {
                "CardData": {
                    "MaskedPan": PAN,
                    "PaymentBrand": "NAPAS",
                    "SensitiveCardData": {
                        "TrackData": [{"TrackValue": f"{PAN}D2912201"}],
                        "CardholderName": "NGUYEN A",
                    },
                }
            },
            "AmountsResp": {"Currency": "VND", "AuthorizedAmount": amount},
            "PaymentAcquirerData": {
                "ApprovalCode": "004711",
                "AcquirerPOIID": "TID00001",
                "MerchantID": "MID1",
                "AcquirerTransactionID": {"TransactionID": "632900000001"},
            },
        },
        "PaymentReceipt": [{"OutputContent": "NGUYEN A"}],
    }
    return body | changes


def answer(body: dict[str, Any], *, category: str = "Payment", service_id: str = BILL.service_id) -> bytes:
    return envelope.response(category, ENDS, service_id, body)


def test_an_approval_is_read_with_its_slip_and_nothing_else() -> None:
    said = answers.of_payment(answer(paid()), ENDS, BILL.service_id, 0)
    assert (said.outcome, said.amount, said.poi_id) == (Outcome.PAID, 135_000, "000123")
    slip = CardSlip("970400******1234", "NAPAS", "632900000001", "004711", "TID00001", "MID1", "000007", "000123")
    assert said.slip == slip
    for kept in (said.message, repr(said).encode()):
        assert PAN.encode() not in kept and b"NGUYEN" not in kept and b"Track" not in kept
    assert b"1234" not in repr(slip).encode()


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        ("Refusal", Outcome.FAILED),
        ("WrongPIN", Outcome.FAILED),
        ("Cancel", Outcome.CANCELLED),
        ("InProgress", Outcome.PENDING),
        ("Busy", Outcome.UNKNOWN),
        ("SomethingNew", Outcome.UNKNOWN),
    ],
)
def test_only_a_condition_that_says_no_money_is_a_no(condition: str, outcome: Outcome) -> None:
    body = {"Response": {"Result": "Failure", "ErrorCondition": condition}}
    assert answers.of_payment(answer(body), ENDS, BILL.service_id, 0).outcome is outcome


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        answer(paid())[:-20],
        answer(paid(), service_id="ZZZZZZZZZZ"),
        answer(paid(), category="Reversal"),
        envelope.response("Payment", Ends("TILL-2", "POI-1"), BILL.service_id, paid()),
        answer(paid(amount=0)),
        answer(paid(Response={"Result": "Maybe"})),
        answer(paid(PaymentResult=[])),
        answer({}),
    ],
)
def test_what_is_no_answer_to_this_question_is_unknown(raw: bytes) -> None:
    said = answers.of_payment(raw, ENDS, BILL.service_id, 0)
    assert said.outcome is Outcome.UNKNOWN
    assert said.reason


def test_a_status_repeats_the_first_answer_of_that_payment_only() -> None:
    def repeated(service_id: str) -> bytes:
        inner = {"MessageHeader": envelope.header("Payment", "Response", ENDS, service_id)}
        body = {"RepeatedResponseMessageBody": {"PaymentResponse": paid()}}
        whole = {"Response": {"Result": "Success"}, "RepeatedMessageResponse": inner | body}
        return answer(whole, category="TransactionStatus", service_id="Q000000001")

    mine = answers.of_status(repeated(BILL.service_id), ENDS, "Q000000001", BILL.service_id, 0)
    other = answers.of_status(repeated("ZZZZZZZZZZ"), ENDS, "Q000000001", BILL.service_id, 0)
    assert (mine.outcome, mine.amount) == (Outcome.PAID, 135_000)
    assert other.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("written", "implied", "amount"),
    [("135000", 0, 135_000), ("135000.00", 0, 135_000), ("13500000", 2, 135_000), ("499999999", 0, 499_999_999)],
)
def test_amounts_are_exact_with_and_without_decimals(written: str, implied: Implied, amount: int) -> None:
    assert understood(written, implied) == amount
    assert understood(str(told(amount, implied)), implied) == amount


@pytest.mark.parametrize(
    ("written", "implied"), [("135000.5", 0), ("13500050", 2), ("1e5", 0), ("-5", 0), ("", 0), ("NaN", 0), ("٣", 0)]
)
def test_what_is_no_whole_amount_is_a_problem(written: str, implied: Implied) -> None:
    with pytest.raises(Unreadable):
        understood(written, implied)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (PAN, "970400******1234"),
        ("9704 00XX XXXX 1234", "970400******1234"),
        ("970400******1234", "970400******1234"),
        ("1234", ""),
        ("", ""),
    ],
)
def test_of_a_card_number_ten_digits_are_kept(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_a_card_number_in_any_field_is_masked_and_an_unreadable_message_leaves_its_digest() -> None:
    valid = "4111111111111111"
    kept = cleansed(json.dumps({"TransactionID": valid, "CardData": {"MaskedPan": valid}, "Track": valid}).encode())
    assert json.loads(kept) == {"TransactionID": "411111******1111", "CardData": {"MaskedPan": "411111******1111"}}
    assert valid.encode() not in cleansed(valid.encode() + b"{")
