"""What an agency tells of its right to issue: registration, certificates, delegations, each act told to the outbox.

Thông tư 91/2026/TT-BTC, Điều 17 (01/ĐKTĐ-CTĐT and its answer); Nghị định 254/2026/NĐ-CP, Điều 25 (ủy nhiệm).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from gateway import agencies
from gateway.agencies import Agency
from gateway.kernel.errors import Conflict, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from receipts import delegation, enrolment, ranges
from receipts.delegation import Delegation
from receipts.model import Delegate

if TYPE_CHECKING:
    from cryptography import x509


class RegistrationUnknown(Missing):
    """The agency has no such registration."""

    code = "registration.missing"


class AnsweredBefore(Conflict):
    """The tax office answers a registration once."""

    code = "registration.answered"


class CertificateUnknown(Missing):
    """No registration of the agency lists such a certificate for use."""

    code = "registration.certificate_missing"


class DelegationUnknown(Missing):
    """The agency has no such agreement."""

    code = "delegation.missing"


class RecordedBefore(Conflict):
    """A day of an agreement is recorded once."""

    code = "delegation.recorded"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the two sides agreed. Days first and last included; numbers too."""

    delegate: Delegate
    purpose: str
    symbol: str
    first: int
    last: int
    from_day: date
    to_day: date


def file(uow: UnitOfWork, agency_id: str, certificates: Sequence[x509.Certificate]) -> str:
    """01/ĐKTĐ-CTĐT as sent, with the certificates it lists; its id."""
    agencies.require(uow.connection, agency_id)
    made = enrolment.register(uow.connection, owner=agency_id, certificates=certificates, now=uow.now(), mint=uow.mint)
    _tell(uow, agency_id, "registration.filed", made, certificates=len(certificates))
    return made


def answer(uow: UnitOfWork, agency_id: str, registration_id: str, accepted_on: date | None) -> None:
    """01/TB-ĐKĐT: accepted on a day, or refused (None). Raises RegistrationUnknown, AnsweredBefore."""
    if registration_id not in {row.id for row in enrolment.listed(uow.connection, agency_id)}:
        raise RegistrationUnknown("Không có đăng ký này.", "There is no such registration.", field="registration")
    if not enrolment.answer(uow.connection, registration_id, accepted_on=accepted_on):
        raise AnsweredBefore("Đăng ký đã có trả lời.", "The registration was answered before.", field="registration")
    said = accepted_on.isoformat() if accepted_on else None
    _tell(uow, agency_id, "registration.answered", registration_id, accepted_on=said)


def declare(uow: UnitOfWork, agency_id: str, certificates: Sequence[x509.Certificate], accepted_on: date) -> str:
    """A registration that the tax office accepted before this installation kept it; its id."""
    made = file(uow, agency_id, certificates)
    answer(uow, agency_id, made, accepted_on)
    return made


def stop(uow: UnitOfWork, agency_id: str, serial: str) -> None:
    """The agency signs with this certificate no more. Raises CertificateUnknown."""
    number = serial.replace(":", "").lower().lstrip("0")
    if not enrolment.stop_serial(uow.connection, agency_id, number):
        raise CertificateUnknown(
            "Không có chứng thư số đang dùng với số này.", "No listed certificate has this serial.", field="serial"
        )
    _tell(uow, agency_id, "certificate.stopped", number)


def delegate(uow: UnitOfWork, agency_id: str, terms: Terms) -> Delegation:
    """An agreement and the range of numbers it is about, cut out of the agency's own where they lie in it."""
    agency: Agency = agencies.require(uow.connection, agency_id)
    agreed = delegation.agree(
        uow.connection,
        owner=agency_id,
        org_name=agency.name,
        org_address=agency.address,
        tax_code=agency.tax_code,
        delegate=terms.delegate,
        purpose=terms.purpose,
        symbol=terms.symbol,
        first=terms.first,
        last=terms.last,
        from_day=terms.from_day,
        to_day=terms.to_day,
        now=uow.now(),
        mint=uow.mint,
    )
    ranges.reserve(
        uow.connection,
        owner=agency_id,
        tax_code=agency.tax_code,
        symbol=terms.symbol,
        first=terms.first,
        last=terms.last,
        now=uow.now(),
        mint=uow.mint,
    )
    _tell(uow, agency_id, "delegation.agreed", agreed.id, symbol=terms.symbol, first=terms.first, last=terms.last)
    return agreed


def record(
    uow: UnitOfWork,
    agency_id: str,
    delegation_id: str,
    *,
    notified_on: date | None = None,
    posted_on: date | None = None,
    ended_on: date | None = None,
) -> Delegation:
    """What was done about an agreement, each once; as it then stands. Raises DelegationUnknown, RecordedBefore."""
    _own(uow.connection, agency_id, delegation_id)
    acts = ((delegation.notify, notified_on), (delegation.post, posted_on), (delegation.end, ended_on))
    for act, day in acts:
        if day is not None and not act(uow.connection, delegation_id, day):
            raise RecordedBefore("Việc này đã được ghi nhận.", "This was recorded before.", field="delegation")
    days = {"notified_on": notified_on, "posted_on": posted_on, "ended_on": ended_on}
    _tell(uow, agency_id, "delegation.recorded", delegation_id, **{k: str(v) for k, v in days.items() if v})
    return _own(uow.connection, agency_id, delegation_id)


def posting(agreed: Delegation) -> str:
    """The text to hang at the point of collection (Nghị định 254/2026/NĐ-CP, Điều 25): of the agreement, or of its end."""
    parties = (
        f"Bên ủy nhiệm: {agreed.org_name}, mã số thuế {agreed.tax_code}, địa chỉ {agreed.org_address}.\n"
        f"Bên nhận ủy nhiệm: {agreed.delegate_name}, mã số thuế {agreed.delegate_tax_code}, "
        f"địa chỉ {agreed.delegate_address}.\n"
        f"Loại biên lai: biên lai thu phí, lệ phí điện tử, ký hiệu mẫu {agreed.form}, ký hiệu {agreed.symbol}, "
        f"từ số {agreed.first_number} đến số {agreed.last_number}.\n"
    )
    if agreed.ended_on is not None and agreed.ended_on < agreed.to_day:
        return (
            "THÔNG BÁO CHẤM DỨT ỦY NHIỆM LẬP BIÊN LAI ĐIỆN TỬ\n\n"
            f"{parties}Ủy nhiệm chấm dứt trước thời hạn; ngày cuối cùng lập biên lai: {agreed.ended_on:%d/%m/%Y}.\n"
        )
    return (
        "THÔNG BÁO ỦY NHIỆM LẬP BIÊN LAI ĐIỆN TỬ\n\n"
        f"{parties}Mục đích: {agreed.purpose}.\n"
        f"Thời hạn: từ ngày {agreed.from_day:%d/%m/%Y} đến hết ngày {agreed.to_day:%d/%m/%Y}.\n"
    )


def _own(connection: sa.Connection, agency_id: str, delegation_id: str) -> Delegation:
    for one in delegation.of_owner(connection, agency_id):
        if one.id == delegation_id:
            return one
    raise DelegationUnknown("Không có ủy nhiệm này.", "There is no such delegation.", field="delegation")


def _tell(uow: UnitOfWork, agency_id: str, kind: str, subject: str, **body: object) -> None:
    uow.emit([Event(agency_id, kind, subject, dict(body))])
