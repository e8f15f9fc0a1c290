"""Breaks as tasks: given, noted, accepted by one or two persons, open again with new evidence, undone as a new entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.files.write_camt import camt053
from gateway.closing import breaks, breaks_act, breaks_term
from gateway.closing import suggestions as desk
from gateway.closing.breaks import Break, Wanted
from gateway.closing.breaks_act import BreakClosed, BreakMissing, SamePerson, TextMissing
from gateway.closing.breaks_find import find
from gateway.closing.breaks_store import break_act
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment
from gateway.officers import register
from gateway.officers.model import Officer, OfficerMissing
from reconciliation.decide import decide
from reconciliation.model import Kind
from tests.town import ACCOUNT, AGENCY, LE_PHI, TODAY, Town

BOSS = "officer:boss"


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def clerk(town: Town) -> Officer:
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        return register.add(uow, AGENCY, "Lê Thị Toán", "toan@tinh.vn", ["accountant"])


def act(town: Town, actor: str, verb: Any, *more: Any) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more)


def stated(town: Town, name: str = "a.xml") -> None:
    told = town.bank.statement(ACCOUNT, TODAY)
    data = camt053(told, message_id=name, created_at=town.environment.clock())
    import_statement(town.environment, AGENCY, name, data, actor="test")
    act(town, "worker", reconcile, TODAY)


def seen(town: Town, **wanted: Any) -> list[Break]:
    with town.environment.read() as connection:
        return breaks.breaks(connection, AGENCY, TODAY, Wanted(**wanted))


def over(town: Town, by: int) -> Break:
    """Somebody paid too much, and the statement says so."""
    payment = town.payment(LE_PHI)
    town.money_comes(payment, payment.amount + by)
    stated(town)
    [found] = seen(town)
    return found


def test_one_break_for_the_line_and_the_payment_with_its_sentence(town: Town) -> None:
    found = over(town, 10_000)
    assert (found.kind, found.difference, found.state, found.age, found.late) == (
        Kind.AMOUNT_OVER,
        10_000,
        "open",
        0,
        False,
    )
    assert len(found.lines) == len(found.payments) == 1
    with town.environment.read() as connection:
        told = breaks.sentences(connection, AGENCY, [found])[found.subject]
    assert "145.000 ₫" in told.vi and "145,000 ₫" in told.en


def test_a_small_difference_is_accepted_by_one_person_and_undone(town: Town) -> None:
    found = over(town, 10_000)
    with pytest.raises(TextMissing):
        act(town, BOSS, breaks_act.accept, found.subject, " ")
    assert act(town, BOSS, breaks_act.accept, found.subject, "Người nộp không nhận lại")
    assert (seen(town, state="open"), len(seen(town, state="accepted"))) == ([], 1)
    with pytest.raises(BreakClosed):
        act(town, BOSS, breaks_act.accept, found.subject, "lần nữa")
    act(town, "worker", reconcile, TODAY)
    assert len(seen(town, state="accepted")) == 1
    act(town, BOSS, breaks_act.undo, found.subject)
    assert [one.subject for one in seen(town, state="open")] == [found.subject]


def test_a_large_difference_takes_two_persons(town: Town) -> None:
    found = over(town, 60_000)
    assert not act(town, "officer:a", breaks_act.accept, found.subject, "Xin chấp nhận")
    [asked] = seen(town, state="asked")
    with pytest.raises(SamePerson):
        act(town, "officer:a", breaks_act.agree, asked.ask_id)
    act(town, BOSS, breaks_act.decline, asked.ask_id)
    assert len(seen(town, state="open")) == 1
    act(town, "officer:a", breaks_act.accept, found.subject, "Có văn bản")
    [again] = seen(town, state="asked")
    with pytest.raises(BreakClosed):
        act(town, BOSS, breaks_act.agree, asked.ask_id)
    act(town, BOSS, breaks_act.agree, again.ask_id)
    assert len(seen(town, state="accepted")) == 1
    kinds = [row.kind for row in town.rows(leaf) if row.kind.startswith("break.")]
    assert kinds == ["break.asked", "break.declined", "break.asked", "break.agreed"]


def test_the_database_keeps_the_two_persons_apart(town: Town) -> None:
    found = over(town, 60_000)
    act(town, "officer:a", breaks_act.accept, found.subject, "Xin chấp nhận")
    [row] = town.rows(break_act)
    forged = dict(row._mapping) | {"id": "brk_x", "act": "agreed", "asked_by": "officer:a", "answers": row.id}
    with pytest.raises(sa.exc.IntegrityError), town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        uow.connection.execute(sa.insert(break_act).values(**forged))


def test_new_evidence_opens_what_was_accepted(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, payment.amount - 20_000)
    stated(town)
    [found] = seen(town)
    act(town, BOSS, breaks_act.accept, found.subject, "Chờ bổ sung")
    town.money_comes(payment, 5_000)
    stated(town, "b.xml")
    [again] = seen(town, state="open")
    assert again.difference == -15_000


def test_given_noted_and_told_in_order(town: Town, clerk: Officer) -> None:
    found = over(town, 10_000)
    act(town, BOSS, breaks_act.assign, found.subject, clerk.id)
    act(town, clerk.actor, breaks_act.note, found.subject, "Đã gọi ngân hàng")
    assert [one.owner for one in seen(town, owner=clerk.id)] == [clerk.id]
    assert seen(town, owner="-") == []
    with town.environment.read() as connection:
        told = breaks_act.told(connection, town.environment.vault, AGENCY, found.subject)
    assert [(row.act, text) for row, text in told] == [("assigned", ""), ("noted", "Đã gọi ngân hàng")]
    assert "ngân hàng".encode() not in b"".join(row.text_sealed or b"" for row in town.rows(break_act))
    with pytest.raises(OfficerMissing):
        act(town, BOSS, breaks_act.assign, found.subject, "ofc_of_somebody_else")


def test_a_decision_is_undone_by_saying_again_what_the_passes_found(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.transfer(payment, memo="NOP LE PHI")
    stated(town)
    with town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        desk.refresh(uow, AGENCY)
        [found] = breaks.breaks(uow.connection, AGENCY, TODAY)
    assert found.kind is Kind.UNKNOWN_REFERENCE
    with town.environment.begin(actor="officer:a", agency=AGENCY) as uow:
        decide(
            uow.connection,
            owner=AGENCY,
            kind=Kind.MATCH_MEMO,
            lines=found.lines,
            payments=[payment.id],
            decided_by="officer:a",
            now=uow.now(),
            mint=uow.mint,
        )
    assert seen(town, state="open") == []
    act(town, BOSS, breaks_act.undo, found.subject)
    [again] = seen(town, state="open")
    assert (again.kind, again.decided_by, again.payments) == (Kind.UNKNOWN_REFERENCE, BOSS, ())


def test_terms_are_working_days_by_kind() -> None:
    friday = date(2026, 11, 27)
    assert breaks_term.term(Kind.WRONG_ACCOUNT, friday) == date(2026, 11, 30)
    assert breaks_term.term(Kind.CHARGEBACK, friday) == date(2026, 12, 4)


def test_only_the_difference_of_a_sum_that_differs_is_small(town: Town) -> None:
    """Money of nobody is at stake as a whole, however the sums around it come out."""
    found = over(town, 10_000)
    assert found.stake == 10_000
    assert replace(found, kind=Kind.AMBIGUOUS).stake == 145_000


def test_another_agency_sees_and_does_nothing(town: Town) -> None:
    found = over(town, 60_000)
    act(town, "officer:a", breaks_act.accept, found.subject, "Xin chấp nhận")
    [asked] = seen(town, state="asked")
    with town.environment.begin(actor=BOSS) as uow:
        assert breaks.breaks(uow.connection, "H56.99", TODAY) == []
        for verb, more in (
            (breaks_act.note, (found.subject, "x")),
            (breaks_act.undo, (found.subject,)),
            (breaks_act.agree, (asked.ask_id,)),
        ):
            with pytest.raises(BreakMissing):
                verb(uow, "H56.99", *more)  # type: ignore[operator]
        assert find(uow.connection, "H56.99", found.reference) == (frozenset(), frozenset())


def test_anything_finds_it(town: Town) -> None:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, payment.amount + 10_000)
    stated(town)
    [found] = seen(town)
    [receipt] = town.receipts()
    with town.environment.read() as connection:
        for text in (
            payment.reference.lower(),
            "145.000",
            found.bank_ref,
            receipt.dossier_code,
            f"{receipt.symbol}-{receipt.number:08d}",
            payment.id,
        ):
            lines, payments = find(connection, AGENCY, text)
            assert (lines, payments) == ({found.lines[0]}, {payment.id}), text
        assert find(connection, AGENCY, "%") == (frozenset(), frozenset())
