"""The worker's part: after the cut-off the day's table, then supplements for what comes late, until all is told."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
import structlog

from gateway import agencies
from gateway.kernel.clock import VIETNAM, business_day
from gateway.kernel.uow import Environment
from gateway.taxing import gather, make
from receipts.keys import Signer
from receipts.model import ReceiptError

LOOK_BACK = timedelta(days=60)  # later signatures than that are told by command; `thuphi tax status` shows them

log = structlog.get_logger(__name__)


def make_due(environment: Environment, signer: Signer) -> int:
    """Make every table that is due by now; how many."""
    now = environment.clock()
    made = 0
    with environment.read() as connection:
        wanted = {
            agency.id: gather.days_waiting(connection, agency.id, business_day(now) - LOOK_BACK)
            for agency in agencies.all_agencies(connection)
        }
    for agency_id, days in wanted.items():
        for day in days:
            if due(day, now, environment.settings.tax_cut_off):
                made += _make(environment, agency_id, day, signer)
    return made


def due(day: date, now: datetime, cut_off: time) -> bool:
    """A day's first table is due at its cut-off; what comes later, at once."""
    return now.astimezone(VIETNAM) >= datetime.combine(day, cut_off, VIETNAM)


def _make(environment: Environment, agency_id: str, day: date, signer: Signer) -> int:
    try:
        with environment.begin(actor="worker", agency=agency_id) as uow:
            return len(make.make(uow, agency_id, day, signer))
    except ReceiptError as error:
        log.error("tax.not_made", agency=agency_id, day=day.isoformat(), code=error.code)
    except sa.exc.IntegrityError:  # another worker took the number: what is left is looked at in the next round
        log.info("tax.overtaken", agency=agency_id, day=day.isoformat())
    return 0
