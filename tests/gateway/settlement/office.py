"""Refunds as a test tells them: who asks, who approves, what the bank prints."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from connectors.files.write_camt import camt053
from connectors.simulators.bank import Payer, Transfer
from connectors.vietqr import codec
from gateway.closing.intake import import_statement
from gateway.kernel.clock import VIETNAM, business_day
from gateway.kernel.outbox import event
from gateway.ledger.balance import balances
from gateway.payments.store import PaymentRow
from gateway.settlement import conservation, store
from gateway.settlement.refund.approve import approve
from gateway.settlement.refund.execute import execute
from gateway.settlement.refund.model import Destination, Elsewhere, RefundRequest
from gateway.settlement.refund.order import RefundOrder, collect
from gateway.settlement.refund.request import request
from gateway.settlement.refund.store import RefundRow, by_id
from tests.town import ACCOUNT, AGENCY, LE_PHI, Town

GROUND = "Thông tư 25/2021/TT-BTC, Điều 6 khoản 3"
ANH = Payer("NGUYEN THI ANH", "1900112233", "970436")
ELSEWHERE = Elsewhere(
    Destination("0071000123456", "Vietcombank", "Nguyễn Thị Ánh"), "Đơn đề nghị số 12, CCCD kèm theo", "NGUYEN THI ANH"
)


class Office:
    """The people of one agency: lan asks; minh, hoa and tuan approve."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.environment = town.environment
        self._serial = 0

    def act(self, who: str) -> Any:
        return self.environment.begin(actor=f"officer:{who}", agency=AGENCY)

    def pays(self, payment: PaymentRow, amount: int | None = None, payer: Payer = ANH) -> Transfer:
        """Ánh's bank app pays, the notice comes, the worker places it."""
        qr = codec.for_payment(bin="970415", account=ACCOUNT, amount=payment.amount, purpose=payment.reference)
        made = self.town.bank.pay(codec.encode(qr), amount=amount, payer=payer)
        self.town.deliver()
        self.town.work()
        return made

    def statement(self) -> None:
        """The bank's statement of the day so far is imported."""
        self._serial += 1
        now = self.environment.clock()
        printed = self.town.bank.statement(ACCOUNT, business_day(now))
        data = camt053(printed, message_id=f"M{self._serial}", created_at=now.astimezone(VIETNAM))
        import_statement(self.environment, AGENCY, f"{self._serial}.xml", data, actor="test")

    def paid_twice(self, *, proven: bool = True) -> str:
        """A payment paid twice; the id of the suspense with the second 135.000 đồng."""
        payment = self.town.payment(LE_PHI)
        self.pays(payment)
        self.pays(payment)
        if proven:
            self.statement()
        return self.task()

    def paid(self, *fee_codes: str) -> str:
        """A settled and proven payment; the id of its first due."""
        payment = self.town.payment(*(fee_codes or (LE_PHI,)))
        self.pays(payment)
        self.statement()
        return self.town.view(payment).dues[0].id

    def task(self) -> str:
        """The id of the newest open suspense."""
        return [str(row.id) for row in self.town.rows(store.suspense) if row.closed_at is None][-1]

    def asks(self, who: str = "lan", *, key: str = "", reason: str = "Nộp hai lần", **more: Any) -> RefundRow:
        self._serial += 1
        asked = RefundRequest(AGENCY, key or f"k{self._serial}", reason, **more)
        with self.act(who) as uow:
            return request(uow, asked)

    def approves(self, who: str, refund: RefundRow) -> RefundRow:
        with self.act(who) as uow:
            return approve(uow, AGENCY, refund.id)

    def approved(self, **more: Any) -> RefundRow:
        return self.approves("minh", self.asks(**more))

    def orders(self, refund: RefundRow, attempt: int = 1) -> RefundRow:
        with self.act("thu") as uow:
            return execute(uow, AGENCY, refund.id, attempt=attempt)

    def collects(self) -> list[RefundOrder]:
        with self.act("thu") as uow:
            return collect(uow, AGENCY)

    def bank_pays_out(self, amount: int, memo: str) -> str:
        """A debit on the account, printed and imported; the line's id."""
        from reconciliation.store import statement_line

        self.town.bank.post(ACCOUNT, -amount, memo, code="NTRF")
        self.statement()
        return [str(row.id) for row in self.town.rows(statement_line) if row.direction == "DBIT"][-1]

    def now(self, refund: RefundRow) -> RefundRow:
        with self.environment.read() as connection:
            return by_id(connection, AGENCY, refund.id)

    def books(self) -> dict[str, int]:
        """Ledger accounts that do not stand at zero."""
        with self.environment.read() as connection:
            return {account: amount for account, amount in balances(connection, AGENCY).items() if amount}

    def kept(self) -> tuple[int, int, int, int]:
        """What came in, settled, suspense, returned; over all days."""
        with self.environment.read() as connection:
            days = conservation.days(connection, AGENCY)
        kept = [(day.money_in, day.settled, day.suspense, day.returned) for day in days]
        money_in, settled, suspended, returned = (sum(column) for column in zip(*kept, strict=True))
        assert money_in == settled + suspended + returned
        return money_in, settled, suspended, returned

    def told(self, kind: str) -> list[sa.Row[Any]]:
        """Events of a kind."""
        return [row for row in self.town.rows(event) if row.kind == kind]

    def ties(self) -> None:
        self.town.ties()
        self.kept()
