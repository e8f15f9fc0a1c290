"""A list tells each payment once, and never makes money of what it cannot read or of a sum that does not add up."""

from __future__ import annotations

import re

import pytest

from connectors.conformance.case import Case
from connectors.conformance.sample import Fields
from connectors.conformance.test_notices import NOT_AMOUNTS
from connectors.contract import Outcome
from connectors.listing import Lister, Listing

pytestmark = pytest.mark.needs("lists")

NOT_LISTS = (b"", b" \r\n", b"\xff\xfe\x00", b"null", b"[]", b"{}", b"[1]", b"[[" * 50_000, b"PK\x03\x04" + b"\0" * 100)


def test_each_payment_of_a_genuine_list_is_told_once(case: Case) -> None:
    listing = _read(case, case.lists.rows)
    assert listing.problems == ()
    assert len(listing.notices) == len(case.lists.rows) >= 2
    assert len({notice.event_id for notice in listing.notices}) == len(listing.notices)
    for notice in listing.notices:
        assert re.fullmatch("[0-9a-f]{64}", notice.fingerprint)
        assert notice.amount > 0
        assert notice.outcome is Outcome.PAID
        assert not notice.receipted_elsewhere
        assert not notice.bulk


def test_the_order_of_rows_makes_no_difference(case: Case) -> None:
    forth, back = _read(case, case.lists.rows), _read(case, case.lists.rows[::-1])
    assert set(forth.notices) == set(back.notices)


def test_a_row_that_comes_twice_is_one_payment_and_is_told(case: Case) -> None:
    listing = _read(case, (*case.lists.rows, case.lists.rows[0]))
    assert set(listing.notices) == set(_read(case, case.lists.rows).notices)
    assert listing.problems


def test_two_payments_under_one_id_are_neither(case: Case) -> None:
    first, *others = case.lists.rows
    other = {**first, case.lists.amount: f"{first[case.lists.amount]}0"}
    listing = _read(case, (first, other, *others))
    assert len(listing.notices) == len(others)
    assert listing.problems


@pytest.mark.parametrize("amount", NOT_AMOUNTS)
def test_a_row_with_an_unreadable_amount_is_a_problem(case: Case, amount: str) -> None:
    first, *others = case.lists.rows
    listing = _read(case, ({**first, case.lists.amount: amount}, *others))
    assert len(listing.notices) == len(others)
    assert listing.problems


def test_without_its_id_a_row_is_a_problem(case: Case) -> None:
    first, *others = case.lists.rows
    listing = _read(case, ({**first, case.lists.id: ""}, *others))
    assert len(listing.notices) == len(others)
    assert listing.problems


def test_what_is_no_list_is_a_problem(case: Case) -> None:
    for data in (*NOT_LISTS, case.lists.write(case.lists.rows)[:40]):
        listing = _lines(case, data)
        assert (listing.notices, listing.lumps) == ((), ())


def test_a_sum_that_does_not_add_up_is_told(case: Case) -> None:
    genuine = _read(case, case.lists.rows)
    for lump in genuine.lumps:
        assert lump.difference in (0, None)
        assert {share.event_id for share in lump.shares} <= {notice.event_id for notice in genuine.notices}
    if case.lists.stated:
        assert genuine.lumps
        (lump,) = _read(case, case.lists.rows[1:]).lumps
        assert lump.difference
        assert _read(case, case.lists.rows[1:]).problems


def test_a_receipt_issued_elsewhere_is_told(case: Case) -> None:
    if case.lists.receipted:
        rows = tuple({**row, **case.lists.receipted} for row in case.lists.rows)
        assert all(notice.receipted_elsewhere for notice in _read(case, rows).notices)


def _read(case: Case, rows: tuple[Fields, ...]) -> Listing:
    return _lines(case, case.lists.write(rows))


def _lines(case: Case, data: bytes) -> Listing:
    assert isinstance(case.connector, Lister)
    return case.connector.lines(data, case.desk)
