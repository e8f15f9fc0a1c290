"""The officers' work of the second morning, each under a name of their own: who proposes or prepares never agrees.

One sum that came without a reference is given to its payment, one that came twice goes back; the day is closed and put
on paper; what is proven goes on to the Treasury.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from gateway.access import own
from gateway.audit import checkpoints, keys, sequencer
from gateway.closing import day as closing
from gateway.remitting import order as remittance_order
from gateway.remitting import prepare
from gateway.remitting.model import NothingToRemit
from gateway.remitting.order import Order
from gateway.settlement import allocate
from gateway.settlement.model import Reason
from gateway.settlement.refund import approve as refund_approve
from gateway.settlement.refund import order as refund_order
from gateway.settlement.refund import request as refund_request
from gateway.settlement.refund.model import RefundRequest
from gateway.settlement.refund.order import RefundOrder
from gateway.settlement.store import notice, suspense
from gateway.trial.crowd import Guest
from gateway.trial.found import STATE_FEES, Trial
from gateway.trial.story import Way

ACCOUNTANT, CHIEF, HEAD = "ketoan", "ketoantruong", "giamdoc"


@dataclass(frozen=True, slots=True)
class Remitted:
    """What goes to the Treasury; amounts in đồng."""

    id: str
    order: Order


def allocate_one(trial: Trial, guests: list[Guest]) -> int:
    """Money without a reference, whose payer has shown the transfer at the counter; đồng."""
    lost = [guest.payment for guest in guests if guest.visit.way is Way.NO_REFERENCE]
    for money in _waiting(trial, Reason.UNKNOWN_REFERENCE):
        fitting = next((one for one in lost if one.amount == money.amount), None)
        if fitting is not None:
            said = "Công dân xuất trình lệnh chuyển tiền tại quầy"
            with trial.environment.begin(actor=trial.officers[ACCOUNTANT], agency=trial.agency) as uow:
                proposal = allocate.ask(uow, trial.agency, money.id, fitting.id, said)
            with trial.environment.begin(actor=trial.officers[CHIEF], agency=trial.agency) as uow:
                allocate.agree(uow, trial.agency, proposal)
            return int(money.amount)
    return 0


def refund_one(trial: Trial) -> list[RefundOrder]:
    """Money that was paid twice goes back to the account it came from."""
    for money in _waiting(trial, Reason.DUPLICATE)[:1]:
        asked = RefundRequest(trial.agency, f"refund-{money.id}", "Công dân chuyển hai lần", suspense_id=money.id)
        with trial.environment.begin(actor=trial.officers[ACCOUNTANT], agency=trial.agency) as uow:
            wanted = refund_request.request(uow, asked)
        with trial.environment.begin(actor=trial.officers[HEAD], agency=trial.agency) as uow:
            refund_approve.approve(uow, trial.agency, wanted.id)
        with trial.environment.begin(actor=trial.officers[CHIEF], agency=trial.agency) as uow:
            return refund_order.collect(uow, trial.agency)
    return []


def close(trial: Trial, day: date) -> None:
    """Lock the day, with the audit tree's signed head in the minutes."""
    environment = trial.environment
    sequencer.number_all(environment)
    checkpoints.sign(environment, keys.make(environment.settings.keys), now_at_once=True)
    with environment.begin(actor=trial.officers[CHIEF], agency=trial.agency) as uow:
        closing.close_day(uow, trial.agency, day, checkpoint=checkpoints.require(uow.connection).note)


def remit(trial: Trial, until: date) -> list[Remitted]:
    """All that is proven; nothing on a day that brought nothing."""
    environment = trial.environment
    try:
        with environment.begin(actor=trial.officers[ACCOUNTANT], agency=trial.agency) as uow:
            made = prepare.prepare(uow, trial.agency, until)
    except NothingToRemit:
        return []
    with environment.begin(actor=trial.officers[HEAD], agency=trial.agency) as uow:
        for remittance_id in made:
            prepare.approve(uow, trial.agency, remittance_id)
        return [Remitted(one, remittance_order.order(uow.connection, trial.agency, one)) for one in made]


def _waiting(trial: Trial, reason: Reason) -> list[sa.Row[tuple[str, int]]]:
    """Open money for a person on the account of the state's fees, oldest first."""
    query = (
        sa.select(suspense.c.id, suspense.c.amount)
        .join(notice, notice.c.id == suspense.c.notice_id)
        .where(own(suspense, trial.agency), suspense.c.reason == reason.value, suspense.c.closed_at.is_(None))
        .where(notice.c.account == STATE_FEES, suspense.c.amount > 0, notice.c.line_id.is_not(None))
        .order_by(suspense.c.id)
    )
    with trial.environment.read() as connection:
        return list(connection.execute(query))
