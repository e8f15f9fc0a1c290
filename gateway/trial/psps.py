"""The trial's payment services: VNPAY and VNPT Pay, simulated, over books of their own beside the bank's.

The gateway calls them over HTTP at its own address and hears their notifications at its callback door, like real ones.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from connectors.contract import Request
from connectors.simulators.psp import SimulatedPsp
from connectors.simulators.psp_till import Wire
from connectors.simulators.psp_vnpay import Vnpay
from connectors.simulators.psp_vnptpay import Vnptpay
from gateway import providers
from gateway.kernel.clock import Clock
from gateway.kernel.uow import Environment
from gateway.providers import SettingUnreadable
from gateway.trial.found import STATE_FEES

MERCHANT = "THUPHI01"
SERVICE = "470"
HASH_SECRET = "demo-hash-secret-of-no-value"  # noqa: S105 - of a simulator
SECRET_KEY = "demo-secret-key-of-no-value"  # noqa: S105
API_KEY = "demo-api-key-of-no-value"
MDR = Fraction(11, 1000)

Psps = Mapping[str, SimulatedPsp]


@dataclass(frozen=True, slots=True)
class Call:
    """A notification to carry: send `request`, then tell `answered`."""

    id: int
    request: Request


@dataclass(frozen=True, slots=True)
class Notifier:
    """A service as the pump sees it."""

    psp: SimulatedPsp

    def due_notices(self) -> list[Call]:
        """What is due now."""
        return [Call(one.id, one.request) for one in self.psp.due_ipns()]

    def answered(self, outgoing_id: int, status: int, body: bytes) -> None:
        """What the gateway said."""
        self.psp.answered(outgoing_id, status, body)


def address(base_url: str, name: str) -> str:
    """Where a service is found."""
    return f"{base_url.rstrip('/')}/simulator/psp/{name}"


def open_psps(
    directory: Path, clock: Clock, base_url: str, seed: int | None = None, *, agency: str
) -> dict[str, SimulatedPsp]:
    """Both services, on their books; the caller closes them."""
    wires: dict[str, Wire] = {
        "vnpay": Vnpay(MERCHANT, HASH_SECRET),
        "vnptpay": Vnptpay(SERVICE, SECRET_KEY, API_KEY, host=address(base_url, "vnptpay")),
    }
    place = directory / "simulators"
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {
        name: SimulatedPsp(
            place / f"{name}.db",
            wire,
            hook=f"/callbacks/{agency}/{name}",
            clock=clock,
            bits=None if seed is None else random.Random(f"{name} {seed}").getrandbits,
            commission=MDR,
            refunds=True,
        )
        for name, wire in wires.items()
    }


def connect(environment: Environment, base_url: str, agency: str) -> bool:
    """Set the agency's channels up for this address; False where it may not be used: plain HTTP beyond this machine."""
    vnpay = {"tmn_code": MERCHANT, "host": address(base_url, "vnpay"), "account": STATE_FEES}
    vnptpay = {"base_url": address(base_url, "vnptpay"), "merchant_service_id": SERVICE, "account": STATE_FEES}
    secrets = {"api_key": API_KEY, "secret_key": SECRET_KEY}
    contract = {"mdr": f"{MDR.numerator}/{MDR.denominator}"}
    try:
        with environment.begin(actor="demo", agency=agency) as uow:
            providers.use(uow, agency, "vnpay", vnpay | contract, {"hash_secret": HASH_SECRET})
            providers.use(uow, agency, "vnptpay", vnptpay | contract | {"failed_statuses": "01"}, secrets)
    except SettingUnreadable:
        return False
    return True
