"""No surcharge: the database itself refuses a payment that asks anything but the sum of the tariff."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel.uow import Environment
from gateway.payments.store import payment, payment_due
from tests.town import LE_PHI, PHI, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def test_what_is_asked_is_the_tariff_to_the_dong(town: Town) -> None:
    view = town.view(town.payment(PHI, LE_PHI))
    assert view.row.amount == sum(due.amount for due in view.dues) == 195_000
    assert view.payload is not None and "5406195000" in view.payload


@pytest.mark.parametrize("table", [payment, payment_due], ids=["payment", "its dues"])
@pytest.mark.parametrize("more", [1, -1, 1_100])
def test_nothing_is_added_or_taken_off_afterwards(town: Town, table: sa.Table, more: int) -> None:
    town.payment(LE_PHI)
    refused = pytest.raises(sa.exc.DBAPIError, match="what a payment asks stays")
    with refused, town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.update(table).values(amount=table.c.amount + more))


def test_a_payment_with_a_surcharge_cannot_be_written(town: Town) -> None:
    known = town.payment(LE_PHI)
    with town.environment.read() as connection:
        row = dict(connection.execute(sa.select(payment)).mappings().one())
        due = dict(connection.execute(sa.select(payment_due)).mappings().one())
    copy = row | {"id": "pay_x", "reference": "BLQX", "token": "x"}
    part = due | {"payment_id": "pay_x"}
    for wrong_copy, wrong_part in ((copy | {"amount": known.amount + 1_100}, part), (copy, part | {"amount": 136_100})):
        with pytest.raises(sa.exc.DBAPIError, match="asks"), town.environment.begin(actor="test") as uow:
            uow.connection.execute(sa.insert(payment_due).values(**wrong_part))
            uow.connection.execute(sa.insert(payment).values(**wrong_copy))
    with town.environment.begin(actor="test") as uow:
        uow.connection.execute(sa.insert(payment_due).values(**part))
        uow.connection.execute(sa.insert(payment).values(**copy))
