"""Make a trial: found it, live its day, leave its papers, and only then let it take its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.audit.checkpoints import Head
from gateway.dues.catalogue import import_catalogue
from gateway.kernel.clock import business_day
from gateway.trial import day, leave, past, place, procedures, tie, units
from gateway.trial.day import Lived, Progress
from gateway.trial.found import SAMPLE_FEE, SAMPLE_PROCEDURE, Trial, found
from gateway.trial.hours import TrialClock
from gateway.trial.profile import ORDINARY, Profile
from gateway.trial.seal import Sealed, seal
from gateway.trial.story import visits
from gateway.trial.tie import Sums
from gateway.trial.world import around

DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Made:
    """A finished trial."""

    directory: Path
    mark: dict[str, Any]
    lived: Lived
    sums: Sums
    head: Head  # of the audit trail, signed


def make(
    directory: Path,
    *,
    payments: int,
    seed: int,
    profile: Profile = ORDINARY,
    base_url: str = DEFAULT_URL,
    progress: Progress = lambda _: None,
) -> Made:
    """Raises NotATrial when other data is in the way. Killed at any line, the place is as it was before."""
    place.refuse_foreign(directory)
    site = place.building_site(directory)
    clock = TrialClock()
    trial = found(site, clock, base_url=base_url, seed=seed, office=profile.office)
    try:
        size = _lay_in(trial, profile, seed, progress)
        lived, sealed, sums, receipts = _live(trial, clock, profile, payments, seed, progress)
    finally:
        trial.close()
    mark = {
        "base_url": base_url,
        "api_key": trial.api_key,
        "agency": trial.agency,
        "profile": profile.name,
        "sample_fee_code": SAMPLE_FEE,
        "sample_procedure_code": SAMPLE_PROCEDURE,
        "day": lived.day.isoformat(),
        "seed": seed,
        "payments": payments,
        "receipts": receipts,
        "counts": {"payments": payments, "receipts": receipts, "exempt_dossiers": lived.exempt, **size},
    }
    place.write_mark(site, mark)
    place.move_in(site, directory)
    return Made(directory, mark, lived, sums, sealed.head)


def _lay_in(trial: Trial, profile: Profile, seed: int, progress: Progress) -> dict[str, int]:
    """What the office has before its day begins; how much of each."""
    if profile.units > 1 or profile.services or profile.dossiers:
        progress("size")
    agencies = [trial.agency, *units.found_units(trial, profile.units - 1)]
    if profile.services:
        with trial.environment.begin(actor="demo", agency=trial.agency) as uow:
            import_catalogue(uow, trial.agency, procedures.catalogue(profile.services))
    today = business_day(trial.environment.clock())
    dossiers = past.lay_in(trial, profile, agencies, today, seed)
    return {"units": len(agencies), "services": profile.services, "past_dossiers": dossiers}


def _live(
    trial: Trial, clock: TrialClock, profile: Profile, payments: int, seed: int, progress: Progress
) -> tuple[Lived, Sealed, Sums, int]:
    came = visits(payments, seed, rails=profile.rails, errands=profile.errands, office=profile.office)
    with around(trial, clock, seed) as world:
        lived = day.live(world, came, seed=seed, progress=progress)
        progress("papers")
        receipts = leave.leave(trial, lived)
        sealed = seal(trial)
        return lived, sealed, tie.sums(world, lived, sealed.flaws), receipts
