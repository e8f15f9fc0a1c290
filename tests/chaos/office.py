"""An office founded for a run: agency, account, series of this year, API key, connector, webhook and a simulated bank.

The bank keeps its book in a file of its own and has a clock of its own, which a test may set forward.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificate
from pydantic import SecretStr

from connectors.simulators.bank import SimulatedBank
from gateway import access, agencies, providers
from gateway.agencies import Account, Agency
from gateway.audit import keys as audit_keys
from gateway.delivery import webhooks
from gateway.kernel.clock import business_day
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.migrations.history import migrate
from receipts import enrolment
from receipts.pki import demo_pki
from receipts.series import open_series

AGENCY, CONNECTOR = "H56.17", "vietinbank"
ACCOUNT = "110000012345"
TAX_CODE = "2800000001"
OPENING = 1_000_000


class BankClock:
    """The real time, and more once it is set forward."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def forward_to(self, moment: datetime) -> None:
        self._ahead += max(timedelta(), moment - self())


@dataclass(frozen=True, slots=True)
class Office:
    """Where everything is."""

    data: Path
    database_url: str | None  # None: SQLite in `data`
    book: Path
    bank: SimulatedBank
    clock: BankClock
    api_key: str
    webhook_secret: str

    @property
    def url(self) -> str:
        """The database, directly."""
        return self.settings.url

    @property
    def settings(self) -> Settings:
        return settings_of(self.data, self.database_url)


def settings_of(data: Path, database_url: str | None) -> Settings:
    secret = SecretStr(database_url) if database_url else None
    return Settings(data=data, database_url=secret, private_webhooks=True, payment_minutes=1)


def found(place: Path, database_url: str | None, *, webhook: str, seed: int) -> Office:
    """A new office in an empty directory and, where given, an empty database."""
    clock = BankClock()
    environment = Environment(settings_of(place / "data", database_url), clock=clock)
    demo_pki(environment.settings.keys, now=clock())
    audit_keys.make(environment.settings.keys)
    book = place / "bank.db"
    bank = SimulatedBank(book, clock=clock, bits=random.Random(f"bank {seed}").getrandbits, provider="THUPHI")
    bank.open_account(ACCOUNT, "SO XAY DUNG", hook=f"/callbacks/{AGENCY}/{CONNECTOR}", opening=OPENING)
    try:
        with environment.sole_writer():
            migrate(environment.writer)
        with environment.begin(actor="test", agency=AGENCY) as uow:
            api_key = _settle_in(uow, bank)
            secret = webhooks.add_endpoint(uow, AGENCY, webhook)
    finally:
        environment.close()
    return Office(place / "data", database_url, book, bank, clock, api_key, secret)


def _settle_in(uow: UnitOfWork, bank: SimulatedBank) -> str:
    today = business_day(uow.now())
    agencies.add(uow, Agency(AGENCY, "Sở Xây dựng tỉnh Thanh Hóa", TAX_CODE, "Thanh Hóa"))
    account = (ACCOUNT, "SO XAY DUNG", "VietinBank", ("*",), CONNECTOR)
    agencies.add_account(uow, Account(uow.mint("acc"), AGENCY, bank.bin, *account))
    symbol = f"{today.year % 100:02d}TAA"
    open_series(uow.connection, owner=AGENCY, tax_code=TAX_CODE, symbol=symbol, now=uow.now(), mint=uow.mint)
    listed = [load_pem_x509_certificate((uow.settings.keys / "signer.pem").read_bytes())]
    enrolment.declare(
        uow.connection,
        owner=AGENCY,
        certificates=listed,
        accepted_on=today.replace(month=1, day=1),
        now=uow.now(),
        mint=uow.mint,
    )
    private = (uow.settings.keys / "signer.key").read_text()
    settings = {"bank_public_key": bank.public_key_pem(), "provider_id": "THUPHI"}
    providers.use(uow, AGENCY, CONNECTOR, settings, {"private_key": private})
    return access.create_key(uow, AGENCY, "chaos")
