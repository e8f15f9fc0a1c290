"""How dues are kept: found within the agency, paid once, and never in a state the law does not know."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.dues import store
from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueClosed, DueStatus
from gateway.dues.problems import DossierMissing
from gateway.dues.register import register
from gateway.dues.store import DossierView
from gateway.kernel.uow import Environment
from gateway.kernel.vault import SealBroken

Asked = Callable[..., DossierRequest]


@pytest.fixture
def view(desk: Environment, asked: Asked) -> DossierView:
    with desk.begin(actor="key_1") as uow:
        return register(uow, asked("cc-doi-1", "lltp-1", "ht-ketthon-1"))


def test_a_dossier_is_found_within_its_agency_only(desk: Environment, view: DossierView) -> None:
    code, ids = view.dossier.code, [due.id for due in view.dues]
    with desk.read() as connection:
        assert store.dossier_by_code(connection, "th", code) == view.dossier
        assert store.dossier_by_code(connection, "hn", code) is None
        assert store.dossier_view(connection, "th", view.dossier.id) == view
        assert store.dues_by_id(connection, "hn", ids) == []
        assert {due.id for due in store.dues_by_id(connection, "th", ids)} == set(ids)
        with pytest.raises(DossierMissing):
            store.dossier_view(connection, "hn", view.dossier.id)


def test_dues_are_held_in_id_order_whatever_is_asked(desk: Environment, view: DossierView) -> None:
    ids = sorted(due.id for due in view.dues)
    with desk.begin(actor="worker") as uow:
        assert [due.id for due in store.lock_dues(uow.connection, [*reversed(ids), ids[0], "due_no"])] == ids


def test_open_dues_are_paid_together_and_only_once(desk: Environment, view: DossierView) -> None:
    first, second, exempt = (due.id for due in view.dues)
    with desk.begin(actor="worker") as uow:
        store.mark_paid(uow.connection, [(first, "pay_1"), (second, "pay_2")], uow.now())
        store.mark_paid(uow.connection, [], uow.now())
    for closed in (first, exempt):
        with pytest.raises(DueClosed), desk.begin(actor="worker") as uow:
            store.mark_paid(uow.connection, [(closed, "pay_3")], uow.now())
    with desk.read() as connection:
        dues = store.dossier_view(connection, "th", view.dossier.id).dues
    assert [(due.status, due.payment_id, due.version) for due in dues] == [
        (DueStatus.PAID, "pay_1", 1),
        (DueStatus.PAID, "pay_2", 1),
        (DueStatus.EXEMPT, None, 1),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"amount": 1, "unit_price": 1, "status": "exempt"},
        {"amount": 0, "unit_price": 0},
        {"amount": 60_000, "unit_price": 60_000},
        {"unit_price": 24_000},
        {"status": "paid"},
        {"status": "lost"},
        {"payment_id": "pay_1"},
        {"kind": "THUE"},
    ],
)
def test_the_database_refuses_what_cannot_be(desk: Environment, view: DossierView, values: dict[str, object]) -> None:
    wrong = sa.update(store.due).where(store.due.c.id == view.dues[0].id).values(**values)
    with pytest.raises(IntegrityError), desk.begin(actor="test") as uow:
        uow.connection.execute(wrong)


def test_a_sealed_payer_cannot_be_moved_to_another_dossier(desk: Environment, view: DossierView, asked: Asked) -> None:
    with desk.begin(actor="key_1") as uow:
        other = register(uow, asked("cc-doi-1", dossier_code="2"))
        moved = sa.update(store.dossier).where(store.dossier.c.id == other.dossier.id)
        uow.connection.execute(moved.values(payer_sealed=view.dossier.payer_sealed))
    with desk.read() as connection:
        row = store.dossiers(connection, [other.dossier.id])[other.dossier.id]
    with pytest.raises(SealBroken):
        store.payer(row, desk.vault)
