"""Found the trial: database, DEMO keys, sample agency with accounts and series, connector, and the simulated bank."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from cryptography.x509 import load_pem_x509_certificate

from connectors.simulators.bank import SimulatedBank
from gateway import access, agencies, providers
from gateway.agencies import Account, Agency
from gateway.audit import keys as audit_keys
from gateway.kernel.clock import Clock, business_day
from gateway.kernel.ids import Ids
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.migrations.history import migrate
from gateway.officers import register
from gateway.officers.model import Role
from gateway.remitting import rules
from gateway.trial.hours import TrialClock
from gateway.trial.office import THANH_HOA, Office
from receipts import enrolment
from receipts.pki import demo_pki
from receipts.series import open_series

STATE_FEES = "113000000001"
OTHER_MONEY = "113000000002"
OPENING = 1_000_000_000
OFFICERS = (  # made-up names
    ("huongdan", "Đỗ Thị Hướng", (Role.ASSISTANT,)),
    ("quay1", "Nguyễn Thị Quầy", (Role.COUNTER,)),
    ("quay2", "Lê Văn Bàn", (Role.COUNTER,)),
    ("ketoan", "Trần Thị Sổ", (Role.ACCOUNTANT,)),
    ("ketoantruong", "Phạm Văn Toán", (Role.ACCOUNTANT, Role.APPROVER)),
    ("giamdoc", "Hoàng Thị Duyệt", (Role.APPROVER,)),
    ("quantri", "Vũ Văn Trị", (Role.ADMIN,)),
    ("thanhtra", "Bùi Thị Soi", (Role.AUDITOR,)),
)
RETAINED = Fraction(7, 10)  # of phí
SAMPLE_FEE, SAMPLE_PROCEDURE = "gplx-cap-1", "3.000346"


@dataclass(frozen=True, slots=True)
class Trial:
    """An open trial."""

    directory: Path
    environment: Environment
    bank: SimulatedBank
    office: Office
    officers: Mapping[str, str] = field(default_factory=dict)  # login -> how the audit trail names the person
    api_key: str = field(default="", repr=False)

    @property
    def agency(self) -> str:
        """The id of its agency."""
        return self.office.agency

    def close(self) -> None:
        """Let go of its files."""
        self.bank.close()
        self.environment.close()


def settings_for(directory: Path, base_url: str) -> Settings:
    """A trial is always the embedded installation."""
    return Settings(data=directory, database_url=None, base_url=base_url, private_webhooks=True)


def open_bank(directory: Path, clock: Clock, seed: int | None = None) -> SimulatedBank:
    """The simulated bank over its own book, which the gateway never reads."""
    book = directory / "simulators" / "bank.db"
    book.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    bits = None if seed is None else random.Random(f"bank {seed}").getrandbits
    return SimulatedBank(book, clock=clock, bits=bits, provider="THUPHI")


def found(directory: Path, clock: TrialClock, *, base_url: str, seed: int | None, office: Office = THANH_HOA) -> Trial:
    """A new trial in an empty directory."""
    ids = Ids() if seed is None else Ids(random.Random(f"gateway {seed}").getrandbits)
    keys = demo_pki(directory / "keys", now=clock(), organisation=office.signer)
    audit_keys.make(directory / "keys")
    environment = Environment(settings_for(directory, base_url), clock=clock, ids=ids)
    with environment.sole_writer():
        migrate(environment.writer)
    bank = open_bank(directory, clock, seed)
    for number in (STATE_FEES, OTHER_MONEY):
        bank.open_account(number, office.holder, hook=office.hook, opening=OPENING)
    with environment.begin(actor="demo", agency=office.agency) as uow:
        _agency(uow, bank, keys.signer_key, office)
        _series(uow, office, {business_day(clock()).year, clock.today().year})
        _treasury(uow, office)
        officers = {
            login: register.add(uow, office.agency, name, login, roles).actor for login, name, roles in OFFICERS
        }
        key = access.create_key(uow, office.agency, "demo")
        return Trial(directory, environment, bank, office, officers, key)


def _agency(uow: UnitOfWork, bank: SimulatedBank, private_key: Path, office: Office) -> None:
    agency = office.agency
    agencies.add(uow, Agency(agency, office.name, office.tax_code, office.address, office.phone, office.identifier))
    for number, covers in ((STATE_FEES, ("*",)), (OTHER_MONEY, ("OTHER",))):
        account = Account(
            uow.mint("acc"), agency, bank.bin, number, office.holder, "VietinBank (mô phỏng)", covers, "vietinbank"
        )
        agencies.add_account(uow, account)
    listed = [load_pem_x509_certificate(private_key.with_suffix(".pem").read_bytes())]
    since = business_day(uow.now()).replace(month=1, day=1)
    enrolment.declare(
        uow.connection, owner=agency, certificates=listed, accepted_on=since, now=uow.now(), mint=uow.mint
    )
    settings = {"bank_public_key": bank.public_key_pem(), "provider_id": "THUPHI"}
    providers.use(uow, agency, "vietinbank", settings, {"private_key": private_key.read_text()})


def _series(uow: UnitOfWork, office: Office, years: set[int]) -> None:
    """One for the trial day; in the first days of January one for today too."""
    for year in sorted(years):
        symbol = f"{year % 100:02d}TAA"
        owner, tax_code = office.agency, office.tax_code
        open_series(uow.connection, owner=owner, tax_code=tax_code, symbol=symbol, now=uow.now(), mint=uow.mint)


def _treasury(uow: UnitOfWork, office: Office) -> None:
    """Where the money goes on to, and what of phí is kept."""
    rules.set_treasury(uow, office.agency, office.treasury)
    ground = "Quyết định mẫu, không phải văn bản thật / sample, no real decision"
    rules.set_rate(uow, office.agency, "PHI", RETAINED, ground)
