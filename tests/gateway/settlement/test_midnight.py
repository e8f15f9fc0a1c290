"""The day of a receipt is the day of its money: at 23:59:59, on 31 December, and whenever its notice or signature comes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from gateway.delivery import enrol, series_watch
from gateway.delivery.documents import sign_waiting
from gateway.kernel.outbox import event
from gateway.kernel.uow import Environment
from gateway.payments.series_open import SeriesClosed
from gateway.settlement.reconsider import reconsider
from receipts import store
from receipts.series import open_series
from receipts.verify import Verified, verify
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def vietnam(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC) - timedelta(hours=7)  # type: ignore[misc, arg-type]


def signed(town: Town, clock: HandClock) -> list[Verified]:
    sign_waiting(town.environment, town.keys)
    trust = [x509.load_pem_x509_certificate((town.environment.settings.keys / "ca.pem").read_bytes())]
    with town.environment.read() as connection:
        files = [store.document(connection, row.id, "xml", town.environment.vault) for row in town.receipts()]
    return [verify(file, trust=trust, at=clock()) for file in files if file is not None]


def next_year(town: Town) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        made = open_series(
            uow.connection, owner=AGENCY, tax_code="2800000001", symbol="27TAA", now=uow.now(), mint=uow.mint
        )
    assert made.year == 2027


def days(town: Town) -> list[tuple[str, int, date]]:
    return [(row.symbol, row.number, row.day) for row in town.receipts()]


def test_one_second_before_midnight_is_today_whenever_it_arrives(town: Town, clock: HandClock) -> None:
    clock.moment = vietnam(2026, 11, 24, 23, 50)
    first, second = town.payment(LE_PHI), town.payment(LE_PHI)
    clock.moment = vietnam(2026, 11, 24, 23, 59, 59)
    town.transfer(first)
    clock.moment = vietnam(2026, 11, 25, 0, 0, 1)
    town.transfer(second)
    town.deliver()
    town.work()
    assert [row.day for row in town.receipts()] == [date(2026, 11, 24), date(2026, 11, 25)]


def test_signed_after_midnight_is_a_warning_and_no_error(town: Town, clock: HandClock) -> None:
    clock.moment = vietnam(2026, 11, 24, 23, 59, 59)
    town.money_comes(town.payment(LE_PHI))
    clock.moment = vietnam(2026, 11, 25, 8, 0)  # the signer was down over midnight
    [receipt] = signed(town, clock)
    assert receipt.day == date(2026, 11, 24)
    assert receipt.signed_at == clock()
    assert receipt.warnings == ("time.signed_later",)


def test_the_old_year_s_money_takes_the_old_year_s_symbol(town: Town, clock: HandClock) -> None:
    """Bank time counts, not arrival; the signer was down over New Year."""
    clock.moment = vietnam(2026, 12, 31, 23, 50)
    old, new = town.payment(LE_PHI), town.payment(LE_PHI)
    next_year(town)
    clock.moment = vietnam(2026, 12, 31, 23, 59, 59)
    town.transfer(old)
    clock.moment = vietnam(2027, 1, 1, 0, 0, 0)
    town.transfer(new)
    clock.moment = vietnam(2027, 1, 1, 0, 30)
    town.deliver()
    town.work()
    assert days(town) == [("26TAA", 1, date(2026, 12, 31)), ("27TAA", 1, date(2027, 1, 1))]
    clock.moment = vietnam(2027, 1, 1, 9, 0)
    assert [(one.symbol, one.warnings) for one in signed(town, clock)] == [
        ("26TAA", ("time.signed_later",)),
        ("27TAA", ()),
    ]
    town.ties()


def test_without_next_year_s_symbol_nothing_is_collected_and_what_comes_waits(town: Town, clock: HandClock) -> None:
    clock.moment = vietnam(2026, 12, 31, 23, 50)
    payment = town.payment(LE_PHI)
    clock.moment = vietnam(2027, 1, 1, 0, 0)
    with pytest.raises(SeriesClosed) as refused:
        town.payment(LE_PHI)
    assert refused.value.facts["reasons"] == ["series.wrong_year"]
    town.money_comes(payment)
    assert town.suspended() == {"series_closed": 135_000}
    assert reconsider(town.environment) == 0
    next_year(town)
    assert reconsider(town.environment) == 1
    assert days(town) == [("27TAA", 1, date(2027, 1, 1))]
    town.ties()


def test_the_worker_makes_next_year_s_symbol_ready_in_december(town: Town, clock: HandClock) -> None:
    clock.moment = vietnam(2026, 11, 30, 23, 59)
    series_watch.watch(town.environment)
    assert {row.symbol for row in town.rows(store.series)} == {"26TAA"}
    clock.moment = vietnam(2026, 12, 1, 0, 0)
    series_watch.watch(town.environment)
    series_watch.watch(town.environment)
    assert sorted(row.symbol for row in town.rows(store.series)) == ["26TAA", "27TAA"]
    clock.moment = vietnam(2027, 1, 1, 0, 0)
    town.money_comes(town.payment(LE_PHI))
    assert days(town) == [("27TAA", 1, date(2027, 1, 1))]
    assert len([row for row in town.rows(event) if row.kind == "series.opened"]) == 1


def test_each_threshold_is_told_once(town: Town, clock: HandClock) -> None:
    told: list[tuple[str, int | None]] = []

    def look() -> None:
        series_watch.watch(town.environment)
        import json

        rows = [row for row in town.rows(event) if row.kind == "series.warning"]
        told[:] = [(json.loads(row.body)["code"], json.loads(row.body)["within"]) for row in rows]

    look()
    assert told == [("series.next_year_absent", 60)]
    clock.advance(hours=5)
    look()
    clock.advance(days=1)
    look()
    assert told == [("series.next_year_absent", 60)]
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.update(store.certificate).values(valid_to=datetime(2026, 12, 1, tzinfo=UTC)))
    look()
    assert told[1:] == [("certificate.ends", 7)]
    with town.environment.read() as connection:
        found = series_watch.warnings(connection, AGENCY, date(2026, 11, 25))
    assert [one.code for one in found] == ["series.next_year_absent", "certificate.ends"]


def test_why_a_series_is_closed_is_told_once_a_day(town: Town, clock: HandClock) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.stop(uow, AGENCY, f"{town.keys.signer.certificate.serial_number:x}")
    for _ in range(3):
        series_watch.watch(town.environment)
    clock.advance(days=1)
    series_watch.watch(town.environment)
    assert len([row for row in town.rows(event) if row.kind == "series.closed"]) == 2
