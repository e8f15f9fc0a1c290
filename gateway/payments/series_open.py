"""No QR for what cannot be receipted: the series is asked before anybody pays (Thông tư 91/2026/TT-BTC, Điều 17).

Who is refused hears why and whom to ask. Money that arrives all the same waits in suspense as "series closed".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import sqlalchemy as sa

from gateway import agencies
from gateway.dues.store import DueRow
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict
from gateway.kernel.uow import UnitOfWork
from receipts.register import Verdict, may_issue

RECEIPTED = ("PHI", "LE_PHI")

Asking = Callable[[str], Verdict]


class SeriesClosed(Conflict):
    """The agency may not issue receipts now; `facts["reasons"]` are the codes of `receipts.register`."""

    code = "payment.series_closed"


def asking(uow: UnitOfWork) -> Asking:
    """What may be issued today, asked once per agency for the whole of a batch."""
    day = business_day(uow.now())
    return cache(lambda agency_id: may_issue(uow.connection, agency_id, day))


def refuse_closed(connection: sa.Connection, ask: Asking, agency_id: str, dues: Iterable[DueRow]) -> None:
    """Raises SeriesClosed if one of the dues needs a receipt that cannot be issued."""
    if any(due.kind in RECEIPTED for due in dues) and not (verdict := ask(agency_id)).open:
        raise refusal(connection, agency_id, verdict)


def refusal(connection: sa.Connection, agency_id: str, verdict: Verdict) -> SeriesClosed:
    """Why, in words for who wants to pay, and whom to ask."""
    agency = agencies.require(connection, agency_id)
    call_vi, call_en = (f", điện thoại {agency.phone}", f", phone {agency.phone}") if agency.phone else ("", "")
    first = verdict.reasons[0]
    return SeriesClosed(
        f"Hiện chưa lập được biên lai nên chưa thu được: {first.vi}. Xin liên hệ {agency.name}{call_vi}.",
        f"No receipt can be issued now, so nothing can be collected: {first.en}. Please ask {agency.name}{call_en}.",
        field="dossier_id",
        reasons=[reason.code for reason in verdict.reasons],
        ask={"name": agency.name, "phone": agency.phone},
    )
