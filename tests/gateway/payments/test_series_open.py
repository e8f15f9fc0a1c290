"""Nobody is shown a QR for what cannot be receipted; who is refused hears why and whom to ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.delivery import enrol
from gateway.kernel.uow import Environment
from gateway.payments.series_open import SeriesClosed
from gateway.payments.start import StartRequest, begin_many
from gateway.web import screen
from gateway.worker import Worker
from receipts import series, store
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def unregister(town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.delete(store.certificate))
        uow.connection.execute(sa.delete(store.registration))


def stop_certificate(town: Town) -> None:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.stop(uow, AGENCY, f"{town.keys.signer.certificate.serial_number:X}")


def close_range(town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        series.close_series(uow.connection, town.series.id, uow.now())


def exhaust(town: Town) -> None:
    with town.environment.begin(actor="test") as uow:
        spent = {"last_number": store.series.c.first_number, "taken": store.series.c.first_number}
        uow.connection.execute(sa.update(store.series).values(**spent))


@pytest.mark.parametrize(
    ("close", "reason"),
    [
        (unregister, "registration.absent"),
        (stop_certificate, "certificate.not_listed"),
        (close_range, "series.absent"),
        (exhaust, "series.exhausted"),
    ],
)
def test_no_new_qr_and_the_old_one_is_taken_off(town: Town, clock: HandClock, close: object, reason: str) -> None:
    before = town.payment(LE_PHI)
    assert callable(close)
    close(town)
    with pytest.raises(SeriesClosed) as refused:
        town.payment(LE_PHI)
    error = refused.value
    assert (error.kind, error.code) == ("conflict", "payment.series_closed")
    assert error.facts["reasons"] == [reason]
    assert "Sở Xây dựng tỉnh Thanh Hóa" in error.vi and "Sở Xây dựng tỉnh Thanh Hóa" in error.en
    with town.environment.read() as connection:
        shown = screen.by_token(connection, before.token, clock())
    assert shown.payload is None and not shown.transferable
    assert shown.closed is not None and shown.closed.facts["reasons"] == [reason]


def test_money_that_comes_all_the_same_waits_and_settles_when_the_registration_is_back(
    town: Town, clock: HandClock
) -> None:
    payment = town.payment(PHI, LE_PHI)
    unregister(town)
    town.money_comes(payment)
    assert town.suspended() == {"series_closed": 195_000}
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        enrol.declare(uow, AGENCY, [town.keys.signer.certificate], date(2026, 11, 1))
    Worker(town.environment, town.keys).run_until_quiet()
    assert [row.state for row in town.receipts()] == ["signed", "signed"]
    assert town.suspended() == {}
    town.ties()


def test_a_certificate_that_expires_meanwhile_closes_the_series(town: Town, clock: HandClock) -> None:
    payment = town.payment(LE_PHI)
    clock.moment = datetime(2031, 12, 1, 2, tzinfo=UTC)
    town.money_comes(payment)
    assert town.suspended() == {"series_closed": 135_000}
    with pytest.raises(SeriesClosed) as refused:
        town.payment(LE_PHI)
    assert set(refused.value.facts["reasons"]) == {"series.wrong_year", "certificate.expired"}  # type: ignore[call-overload]


def test_money_that_needs_no_receipt_is_collected_all_the_same(town: Town) -> None:
    payment = town.payment(LE_PHI)
    unregister(town)
    with town.environment.begin(actor="test") as uow:
        from gateway.dues.store import due

        uow.connection.execute(sa.update(due).values(kind="OTHER"))
    again = town.view(payment)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        (outcome,) = begin_many(uow, [StartRequest(AGENCY, "vietqr", due_ids=(again.dues[0].id,))])
    assert not isinstance(outcome, Exception)


def test_a_batch_asks_once(town: Town) -> None:
    dossiers = [town.dossier(LE_PHI) for _ in range(5)]
    requests = [StartRequest(AGENCY, "vietqr", dossier_ids=(one.dossier.id,)) for one in dossiers]
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    sa.event.listen(town.environment.writer, "before_cursor_execute", note)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        outcomes = begin_many(uow, requests)
    assert len([one for one in outcomes if not isinstance(one, Exception)]) == 5
    assert len([one for one in seen if "receipt_registration" in one]) == 1
    assert len([one for one in seen if "FROM receipt_series" in one]) == 1
