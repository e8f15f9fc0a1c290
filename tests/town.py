"""A small town for tests: one agency with account, series, API key and connector, and a simulated bank beside it."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connectors.contract import Reply, Request
from connectors.simulators.bank import SimulatedBank, Transfer
from gateway import access, agencies, providers
from gateway.agencies import Account, Agency
from gateway.delivery.documents import SigningKeys, load_keys
from gateway.dues.model import DueRequest
from gateway.dues.payer import PayerFacts
from gateway.dues.register import DossierRequest, register
from gateway.dues.store import DossierView
from gateway.kernel.uow import Environment
from gateway.payments import store as payments_store
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow
from gateway.payments.view import PaymentView, views
from gateway.settlement import inbox, store
from gateway.settlement.drain import drain
from receipts import enrolment
from receipts import store as receipts_store
from receipts.pki import demo_pki
from receipts.series import open_series

AGENCY = "H56.17"
ACCOUNT = "110000012345"
OTHER_ACCOUNT = "110000099999"
PHI = "gplx-sh-a1-1"  # 60.000 đ, phí
LE_PHI = "gplx-cap-1"  # 135.000 đ, lệ phí
PAYER = PayerFacts(name="Nguyễn Thị Ánh", id_number="038090001234", address="Thanh Hóa")


class Town:
    """Verbs a test tells its story with."""

    def __init__(self, environment: Environment, directory: Path, *, grouping: str = "separate") -> None:
        self.environment = environment
        self.bank = SimulatedBank(
            directory / "bank.db", clock=environment.clock, bits=random.Random(7).getrandbits, provider="THUPHI"
        )
        self.keys: SigningKeys = self._keys()
        self._serial = 0
        with environment.begin(actor="test", agency=AGENCY) as uow:
            found = Agency(AGENCY, "Sở Xây dựng tỉnh Thanh Hóa", "2800000001", "Thanh Hóa", receipt_grouping=grouping)  # type: ignore[arg-type]
            agencies.add(uow, found)
            for number, covers in ((ACCOUNT, ("*",)), (OTHER_ACCOUNT, ("OTHER",))):
                account = Account(
                    uow.mint("acc"), AGENCY, "970415", number, "SO XAY DUNG", "VietinBank", covers, "vietinbank"
                )
                agencies.add_account(uow, account)
            self.series = open_series(
                uow.connection, owner=AGENCY, tax_code="2800000001", symbol="26TAA", now=uow.now(), mint=uow.mint
            )
            enrolment.declare(
                uow.connection,
                owner=AGENCY,
                certificates=[self.keys.signer.certificate],
                accepted_on=date(2026, 7, 1),
                now=uow.now(),
                mint=uow.mint,
            )
            self.api_key = access.create_key(uow, AGENCY, "test")
            self.connect(uow)
        for number in (ACCOUNT, OTHER_ACCOUNT):
            self.bank.open_account(number, "SO XAY DUNG", hook=f"/callbacks/{AGENCY}/vietinbank", opening=1_000_000)

    def connect(self, uow: Any, **more: str) -> None:
        settings = {"bank_public_key": self.bank.public_key_pem(), **more}
        private = (self.environment.settings.keys / "signer.key").read_text()
        providers.use(uow, AGENCY, "vietinbank", settings, {"private_key": private})

    def _keys(self) -> SigningKeys:
        demo_pki(self.environment.settings.keys, now=self.environment.clock())
        return load_keys(self.environment.settings.keys)

    def dossier(self, *fee_codes: str, **more: Any) -> DossierView:
        """A dossier with these dues, one each."""
        self._serial += 1
        request = DossierRequest(
            agency_id=AGENCY,
            dossier_code=f"H56.17-261124-{self._serial:04d}",
            procedure_code="1.004616",
            payer=PAYER,
            items=tuple(DueRequest(code) for code in fee_codes or (LE_PHI,)),
            **more,
        )
        with self.environment.begin(actor="test", agency=AGENCY) as uow:
            return register(uow, request)

    def payment(self, *fee_codes: str, channel: str = "vietqr") -> PaymentRow:
        """A payment for a fresh dossier."""
        return self.pay_for(self.dossier(*fee_codes), channel=channel)

    def pay_for(self, dossier: DossierView, *, channel: str = "vietqr") -> PaymentRow:
        request = StartRequest(AGENCY, channel, dossier_ids=(dossier.dossier.id,))
        with self.environment.begin(actor="test", agency=AGENCY) as uow:
            return start(uow, request)[0]

    def view(self, payment: PaymentRow | str) -> PaymentView:
        """The payment as it stands now."""
        payment_id = payment if isinstance(payment, str) else payment.id
        with self.environment.read() as connection:
            return views(connection, [payments_store.by_id(connection, AGENCY, payment_id)])[0]

    def transfer(
        self, payment: PaymentRow, amount: int | None = None, *, faults: Collection[str] = (), memo: str | None = None
    ) -> Transfer:
        """A citizen scans the payment's first QR and pays; the notices wait at the bank."""
        from connectors.vietqr import codec

        qr = codec.for_payment(bin="970415", account=ACCOUNT, amount=payment.amount, purpose=payment.reference)
        return self.bank.pay(codec.encode(qr), amount=amount, faults=faults, memo=memo)

    def deliver(self) -> list[Reply]:
        """The bank sends every notice that is due, each once."""
        replies = []
        for outgoing in self.bank.due_notices():
            reply = self.notify(outgoing.request)
            self.bank.answered(outgoing.id, reply.status, reply.body)
            replies.append(reply)
        return replies

    def notify(self, request: Request) -> Reply:
        """One call of the bank at the callback door."""
        return inbox.receive(self.environment, AGENCY, "vietinbank", request)

    def work(self) -> None:
        """The worker drains the inbox."""
        while drain(self.environment):
            pass

    def money_comes(self, payment: PaymentRow, amount: int | None = None, **more: Any) -> Transfer:
        """Transfer, notices, worker: the whole way in."""
        made = self.transfer(payment, amount, **more)
        self.deliver()
        self.work()
        return made

    def rows(self, table: sa.Table) -> list[sa.Row[Any]]:
        """Everything in a table, by its first column."""
        with self.environment.read() as connection:
            return list(connection.execute(sa.select(table).order_by(next(iter(table.c)))))

    def suspended(self) -> dict[str, int]:
        """Open suspense: reason -> đồng."""
        found: dict[str, int] = {}
        for row in self.rows(store.suspense):
            if row.closed_at is None:
                found[row.reason] = found.get(row.reason, 0) + row.amount
        return found

    def receipts(self) -> list[sa.Row[Any]]:
        """Every receipt, by number."""
        return sorted(self.rows(receipts_store.receipt), key=lambda row: (row.symbol, row.number))

    def ties(self) -> None:
        """Nothing lost, nothing twice: ledger, notices and receipts say the same, and the numbers have no gap."""
        from gateway.closing.proof import violations
        from receipts.series import gaps

        with self.environment.read() as connection:
            assert violations(connection) == []
            assert gaps(connection) == []


TODAY = date(2026, 11, 24)
