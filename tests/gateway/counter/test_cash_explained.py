"""Cash before it is on the statement: in the drawer, on deposit slip N, late; then its line is matched as the lump it is."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from connectors.files.write_camt import camt053
from connectors.vietqr import codec
from gateway import providers
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.counter import cash_deposit, cash_slip
from gateway.kernel.uow import Environment
from gateway.payments.store import PaymentRow
from reconciliation.items import current_items, told
from tests.conftest import HandClock
from tests.gateway.counter.office import NEIGHBOUR, Office
from tests.town import ACCOUNT, AGENCY, LE_PHI, PHI, TODAY


@pytest.fixture
def office(environment: Environment, clock: HandClock, tmp_path: Path) -> Office:
    made = Office(environment, clock, tmp_path)
    with environment.begin(actor="test", agency=AGENCY) as uow:  # a commission that cash has not
        providers.use(uow, AGENCY, "pos.demobank", {"mdr": "11/1000"}, {})
    made.open()
    return made


def said(office: Office, money: PaymentRow, day: date, agency: str = AGENCY) -> tuple[str, str, str, str]:
    """Kind, rule and the two sentences of a payment."""
    with office.environment.begin(actor="test", agency=agency) as uow:
        reconcile(uow, agency, day)
    with office.environment.read() as connection:
        items = current_items(connection, owner=agency, lines=[], payments=[money.id])
        [answer] = told(connection, owner=agency, items=items)
    return answer.item.kind.value, answer.item.rule, answer.sentence.vi, answer.sentence.en


def slip(office: Office) -> str:
    """The shift ends; the number of its deposit slip."""
    with office.environment.read() as connection:
        counted = sum(row.amount for row in connection.execute(cash_deposit.cash_take.select()))
    closed = office.close(counts={5_000: counted // 5_000}, terminal_total=0)
    assert cash_slip.tell_waiting(office.environment) == len(closed.deposits)
    assert cash_slip.tell_waiting(office.environment) == 0
    with office.environment.read() as connection:
        return str(cash_deposit.of_shift(connection, AGENCY, closed.shift_id)[0].reference)


def brought(office: Office, reference: str, amount: int) -> None:
    """The bank has it and states it."""
    qr = codec.for_payment(bin="970415", account=ACCOUNT, amount=amount, purpose=reference)
    office.town.bank.pay(codec.encode(qr), memo=f"{reference} NOP TIEN MAT")
    statement = office.town.bank.statement(ACCOUNT, TODAY)
    content = camt053(statement, message_id="M1", created_at=office.clock())
    import_statement(office.environment, AGENCY, "sao-ke.xml", content, actor="test")


def test_in_the_drawer_it_waits_until_the_next_working_day(office: Office) -> None:
    money = office.cash(office.town.dossier(LE_PHI), 135_000)
    kind, rule, vi, en = said(office, money, TODAY)
    assert (kind, rule) == ("LATE_CUTOFF", "cash.drawer")
    assert "ngăn kéo" in vi
    assert "drawer" in en
    assert said(office, money, TODAY + timedelta(1))[:2] == ("MISSING_IN_BANK", "cash.kept")


def test_on_a_slip_it_is_explained_by_its_number_until_that_is_late(office: Office) -> None:
    money, other = office.cash(office.town.dossier(LE_PHI), 135_000), office.cash(office.town.dossier(PHI), 60_000)
    number = slip(office)
    for day in (TODAY, TODAY + timedelta(1)):
        kind, rule, vi, en = said(office, money, day)
        assert (kind, rule) == ("LATE_CUTOFF", "cash.slip")
        assert f"giấy nộp tiền {number}" in vi
        assert f"deposit slip {number}" in en
        assert "25/11/2026" in vi
    kind, rule, vi, _ = said(office, money, TODAY + timedelta(2))
    assert (kind, rule) == ("BATCH_NOT_PAID", "cash.slip_late")
    assert number in vi
    assert "195.000" in vi  # the slip, not the payment alone
    assert said(office, other, TODAY + timedelta(2))[1] == "cash.slip_late"


@pytest.mark.parametrize(("fees", "kind"), [((LE_PHI,), "MATCH_MEMO"), ((LE_PHI, PHI), "MATCH_ONE_TO_MANY")])
def test_its_line_is_matched_as_the_lump_it_is(office: Office, fees: tuple[str, ...], kind: str) -> None:
    paid = [office.cash(office.town.dossier(fee), 200_000) for fee in fees]
    number, amount = slip(office), sum(one.amount for one in paid)
    brought(office, number, amount)
    assert said(office, paid[0], TODAY)[1] == "cash.slip"  # stated, not yet cleared
    assert cash_deposit.clear_waiting(office.environment) == 1
    for money in paid:
        told_of = said(office, money, TODAY)
        assert told_of[0] == kind
        assert office.town.view(money).row.status == "confirmed"
    if kind == "MATCH_MEMO":
        assert "theo giấy nộp tiền mặt của quầy" in told_of[2]
        assert "two officers" not in told_of[3]
    with office.environment.read() as connection:
        lines = [
            row.proof
            for row in connection.execute(
                cash_deposit.cash_deposit.select().with_only_columns(cash_deposit.cash_deposit.c.line_id.label("proof"))
            )
        ]
        [line] = told(connection, owner=AGENCY, items=current_items(connection, owner=AGENCY, lines=lines, payments=[]))
    assert line.item.kind.value == kind
    office.town.ties()


def test_a_neighbours_cash_is_explained_to_the_neighbour(office: Office) -> None:
    office.neighbour()
    money = office.cash(office.neighbours_dossier(LE_PHI), 135_000, NEIGHBOUR)
    slip(office)
    assert said(office, money, TODAY, NEIGHBOUR)[1] == "cash.slip"
