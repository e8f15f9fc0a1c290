"""The business day of money is the bank's booking date (Asia/Ho_Chi_Minh), however late the machines hear of it.

It fixes the ledger's day, the receipt's NLap and the year of its symbol; the signature may fall past midnight.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.delivery import documents
from gateway.kernel.uow import Environment
from gateway.ledger.store import entry
from gateway.settlement import conservation
from receipts import store
from receipts.series import open_series
from receipts.verify import verify
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def paid_before_midnight_and_heard_of_after(town: Town, clock: HandClock, evening: datetime) -> None:
    """The citizen pays at 23:58; the notice is stored at 00:03, settled at 00:10 and signed at 00:20."""
    clock.moment = evening
    town.transfer(town.payment(LE_PHI))
    clock.advance(minutes=5)
    town.deliver()
    clock.advance(minutes=7)
    town.work()
    clock.advance(minutes=10)
    documents.sign_waiting(town.environment, town.keys)


def test_money_of_yesterday_makes_a_receipt_of_yesterday(town: Town, clock: HandClock) -> None:
    yesterday = date(2026, 11, 24)
    paid_before_midnight_and_heard_of_after(town, clock, datetime(2026, 11, 24, 16, 58, tzinfo=UTC))

    (receipt,) = town.receipts()
    assert (receipt.day, receipt.signed_at.date()) == (yesterday, yesterday)  # UTC: 17:20, in Vietnam the next day
    assert {row.day for row in town.rows(entry)} == {yesterday}
    with town.environment.read() as connection:
        assert [(kept.day, kept.settled) for kept in conservation.days(connection, AGENCY)] == [(yesterday, 135_000)]
        signed = store.document(connection, receipt.id, "xml", town.environment.vault)
    assert signed is not None
    assert b"<NLap>2026-11-24</NLap>" in signed
    authority = (town.environment.settings.keys / "ca.pem").read_bytes()
    found = verify(signed, trust=[x509.load_pem_x509_certificate(authority)], at=clock() + timedelta(minutes=1))
    assert (found.number, found.amount) == (1, 135_000)


def test_money_of_the_old_year_takes_a_number_of_the_old_year(town: Town, clock: HandClock) -> None:
    """The symbol's first two digits are the year of the receipt's day; each year counts from 1."""
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        named = {"owner": AGENCY, "tax_code": "2800000001", "symbol": "27TAA"}
        open_series(uow.connection, **named, now=uow.now(), mint=uow.mint)
    paid_before_midnight_and_heard_of_after(town, clock, datetime(2026, 12, 31, 16, 58, tzinfo=UTC))
    town.money_comes(town.payment(LE_PHI))

    found = [(row.symbol, row.number, row.day) for row in town.receipts()]
    assert found == [("26TAA", 1, date(2026, 12, 31)), ("27TAA", 1, date(2027, 1, 1))]
    town.ties()
