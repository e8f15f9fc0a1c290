"""At the accountant's desk: unplaced money gets its reasons, a person decides, and the office learns who pays for whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.files.write_camt import camt053
from gateway.closing import suggestions as desk
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.kernel.uow import Environment
from reconciliation.store import payer_alias, recon_item, recon_suggestion, statement_line
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def statement(town: Town, name: str, sender: str) -> None:
    """The day's statement; every credit comes from `sender`."""
    told = town.bank.statement(ACCOUNT, TODAY)
    entries = tuple(replace(entry, counterparty_name=sender, counterparty_account="0123") for entry in told.entries)
    data = camt053(replace(told, entries=entries), message_id=name, created_at=town.environment.clock())
    import_statement(town.environment, AGENCY, name, data, actor="test")


def refreshed(town: Town) -> dict[str, list[desk.Suggestion]]:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        reconcile(uow, AGENCY, TODAY)
        desk.refresh(uow, AGENCY)
        lines = uow.connection.scalars(sa.select(statement_line.c.id)).all()
        return desk.suggestions(uow.connection, AGENCY, lines)


def confirmed(town: Town, line_id: str, position: int, *chosen: str) -> str:
    with town.environment.begin(actor="ke.toan", agency=AGENCY) as uow:
        return desk.confirm(uow, AGENCY, line_id, position, chosen, person="ke.toan")


def test_a_slip_of_the_pen_is_confirmed_by_a_person(town: Town) -> None:
    payment = town.payment(LE_PHI)
    wrong = "2" if payment.reference[5] != "2" else "3"
    town.transfer(payment, memo=payment.reference[:5] + wrong + payment.reference[6:])
    statement(town, "a.xml", "TRAN VAN B")
    [(line_id, [first])] = refreshed(town).items()
    assert (first.rule, first.candidates, first.confidence) == ("reference.near", (payment.id,), "high")
    with pytest.raises(desk.CandidateForeign):
        confirmed(town, line_id, 1, "pay_other")
    with pytest.raises(desk.SuggestionMissing):
        confirmed(town, line_id, 9, payment.id)
    decision = confirmed(town, line_id, 1, payment.id)
    current = [row for row in town.rows(recon_item) if row.superseded_by is None]
    assert {(row.kind, row.group_id, row.decided_by) for row in current} == {("MATCH_MEMO", f"d:{decision}", "ke.toan")}
    with pytest.raises(desk.SuggestionConfirmed):
        confirmed(town, line_id, 1, payment.id)
    assert list(refreshed(town)) == [line_id]  # what a person confirmed is kept as a fact
    [kept] = town.rows(recon_suggestion)
    assert (kept.confirmed_by, kept.decision_id) == ("ke.toan", decision)


def test_the_office_learns_who_pays_for_whom(town: Town) -> None:
    first = town.payment(LE_PHI)
    town.transfer(first, memo="NGUYEN THI ANH nop le phi")
    statement(town, "a.xml", "LE VAN CON")
    [(line_id, [by_name])] = refreshed(town).items()
    assert (by_name.rule, by_name.candidates) == ("payer.amount_date", (first.id,))
    confirmed(town, line_id, 1, first.id)
    [alias] = town.rows(payer_alias)
    assert alias.learnt_by == "ke.toan"
    assert "ANH" not in alias.payer + alias.sender
    second = town.payment(LE_PHI)
    town.transfer(second, memo="nop tiep")
    statement(town, "b.xml", "LE VAN CON")
    found = refreshed(town)
    del found[line_id]
    [[known]] = found.values()
    assert (known.rule, known.candidates) == ("payer.alias", (second.id,))
