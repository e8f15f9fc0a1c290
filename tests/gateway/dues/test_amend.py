"""Adding, amending and withdrawing dues, as long as they are unpaid."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from gateway.dues import store
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueClosed, DueRequest, DueStatus, EntitlementClaim, Phase
from gateway.dues.problems import DossierMissing, DueMissing, DueMoved
from gateway.dues.register import register
from gateway.dues.store import DossierView
from gateway.kernel import outbox
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.kernel.uow import Environment

if TYPE_CHECKING:
    from tests.conftest import HandClock

Asked = Callable[..., DossierRequest]

LEVEL_2 = EntitlementClaim("TT117", "Biên bản số 3", "cán bộ Lê B")


@pytest.fixture
def view(desk: Environment, asked: Asked) -> DossierView:
    """Two open dues: 25 000 for a card, 5 000 for a copy of three pages."""
    with desk.begin(actor="key_1") as uow:
        return register(uow, asked("cc-doi-1", DueRequest("ct-saoy-1", value=3)))


def change(desk: Environment, view: DossierView, agency: str = "th", **changes: tuple[object, ...]) -> DossierView:
    with desk.begin(actor="key_2") as uow:
        return amend(uow, agency, view.dossier.id, Changes(**changes))  # type: ignore[arg-type]


def pay(desk: Environment, due_id: str) -> None:
    with desk.begin(actor="worker") as uow:
        store.mark_paid(uow.connection, [(due_id, "pay_1")], uow.now())


def events(desk: Environment) -> list[str]:
    with desk.read() as connection:
        return sorted(connection.scalars(sa.select(outbox.event.c.kind)))


def test_a_due_is_added_at_the_end(desk: Environment, view: DossierView) -> None:
    after = change(desk, view, add=(DueRequest("buu-chinh-1", amount=30_000, phase=Phase.RETURN),))
    assert [due.position for due in after.dues] == [1, 2, 3]
    assert (after.dues[2].amount, after.dues[2].phase, after.amount) == (30_000, Phase.RETURN, 60_000)
    assert events(desk) == ["dossier.registered", "due.added"]


def test_an_amended_due_has_a_new_version_and_keeps_the_old(
    desk: Environment, view: DossierView, clock: HandClock
) -> None:
    later = clock.advance(hours=1)
    after = change(desk, view, amend=(DueChange(view.dues[1].id, quantity=2, value=10, version=1),))
    due = after.dues[1]
    assert (due.version, due.quantity, due.value, due.amount) == (2, 2, 10, 24_000)
    assert (due.created_at, due.updated_at) == (view.dues[1].created_at, later)
    assert after.dues[0] == view.dues[0]
    with desk.read() as connection:
        chosen = sa.select(store.due_version).where(store.due_version.c.due_id == due.id)
        kept = [(row.version, row.amount, row.actor) for row in connection.execute(chosen)]
    assert sorted(kept) == [(1, 5_000, "key_1"), (2, 24_000, "key_2")]
    assert events(desk) == ["dossier.registered", "due.amended"]


def test_an_entitlement_is_granted_and_taken_back(desk: Environment, view: DossierView) -> None:
    due_id = view.dues[0].id
    granted = change(desk, view, amend=(DueChange(due_id, entitlement=LEVEL_2),)).dues[0]
    assert (granted.status, granted.amount) == (DueStatus.EXEMPT, 0)
    assert store.claim(granted, desk.vault) == LEVEL_2
    assert events(desk) == ["dossier.registered", "due.amended", "due.exempted"]
    two = change(desk, view, amend=(DueChange(due_id, quantity=2),)).dues[0]
    assert (two.status, two.base_amount, two.version) == (DueStatus.EXEMPT, 100_000, 3)
    back = change(desk, view, amend=(DueChange(due_id, drop_entitlement=True),)).dues[0]
    assert (back.status, back.amount, back.claim_sealed) == (DueStatus.OPEN, 50_000, None)


def test_a_withdrawn_due_is_owed_no_more_and_stays_withdrawn(desk: Environment, view: DossierView) -> None:
    due_id = view.dues[0].id
    after = change(desk, view, withdraw=(due_id,))
    assert (after.dues[0].status, after.dues[0].version, after.amount) == (DueStatus.WITHDRAWN, 2, 5_000)
    assert events(desk) == ["dossier.registered", "due.withdrawn"]
    with pytest.raises(DueClosed) as refused:
        change(desk, view, withdraw=(due_id,))
    assert refused.value.field == "withdraw[0].status"


def test_a_free_amount_keeps_its_figure_until_it_is_told_anew(desk: Environment, view: DossierView) -> None:
    due = change(desk, view, add=(DueRequest("bhxh-1", amount=90_000),)).dues[2]
    assert change(desk, view, amend=(DueChange(due.id),)).dues[2] == due
    assert change(desk, view, amend=(DueChange(due.id, amount=95_000),)).dues[2].amount == 95_000


def test_what_is_the_same_already_gets_no_new_version(desk: Environment, view: DossierView) -> None:
    after = change(desk, view, amend=(DueChange(view.dues[1].id, quantity=1, value=3),))
    assert after == view
    assert events(desk) == ["dossier.registered"]


def test_a_paid_due_is_not_touched(desk: Environment, view: DossierView) -> None:
    paid = view.dues[0].id
    pay(desk, paid)
    for changes, field in (
        ({"withdraw": (view.dues[1].id, paid)}, "withdraw[1].status"),
        ({"amend": (DueChange(paid, quantity=2),)}, "amend[0].status"),
    ):
        with pytest.raises(DueClosed) as refused:
            change(desk, view, **changes)
        assert (refused.value.code, refused.value.field) == ("due.closed", field)
    with desk.read() as connection:
        after = store.dossier_view(connection, "th", view.dossier.id)
    assert [(due.status, due.payment_id) for due in after.dues] == [
        (DueStatus.PAID, "pay_1"),
        (DueStatus.OPEN, None),
    ]


def test_a_change_meant_for_an_older_version_is_refused(desk: Environment, view: DossierView) -> None:
    change(desk, view, amend=(DueChange(view.dues[1].id, value=4),))
    with pytest.raises(DueMoved) as refused:
        change(desk, view, amend=(DueChange(view.dues[1].id, value=5, version=1),))
    assert (refused.value.field, refused.value.facts["version"]) == ("amend[0].version", 2)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({}, "dossier.field", "changes"),
        ({"add": (DueRequest("nothing-1"),)}, "due.fee_unknown", "add[0].fee_code"),
        ({"add": (DueRequest("dl-luhanh-1"), DueRequest("dl-luhanh-2"))}, "due.alternatives", "add[1].fee_code"),
    ],
)
def test_flaws_are_named_by_their_path(
    desk: Environment, view: DossierView, changes: dict[str, tuple[object, ...]], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        change(desk, view, **changes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_one_flaw_stops_the_whole_change(desk: Environment, view: DossierView) -> None:
    first, second = view.dues
    with pytest.raises(ThuPhiError) as refused:
        change(desk, view, withdraw=(first.id,), amend=(DueChange(second.id, value=0),))
    assert (refused.value.code, refused.value.field) == ("due.value", "amend[0].value")
    with pytest.raises(Invalid):
        change(desk, view, withdraw=(first.id,), amend=(DueChange(first.id, quantity=2),))
    with desk.read() as connection:
        assert store.dossier_view(connection, "th", view.dossier.id) == view


def test_a_withdrawn_line_makes_room_for_its_alternative(desk: Environment, asked: Asked) -> None:
    with desk.begin(actor="key_1") as uow:
        view = register(uow, asked("dl-luhanh-1", dossier_code="2"))
    with pytest.raises(Invalid):
        change(desk, view, add=(DueRequest("dl-luhanh-2"),))
    after = change(desk, view, withdraw=(view.dues[0].id,), add=(DueRequest("dl-luhanh-2"),))
    assert after.amount == 2_000_000


def test_another_agency_sees_no_dossier_and_no_due(desk: Environment, view: DossierView) -> None:
    with pytest.raises(DossierMissing):
        change(desk, view, agency="hn", withdraw=(view.dues[0].id,))
    with pytest.raises(DueMissing) as refused:
        change(desk, view, withdraw=("due_nobody",))
    assert refused.value.field == "withdraw[0]"


def test_the_evidence_stays_sealed_in_what_is_told(desk: Environment, view: DossierView) -> None:
    change(desk, view, amend=(DueChange(view.dues[0].id, entitlement=LEVEL_2),))
    with desk.read() as connection:
        bodies = [json.loads(body) for body in connection.scalars(sa.select(outbox.event.c.body))]
    assert "Biên bản số 3" not in json.dumps(bodies, ensure_ascii=False)
