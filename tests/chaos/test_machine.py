"""Any sequence of acts leaves books that tie: a state machine over the core, looked at after each step.

When it is over everything is heard, the bank's statements too, and every đồng of the bank's book is in ours once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from connectors.contract import Request
from connectors.files.write_camt import camt053
from connectors.files.write_mt940 import mt940
from connectors.simulators.bank_faults import FAULTS
from connectors.vietqr import codec
from gateway.closing.intake import import_statement
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.model import DueRequest
from gateway.dues.store import DossierView
from gateway.kernel.clock import VIETNAM
from gateway.kernel.errors import ThuPhiError
from gateway.payments.expire import expire_waiting
from gateway.payments.model import DueNotOpen, NothingToPay
from gateway.payments.series_open import SeriesClosed
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow
from gateway.settlement import store
from gateway.settlement.drain import drain
from receipts.series import close_series, open_series
from tests.chaos import judge
from tests.chaos.journal import Journal
from tests.chaos.quick import MORNING, opened, scratch, template
from tests.conftest import HandClock
from tests.town import ACCOUNT, AGENCY, LE_PHI, OTHER_ACCOUNT, PHI, Town

AMOUNTS = st.one_of(st.none(), st.sampled_from((1, 60_000, 75_000, 135_000, 195_000, 270_000)), st.integers(1, 400_000))
FEES = st.sampled_from(((LE_PHI,), (PHI,), (PHI, LE_PHI)))
FAULT_SETS = st.sets(st.sampled_from(sorted(FAULTS)), max_size=2)
MINUTES = st.sampled_from((1, 20, 61, 300))
SYMBOLS = ("26TAB", "26TAC", "26TAD", "26TAE", "26TAG", "26TAH", "26TAK", "26TAL")


class Core(RuleBasedStateMachine):
    """One office, one bank, and everything that can happen between them."""

    start_from: ClassVar[Path]

    dossiers = Bundle("dossiers")
    payments = Bundle("payments")
    calls = Bundle("calls")

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        place = self._stack.enter_context(scratch()) / "town"
        shutil.copytree(self.start_from, place)
        self.clock = HandClock(MORNING)
        self.environment = self._stack.enter_context(opened(place, self.clock, seed=1))
        self.town = Town(self.environment, place)
        self._stack.callback(self.town.bank.close)
        self.book = place / "bank.db"
        self.open_series: list[str] = [self.town.series.id]
        self.symbols = iter(SYMBOLS)
        self.files = 0

    @initialize(target=dossiers, fees=FEES)
    def first(self, fees: tuple[str, ...]) -> DossierView:
        return self.town.dossier(*fees)

    @rule(target=dossiers, fees=FEES)
    def register(self, fees: tuple[str, ...]) -> DossierView:
        return self.town.dossier(*fees)

    @rule(target=payments, dossier=dossiers)
    def start(self, dossier: DossierView) -> Any:
        try:
            return self.town.pay_for(dossier)
        except (NothingToPay, SeriesClosed):
            return multiple()

    @rule(target=payments, dossier=dossiers)
    def start_for_one_due(self, dossier: DossierView) -> Any:
        request = StartRequest(AGENCY, "vietqr", due_ids=(dossier.dues[0].id,))
        try:
            with self.environment.begin(actor="test", agency=AGENCY) as uow:
                return start(uow, request)[0]
        except (DueNotOpen, SeriesClosed):
            return multiple()

    @rule(
        payment=payments, amount=AMOUNTS, faults=FAULT_SETS, account=st.sampled_from((ACCOUNT, ACCOUNT, OTHER_ACCOUNT))
    )
    def transfer(self, payment: PaymentRow, amount: int | None, faults: set[str], account: str) -> None:
        self._pay(account, payment.reference, amount or payment.amount, faults)

    @rule(one=payments, other=payments, amount=AMOUNTS)
    def transfer_for_two(self, one: PaymentRow, other: PaymentRow, amount: int | None) -> None:
        whole = one.amount + other.amount
        self._pay(ACCOUNT, one.reference, amount or whole, set(), memo=f"{one.reference} {other.reference}")

    @rule(amount=st.integers(1, 400_000))
    def transfer_for_nothing(self, amount: int) -> None:
        self._pay(ACCOUNT, "", amount, set(), memo="nop tien")

    @rule(target=calls, data=st.data())
    def call(self, data: st.DataObject) -> Any:
        """The bank makes some of the calls that are due, in any order."""
        due = self.town.bank.due_notices()
        for outgoing in data.draw(st.permutations(due)) if due else ():
            reply = self.town.notify(outgoing.request)
            self.town.bank.answered(outgoing.id, reply.status, reply.body)
        return multiple(*[outgoing.request for outgoing in due])

    @rule(request=calls)
    def call_again(self, request: Request) -> None:
        self.town.notify(request)

    @rule(limit=st.sampled_from((1, 2, 100)))
    def drain(self, limit: int) -> None:
        drain(self.environment, limit=limit)

    @rule(minutes=MINUTES)
    def time_goes_by(self, minutes: int) -> None:
        self.clock.advance(minutes=minutes)
        expire_waiting(self.environment)

    @rule(dossier=dossiers, which=st.integers(0, 1))
    def withdraw(self, dossier: DossierView, which: int) -> None:
        self._change(dossier, Changes(withdraw=(dossier.dues[which % len(dossier.dues)].id,)))

    @rule(dossier=dossiers, quantity=st.integers(1, 3))
    def amend(self, dossier: DossierView, quantity: int) -> None:
        self._change(dossier, Changes(amend=(DueChange(dossier.dues[0].id, quantity=quantity),)))

    @rule(dossier=dossiers, fee=st.sampled_from((PHI, LE_PHI)))
    def add(self, dossier: DossierView, fee: str) -> None:
        self._change(dossier, Changes(add=(DueRequest(fee),)))

    @rule(account=st.sampled_from((ACCOUNT, OTHER_ACCOUNT)), as_mt940=st.booleans())
    def statement(self, account: str, as_mt940: bool) -> None:
        self._import(account, as_mt940=as_mt940)

    def _import(self, account: str, *, as_mt940: bool) -> None:
        for day in sorted({line.day for line in judge.bank_lines(self.book) if line.account == account}):
            self.files += 1
            told = self.town.bank.statement(account, day)
            camt = camt053(told, message_id=f"M{self.files}", created_at=self.clock().astimezone(VIETNAM))
            data = mt940(told, reference=f"M{self.files}") if as_mt940 else camt
            import_statement(self.environment, AGENCY, f"{self.files}", data, actor="test")

    @rule()
    def series_ends(self) -> None:
        with self.environment.begin(actor="test") as uow:
            for series_id in self.open_series:
                close_series(uow.connection, series_id, uow.now())
        self.open_series.clear()

    @rule()
    def series_begins(self) -> None:
        symbol = next(self.symbols, None)
        if symbol is None:
            return
        with self.environment.begin(actor="test") as uow:
            opened_now = open_series(
                uow.connection,
                owner=AGENCY,
                tax_code=self.town.series.tax_code,
                symbol=symbol,
                now=uow.now(),
                mint=uow.mint,
            )
        self.open_series.append(opened_now.id)

    @invariant()
    def ties(self) -> None:
        self.town.ties()
        with self.environment.read() as connection:
            case = self._case(connection)
            found = [*judge.books(case), *judge.one_bucket(case), *judge.received(case)]
        assert found == []

    def teardown(self) -> None:
        try:
            self._hear_everything()
        finally:
            self._stack.close()

    def _hear_everything(self) -> None:
        while (due_at := self.town.bank.next_notice_at()) is not None:
            self.clock.moment = max(self.clock.moment, due_at)
            self.town.deliver()
        self.town.work()
        for account in (ACCOUNT, OTHER_ACCOUNT):
            self._import(account, as_mt940=False)
        self.ties()
        with self.environment.read() as connection:
            assert list(judge.the_banks_book(self._case(connection))) == []
            waiting = sa.select(store.inbox.c.state).where(store.inbox.c.state != "done")
            assert list(connection.scalars(waiting)) == []

    def _case(self, connection: sa.Connection) -> judge.Case:
        lines = judge.bank_lines(self.book)
        notices = list(connection.execute(sa.select(store.notice)))
        return judge.Case(connection, Journal(), lines, self.clock(), False, notices)

    def _pay(self, account: str, purpose: str, amount: int, faults: set[str], memo: str | None = None) -> None:
        qr = codec.for_payment(bin="970415", account=account, amount=amount, purpose=purpose or "nop tien")
        self.town.bank.pay(codec.encode(qr), memo=memo, faults=faults)

    def _change(self, dossier: DossierView, changes: Changes) -> None:
        try:
            with self.environment.begin(actor="test", agency=AGENCY) as uow:
                amend(uow, AGENCY, dossier.dossier.id, changes)
        except ThuPhiError as refusal:
            assert refusal.kind in ("conflict", "invalid"), refusal


@pytest.fixture(scope="module")
def ground(migrated_sqlite: Path) -> Iterator[Path]:
    with scratch() as place:
        yield template(place / "template", migrated_sqlite)


def run(ground: Path, *, examples: int, steps: int, derandomize: bool) -> None:
    class There(Core):
        start_from = ground

    run_state_machine_as_test(
        There,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=derandomize,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_any_sequence_of_acts_ties(ground: Path) -> None:
    run(ground, examples=15, steps=20, derandomize=True)


@pytest.mark.chaos
def test_any_long_sequence_of_acts_ties(ground: Path) -> None:
    run(ground, examples=300, steps=40, derandomize=False)
