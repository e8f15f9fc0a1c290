"""The other units of a province: departments and communes, each an agency with account, connector and series of its own.

Their names are put together from common parts and marked as sample data; their tax codes are those of dependent units.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product

from cryptography.x509 import Certificate, load_pem_x509_certificate

from gateway import agencies, providers
from gateway.agencies import Account, Agency
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork
from gateway.trial.found import Trial
from receipts import enrolment
from receipts.series import open_series

_DEPARTMENTS = (
    *("Sở Xây dựng", "Sở Nông nghiệp và Môi trường", "Sở Tài chính", "Sở Nội vụ", "Sở Tư pháp", "Sở Y tế"),
    *("Sở Công Thương", "Sở Khoa học và Công nghệ", "Sở Giáo dục và Đào tạo", "Sở Dân tộc và Tôn giáo"),
    *("Sở Văn hóa, Thể thao và Du lịch", "Ban Quản lý các khu công nghiệp", "Công an tỉnh", "Thanh tra tỉnh"),
)
_FIRST = ("Thọ", "Hoằng", "Quảng", "Thiệu", "Yên", "Vĩnh", "Cẩm", "Ngọc", "Thạch", "Xuân", "Đông", "Nga", "Hà", "Tân")
_SECOND = ("Lộc", "Phú", "Sơn", "Thủy", "Bình", "Tiến", "An", "Hòa", "Long", "Trung", "Thành", "Thịnh", "Giang", "Châu")
SAMPLE = "(dữ liệu mẫu)"


def names(count: int) -> list[str]:
    """The first `count` units beside the centre."""
    return list(islice(_all_names(), count))


def found_units(trial: Trial, count: int) -> list[str]:
    """Let `count` more agencies collect; their ids."""
    certificate = load_pem_x509_certificate((trial.environment.settings.keys / "signer.pem").read_bytes())
    secrets = {"private_key": (trial.environment.settings.keys / "signer.key").read_text()}
    settings = {"bank_public_key": trial.bank.public_key_pem(), "provider_id": "THUPHI"}
    made: list[str] = []
    for number, name in enumerate(names(count), start=1):
        office, unit = trial.office, f"{trial.office.identifier}.{number:03d}"
        tax_code, account = f"{office.tax_code}-{number:03d}", f"1131{number:08d}"
        trial.bank.open_account(account, f"DON VI {number:03d}", hook=f"/callbacks/{unit}/vietinbank")
        with trial.environment.begin(actor="demo", agency=unit) as uow:
            agencies.add(uow, Agency(unit, name, tax_code, office.province, office.phone, unit))
            known = (trial.bank.bin, account, f"DON VI {number:03d}", "VietinBank (mô phỏng)", ("*",), "vietinbank")
            agencies.add_account(uow, Account(uow.mint("acc"), unit, *known))
            _receipts(uow, unit, tax_code, [certificate])
            providers.use(uow, unit, "vietinbank", settings, secrets)
        made.append(unit)
    return made


def _receipts(uow: UnitOfWork, unit: str, tax_code: str, certificates: list[Certificate]) -> None:
    since, now, mint = business_day(uow.now()).replace(month=1, day=1), uow.now(), uow.mint
    enrolment.declare(uow.connection, owner=unit, certificates=certificates, accepted_on=since, now=now, mint=mint)
    symbol = f"{since.year % 100:02d}TAA"
    open_series(uow.connection, owner=unit, tax_code=tax_code, symbol=symbol, now=now, mint=mint)


def _all_names() -> Iterator[str]:
    yield from (f"{name} {SAMPLE}" for name in _DEPARTMENTS)
    communes = product(_SECOND, _FIRST)
    yield from (
        f"UBND {'phường' if number % 5 == 0 else 'xã'} {first} {second} {SAMPLE}"
        for number, (second, first) in enumerate(communes)
    )
