"""Every due computed again: as it was priced, by the catalogue of its time; what was changed afterwards is listed."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.audit.recompute import Difference, recompute
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.catalogue import import_catalogue
from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueRequest, EntitlementClaim
from gateway.dues.register import register
from gateway.dues.store import DossierView, due
from gateway.kernel.uow import Environment
from tests.conftest import HandClock
from tests.gateway.audit.conftest import Archive, lawless
from tests.town import AGENCY, LE_PHI, PAYER, PHI

POOR = EntitlementClaim("TT117", "Biên bản số 3", "cán bộ Lê B")


@pytest.fixture
def dossier(archive: Archive) -> DossierView:
    """One due of each way to be priced."""
    items = (
        DueRequest(LE_PHI),
        DueRequest(PHI, quantity=2),
        DueRequest("ct-saoy-1", quantity=2, value=10),
        DueRequest("bhxh-1", amount=90_000),
        DueRequest("cc-doi-1", entitlement=POOR),
    )
    with archive.environment.begin(actor="test", agency=AGENCY) as uow:
        return register(uow, DossierRequest(AGENCY, "H56.17-261124-7001", "1.004616", PAYER, items))


def differences(environment: Environment, connection: sa.Connection | None = None) -> list[Difference]:
    if connection is not None:
        return [one for one in recompute(connection, AGENCY, environment.vault) if one is not None]
    with environment.read() as reading:
        return differences(environment, reading)


def dearer() -> bytes:
    """The product's catalogue with the amount of the licence doubled."""
    whole: dict[str, Any] = json.loads(resources.files("gateway.dues").joinpath("catalogue.json").read_text("utf-8"))
    for fee in whole["fees"]:
        if fee["id"] == LE_PHI.rpartition("-")[0]:
            fee["items"][0]["amount_vnd"] *= 2
    return json.dumps(whole).encode()


def test_what_was_priced_is_priced_the_same_again(archive: Archive, dossier: DossierView, clock: HandClock) -> None:
    archive.town.money_comes(archive.town.pay_for(archive.town.dossier(LE_PHI)))
    clock.advance(minutes=1)
    with archive.environment.begin(actor="test", agency=AGENCY) as uow:
        more = (DueChange(dossier.dues[2].id, quantity=3),)
        amend(uow, AGENCY, dossier.dossier.id, Changes(amend=more, withdraw=(dossier.dues[1].id,)))
    with archive.environment.read() as connection:
        found = list(recompute(connection, AGENCY, archive.environment.vault))
    assert found == [None] * 6


def test_a_later_catalogue_changes_nothing_that_was_priced_before(
    archive: Archive, dossier: DossierView, clock: HandClock
) -> None:
    clock.advance(hours=1)
    with archive.environment.begin(actor="test", agency=AGENCY) as uow:
        assert import_catalogue(uow, AGENCY, dearer()).changed
    clock.advance(hours=1)
    assert archive.town.dossier(LE_PHI).amount == 270_000
    assert differences(archive.environment) == []


def test_an_amount_that_was_changed_is_listed_with_both_grounds(archive: Archive, dossier: DossierView) -> None:
    with lawless(archive.environment) as connection:
        wrong = sa.update(due).where(due.c.id == dossier.dues[0].id)
        connection.execute(wrong.values(amount=100_000, unit_price=100_000))
        (found,) = differences(archive.environment, connection)
    assert (found.due_id, found.fee_code, found.reason) == (dossier.dues[0].id, LE_PHI, "amount")
    assert (found.amount, found.computed) == (100_000, 135_000)
    assert found.ground == found.computed_ground == dossier.dues[0].legal_basis
    assert found.dossier_code == "H56.17-261124-7001"


def test_a_due_that_no_tariff_knows_is_listed_with_the_reason(archive: Archive, dossier: DossierView) -> None:
    with lawless(archive.environment) as connection:
        connection.execute(sa.update(due).where(due.c.id == dossier.dues[0].id).values(fee_code="x-1"))
        connection.execute(sa.update(due).where(due.c.id == dossier.dues[4].id).values(claim_sealed=b"x"))
        found = differences(archive.environment, connection)
    assert [(one.reason, one.computed) for one in found] == [("due.fee_unknown", None), ("vault.seal_broken", None)]
