"""The judge sees: each thing that must never be is done to good books by hand, and named."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.dues.store import dossier, due
from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment
from gateway.ledger.store import posting
from gateway.payments.store import payment
from gateway.settlement.store import inbox, notice, suspense
from receipts.store import receipt, series
from tests.chaos import judge
from tests.chaos.journal import Journal, Way
from tests.chaos.quick import MORNING, opened, scratch, template
from tests.conftest import HandClock
from tests.town import LE_PHI, Town

Harm = Callable[[sa.Connection, Journal, list[judge.Line]], object]


def delete(table: sa.Table) -> Harm:
    """The youngest row is gone."""
    youngest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    return lambda connection, *_: connection.execute(sa.delete(table).where(table.c.id == youngest))


def change(table: sa.Table, **values: object) -> Harm:
    """One row, the youngest, says something else."""
    youngest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
    return lambda connection, *_: connection.execute(sa.update(table).where(table.c.id == youngest).values(**values))


HARMS: dict[str, tuple[Harm, str]] = {
    "a dossier is lost": (delete(dossier), "dossier.lost"),
    "a payment is lost": (delete(payment), "payment.lost"),
    "a payment asks for more": (change(payment, amount=1), "payment.lost"),
    "a notice is lost": (delete(inbox), "notice.lost"),
    "a notice waits": (change(inbox, state="waiting"), "inbox.waiting"),
    "a notice is set apart": (change(inbox, state="poison"), "inbox.poison"),
    "money is lost": (delete(notice), "money.lost"),
    "money is invented": (lambda _, __, lines: lines.pop(), "money.invented"),
    "money grows": (change(notice, counted=1, suspended=1), "money.invented"),
    "a task is lost": (delete(suspense), "notice.bucket"),
    "a receipt is lost": (delete(receipt), "due.receipts"),
    "a number is skipped": (change(receipt, number=77), "series.counter"),
    "the counter runs ahead": (change(series, taken=5), "series.missing"),
    "a due is paid twice over": (change(due, amount=999), "dues.differ"),
    "a due is open again": (change(due, status="open"), "errand.end"),
    "an entry is lost": (lambda connection, *_: connection.execute(sa.delete(posting)), "entry.empty"),
    "a leaf is lost": (delete(leaf), "audit.leaves"),
    "a forged notice was taken": (lambda _, journal, __: journal.forged_accepted.add("X"), "notice.forged_accepted"),
}


UNSIGNED = {"receipt.unsigned", "ledger.bank", "event.waiting"}  # no worker signs, no statement came, nobody listens


@dataclass(frozen=True, slots=True)
class Good:
    """Good books on disk, what was acknowledged on the way, and the bank's side."""

    place: Path
    journal: Journal
    lines: list[judge.Line]

    def told(self) -> Journal:
        """A copy of the journal, to be harmed."""
        journal = Journal()
        journal.errands += self.journal.errands
        journal.recorded |= self.journal.recorded
        return journal


@pytest.fixture(scope="module")
def good(migrated_sqlite: Path) -> Iterator[Good]:
    """On SQLite only: what is harmed is the same on both."""
    journal = Journal()
    with scratch() as scratched:
        place = template(scratched, migrated_sqlite)
        with opened(place, HandClock(MORNING), seed=1) as environment:
            town = Town(environment, place)
            for _ in range(2):
                _errand(town, journal)
            town.bank.close()
        yield Good(place, journal, judge.bank_lines(place / "bank.db"))


@contextmanager
def lawless(environment: Environment) -> Iterator[sa.Connection]:
    """A hand that no trigger, check or foreign key holds back."""
    with environment.begin(actor="test") as uow:
        triggers = uow.connection.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
        for name in list(triggers):
            uow.connection.execute(sa.text(f"DROP TRIGGER {name}"))
    with environment.writer.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA foreign_keys=OFF")
        raw.execute("PRAGMA ignore_check_constraints=ON")
        with connection.begin():
            yield connection
        connection.invalidate()


def test_good_books_are_good(good: Good) -> None:
    with opened(good.place, HandClock(MORNING), seed=2) as environment:
        assert rules(environment, good.journal, good.lines) == UNSIGNED


@pytest.mark.parametrize(("harm", "rule"), HARMS.values(), ids=HARMS)
def test_harm_is_named(good: Good, harm: Harm, rule: str) -> None:
    journal, lines = good.told(), list(good.lines)
    with scratch() as place:
        shutil.copytree(good.place / "data", place / "data")
        with opened(place, HandClock(MORNING), seed=2) as environment:
            with lawless(environment) as connection:
                harm(connection, journal, lines)
            assert rule in rules(environment, journal, lines)


def rules(environment: Environment, journal: Journal, lines: list[judge.Line]) -> set[str]:
    with environment.read() as connection:
        case = judge.Case(connection, journal, lines, environment.clock(), False)
        return {violation.rule for violation in judge.judge(case)}


def _errand(town: Town, journal: Journal) -> None:
    """A citizen pays twice, so that there is a receipt and money that waits."""
    errand = journal.begin(Way.TWICE)
    made = town.dossier(LE_PHI)
    started = town.pay_for(made)
    due_ids = [{"id": one.id} for one in made.dues]
    errand.dossier = {"id": made.dossier.id, "dossier_code": made.dossier.code, "amount": made.amount, "dues": due_ids}
    errand.payments = [{"id": started.id, "reference": started.reference, "amount": started.amount}]
    for _ in range(2):
        transfer = town.money_comes(started)
        errand.transfers.append((transfer.transfer_id, transfer.amount))
        journal.recorded.add(f"VTB{transfer.transfer_id}")
    errand.complete = True
