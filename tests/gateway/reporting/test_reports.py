"""Reports add up to what was paid, in whatever way they are counted, and no spreadsheet runs what they contain."""

from __future__ import annotations

import csv
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import openpyxl
import pytest

from gateway.kernel.uow import Environment
from gateway.reporting import export, standing
from gateway.reporting.collected import collected
from gateway.reporting.model import By, Column, Report, ReportInvalid
from gateway.reporting.open_data import month_totals
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY, Town

MONTH = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def report(town: Town, by: By) -> Report:
    with town.environment.read() as connection:
        return collected(connection, AGENCY, by, *MONTH)


def test_every_way_of_counting_comes_to_the_same_sum(town: Town, clock: HandClock) -> None:
    for fees in ((LE_PHI,), (PHI,), (LE_PHI, PHI)):
        town.money_comes(town.payment(*fees))
    clock.advance(days=1)
    town.money_comes(town.payment(PHI))
    town.payment(LE_PHI)  # begun, not paid
    for by in By:
        made = report(town, by)
        assert (made.total("amount"), made.total("dues")) == (450_000, 5), by


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (By.DAY, [(TODAY, "", 2, 195_000), (date(2026, 11, 25), "", 1, 60_000)]),
        (By.MONTH, [(202611, "", 3, 255_000)]),
        (By.QUARTER, [(20264, "", 3, 255_000)]),
        (By.KIND, [("LE_PHI", "", 1, 135_000), ("PHI", "", 2, 120_000)]),
        (By.CHANNEL, [("vietqr", "", 3, 255_000)]),
        (By.ACCOUNT, [(ACCOUNT, "VietinBank", 3, 255_000)]),
    ],
)
def test_rows_are_in_order_of_their_key(town: Town, clock: HandClock, by: By, rows: list[tuple[object, ...]]) -> None:
    town.money_comes(town.payment(LE_PHI, PHI))
    clock.advance(days=1)
    town.money_comes(town.payment(PHI))
    assert list(report(town, by).rows) == rows


def test_a_period_runs_forward(town: Town) -> None:
    with town.environment.read() as connection, pytest.raises(ReportInvalid):
        collected(connection, AGENCY, By.DAY, date(2026, 11, 2), date(2026, 11, 1))


def test_another_agency_has_nothing(town: Town) -> None:
    town.money_comes(town.payment())
    with town.environment.read() as connection:
        assert collected(connection, "H99", By.FEE, *MONTH).rows == ()
        assert standing.outstanding(connection, "H99", TODAY).rows == ()


def test_what_is_open_is_listed_by_age(town: Town) -> None:
    town.dossier(LE_PHI)
    town.dossier(LE_PHI, accepted_on=date(2026, 10, 30))
    with town.environment.read() as connection:
        made = standing.outstanding(connection, AGENCY, TODAY)
    assert [(row[0], row[2], row[3], row[4]) for row in made.rows] == [
        (LE_PHI, "0–7", 1, 135_000),
        (LE_PHI, "8–30", 1, 135_000),
    ]


def test_small_cells_are_not_published_one_by_one(town: Town) -> None:
    for _ in range(5):
        town.money_comes(town.payment(LE_PHI))
    town.money_comes(town.payment(PHI))
    with town.environment.read() as connection:
        made = month_totals(connection, AGENCY, 2026, 11)
    assert [(row[1], row[3], row[4]) for row in made.rows] == [(LE_PHI, 5, 675_000), ("", 1, 60_000)]


def test_exports_are_plain_and_harmless() -> None:
    made = Report(
        "trial",
        (
            Column("name", "Tên", "Name"),
            Column("day", "Ngày", "Day"),
            Column("amount", "Số tiền", "Amount", money=True),
        ),
        (("=HYPERLINK(1)", date(2026, 11, 24), -5), ("@x", None, 1_000_000)),
    )
    text = list(csv.reader(StringIO(export.as_csv(made).decode("utf-8-sig"))))
    assert text == [["Tên", "Ngày", "Số tiền"], ["'=HYPERLINK(1)", "2026-11-24", "-5"], ["'@x", "", "1000000"]]
    sheet = openpyxl.load_workbook(BytesIO(export.as_xlsx(made, "en"))).worksheets[0]
    assert list(sheet.values) == [
        ("Name", "Day", "Amount"),
        ("'=HYPERLINK(1)", "2026-11-24", -5),
        ("'@x", None, 1_000_000),
    ]
