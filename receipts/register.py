"""May receipts be issued on a day: registration accepted, certificate listed and valid, numbers left, delegation in force.

Asked before a new QR is shown, so that nobody pays for what cannot be receipted, and again when money settles (Thông tư
91/2026/TT-BTC, Điều 17; Nghị định 254/2026/NĐ-CP, Điều 23 k2 c, Điều 25). Two queries, whatever there is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa
from cryptography import x509

from receipts import delegation as agreements
from receipts.enrolment import identity
from receipts.model import FORM_NO_FACE_VALUE, Delegate
from receipts.register_tables import certificate as certificate_table
from receipts.register_tables import delegation, registration
from receipts.tables import series

WARN_DAYS = (7, 30, 60)  # before an end, the nearest first
WARN_SHARE = 10  # percent of a year's numbers
VIETNAM = timezone(timedelta(hours=7))

Row = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that closes or may soon: a stable code, what to tell people, days or numbers left where they count."""

    code: str
    vi: str
    en: str
    left: int | None = None
    within: int | None = None  # 60, 30 or 7 days; 10 percent


@dataclass(frozen=True, slots=True)
class Verdict:
    """`open` if there is no reason against it; `delegate` is the second name that the receipt has to bear."""

    open: bool
    reasons: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()
    delegate: Delegate | None = None


@dataclass(frozen=True, slots=True)
class Numbers:
    """An open range, and the agreement, in force or not, that its next number belongs to."""

    year: int
    first_number: int
    last_number: int
    taken: int
    agreed: agreements.Delegation | None


def may_issue(
    connection: sa.Connection, owner: str, day: date, *, certificate: x509.Certificate | None = None
) -> Verdict:
    """Whether `owner` may issue on `day` (Asia/Ho_Chi_Minh), signing with `certificate` or any that is listed.

    Reasons: `registration.absent`, `.refused`, `.not_accepted`, `certificate.not_listed`, `certificate.expired`,
    `series.absent`, `series.wrong_year`, `series.exhausted`, `delegation.not_begun`, `.ended`, `.not_notified`,
    `.not_posted`. Warnings: `certificate.none_listed` (an accepted registration whose list is kept elsewhere),
    `certificate.ends`, `series.nearly_exhausted`, `series.next_year_absent`, `delegation.ends`.
    """
    return verdicts(connection, owner, {day}, certificate=certificate)[day]


def verdicts(
    connection: sa.Connection, owner: str, days: Collection[date], *, certificate: x509.Certificate | None = None
) -> dict[date, Verdict]:
    """`may_issue` for each of several days, by the same two queries."""
    kept = list(connection.execute(_REGISTRATIONS, {"asked_owner": owner}))
    numbers = [_numbers(row) for row in connection.execute(_RANGES, {"asked_owner": owner})]
    return {day: _verdict(kept, numbers, day, certificate) for day in sorted(days)}


def _verdict(kept: list[Row], numbers: list[Numbers], day: date, certificate: x509.Certificate | None) -> Verdict:
    following = _following(numbers, day)
    agreed = following.agreed if following is not None else None
    against, soon = _of_certificates(kept, day, certificate)
    reasons = [*_of_registration(kept, day), *_of_series(numbers, following, day), *_of_delegation(agreed, day)]
    warnings = [*_of_numbers_left(numbers, day), *_of_next_year(numbers, day), *_of_term(agreed, day)]
    in_force = agreed is not None and agreements.hindrance(agreed, day) is None
    delegate = agreed.delegate if agreed is not None and in_force else None
    return Verdict(not (reasons or against), (*reasons, *against), (*warnings, *soon), delegate)


_HINDRANCES = {
    "not_begun": ("Ủy nhiệm chưa đến ngày bắt đầu", "the delegation has not begun"),
    "ended": ("Ủy nhiệm đã hết hạn hoặc đã chấm dứt", "the delegation has ended"),
    "not_notified": (
        "Chưa thông báo ủy nhiệm cho cơ quan thuế đủ 3 ngày",
        "the tax offices were not told of the delegation 3 days before",
    ),
    "not_posted": ("Chưa niêm yết ủy nhiệm tại nơi thu", "the delegation is not posted at the point of collection"),
}


def _registrations() -> sa.Select[*tuple[Any, ...]]:
    """One row for each certificate of each registration, and one for a registration that lists none."""
    listed = certificate_table
    columns = (registration.c.id, registration.c.state.label("answer"), registration.c.accepted_on, listed)
    joined = registration.outerjoin(listed, listed.c.registration_id == registration.c.id)
    return sa.select(*columns).select_from(joined).where(registration.c.owner == sa.bindparam("asked_owner"))


def _ranges() -> sa.Select[*tuple[Any, ...]]:
    """In the order in which numbers are taken from them."""
    mine = series.c.owner == sa.bindparam("asked_owner")
    open_ones = sa.and_(mine, series.c.form == FORM_NO_FACE_VALUE, series.c.closed_at.is_(None))
    joined = series.outerjoin(delegation, agreements.covers(series.c.taken + 1))
    counted = (series.c.year, series.c.first_number, series.c.last_number, series.c.taken)
    query = sa.select(*(column.label(f"n_{column.name}") for column in counted), *agreements.columns())
    return query.select_from(joined).where(open_ones).order_by(series.c.symbol, series.c.first_number)


# Asked at every payment: to build such a statement costs several times what PostgreSQL takes to answer it.
_REGISTRATIONS = _registrations()
_RANGES = _ranges()


