"""The year before the trial day: dossiers in the registers of every unit, through the verb that one-stop systems call.

What was paid before stands in the books of the system before; what comes over is what the law makes free, and of the
last weeks also what still waits to be paid. So no đồng moves, and the trial's sums are those of its own day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueRequest, EntitlementClaim
from gateway.dues.register import register_many
from gateway.kernel.errors import ThuPhiError
from gateway.trial.found import Trial
from gateway.trial.profile import Profile
from gateway.trial.story import person
from reconciliation.workdays import working

YEAR, LATELY = timedelta(days=365), timedelta(days=30)
WAITS = 3  # of the last weeks' dossiers one in so many
BATCH = 500
Free = tuple[str, str, str]  # procedure, fee code, what makes it free ("": the tariff)
FREE: tuple[Free, ...] = (
    ("1.000894", "ht-ketthon-1", ""),
    ("1.001193", "ht-khaisinh-qh-1", "DUNG_HAN"),
    ("1.001193", "ht-khaisinh-qh-1", "HO_NGHEO"),
)
EVIDENCE = {"DUNG_HAN": "Giấy chứng sinh, trong hạn 60 ngày", "HO_NGHEO": "Giấy chứng nhận hộ nghèo"}


def lay_in(trial: Trial, profile: Profile, units: Sequence[str], day: date, seed: int) -> int:
    """Register `profile.dossiers` dossiers of the year before `day`, evenly over `units`; how many."""
    done = 0
    for number, unit in enumerate(units):
        share = (profile.dossiers + len(units) - 1 - number) // len(units)
        for some in _batches(trial, profile, unit, share, day, seed):
            with trial.environment.begin(actor=trial.officers["huongdan"], agency=unit) as uow:
                for outcome in register_many(uow, some):
                    if isinstance(outcome, ThuPhiError):
                        raise outcome
            done += len(some)
    return done


def working_year(day: date) -> list[date]:
    """The working days of the year before `day`, oldest first."""
    days = (day - YEAR + timedelta(days=n) for n in range(YEAR.days))
    return [each for each in days if working(each)]


def _batches(
    trial: Trial, profile: Profile, unit: str, share: int, day: date, seed: int
) -> Iterator[list[DossierRequest]]:
    draw, days = random.Random(f"past {unit} {seed}"), working_year(day)
    prefix = trial.office.dossiers if unit == trial.agency else unit
    for first in range(0, share, BATCH):
        requests = []
        for serial in range(first, min(first + BATCH, share)):
            accepted = days[serial * len(days) // share]
            procedure, items = _errand(draw, profile, lately=day - accepted < LATELY)
            code = f"{prefix}-{accepted:%y%m%d}-{serial % 10_000:04d}"
            payer = person(draw, trial.office)
            requests.append(DossierRequest(unit, code, procedure, payer, items, accepted_on=accepted))
        yield requests


def _errand(draw: random.Random, profile: Profile, *, lately: bool) -> tuple[str, tuple[DueRequest, ...]]:
    if lately and draw.randrange(WAITS) == 0:
        procedure, fees = draw.choice(profile.errands)
        return procedure, tuple(DueRequest(fee) for fee in fees)
    procedure, fee, ground = draw.choice(FREE)
    claim = EntitlementClaim(ground, EVIDENCE[ground], "Bộ phận tiếp nhận") if ground else None
    return procedure, (DueRequest(fee, entitlement=claim),)
