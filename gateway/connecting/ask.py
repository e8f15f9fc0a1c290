"""UNKNOWN is a state: a payment without word from its provider is asked about, and what it says goes the way of a notice.

Money that the provider tells of is put into the inbox, raw answer and all, under the identity of its own notice: if that
comes too, before or after, it is a repeat. What it denies comes to nothing. Everything else is asked again, and at last
left to the statement; no receipt ever comes from a question alone.
"""

from __future__ import annotations

from datetime import datetime

from connectors.contract import Notice, Outcome, Queryable, Request
from gateway import providers
from gateway.connecting import job as jobs
from gateway.connecting.exchange import About
from gateway.connecting.questions import AFTER_EXPIRY, next_question
from gateway.connecting.send import Spoken, speak
from gateway.kernel.outbox import Claimed, Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments import channels, store
from gateway.payments.model import PAID, PaymentStatus
from gateway.payments.store import PaymentRow
from gateway.providers import Provider
from gateway.settlement import inbox
from gateway.settlement.unpaid import came_to_nothing

DENIED = frozenset({Outcome.FAILED, Outcome.CANCELLED})
DECIDED = PAID | {PaymentStatus.FAILED}


def run(environment: Environment, job: Claimed) -> None:
    """One question. CircuitOpen, SettingMissing, LeaseLost."""
    with environment.read() as connection:
        row = store.by_id(connection, job.agency, job.payload["payment_id"])
        provider = providers.find(connection, environment, job.agency, job.payload["connector"])
    if row.status in DECIDED or not isinstance(provider.connector, Queryable):
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.finish(uow, job)
        return
    spoken = question(environment, provider, row)
    with environment.begin(actor=f"connector:{provider.connector.name}", agency=job.agency) as uow:
        spoken.record(uow)
        if take(uow, row, spoken):
            jobs.finish(uow, job)
        else:
            _again(uow, job, row, provider, spoken)


def question(environment: Environment, provider: Provider, row: PaymentRow) -> Spoken:
    """Ask what became of a payment. CircuitOpen, SettingMissing."""
    assert isinstance(provider.connector, Queryable)
    wanted = channels.order(row, environment.settings.base_url, payer_ip=channels.own_address(provider))
    call = provider.connector.query(wanted, provider.desk(environment))
    return speak(environment, provider, call, About("query", payment_id=row.id))


def take(uow: UnitOfWork, row: PaymentRow, spoken: Spoken) -> bool:
    """What follows from an answer; whether it was one."""
    answer, name = spoken.answer, spoken.provider.connector.name
    if answer.outcome is Outcome.PAID and isinstance(answer.notice, Notice):
        heard = Request("QUERY", f"/answers/{name}", spoken.heard)
        inbox.keep(uow, row.agency_id, name, heard, answer.notice, origin="query")
        return True
    if answer.outcome in DENIED:
        came_to_nothing(uow, row.agency_id, name, row.reference, answer.reason or answer.provider_code)
        return True
    if answer.outcome is Outcome.REVERSED:
        uow.emit([Event(row.agency_id, "payment.reversed", row.id, {"connector": name})])
        return True
    return False


def _again(uow: UnitOfWork, job: Claimed, row: PaymentRow, provider: Provider, spoken: Spoken) -> None:
    """At the next moment of the schedule; after the last one the statement decides."""
    since = datetime.fromisoformat(job.payload["since"])
    delays = provider.connector.capabilities.query_after_s
    then = next_question(since, delays, uow.now(), last=row.expires_at + AFTER_EXPIRY)
    if then is not None:
        jobs.later(uow, job, then, spoken.answer.reason or spoken.answer.outcome.value)
        return
    jobs.finish(uow, job)
    body = {"connector": provider.connector.name, "reason": spoken.answer.reason}
    uow.emit([Event(row.agency_id, "payment.left_to_statement", row.id, body)])