def _numbers(row: Row) -> Numbers:
    return Numbers(row.n_year, row.n_first_number, row.n_last_number, row.n_taken, agreements.of_row(row))


def _following(ranges: list[Numbers], day: date) -> Numbers | None:
    """The range that the next receipt of `day` takes its number from: one that is out of force is passed over."""
    left = [one for one in ranges if one.year == day.year and one.taken < one.last_number]
    free = (one for one in left if one.agreed is None or agreements.hindrance(one.agreed, day) is None)
    return next(free, left[0] if left else None)


def _of_registration(kept: list[Row], day: date) -> Iterator[Finding]:
    if any(_accepted(row, day) for row in kept):
        return
    if not kept:
        yield Finding(
            "registration.absent",
            "Chưa có đăng ký sử dụng chứng từ điện tử (01/ĐKTĐ-CTĐT)",
            "there is no registration with the tax office",
        )
    elif any(row.answer != "refused" for row in kept):
        yield Finding(
            "registration.not_accepted",
            "Cơ quan thuế chưa chấp nhận đăng ký sử dụng chứng từ điện tử (01/TB-ĐKĐT)",
            "the tax office has not accepted the registration yet",
        )
    else:
        yield Finding(
            "registration.refused",
            "Cơ quan thuế không chấp nhận đăng ký sử dụng chứng từ điện tử",
            "the tax office refused the registration",
        )


def _accepted(row: Row, day: date) -> bool:
    return row.accepted_on is not None and row.accepted_on <= day


def _of_certificates(kept: list[Row], day: date, asked: x509.Certificate | None) -> tuple[list[Finding], list[Finding]]:
    """Reasons and warnings."""
    accepted = [row for row in kept if _accepted(row, day)]
    if accepted and all(row.serial is None for row in accepted):
        vi, en = "Đăng ký không ghi chứng thư số nào", "the registration lists no certificate"
        return [], [Finding("certificate.none_listed", vi, en)]
    listed = [row for row in accepted if row.state == "in_use"]
    if asked is not None:
        listed = [row for row in listed if (row.issuer, row.serial) == identity(asked)]
    if not kept:
        return [], []
    if not listed:
        vi, en = "Chứng thư số không có trong đăng ký", "the certificate is not on the registration's list"
        return [Finding("certificate.not_listed", vi, en)], []
    end = datetime(day.year, day.month, day.day, 23, 59, 59, tzinfo=VIETNAM)
    valid = [row for row in listed if row.valid_from <= end <= row.valid_to]  # it may begin on the day, not end
    if not valid:
        vi, en = "Chứng thư số không còn hoặc chưa có hiệu lực", "the certificate is not valid on that day"
        return [Finding("certificate.expired", vi, en)], []
    last = max(row.valid_to for row in valid).astimezone(VIETNAM).date()
    return [], list(_ending("certificate.ends", "Chứng thư số", "the certificate", day, last))


def _of_series(ranges: list[Numbers], following: Numbers | None, day: date) -> Iterator[Finding]:
    if following is not None:
        return
    if not ranges:
        yield Finding("series.absent", "Chưa có ký hiệu biên lai", "there is no symbol to issue under")
    elif all(one.year != day.year for one in ranges):
        yield Finding(
            "series.wrong_year", f"Chưa có ký hiệu biên lai của năm {day.year}", f"there is no symbol for {day.year}"
        )
    else:
        yield Finding("series.exhausted", "Đã dùng hết số biên lai", "all receipt numbers are used", left=0)


def _of_numbers_left(ranges: list[Numbers], day: date) -> Iterator[Finding]:
    """Over all ranges of the year, since each goes on where the one before ends."""
    of_year = [one for one in ranges if one.year == day.year]
    left = sum(one.last_number - one.taken for one in of_year)
    whole = sum(one.last_number - one.first_number + 1 for one in of_year)
    if left and left * 100 <= whole * WARN_SHARE:
        vi, en = f"Chỉ còn {left} số biên lai", f"only {left} receipt numbers are left"
        yield Finding("series.nearly_exhausted", vi, en, left=left, within=WARN_SHARE)


def _of_next_year(ranges: list[Numbers], day: date) -> Iterator[Finding]:
    """At 00:00 on 1 January the old symbol ends, and the new one has to be there."""
    if any(one.year == day.year for one in ranges) and not any(one.year == day.year + 1 for one in ranges):
        name = f"Ký hiệu biên lai năm {day.year} (chưa có ký hiệu năm {day.year + 1})"
        yield from _ending("series.next_year_absent", name, f"the symbol of {day.year}", day, date(day.year, 12, 31))


def _of_delegation(agreed: agreements.Delegation | None, day: date) -> Iterator[Finding]:
    why = agreements.hindrance(agreed, day) if agreed is not None else None
    if why is not None:
        yield Finding(f"delegation.{why}", *_HINDRANCES[why])


def _of_term(agreed: agreements.Delegation | None, day: date) -> Iterator[Finding]:
    if agreed is not None and day <= agreed.last_day:
        yield from _ending("delegation.ends", "Ủy nhiệm", "the delegation", day, agreed.last_day)


def _ending(code: str, vi: str, en: str, day: date, last: date) -> Iterator[Finding]:
    """A warning if `last` is within 60, 30 or 7 days."""
    left = (last - day).days
    within = next((days for days in WARN_DAYS if 0 <= left <= days), None)
    if within is not None:
        yield Finding(code, f"{vi} còn {left} ngày", f"{en} ends in {left} days", left=left, within=within)
