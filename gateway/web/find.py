"""From a dossier's code to its payment, for who lost the link: the code and one fact only the payer knows.

The fact is the payer's identity number or tax code, compared as the keyed digest that is kept of it. A payment on offer
is used again, else a fresh one is started; either way the browser goes on to the payment's own page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.store import DossierRow, DueRow
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow, payment, payment_due, rows
from gateway.web import pages, screen
from gateway.web.door import allowed, environment_of, too_many
from gateway.web.screen import State

LONGEST = 100
ON_OFFER = (State.PENDING, State.PARTIAL, State.CHECKING, State.EXPIRED_PARTIAL)


def ask(request: Request) -> Response:
    """The second step: which fact to give."""
    return pages.page(request, "dossier.html", code=request.query_params.get("code", "")[:LONGEST], wrong=False)


async def answer(request: Request) -> Response:
    """Both facts by POST, so that neither stands in an address."""
    from starlette.concurrency import run_in_threadpool

    async with request.form(max_files=0, max_fields=5) as form:
        code, fact = str(form.get("code", ""))[:LONGEST].strip(), str(form.get("fact", ""))[:LONGEST]
    return await run_in_threadpool(_answer, request, code, fact)


def _answer(request: Request, code: str, fact: str) -> Response:
    if not allowed(request):
        return too_many(request)
    environment, language = environment_of(request), pages.language_of(request)
    dossier = found(environment, code, fact)
    if dossier is None:
        return pages.page(request, "dossier.html", status=404, code=code, wrong=True)
    try:
        payments = payments_of(environment, dossier)
    except ThuPhiError as refusal:
        note = refusal.vi if language == "vi" else refusal.en
        return pages.problem(request, "problem.refused", pages.STATUS[refusal.kind], note=note)
    if len(payments) == 1:
        return pages.redirect(request, f"/{language}/pay/{payments[0].token}")
    return pages.page(request, "payments.html", payments=payments)


def found(environment: Environment, code: str, fact: str) -> DossierRow | None:
    """The dossier of this code whose payer has this number; codes are unique per agency only."""
    number = re.sub(r"[\s.-]", "", fact)
    if not code or not number:
        return None
    told = {environment.vault.blind("payer", one) for one in (number, f"{number[:10]}-{number[10:]}")}
    query = sa.select(dues_store.dossier.c.id).where(
        dues_store.dossier.c.code == code, dues_store.dossier.c.payer_index.in_(told)
    )
    with environment.read() as connection:
        ids = list(connection.scalars(query))
        return dues_store.dossiers(connection, ids)[ids[0]] if len(ids) == 1 else None


def payments_of(environment: Environment, dossier: DossierRow) -> list[PaymentRow]:
    """What is on offer for the dossier, or a fresh payment per account; the last ones when nothing is open."""
    with environment.begin(actor="payer", agency=dossier.agency_id) as uow:
        dues = dues_store.dues_of(uow.connection, [dossier.id])
        due_open = [due for due in dues if due.status is DueStatus.OPEN]
        known = _known(uow, dues)
        if not due_open:
            return [row for row in known if screen.by_token(uow.connection, row.token, uow.now()).settled] or known[:1]
        offered = {row.account_id: row for row in reversed(known) if _on_offer(uow, row)}  # the newest of each account
        if offered:
            return list(offered.values())
        request = StartRequest(dossier.agency_id, "vietqr", due_ids=tuple(due.id for due in due_open), split=True)
        return start(uow, request)


def _known(uow: UnitOfWork, dues: Sequence[DueRow]) -> list[PaymentRow]:
    """Payments that cover one of the dues, newest first."""
    covering = sa.select(payment_due.c.payment_id).where(payment_due.c.due_id.in_([due.id for due in dues]))
    query = sa.select(payment).where(payment.c.id.in_(covering)).order_by(payment.c.id.desc())
    return rows(uow.connection, query)


def _on_offer(uow: UnitOfWork, row: PaymentRow) -> bool:
    return screen.by_token(uow.connection, row.token, uow.now()).state in ON_OFFER
