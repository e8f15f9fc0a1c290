"""Make a trial: found it, live its day, leave its papers, and only then let it take its place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.audit.checkpoints import Head
from gateway.trial import day, leave, place, tie
from gateway.trial.day import Lived, Progress
from gateway.trial.found import AGENCY, SAMPLE_FEE, SAMPLE_PROCEDURE, found
from gateway.trial.hours import TrialClock
from gateway.trial.seal import seal
from gateway.trial.tie import Sums

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
    directory: Path, *, payments: int, seed: int, base_url: str = DEFAULT_URL, progress: Progress = lambda _: None
) -> Made:
    """Raises NotATrial when other data is in the way. Killed at any line, the place is as it was before."""
    place.refuse_foreign(directory)
    site = place.building_site(directory)
    clock = TrialClock()
    trial = found(site, clock, base_url=base_url, seed=seed)
    try:
        lived = day.live(trial, clock, payments=payments, seed=seed, progress=progress)
        progress("papers")
        receipts = leave.leave(trial, lived)
        sealed = seal(trial)
        sums = tie.sums(trial, lived, sealed.flaws)
    finally:
        trial.close()
    mark = {
        "base_url": base_url,
        "api_key": trial.api_key,
        "agency": AGENCY,
        "sample_fee_code": SAMPLE_FEE,
        "sample_procedure_code": SAMPLE_PROCEDURE,
        "day": lived.day.isoformat(),
        "seed": seed,
        "payments": payments,
        "receipts": receipts,
        "counts": {"payments": payments, "receipts": receipts, "exempt_dossiers": lived.exempt},
    }
    place.write_mark(site, mark)
    place.move_in(site, directory)
    return Made(directory, mark, replace(lived), sums, sealed.head)
