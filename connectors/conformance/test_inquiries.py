"""A provider that asks before its customer pays is told what is owed, if it is the provider that asks."""

from __future__ import annotations

import pytest

from connectors.conformance.case import Case
from connectors.conformance.sample import changed
from connectors.conformance.wire import hostile
from connectors.contract import Asked, Forged, Inquirer, Inquiry, Malformed, Reply, Request

pytestmark = pytest.mark.needs("inquiries")


def test_a_genuine_question_is_understood(case: Case) -> None:
    asked = _asked(case, case.inquiries.write(case.inquiries.fields))
    assert isinstance(asked, Inquiry)
    assert asked.event_id
    assert asked.order_code


def test_one_changed_character_of_a_signed_field_is_refused(case: Case, asked_name: str) -> None:
    fields = case.inquiries.fields
    for end in range(1, len(fields[asked_name]) + 1):
        told = {**fields, asked_name: changed(fields[asked_name][:end]) + fields[asked_name][end:]}
        assert not isinstance(_asked(case, case.inquiries.write(told, fields)), Inquiry)


def test_the_bill_is_told_to_a_genuine_question_only(case: Case) -> None:
    bill = case.inquiries.bill
    asked = _asked(case, case.inquiries.write(case.inquiries.fields))
    assert str(bill.amount).encode() in _answer(case, asked).body
    for refused in (Forged("signature.invalid"), Malformed("json.malformed")):
        body = _answer(case, refused).body
        assert str(bill.amount).encode() not in body
        assert bill.name.encode() not in body


def test_bytes_that_are_no_question_get_a_verdict(case: Case) -> None:
    for name, request in hostile(case.inquiries.write(case.inquiries.fields)).items():
        assert isinstance(_asked(case, request), Forged | Malformed), name


def _asked(case: Case, request: Request) -> Asked:
    assert isinstance(case.connector, Inquirer)
    return case.connector.inquire(request, case.desk)


def _answer(case: Case, asked: Asked) -> Reply:
    assert isinstance(case.connector, Inquirer)
    return case.connector.answer(asked, case.inquiries.bill, case.desk)
