"""A code that stands in no table of the provider's is UNKNOWN: never paid, never failed."""

from __future__ import annotations

import pytest

from connectors.conformance.acts import answer_of
from connectors.conformance.case import Case
from connectors.contract import Outcome, Purpose

UNLISTED = ("Z9", "0000000", "?", "999999")


@pytest.mark.needs("notices", "code")
@pytest.mark.parametrize("code", UNLISTED)
def test_an_unlisted_code_of_a_notice_is_unknown(case: Case, code: str) -> None:
    told = {**case.notices.fields, case.notices.code: code}
    assert case.notice(case.notices.write(told)).outcome is Outcome.UNKNOWN


@pytest.mark.needs("calls")
@pytest.mark.parametrize("code", ["", *UNLISTED])
def test_an_unlisted_code_of_an_answer_is_unknown(case: Case, purpose: Purpose, code: str) -> None:
    called = case.samples.calls[purpose]
    answer = answer_of(case, purpose, called.write({**called.fields, called.code: code}))
    assert answer.outcome is Outcome.UNKNOWN
    assert answer.reason
    assert answer.notice is None
