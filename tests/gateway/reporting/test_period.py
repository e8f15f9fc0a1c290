"""The reports of a period tie: with each other, with the receipts, and with the ledger; on the page, by command, as files."""

from __future__ import annotations

import csv
import json
from contextlib import nullcontext
from datetime import date
from io import StringIO
from pathlib import Path

import openpyxl
import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.cli import build
from gateway.dues.model import DueRequest, EntitlementClaim
from gateway.dues.register import DossierRequest, register
from gateway.dues.store import due
from gateway.kernel.uow import Environment
from gateway.ledger.store import entry, posting
from gateway.reporting.collected import NO_COUNTER, of_agencies
from gateway.reporting.model import By, Report
from gateway.reporting.period import REPORTS, Asked
from tests.conftest import HandClock
from tests.gateway.counter.office import Office as Counter
from tests.gateway.settlement.office import GROUND
from tests.gateway.settlement.office import Office as Desk
from tests.town import AGENCY, LE_PHI, PAYER, PHI, TODAY, Town

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)
POOR = EntitlementClaim("TT117", "Biên bản số 3", "cán bộ Lê B")


def exempted(town: Town) -> None:
    """A payer who pays nothing, by law."""
    items = (DueRequest("cc-doi-1", entitlement=POOR),)
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        register(uow, DossierRequest(AGENCY, "H56.17-261124-9001", "1.004616", PAYER, items))


@pytest.fixture
def counter(environment: Environment, clock: HandClock, tmp_path: Path) -> Counter:
    """A day with everything: money by QR and in cash, an exemption, a refund, an open due, money of nobody."""
    counter = Counter(environment, clock, tmp_path)
    town, desk = counter.town, Desk(counter.town)
    counter.open()
    counter.cash(town.dossier(LE_PHI), 200_000)
    counter.cash(town.dossier(PHI), 60_000)
    for fees in ((LE_PHI, PHI), (PHI,)):
        town.money_comes(town.payment(*fees))
    town.money_comes(town.payment(LE_PHI), 1_000_000)  # too much
    town.money_comes(town.payment(LE_PHI), memo="nop phi")
    exempted(town)
    desk.approved(due_id=desk.paid(LE_PHI), ground=GROUND)
    town.dossier(PHI)
    return counter


def made(counter: Counter, what: str, by: By = By.DAY) -> Report:
    with counter.environment.read(AGENCY) as connection:
        return REPORTS[what](connection, AGENCY, Asked(by, FIRST, LAST, counter.clock()))


def ledger(counter: Counter, *kinds: str) -> int:
    """What the fees' accounts were credited with by entries of these kinds."""
    query = (
        sa.select(sa.func.coalesce(sa.func.sum(-posting.c.amount), 0))
        .join(entry, entry.c.id == posting.c.entry_id)
        .where(posting.c.account.like("collected:%"), entry.c.kind.in_(kinds), entry.c.day.between(FIRST, LAST))
    )
    with counter.environment.read() as connection:
        return int(connection.scalar(query) or 0)


def test_all_of_them_say_the_same_as_the_ledger_and_the_receipts(counter: Counter) -> None:
    total = made(counter, "collected").total("amount")
    assert total == ledger(counter, "notice", "release") > 0
    assert {by: made(counter, "collected", by).total("amount") for by in By} == dict.fromkeys(By, total)
    assert len({made(counter, "collected", by).total("dues") for by in By}) == 1
    used = made(counter, "receipts_used")
    assert used.total("amount") == total and used.total("receipts") == len(counter.town.receipts())
    assert used.rows[0][2:4] == (1, len(counter.town.receipts()))
    given = ledger(counter, "notice", "release", "refund")
    assert total - given == made(counter, "owed_back").total("amount") == 135_000
    rows = counter.town.rows(due)
    assert made(counter, "outstanding").total("amount") == sum(row.amount for row in rows if row.status == "open")
    forgone = sum(row.base_amount - row.amount for row in rows)
    assert made(counter, "forgone").total("amount") == made(counter, "exempt").total("amount") == forgone > 0
    assert made(counter, "exempt").rows[0][0] and made(counter, "returned").rows == ()
    counter.town.ties()


def test_units_officers_and_fields_have_their_part(counter: Counter) -> None:
    rest = made(counter, "collected").total("amount") - 195_000
    assert [(row[0], row[1], row[3]) for row in made(counter, "collected", By.UNIT).rows] == [
        ("", NO_COUNTER, rest),
        ("Quầy 1", "", 195_000),
    ]
    assert [row[:2] + row[3:] for row in made(counter, "collected", By.OFFICER).rows] == [
        ("", NO_COUNTER, rest),
        ("quay1", "Nguyễn Thị Quầy", 195_000),
    ]
    fields = made(counter, "collected", By.FIELD)
    assert [row[0] for row in fields.rows] == ["Giao thông vận tải - trật tự an toàn giao thông"]


def test_whoever_runs_the_installation_sees_every_agency(counter: Counter) -> None:
    with counter.environment.read() as connection:
        report = of_agencies(connection, [AGENCY, "H99"], FIRST, LAST)
    assert [(row[0], row[3]) for row in report.rows] == [
        (AGENCY, made(counter, "collected").total("amount")),
        ("H99", 0),
    ]


def test_a_command_prints_and_writes_them(counter: Counter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("gateway.cli.report.installation", lambda data: nullcontext(counter.environment))

    def told(*words: str, exit_code: int = 0) -> str:
        found = CliRunner().invoke(build("report"), ["report", *words])
        assert found.exit_code == exit_code, found.output
        return found.stdout

    days = ("--from", str(FIRST), "--to", str(LAST))
    fees = json.loads(told("collected", "--agency", AGENCY, "--by", "fee", *days, "--json"))
    assert fees["totals"]["amount"] == sum(row["amount"] for row in fees["rows"]) > 0
    assert json.loads(told("collected", "--by", "agency", *days, "--json"))["totals"] == fees["totals"]
    assert told("receipts_used", "--agency", AGENCY).startswith("Ký hiệu mẫu\tKý hiệu\t")
    sheet, plain = tmp_path / "used.xlsx", tmp_path / "days.csv"
    told("receipts_used", "--agency", AGENCY, "--out", str(sheet), *days)
    told("collected", "--agency", AGENCY, "--out", str(plain), *days)
    cells = list(openpyxl.load_workbook(sheet).worksheets[0].values)
    assert cells[1][-1] == fees["totals"]["amount"]
    rows = list(csv.reader(StringIO(plain.read_text("utf-8-sig"))))
    assert (rows[1][0], int(rows[1][3])) == (str(TODAY), fees["totals"]["amount"])
    told("nothing", "--agency", AGENCY, exit_code=2)
    told("collected", "--agency", AGENCY, "--by", "weather", exit_code=2)
    told("collected", exit_code=2)
    told("collected", "--agency", "H99", exit_code=1)
