"""Issue in another's name: both names on the receipt, numbers from its own range, and an end that may come early."""

from __future__ import annotations

import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography import x509

from gateway.delivery import enrol
from gateway.delivery.documents import render_waiting, sign_waiting
from gateway.kernel.uow import Environment
from gateway.payments.series_open import SeriesClosed
from receipts import store
from receipts.delegation import Delegation, DelegationTaken
from receipts.model import Delegate
from receipts.series import RangeTaken, open_ranges
from receipts.verify import Verified, verify
from tests.conftest import HandClock, require
from tests.town import AGENCY, LE_PHI, Town

CENTRE = Delegate("Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa", "28 Đại lộ Lê Lợi, Thanh Hóa", "2800000009")
EARLY = date(2026, 11, 1)


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def delegate(
    town: Town, first: int = 1, last: int = 2, to_day: date = date(2026, 12, 31), symbol: str = "26TAA"
) -> Delegation:
    terms = enrol.Terms(CENTRE, "Thu phí, lệ phí tại bộ phận một cửa", symbol, first, last, EARLY, to_day)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        made = enrol.delegate(uow, AGENCY, terms)
        return enrol.record(uow, AGENCY, made.id, notified_on=EARLY, posted_on=EARLY)


def ranges(town: Town) -> list[tuple[int, int, int]]:
    with town.environment.read() as connection:
        return [(one.first_number, one.last_number, one.taken) for one in open_ranges(connection, AGENCY)]


def verified(town: Town, clock: HandClock) -> list[Verified]:
    sign_waiting(town.environment, town.keys)
    trust = [x509.load_pem_x509_certificate((town.environment.settings.keys / "ca.pem").read_bytes())]
    with town.environment.read() as connection:
        files = [store.document(connection, row.id, "xml", town.environment.vault) for row in town.receipts()]
    return [verify(file, trust=trust, at=clock()) for file in files if file is not None]


def test_both_names_and_then_our_own_when_the_range_is_used_up(town: Town, clock: HandClock, tmp_path: Path) -> None:
    delegate(town)
    assert ranges(town) == [(1, 2, 0), (3, 99_999_999, 2)]
    for _ in range(3):
        town.money_comes(town.payment(LE_PHI))
    found = verified(town, clock)
    assert [one.number for one in found] == [1, 2, 3]
    assert [one.delegate for one in found] == [CENTRE, CENTRE, None]
    assert {one.org.name for one in found} == {"Sở Xây dựng tỉnh Thanh Hóa"}
    render_waiting(town.environment, town.keys)
    with town.environment.read() as connection:
        page = store.document(connection, town.receipts()[0].id, "pdf", town.environment.vault)
    assert page is not None
    (tmp_path / "receipt.pdf").write_bytes(page)
    shown = subprocess.run(
        [require("pdftotext"), "-layout", str(tmp_path / "receipt.pdf"), "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    said = " ".join(shown.split())
    assert "Bên nhận ủy nhiệm" in said and CENTRE.name in said and CENTRE.address in said
    town.ties()


def test_a_batch_that_would_cross_the_border_waits_for_the_next_range(town: Town) -> None:
    delegate(town)
    payments = [town.payment(LE_PHI) for _ in range(3)]
    for payment in payments:
        town.transfer(payment)
    town.deliver()
    town.work()
    assert [row.number for row in town.receipts()] == [1, 2]
    from gateway.settlement.reconsider import reconsider

    assert reconsider(town.environment) == 1
    assert [row.number for row in town.receipts()] == [1, 2, 3]
    assert town.suspended() == {}
    town.ties()


def test_an_early_end_passes_the_numbers_left_over(town: Town, clock: HandClock) -> None:
    agreed = delegate(town, last=50)
    town.money_comes(town.payment(LE_PHI))
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        ended = enrol.record(uow, AGENCY, agreed.id, ended_on=date(2026, 11, 24))
        with pytest.raises(enrol.RecordedBefore):
            enrol.record(uow, AGENCY, agreed.id, ended_on=date(2026, 11, 30))
    town.money_comes(town.payment(LE_PHI))
    clock.moment = datetime(2026, 11, 25, 2, tzinfo=UTC)
    town.money_comes(town.payment(LE_PHI))
    found = verified(town, clock)
    assert [(one.number, one.delegate) for one in found] == [(1, CENTRE), (2, CENTRE), (51, None)]
    assert "chấm dứt trước thời hạn; ngày cuối cùng lập biên lai: 24/11/2026" in enrol.posting(ended)
    assert "từ số 1 đến số 50" in enrol.posting(agreed)
    town.ties()


def test_with_nothing_but_an_ended_delegation_the_series_is_closed(town: Town, clock: HandClock) -> None:
    delegate(town, first=1, last=99_999_999, to_day=date(2026, 11, 24))
    payment = town.payment(LE_PHI)
    clock.moment = datetime(2026, 11, 25, 2, tzinfo=UTC)
    with pytest.raises(SeriesClosed) as refused:
        town.payment(LE_PHI)
    assert refused.value.facts["reasons"] == ["delegation.ended"]
    town.money_comes(payment)
    assert town.suspended() == {"series_closed": 135_000}


def test_numbers_in_use_or_delegated_are_not_given_away(town: Town) -> None:
    town.money_comes(town.payment(LE_PHI))
    with pytest.raises(RangeTaken):
        delegate(town, first=1, last=10)
    delegate(town, first=10, last=20)
    with pytest.raises(DelegationTaken):
        delegate(town, first=20, last=30)
    assert ranges(town) == [(1, 9, 1), (10, 20, 9), (21, 99_999_999, 20)]
    delegate(town, first=1, last=5, symbol="26TAB")
    assert ranges(town)[-1] == (1, 5, 0)
    town.ties()
