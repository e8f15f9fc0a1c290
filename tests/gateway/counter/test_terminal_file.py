"""Which rows of the settlement files are a terminal's: never a payment service's, a list's or a deposit slip's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.closing import raw
from gateway.closing.bank_files import settlement_row
from gateway.counter import terminal_file
from gateway.counter.terminal_store import SaleState
from gateway.kernel.clock import business_day
from gateway.payments.store import PaymentRow
from gateway.settlement.store import notice
from tests.flows.till import ACQUIRER, Till
from tests.town import AGENCY, LE_PHI


def filed(till: Till, reference: str, gross: int, *, terminal: str = "", batch: str = "P1", days: int = 0) -> datetime:
    """A row of somebody's settlement file; when it came."""
    with till.environment.begin(actor="test", agency=AGENCY) as uow:
        digest = raw.keep(uow, AGENCY, "file.csv", raw.opener(f"{batch}{reference}{days}".encode()))
        row: dict[str, Any] = {
            "id": uow.mint("str"),
            "agency_id": AGENCY,
            "file_id": raw.mark(uow, AGENCY, digest, "read"),
            "natural_key": f"{batch}:{reference}:{days}",
            "batch_id": batch,
            "terminal": terminal,
            "trade_date": business_day(uow.now()) + timedelta(days),
            "reference": reference,
            "gross": gross,
            "mdr": 0,
            "net": gross,
            "taken_at": uow.now(),
        }
        row |= dict.fromkeys(("rrn", "approval_code", "stan", "masked_pan"), "")
        uow.connection.execute(sa.insert(settlement_row).values(**row))
        return uow.now()


def silent(till: Till) -> PaymentRow:
    """A sale whose terminal went silent for good: the file decides."""
    money = till.town.payment(LE_PHI, channel="pos")
    till.terminal.arm(["line_dead"])
    till.ask(money)
    till.settle()
    assert till.sale(money).state in (SaleState.UNKNOWN, SaleState.REVERSING)
    return money


@pytest.mark.parametrize("channel", ["vietqr", "bank_transfer"])
def test_with_one_acquirer_another_channels_row_is_not_booked_as_its_money(till: Till, channel: str) -> None:
    """As a payment service's file comes in: no terminal's number, and the reference of a payment of its own."""
    service = till.town.payment(LE_PHI, channel=channel)
    till.town.money_comes(service)
    since = filed(till, service.reference, service.amount)
    assert terminal_file.follow(till.environment, since) == 0
    till.town.work()
    assert {row.connector for row in till.town.rows(notice)}.isdisjoint({f"pos.{ACQUIRER}"})
    assert till.town.suspended() == {}
    till.town.ties()


def test_with_one_acquirer_its_row_is_found_by_the_payment_it_names(till: Till) -> None:
    money = silent(till)
    since = filed(till, money.reference, money.amount, terminal="UNSEEN01", batch="B1")
    assert terminal_file.follow(till.environment, since) == 1
    till.town.work()
    assert till.town.view(money).status == "paid"
    assert till.booked(money) == money.amount
    assert terminal_file.follow(till.environment, since) == 0
    till.town.ties()


@pytest.mark.parametrize("reference", ["", "another", "service"])
def test_a_later_row_of_somebody_else_does_not_make_the_acquirers_day_whole(till: Till, reference: str) -> None:
    """Else a sale whose file is still to come would be free to be paid again."""
    money = silent(till)
    named = till.town.payment(LE_PHI).reference if reference == "service" else reference and "BLQ00000AAA0"
    since = filed(till, named, 50_000, days=1)
    assert terminal_file.follow(till.environment, since) == 0
    assert till.town.view(money).status == "checking"


def test_the_acquirers_own_later_row_does(till: Till) -> None:
    paid = till.town.payment(LE_PHI, channel="pos")
    till.ask(paid)
    till.work()
    money = silent(till)
    filed(till, paid.reference, paid.amount, terminal="TID00001", batch="B1")
    since = filed(till, "BLQ00000AAA0", 50_000, terminal="TID00001", batch="B2", days=1)
    assert terminal_file.follow(till.environment, since) == 1
    assert till.town.view(money).status in ("pending", "expired")
    till.town.ties()
