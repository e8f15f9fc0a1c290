"""The portal's files become payments, a receipt that it has issued is a fact, and nothing is called that is unproven."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.contract import Desk, Forged, Order, Outcome, Request, SettingMissing, Standing, Starter, Unverified
from connectors.listing import Lister, Listing, Share
from connectors.providers.dvcqg import NationalPortal, live
from connectors.simulators.national_portal import FAULTS, SETTINGS, PortalPayment, result_file, settlement_file
from connectors.simulators.table import Form, table

PORTAL = NationalPortal()
NOW = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
DESK = Desk({}, NOW)
SETTLING = Desk(SETTINGS, NOW)
AN = PortalPayment(
    "DVC0001", "BLQ84G7ZWYRD", 150_000, datetime(2026, 11, 21, 2, 15, tzinfo=UTC), "113000000001", "NGUYEN VAN AN"
)
BINH = replace(AN, id="DVC0002", reference="BLQGP1XF3A77", amount=50_000, commission=1_100)
CUONG = replace(AN, id="DVC0003", receipt="https://bienlai.example.vn/3")
ALL = (AN, BINH, CUONG)
DAY = date(2026, 11, 23)


def results(*faults: str, form: Form = "csv") -> Listing:
    return PORTAL.lines(result_file(ALL, faults, form=form), DESK)


def settled(*faults: str, form: Form = "csv", desk: Desk = SETTLING) -> Listing:
    return PORTAL.lines(settlement_file("DOT-01", DAY, ALL, faults, form=form), desk)


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_result_file_tells_each_payment(form: Form) -> None:
    listing = results(form=form)
    assert (listing.problems, listing.lumps) == ((), ())
    first, second, third = listing.notices
    assert (first.event_id, first.order_code, first.amount) == ("DVC0001", "BLQ84G7ZWYRD", 150_000)
    assert (first.outcome, first.direction, first.currency) == (Outcome.PAID, "CRDT", "VND")
    assert (first.account, first.bank_reference, first.booked_on) == ("113000000001", "DVC0001", date(2026, 11, 21))
    assert first.occurred_at == AN.paid_at
    assert "BLQ84G7ZWYRD" in first.memo
    assert (second.amount, second.order_code) == (50_000, "BLQGP1XF3A77")
    assert [notice.receipted_elsewhere for notice in listing.notices] == [False, False, True]
    assert "NGUYEN" not in repr(third)


def test_a_receipt_that_comes_later_is_another_statement_of_the_same_event() -> None:
    """Whoever relied on the first must hear of it: there are two receipts now."""
    (before,) = PORTAL.lines(result_file([AN]), DESK).notices
    (after,) = PORTAL.lines(result_file([replace(AN, receipt="https://bienlai.example.vn/1")]), DESK).notices
    assert before.event_id == after.event_id
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("fault", "told", "problems"),
    [
        ("missing_row", 2, []),
        ("doubled_row", 3, ["row.repeated"]),
        ("reorder", 3, []),
        ("wrong_amount", 3, []),
        ("wrong_items", 2, ["row.sum_differs"]),
        ("bad_amount", 2, ["amount.unreadable"]),
        ("bad_date", 2, ["date.unreadable"]),
        ("cut", 0, None),
        ("not_utf8", 0, ["body.not_utf8"]),
    ],
)
def test_a_faulty_file_never_makes_money(fault: str, told: int, problems: list[str] | None) -> None:
    listing = results(fault)
    assert len(listing.notices) == told
    if problems is not None:
        assert [problem.code for problem in listing.problems] == problems
    assert all("NGUYEN" not in problem.message + problem.where for problem in listing.problems)


def test_a_code_that_no_setting_lists_is_unknown() -> None:
    data = result_file([replace(AN, code="77"), BINH])
    assert [notice.outcome for notice in PORTAL.lines(data, DESK).notices] == [Outcome.UNKNOWN, Outcome.PAID]
    named = Desk({"paid_codes": "77", "failed_codes": "00"}, NOW)
    assert [notice.outcome for notice in PORTAL.lines(data, named).notices] == [Outcome.PAID, Outcome.FAILED]


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_settlement_names_the_payments_of_one_credit(form: Form) -> None:
    listing = settled(form=form)
    assert (listing.notices, listing.problems) == ((), ())
    (lump,) = listing.lumps
    assert (lump.batch_id, lump.account, lump.booked_on) == ("DOT-01", "113000000001", DAY)
    assert lump.shares[1] == Share("DVC0002", "BLQGP1XF3A77", 50_000, date(2026, 11, 21), 1_100)
    assert (lump.stated, lump.net, lump.difference) == (348_900, 348_900, 0)
    sale = lump.sales()[1]
    assert (sale.reference, sale.gross, sale.mdr, sale.net) == ("BLQGP1XF3A77", 50_000, 1_100, 48_900)
    assert sum(sale.net for sale in lump.sales()) == lump.net


@pytest.mark.parametrize(
    ("fault", "difference", "problems"),
    [
        ("missing_row", 150_000, ["lump.differs"]),
        ("doubled_row", 0, ["row.repeated"]),
        ("wrong_amount", -1_350_000, ["lump.differs"]),
        ("lump_differs", 1_000, ["lump.differs"]),
        ("unlisted_code", 150_000, ["field.unreadable", "lump.differs"]),
    ],
)
def test_a_sum_that_is_not_that_of_its_rows_is_told(fault: str, difference: int, problems: list[str]) -> None:
    listing = settled(fault)
    assert [lump.difference for lump in listing.lumps] == [difference]
    assert [problem.code for problem in listing.problems] == problems


def test_rows_that_disagree_about_their_credit_make_none() -> None:
    rows = [
        {"MaGiaoDich": str(n), "MaThamChieu": "A", "SoTien": "1000", "ThoiGianGD": "20261121091500", "MaLoi": "00"}
        | {"DotQuyetToan": "D", "TongChuyen": str(n)}
        for n in (1, 2)
    ]
    listing = PORTAL.lines(table(rows, "csv"), SETTLING)
    assert (listing.lumps, [problem.code for problem in listing.problems]) == ((), ["lump.unclear"])


def test_a_commission_above_the_amount_is_a_problem() -> None:
    data = settlement_file("DOT-01", DAY, [replace(AN, commission=150_001)])
    assert [problem.code for problem in PORTAL.lines(data, SETTLING).problems] == ["amount.unreadable"]


def test_without_the_columns_settings_a_settlement_is_read_as_results() -> None:
    assert len(settled(desk=DESK).notices) == 3


def test_the_live_interface_is_written_down_and_refuses_to_be_called() -> None:
    order = Order("BLQ84G7ZWYRD", 150_000, "Nop le phi", NOW, NOW + timedelta(minutes=15))
    desk = Desk({"unit_code": "H56.17", "account": "113000000001"}, NOW)
    message = live.message(order, desk)
    assert (message["MaThamChieu"], message["SoTien"], message["MaDonVi"]) == ("BLQ84G7ZWYRD", "150000", "H56.17")
    with pytest.raises(SettingMissing):
        live.message(order, DESK)
    for call in (live.start, live.query):
        with pytest.raises(Unverified) as refused:
            call(order, desk)
        assert (refused.value.kind, refused.value.code) == ("unavailable", "connector.unverified")
    can = PORTAL.capabilities
    assert can.unverified == {"start", "query"}
    assert (can.starts, can.queries, can.lists, can.notifies, can.issue_on) == (False, False, True, False, "statement")
    assert not isinstance(PORTAL, Starter)
    assert isinstance(PORTAL, Lister)


def test_whoever_calls_is_a_stranger() -> None:
    call = Request("POST", "/callbacks/demo/national_portal", result_file(ALL, form="json"))
    assert PORTAL.receive(call, DESK) == Forged("notice.not_expected")
    assert PORTAL.acknowledge(call, Forged("notice.not_expected"), Standing.FORGED, DESK).status == 404


def test_a_fault_that_does_not_exist_is_refused() -> None:
    assert {"missing_row", "lump_differs"} <= FAULTS
    with pytest.raises(ValueError, match="no such fault: typo"):
        results("typo")
