"""How a payment comes into each state its page can show, told with the town's own verbs."""

from __future__ import annotations

import sqlalchemy as sa

from gateway.delivery.documents import render_waiting, sign_waiting
from gateway.dues.amend import Changes, DueChange, amend
from gateway.kernel.outbox import Event
from gateway.payments.expire import expire_waiting
from gateway.payments.model import PaymentStatus
from gateway.payments.store import PaymentRow, payment
from gateway.web.screen import State
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, PHI, Town


def reach(state: State, town: Town, clock: HandClock) -> PaymentRow:
    """A payment of 195.000 đ (phí 60.000, lệ phí 135.000) whose page is in `state`."""
    dossier = town.dossier(PHI, LE_PHI)
    made = town.pay_for(dossier)
    if state is State.PENDING:
        return made
    if state in (State.PARTIAL, State.EXPIRED_PARTIAL):
        town.money_comes(made, 100_000)
    if state in (State.EXPIRED, State.EXPIRED_PARTIAL):
        clock.advance(hours=2)
        expire_waiting(town.environment)
    if state is State.CHECKING:
        town.money_comes(made, 200_000)  # more than asked: the statement has to prove it
    if state in (State.SIGNING, State.PAID):
        town.money_comes(made)
    if state is State.PAID:
        sign(town)
    if state is State.SETTLED_ELSEWHERE:
        town.money_comes(town.pay_for(dossier))
    if state is State.WITHDRAWN:
        change(town, made, Changes(withdraw=tuple(due.id for due in dossier.dues)))
    if state is State.CHANGED:
        change(town, made, Changes(amend=(DueChange(dossier.dues[0].id, quantity=2),)))
    if state is State.FAILED:
        fail(town, made)
    return made


def sign(town: Town) -> None:
    """The worker signs what is numbered and makes the PDFs."""
    sign_waiting(town.environment, town.keys)
    render_waiting(town.environment, town.keys)


def change(town: Town, made: PaymentRow, changes: Changes) -> None:
    """The one-stop system changes the dossier the payment is for."""
    dossier_id = town.view(made).dues[0].dossier_id
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        amend(uow, AGENCY, dossier_id, changes)


def fail(town: Town, made: PaymentRow) -> None:
    """The provider says that there will be no money."""
    with town.environment.begin(actor="test", agency=AGENCY) as uow:
        failed = sa.update(payment).where(payment.c.id == made.id).values(status=PaymentStatus.FAILED.value)
        uow.connection.execute(failed)
        uow.emit([Event(AGENCY, "payment.failed", made.id, {})])
