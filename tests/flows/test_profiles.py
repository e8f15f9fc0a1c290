"""`thuphi demo --profile`: trials of the sizes of real offices; each ties as the ordinary day does."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from typer.testing import CliRunner

from gateway.cli import build
from gateway.dues.catalogue import import_catalogue, parse
from gateway.dues.store import dossier, due
from gateway.kernel.uow import Environment
from gateway.main import create_app
from gateway.trial import procedures, units
from gateway.trial.found import settings_for
from gateway.trial.make import Made, make
from gateway.trial.profile import PROFILES, ProfileUnknown, named
from gateway.trial.story import Rail, visits
from tests.town import AGENCY, Town

SMALL = {"thanhhoa": {}, "huongthuy": {"dossiers": 700}, "province": {"dossiers": 240, "units": 12, "services": 300}}


def test_the_sizes_are_those_of_the_offices() -> None:
    assert (named("huongthuy").dossiers, named("province").units, named("province").services) == (22_515, 201, 4_000)
    assert {Rail.QR, Rail.TRANSFER, Rail.VNPTPAY, Rail.POS} <= named("thanhhoa").rails.keys()
    assert named("").name == ""
    with pytest.raises(ProfileUnknown):
        named("hanoi")


@pytest.fixture(scope="module", params=sorted(PROFILES))
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    name = str(request.param)
    profile = replace(named(name), **SMALL[name])  # type: ignore[arg-type]
    return make(tmp_path_factory.mktemp(name) / "day", payments=30, seed=5, profile=profile)


def test_its_day_ties_to_the_dong(made: Made) -> None:
    assert list(made.sums.flaws()) == []
    assert made.sums.receipts == made.sums.state_fees_paid > 0
    assert made.sums.receipt_count >= 0.75 * 30


def test_its_registers_hold_the_year_before(made: Made) -> None:
    counts, profile = made.mark["counts"], named(made.mark["profile"])
    asked = {"units": 1, "dossiers": 0} | SMALL[profile.name]
    assert (counts["units"], counts["past_dossiers"]) == (asked["units"], asked["dossiers"])
    environment = Environment(settings_for(made.directory, "http://127.0.0.1:8000"))
    try:
        with environment.read() as connection:
            past = dossier.c.accepted_on < made.lived.day
            spread = connection.execute(sa.select(dossier.c.agency_id, dossier.c.accepted_on).where(past)).all()
            states = Counter(connection.scalars(sa.select(due.c.status).join(dossier).where(past)))
    finally:
        environment.close()
    assert len(spread) == asked["dossiers"]
    if spread:
        assert len({agency for agency, _ in spread}) == asked["units"]
        assert (made.lived.day - min(day for _, day in spread)).days > 350
        assert states["exempt"] > states["open"] > 0
        assert states.keys() == {"exempt", "open"}  # no đồng of the past is in these books


def test_the_same_seed_has_the_same_sums(tmp_path: Path) -> None:
    profile = replace(named("province"), units=2, dossiers=30, services=60)
    first, again = (make(tmp_path / name, payments=3, seed=2, profile=profile) for name in ("one", "two"))
    assert first.sums == again.sums
    assert list(first.sums.flaws()) == []


def test_an_office_sees_only_what_it_sees() -> None:
    profile = named("thanhhoa")
    told = visits(400, 1, rails=profile.rails, errands=profile.errands, office=profile.office)
    counted = Counter(visit.rail for visit in told)
    assert counted.keys() == profile.rails.keys()
    assert min(counted.values()) >= 30
    assert visits(60, 3) == visits(60, 3)


def test_the_command_takes_the_profile(tmp_path: Path) -> None:
    arguments = ["demo", "--data", str(tmp_path / "day"), "--profile", "thanhhoa", "--payments", "5", "--json"]
    result = CliRunner().invoke(build("demo"), arguments)
    assert result.exit_code == 0, result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert (told["ties"], told["profile"], told["payments"]) == (True, "thanhhoa", 5)
    refused = CliRunner().invoke(build("demo"), ["demo", "--data", str(tmp_path / "x"), "--profile", "hue", "--json"])
    assert (refused.exit_code, (tmp_path / "x").exists()) == (1, False)


def test_two_hundred_units_have_names_of_their_own() -> None:
    names = units.names(200)
    assert len(set(names)) == 200
    assert all(name.endswith("(dữ liệu mẫu)") for name in names)


def test_four_thousand_services_are_found_without_accents(environment: Environment, tmp_path: Path) -> None:
    data = procedures.catalogue(4_000)
    assert data == procedures.catalogue(4_000)
    found = parse(data)
    assert len({fee.procedure_name for fee in found.fees}) == len(found.fees) == 4_000
    town = Town(environment, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        import_catalogue(uow, AGENCY, data)
    client = TestClient(create_app(environment), headers={"Authorization": f"Bearer {town.api_key}"})
    answers = [client.get("/api/v1/fees", params={"q": text}).json() for text in ("dang ky ket hon", "Đăng ký kết hôn")]
    assert answers[0] == answers[1]
    named_so = [line["procedure_name"] for line in answers[0]["data"]]
    assert "Đăng ký kết hôn (trong nước)" in named_so
    assert "Đăng ký kết hôn có yếu tố nước ngoài" in named_so
    assert all("kết hôn" in name for name in named_so)
    assert client.get("/api/v1/fees", params={"q": "khong co thu tuc nay"}).json()["data"] == []
