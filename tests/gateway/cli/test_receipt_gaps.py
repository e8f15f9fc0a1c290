"""`thuphi receipts gaps` says yes only where every series is 1..n, and names what is missing where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from gateway.cli import build
from gateway.kernel.uow import Environment
from receipts import store
from tests.town import LE_PHI, Town


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # the command line is the same on both
def test_a_number_taken_for_no_receipt_is_a_gap(environment: Environment, tmp_path: Path) -> None:
    town = Town(environment, tmp_path)
    for _ in range(3):
        town.money_comes(town.payment(LE_PHI))

    def gaps(exit_code: int) -> list[dict[str, Any]]:
        where = ["--data", str(environment.settings.data), "--json"]
        environment.close()
        result = CliRunner().invoke(build("receipts"), ["receipts", "gaps", *where])
        assert result.exit_code == exit_code, result.output
        found: list[dict[str, Any]] = json.loads(result.output)["gaps"]
        return found

    assert gaps(0) == []
    with environment.begin(actor="test") as uow:  # somebody's hand in the database
        uow.connection.execute(sa.update(store.series).values(taken=store.series.c.taken + 1))
    found = gaps(1)
    assert {(one["form"], one["symbol"]) for one in found} == {("EBL01", "26TAA")}
    assert {one["problem"] for one in found} >= {"missing"}
