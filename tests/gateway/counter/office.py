"""A counter with its officers: who opens, who decides second, and a neighbour agency whose dues are collected here too."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from gateway import agencies, providers
from gateway.agencies import Account, Agency
from gateway.counter import sale_undo, serve, shift_close, shift_open
from gateway.counter import terminal_reverse_lane as lane
from gateway.counter.cash_take import take
from gateway.counter.shift_close import Closed, Closing
from gateway.counter.shift_open import Opening
from gateway.counter.shift_store import Shift
from gateway.dues.model import DueRequest
from gateway.dues.register import DossierRequest, register
from gateway.dues.store import DossierView
from gateway.kernel.uow import Environment
from gateway.officers import register as officers
from gateway.officers.model import Officer
from gateway.payments.store import PaymentRow
from receipts import enrolment
from receipts.series import open_series
from tests.conftest import HandClock
from tests.flows.till import Till
from tests.town import AGENCY, PAYER, Town

NEIGHBOUR, NEIGHBOUR_ACCOUNT = "H56.18", "220000012345"


class Office:
    """Verbs a test tells its story with."""

    def __init__(self, environment: Environment, clock: HandClock, directory: Path, town: Town | None = None) -> None:
        self.town = town or Town(environment, directory)
        self.till = Till(self.town, clock, directory)
        self.environment, self.clock = environment, clock
        with environment.begin(actor="test", agency=AGENCY) as uow:
            self.clerk = officers.add(uow, AGENCY, "Nguyễn Thị Quầy", "quay1", ["counter"])
            self.colleague = officers.add(uow, AGENCY, "Lê Văn Bàn", "quay2", ["counter"])
            self.boss = officers.add(uow, AGENCY, "Hoàng Thị Duyệt", "duyet", ["approver"])
            self.guide = officers.add(uow, AGENCY, "Đỗ Thị Hướng", "huong", ["assistant"])
            providers.use(uow, AGENCY, "cash", {"allowed": "yes"}, {})

    def act(self, officer: Officer, verb: Any, *given: Any, **more: Any) -> Any:
        """A verb in an officer's name."""
        with self.environment.begin(actor=officer.actor) as uow:
            return verb(uow, *given, **more)

    def second_boss(self) -> Officer:
        """Another approver."""
        found: Officer = self.act(self.boss, officers.add, AGENCY, "Phạm Văn Toán", "duyet2", ["approver"])
        return found

    def open(self, officer: Officer | None = None, counter: str = "Quầy 1", **more: Any) -> Shift:
        told = Opening(counter, **({"terminal": "POS-1"} | more))
        shift: Shift = self.act(officer or self.clerk, shift_open.open_shift, officer or self.clerk, told)
        return shift

    def close(self, officer: Officer | None = None, **more: Any) -> Closed:
        who = officer or self.clerk
        closed: Closed = self.act(who, shift_close.close, who, Closing(**more))
        return closed

    def ask(self, dossier: DossierView, channel: str, agency: str = AGENCY, **more: Any) -> PaymentRow:
        wish = serve.Wish(agency, dossier.dossier.id, channel, **more)
        money: PaymentRow = self.act(self.clerk, serve.serve, self.clerk, wish)
        return money

    def cash(self, dossier: DossierView, tendered: int, agency: str = AGENCY) -> PaymentRow:
        """Cash for a dossier, settled."""
        money = self.ask(dossier, "cash", agency)
        self.act(self.clerk, take, self.clerk, agency, money.id, tendered)
        self.town.work()
        return money

    def card(self, dossier: DossierView) -> PaymentRow:
        """A card for a dossier, settled."""
        money = self.ask(dossier, "pos")
        self.till.work()
        return money

    def reverse(self) -> None:
        """The worker tells terminals of reversals two have agreed on."""
        while claimed := lane.claim(self.environment, 10):
            for row in claimed:
                asyncio.run(lane.carry(self.environment, row, self.till.ways))
        self.town.work()

    def undo(self, money: PaymentRow, *more: Any) -> str:
        """The clerk asks and the boss agrees; the id of what was asked."""
        asked: str = self.act(self.clerk, sale_undo.ask, self.clerk, money.agency_id, money.id, "Thu nhầm", *more)
        self.act(self.boss, sale_undo.decide, self.boss, asked, approved=True)
        return asked

    def neighbour(self) -> None:
        """Another agency of the installation, with an account and a series of its own."""
        with self.environment.begin(actor="test", agency=NEIGHBOUR) as uow:
            agencies.add(uow, Agency(NEIGHBOUR, "Sở Y tế tỉnh Thanh Hóa", "2800000002", "Thanh Hóa"))
            account = Account(uow.mint("acc"), NEIGHBOUR, "970415", NEIGHBOUR_ACCOUNT, "SO Y TE", "VietinBank", ("*",))
            agencies.add_account(uow, account)
            open_series(
                uow.connection, owner=NEIGHBOUR, tax_code="2800000002", symbol="26TBB", now=uow.now(), mint=uow.mint
            )
            enrolment.declare(
                uow.connection,
                owner=NEIGHBOUR,
                certificates=[self.town.keys.signer.certificate],
                accepted_on=date(2026, 7, 1),
                now=uow.now(),
                mint=uow.mint,
            )
            providers.use(uow, NEIGHBOUR, "cash", {"allowed": "yes"}, {})

    def neighbours_dossier(self, fee_code: str) -> DossierView:
        request = DossierRequest(NEIGHBOUR, "H56.18-261124-0001", "1.004616", PAYER, (DueRequest(fee_code),))
        with self.environment.begin(actor="test", agency=NEIGHBOUR) as uow:
            return register(uow, request)
