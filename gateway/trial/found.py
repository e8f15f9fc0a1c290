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
from gateway.remitting.model import Treasury
from gateway.trial.hours import TrialClock
from receipts import enrolment
from receipts.pki import demo_pki
from receipts.series import open_series

AGENCY = "H56.TTPVHCC"
NAME = "Trung tâm Phục vụ hành chính công tỉnh Thanh Hóa (dữ liệu mẫu)"
HOLDER = "TT PVHCC TINH THANH HOA"
TAX_CODE = "2809999004"  # made up
STATE_FEES = "113000000001"
OTHER_MONEY = "113000000002"
HOOK = f"/callbacks/{AGENCY}/vietinbank"
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
TREASURY = Treasury(  # made-up numbers
    name="Kho bạc Nhà nước Khu vực XI (dữ liệu mẫu)",
    account="3511000000001",
    bin="970405",
    authority_code="2800001",
    authority="Sở Tài chính tỉnh Thanh Hóa",
    unit_code="1099999",
    area_code="38000",
    due_rule="weekly:5",
)
RETAINED = Fraction(7, 10)  # of phí
SAMPLE_FEE, SAMPLE_PROCEDURE = "gplx-cap-1", "3.000346"


@dataclass(frozen=True, slots=True)
class Trial:
    """An open trial."""

    directory: Path
    environment: Environment
    bank: SimulatedBank
    officers: Mapping[str, str] = field(default_factory=dict)  # login -> how the audit trail names the person
    api_key: str = field(default="", repr=False)

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


def found(directory: Path, clock: TrialClock, *, base_url: str, seed: int | None) -> Trial:
    """A new trial in an empty directory."""
    ids = Ids() if seed is None else Ids(random.Random(f"gateway {seed}").getrandbits)
    keys = demo_pki(directory / "keys", now=clock(), organisation="TT PVHCC tỉnh Thanh Hóa")
    audit_keys.make(directory / "keys")
    environment = Environment(settings_for(directory, base_url), clock=clock, ids=ids)
    with environment.sole_writer():
        migrate(environment.writer)
    bank = open_bank(directory, clock, seed)
    for number in (STATE_FEES, OTHER_MONEY):
        bank.open_account(number, HOLDER, hook=HOOK, opening=OPENING)
    with environment.begin(actor="demo", agency=AGENCY) as uow:
        _agency(uow, bank, keys.signer_key)
        _series(uow, {business_day(clock()).year, clock.today().year})
        _treasury(uow)
        officers = {login: register.add(uow, AGENCY, name, login, roles).actor for login, name, roles in OFFICERS}
        return Trial(directory, environment, bank, officers, access.create_key(uow, AGENCY, "demo"))


def _agency(uow: UnitOfWork, bank: SimulatedBank, private_key: Path) -> None:
    agencies.add(uow, Agency(AGENCY, NAME, TAX_CODE, "28 Đại lộ Lê Lợi, Thanh Hóa", "0237 000 0000", "H56"))
    for number, covers in ((STATE_FEES, ("*",)), (OTHER_MONEY, ("OTHER",))):
        account = Account(
            uow.mint("acc"), AGENCY, bank.bin, number, HOLDER, "VietinBank (mô phỏng)", covers, "vietinbank"
        )
        agencies.add_account(uow, account)
    listed = [load_pem_x509_certificate(private_key.with_suffix(".pem").read_bytes())]
    since = business_day(uow.now()).replace(month=1, day=1)
    enrolment.declare(
        uow.connection, owner=AGENCY, certificates=listed, accepted_on=since, now=uow.now(), mint=uow.mint
    )
    settings = {"bank_public_key": bank.public_key_pem(), "provider_id": "THUPHI"}
    providers.use(uow, AGENCY, "vietinbank", settings, {"private_key": private_key.read_text()})


def _series(uow: UnitOfWork, years: set[int]) -> None:
    """One for the trial day; in the first days of January one for today too."""
    for year in sorted(years):
        symbol = f"{year % 100:02d}TAA"
        open_series(uow.connection, owner=AGENCY, tax_code=TAX_CODE, symbol=symbol, now=uow.now(), mint=uow.mint)


def _treasury(uow: UnitOfWork) -> None:
    """Where the money goes on to, and what of phí is kept."""
    rules.set_treasury(uow, AGENCY, TREASURY)
    rules.set_rate(uow, AGENCY, "PHI", RETAINED, "Quyết định mẫu, không phải văn bản thật / sample, no real decision")
