"""Nobody is asked to pay what cannot be receipted: registration, certificates, numbers and delegations, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from receipts import delegation, enrolment, store
from receipts.model import Delegate
from receipts.register import Verdict, may_issue
from receipts.rules import BadRange, BadSymbol
from receipts.series import close_series
from tests.receipts.desk import DAY, NOW, TAX_CODE, Desk, make_facts

OWNER = "agc_thanhhoa"
CENTRE = Delegate("Trung tâm Phục vụ hành chính công", "28 Đại lộ Lê Lợi", "2800000009")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    serial: int = 7,
    start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    end: datetime = datetime(2029, 1, 1, tzinfo=UTC),
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sở Xây dựng")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    return builder.serial_number(serial).not_valid_before(start).not_valid_after(end).sign(KEY, SHA256())


LONG = certificate()


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    return Desk(engine)


def enrol(desk: Desk, *certificates: x509.Certificate, accepted_on: date | None = DAY, answered: bool = True) -> str:
    with desk.engine.begin() as connection:
        made = enrolment.register(connection, owner=OWNER, certificates=certificates or [LONG], now=NOW, mint=desk.mint)
        if answered:
            assert enrolment.answer(connection, made, accepted_on=accepted_on)
    return made


def delegated(
    desk: Desk, *, notified: date | None = date(2026, 10, 1), posted: date | None = DAY, **change: Any
) -> str:
    agreed: dict[str, Any] = {
        "owner": OWNER,
        "org_name": "Sở Xây dựng tỉnh Thanh Hóa",
        "org_address": "36 Đại lộ Lê Lợi",
        "tax_code": TAX_CODE,
        "delegate": CENTRE,
        "purpose": "Thu phí, lệ phí tại bộ phận một cửa",
        "symbol": "26TAA",
        "first": 1,
        "last": 1_000,
        "from_day": date(2026, 11, 1),
        "to_day": date(2026, 12, 31),
    }
    with desk.engine.begin() as connection:
        made = delegation.agree(connection, **agreed | change, now=NOW, mint=desk.mint).id
        if notified:
            assert delegation.notify(connection, made, notified)
        if posted:
            assert delegation.post(connection, made, posted)
    return made


def asked(desk: Desk, day: date = DAY, certificate: x509.Certificate | None = None) -> Verdict:
    with desk.engine.begin() as connection:
        return may_issue(connection, OWNER, day, certificate=certificate)


def reasons(verdict: Verdict) -> list[str]:
    assert verdict.open is not bool(verdict.reasons)
    assert all(one.vi and one.en for one in (*verdict.reasons, *verdict.warnings))
    return [one.code for one in verdict.reasons]


def warnings(verdict: Verdict) -> list[tuple[str, int | None, int | None]]:
    return [(one.code, one.left, one.within) for one in verdict.warnings]


# Registration


def test_registered_and_numbered_is_open(desk: Desk) -> None:
    enrol(desk)
    desk.open()
    desk.open("27TAA")
    assert asked(desk) == Verdict(True)
    assert asked(desk, certificate=LONG) == Verdict(True)


def test_without_a_registration_nothing_is_issued(desk: Desk) -> None:
    assert reasons(asked(desk)) == ["registration.absent", "series.absent"]
    desk.open()
    assert reasons(asked(desk)) == ["registration.absent"]


def test_another_owner_s_registration_counts_for_nothing(desk: Desk) -> None:
    desk.open()
    with desk.engine.begin() as connection:
        enrolment.declare(connection, owner="agc_other", certificates=[LONG], accepted_on=DAY, now=NOW, mint=desk.mint)
    assert reasons(asked(desk)) == ["registration.absent"]


def test_a_registration_whose_certificates_are_listed_elsewhere_is_open_with_a_warning(desk: Desk) -> None:
    desk.open()
    desk.open("27TAA")
    with desk.engine.begin() as connection:
        enrolment.declare(connection, owner=OWNER, certificates=[], accepted_on=DAY, now=NOW, mint=desk.mint)
    assert reasons(asked(desk, certificate=LONG)) == []
    assert warnings(asked(desk)) == [("certificate.none_listed", None, None)]
    enrol(desk, certificate(serial=9))
    assert reasons(asked(desk, certificate=LONG)) == ["certificate.not_listed"]  # a list there is, is kept


def test_before_the_answer_nothing_is_issued(desk: Desk) -> None:
    desk.open()
    enrol(desk, answered=False)
    assert reasons(asked(desk)) == ["registration.not_accepted", "certificate.not_listed"]


def test_a_refused_registration_is_none(desk: Desk) -> None:
    desk.open()
    enrol(desk, accepted_on=None)
    assert reasons(asked(desk)) == ["registration.refused", "certificate.not_listed"]


def test_accepted_from_its_day_on(desk: Desk) -> None:
    desk.open()
    enrol(desk)
    assert reasons(asked(desk, DAY - timedelta(days=1))) == ["registration.not_accepted", "certificate.not_listed"]
    assert reasons(asked(desk)) == []


def test_the_first_answer_stays(desk: Desk) -> None:
    made = enrol(desk)
    with desk.engine.begin() as connection:
        assert not enrolment.answer(connection, made, accepted_on=None)
        with pytest.raises(enrolment.RegistrationMissing):
            enrolment.answer(connection, "reg_none", accepted_on=DAY)


# Certificates


def test_a_certificate_that_is_not_listed(desk: Desk) -> None:
    desk.open()
    enrol(desk)
    assert reasons(asked(desk, certificate=certificate(serial=8))) == ["certificate.not_listed"]


def test_a_stopped_certificate_is_not_listed_any_more(desk: Desk) -> None:
    desk.open()
    enrol(desk)
    with desk.engine.begin() as connection:
        assert enrolment.stop_certificate(connection, OWNER, LONG)
        assert not enrolment.stop_certificate(connection, OWNER, LONG)
        assert not enrolment.stop_certificate(connection, "agc_other", LONG)
    assert reasons(asked(desk)) == ["certificate.not_listed"]


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), ["certificate.expired"]),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC), ["certificate.expired"]),
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC), []),
        (datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC), []),
        (datetime(2026, 11, 24, 17, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC), ["certificate.expired"]),
    ],
)
def test_a_certificate_is_valid_to_the_end_of_the_day(
    desk: Desk, start: datetime, end: datetime, code: list[str]
) -> None:
    desk.open()
    enrol(desk, certificate(start=start, end=end))
    assert reasons(asked(desk)) == code


@pytest.mark.parametrize(("left", "within"), [(60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0, 7), (61, None)])
def test_a_certificate_that_ends_soon(desk: Desk, left: int, within: int | None) -> None:
    desk.open()
    desk.open("27TAA")
    end = datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC) + timedelta(days=left)
    enrol(desk, certificate(end=end))
    assert warnings(asked(desk)) == ([("certificate.ends", left, within)] if within else [])


def test_a_second_certificate_overlaps_the_first(desk: Desk) -> None:
    desk.open()
    desk.open("27TAA")
    old = certificate(serial=1, end=datetime(2026, 12, 1, tzinfo=UTC))
    enrol(desk, old)
    enrol(desk, LONG)
    assert asked(desk) == Verdict(True)
    assert warnings(asked(desk, certificate=old)) == [("certificate.ends", 7, 7)]
    assert reasons(asked(desk, date(2026, 12, 2), certificate=old)) == ["certificate.expired"]
    assert reasons(asked(desk, date(2026, 12, 2))) == []


# Numbers


def test_no_symbol_at_all(desk: Desk) -> None:
    enrol(desk)
    assert reasons(asked(desk)) == ["series.absent"]


def test_the_symbol_of_another_year(desk: Desk) -> None:
    enrol(desk)
    desk.open("25TAA")
    assert reasons(asked(desk)) == ["series.wrong_year"]
    desk.open("26TAA")
    assert reasons(asked(desk)) == []
    assert reasons(asked(desk, date(2027, 1, 1))) == ["series.wrong_year"]


def test_a_closed_range_is_no_range(desk: Desk) -> None:
    enrol(desk)
    opened = desk.open()
    with desk.engine.begin() as connection:
        close_series(connection, opened.id, NOW)
    assert reasons(asked(desk)) == ["series.absent"]


def test_an_exhausted_range(desk: Desk) -> None:
    enrol(desk)
    desk.open(last=2)
    desk.open("27TAA")
    desk.issue(make_facts(), make_facts())
    verdict = asked(desk)
    assert reasons(verdict) == ["series.exhausted"]
    assert verdict.warnings == ()
    desk.open(first=3, last=99)
    assert reasons(asked(desk)) == []


def test_at_a_tenth_of_the_numbers_there_is_a_warning(desk: Desk) -> None:
    enrol(desk)
    desk.open(last=20)
    desk.open("27TAA")
    desk.issue(*(make_facts() for _ in range(17)))
    assert warnings(asked(desk)) == []
    desk.issue(make_facts())
    assert warnings(asked(desk)) == [("series.nearly_exhausted", 2, 10)]
    desk.open(first=21, last=40)
    assert warnings(asked(desk)) == []


@pytest.mark.parametrize(
    ("day", "found"),
    [
        (date(2026, 11, 1), [("series.next_year_absent", 60, 60)]),
        (date(2026, 12, 24), [("series.next_year_absent", 7, 7)]),
        (date(2026, 10, 31), []),
    ],
)
def test_the_next_year_s_symbol_is_missed_in_time(
    desk: Desk, day: date, found: list[tuple[str, int | None, int | None]]
) -> None:
    enrol(desk, accepted_on=date(2026, 7, 1))
    desk.open()
    assert warnings(asked(desk, day)) == found
    desk.open("27TAA")
    assert warnings(asked(desk, day)) == []


# Delegation


def test_a_delegated_range_bears_the_second_name(desk: Desk) -> None:
    enrol(desk)
    desk.open(last=1_000)
    delegated(desk)
    verdict = asked(desk)
    assert reasons(verdict) == []
    assert verdict.delegate == CENTRE


def test_beside_the_delegated_numbers_there_is_no_second_name(desk: Desk) -> None:
    enrol(desk)
    desk.open(first=1_001, last=2_000)
    delegated(desk)
    assert asked(desk).delegate is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"to_day": date(2026, 11, 23)}, "delegation.ended"),
        ({"from_day": date(2026, 11, 25)}, "delegation.not_begun"),
        ({"notified": None}, "delegation.not_notified"),
        ({"notified": date(2026, 11, 22)}, "delegation.not_notified"),
        ({"posted": None}, "delegation.not_posted"),
        ({"posted": date(2026, 11, 25)}, "delegation.not_posted"),
    ],
)
def test_a_delegation_out_of_force(desk: Desk, change: dict[str, Any], code: str) -> None:
    enrol(desk)
    desk.open(last=1_000)
    delegated(desk, **change)
    verdict = asked(desk)
    assert reasons(verdict) == [code]
    assert verdict.delegate is None


def test_a_delegation_that_is_brought_to_an_end(desk: Desk) -> None:
    enrol(desk)
    desk.open(last=1_000)
    made = delegated(desk)
    with desk.engine.begin() as connection:
        assert delegation.end(connection, made, DAY)
        assert not delegation.end(connection, made, DAY + timedelta(days=9))
    assert reasons(asked(desk)) == []
    assert ("delegation.ends", 0, 7) in warnings(asked(desk))
    assert reasons(asked(desk, DAY + timedelta(days=1))) == ["delegation.ended"]


def test_told_three_days_before_is_in_time(desk: Desk) -> None:
    enrol(desk)
    desk.open(last=1_000)
    delegated(desk, notified=DAY - timedelta(days=3))
    assert reasons(asked(desk)) == []


@pytest.mark.parametrize(("first", "last"), [(1, 1), (1_000, 1_001), (500, 600), (1, 99_999_999)])
def test_numbers_are_delegated_once(desk: Desk, first: int, last: int) -> None:
    delegated(desk)
    with pytest.raises(delegation.DelegationTaken):
        delegated(desk, first=first, last=last)
    delegated(desk, first=1_001, last=1_010)
    delegated(desk, symbol="26TAB")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"symbol": "26TAF"}, BadSymbol),
        ({"first": 0}, BadRange),
        ({"first": 9, "last": 8}, BadRange),
        ({"from_day": date(2026, 12, 31), "to_day": date(2026, 12, 30)}, delegation.BadTerm),
        ({"to_day": date(2027, 1, 1)}, delegation.BadTerm),
        ({"from_day": date(2025, 12, 31)}, delegation.BadTerm),
    ],
)
def test_impossible_delegations(desk: Desk, change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        delegated(desk, **change)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (store.registration, {"state": "sent"}),
        (store.registration, {"accepted_on": None}),
        (store.certificate, {"state": "lost"}),
        (store.certificate, {"valid_to": datetime(2020, 1, 1, tzinfo=UTC)}),
        (store.delegation, {"delegate_tax_code": TAX_CODE}),
        (store.delegation, {"last_number": 100_000_000}),
        (store.delegation, {"form": "EBL03"}),
    ],
)
def test_the_database_keeps_the_rules_too(desk: Desk, table: sa.Table, change: dict[str, object]) -> None:
    enrol(desk)
    delegated(desk)
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.update(table).values(**change))
