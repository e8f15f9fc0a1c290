"""`thuphi catalogue`: importing a tariff, and looking at it."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.cli.catalogue import catalogue_app
from gateway.dues.catalogue import in_force, load_default
from gateway.kernel.uow import Environment
from gateway.migrations.history import head

DEFAULT = resources.files("gateway.dues").joinpath("catalogue.json")


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(catalogue_app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def installed(desk: Environment, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """The installation as the command finds it: by the environment, at the head of the history."""
    url = desk.writer.url.render_as_string(hide_password=False)
    monkeypatch.setenv("THUPHI_DATABASE_URL", url)
    monkeypatch.setenv("THUPHI_DATA", str(desk.settings.data))
    with desk.begin(actor="test") as uow:
        uow.connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        uow.connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": head()})
    desk.close()
    return desk


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The product's own catalogue with one amount changed."""
    whole = json.loads(DEFAULT.read_bytes())
    whole["fees"][1]["items"][0]["amount_vnd"] = 140_000
    path = tmp_path / "tariff.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return path


def test_an_import_puts_the_file_in_force(installed: Environment, file: Path) -> None:
    code, out, _ = run("import", file, "--agency", "th", "--json")
    told: dict[str, Any] = json.loads(out)
    assert (code, told["fees"], told["lines"], told["changed"]) == (0, 51, 66, True)
    assert json.loads(run("import", file, "--agency", "th", "--json")[1])["changed"] is False
    with installed.read() as connection:
        assert in_force(connection, "th").content_hash == told["content_hash"] != load_default().content_hash
    code, out, _ = run("show", "gplx-cap-1", "--agency", "th", "--json")
    assert (code, json.loads(out)["amount"]) == (0, 140_000)


def test_a_flawed_file_exits_1_and_lists_every_flaw(installed: Environment, file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace('"kind"', '"kin"'), encoding="utf-8")
    code, out, _ = run("import", file, "--agency", "th", "--json")
    told = json.loads(out)
    assert (code, told["code"]) == (1, "catalogue.flawed")
    assert {"fees[0].items[0].kin", "fees[0].items[0].kind"} <= {flaw["path"] for flaw in told["flaws"]}
    code, _, err = run("import", file, "--agency", "th")
    assert code == 1
    assert "fees[0].items[0].kind" in err


def test_an_unknown_agency_exits_1(installed: Environment, file: Path) -> None:
    for arguments in (("import", file, "--agency", "nobody"), ("list", "--agency", "nobody")):
        code, out, _ = run(*arguments, "--json")
        assert (code, json.loads(out)["code"]) == (1, "agency.missing")


def test_bad_usage_exits_2(tmp_path: Path) -> None:
    assert run("import", tmp_path / "nothing.json", "--agency", "th")[0] == 2
    assert run("import", DEFAULT)[0] == 2
    assert run("list", "--day", "tomorrow")[0] == 2


def test_without_a_database_the_command_says_what_to_do(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THUPHI_DATABASE_URL", raising=False)
    code, out, _ = run("import", file, "--agency", "th", "--data", tmp_path / "empty", "--json")
    assert (code, json.loads(out)["code"]) == (1, "database.not_migrated")
    assert not (tmp_path / "empty").exists()


def test_the_list_of_a_day_needs_no_database() -> None:
    code, out, _ = run("list", "--day", "2026-11-24", "--json")
    found = {view["fee_code"]: view for view in json.loads(out)["data"]}
    assert code == 0
    assert found["cc-doi-1"] | {"amount": 50_000, "kind": "LE_PHI", "certainty": "certain"} == found["cc-doi-1"]
    assert found["gplx-cap-1"]["valid_from"] == "2026-01-01"
    code, out, _ = run("list", "--day", "2026-11-24")
    assert code == 0
    assert "cutru-thuongtru-1" in out


def test_one_line_is_shown_and_an_unknown_one_exits_1() -> None:
    code, out, _ = run("show", "ct-saoy-1", "--day", "2026-11-24")
    assert code == 0
    assert "2.000 ₫/trang" in out
    code, _, err = run("show", "nothing-1")
    assert code == 1
    assert "no such fee code" in err
