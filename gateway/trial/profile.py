"""How large a trial is: the ordinary day, and three whose sizes are those of real offices.

- `thanhhoa`: a provincial centre with VietQR, hand-written transfers to VietinBank, VNPT Pay and POS side by side; its day
  is one working day of 9.5 billion đồng in six months (about 127 working days).
- `huongthuy`: one commune-level office with 22,515 dossiers a year; its day is a working day of that year.
- `province`: 201 units, 4,000 services in the catalogue, and a year's dossiers across all units.

What a profile has beyond its day is laid into the registers in batches before the day begins (`past`, `units`,
`services`); more of it is lived through with `--payments`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.kernel.errors import Invalid
from gateway.trial.office import HUONG_THUY, THANH_HOA, Office
from gateway.trial.story import AT_COMMUNE, ERRANDS, RAILS, Errands, Rail


class ProfileUnknown(Invalid):
    """No trial has this name."""

    code = "demo.profile_unknown"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a trial is made of; counts of the whole installation."""

    name: str
    office: Office = THANH_HOA
    payments: int = 200  # of the day, unless asked for others
    rails: Mapping[Rail, int] = field(default_factory=lambda: RAILS)  # ways to pay, by weight
    errands: Errands = ERRANDS
    dossiers: int = 0  # registered in the year before
    units: int = 1
    services: int = 0  # procedures in the catalogue; 0: the product's own


ORDINARY = Profile("")

_SIDE_BY_SIDE = {Rail.QR: 45, Rail.TRANSFER: 20, Rail.VNPTPAY: 20, Rail.POS: 15}
_COMMUNE = {Rail.QR: 75, Rail.VNPTPAY: 15, Rail.POS: 10}

PROFILES: Mapping[str, Profile] = {
    one.name: one
    for one in (
        Profile("thanhhoa", payments=400, rails=_SIDE_BY_SIDE),
        Profile("huongthuy", HUONG_THUY, payments=90, rails=_COMMUNE, errands=AT_COMMUNE, dossiers=22_515),
        Profile("province", payments=400, rails=_SIDE_BY_SIDE, dossiers=22_515, units=201, services=4_000),
    )
}


def named(name: str) -> Profile:
    """The profile that a person typed; the ordinary day for nothing typed. ProfileUnknown."""
    if name and name not in PROFILES:
        known = ", ".join(PROFILES)
        raise ProfileUnknown(f"Hồ sơ mẫu là một trong: {known}.", f"The profile is one of: {known}.", field="profile")
    return PROFILES[name] if name else ORDINARY
