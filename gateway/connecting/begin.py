"""Begin a payment at a provider that has to be told of it, so that its payer has a page to go to, or a code to scan.

Such a call may be carried out once only. When it may have left and no answer is known, the provider is asked: what it
never heard of is begun again; what it knows has a page that nobody can name any more, so the payment comes to nothing
and the payer begins anew.
"""

from __future__ import annotations

from datetime import timedelta

from connectors.contract import Answer, Call, OrderRefused, Outcome, Queryable, Starter
from gateway import providers
from gateway.connecting import ask, exchange
from gateway.connecting import job as jobs
from gateway.connecting.exchange import About
from gateway.connecting.questions import backoff
from gateway.connecting.send import Spoken, speak
from gateway.kernel.outbox import Claimed
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments import channels, provider_start, store
from gateway.payments.model import PaymentStatus
from gateway.payments.provider_start import Given
from gateway.payments.store import PaymentRow
from gateway.providers import Provider
from gateway.settlement.unpaid import came_to_nothing

NEVER_HEARD = "order.unknown"
LOST = "start.lost"


def run(environment: Environment, job: Claimed) -> None:
    """One try. CircuitOpen, SettingMissing, LeaseLost."""
    with environment.read() as connection:
        row = store.by_id(connection, job.agency, job.payload["payment_id"])
        provider = providers.find(connection, environment, job.agency, job.payload["connector"])
        begun = provider_start.begun_at(connection, row.id) is not None
        doubtful = exchange.may_have_left(connection, job.agency, About("start", row.id))
    if begun or row.status is not PaymentStatus.PENDING:
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.finish(uow, job)
    elif not doubtful or _never_heard(environment, job, provider, row):
        _begin(environment, job, provider, row)


def _begin(environment: Environment, job: Claimed, provider: Provider, row: PaymentRow) -> None:
    assert isinstance(provider.connector, Starter)
    wanted = channels.order(row, environment.settings.base_url, payer_ip=channels.own_address(provider))
    try:
        begun = provider.connector.start(wanted, provider.desk(environment))
    except OrderRefused as refusal:
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.finish(uow, job)
            came_to_nothing(uow, row.agency_id, provider.connector.name, row.reference, refusal.code)
        return
    if not isinstance(begun, Call):
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.finish(uow, job)
            _payable(uow, provider, row, Given(page=begun.url))
        return
    spoken = speak(environment, provider, begun, About("start", row.id))
    with environment.begin(actor=f"connector:{provider.connector.name}", agency=job.agency) as uow:
        spoken.record(uow)
        _take(uow, job, provider, row, spoken)


def _take(uow: UnitOfWork, job: Claimed, provider: Provider, row: PaymentRow, spoken: Spoken) -> None:
    answer = spoken.answer
    if answer.outcome is Outcome.PENDING:
        jobs.finish(uow, job)
        _payable(uow, provider, row, Given(answer.pay_url or None, answer.qr or None))
    elif answer.outcome in ask.DENIED:
        jobs.finish(uow, job)
        came_to_nothing(uow, row.agency_id, provider.connector.name, row.reference, answer.reason)
    else:
        jobs.later(uow, job, uow.now() + _patience(job, provider), answer.reason)


def _payable(uow: UnitOfWork, provider: Provider, row: PaymentRow, given: Given) -> None:
    provider_start.begun(uow, row.id, given)
    uow.enqueue([channels.question(row, provider.connector.name, uow.now())])


def _never_heard(environment: Environment, job: Claimed, provider: Provider, row: PaymentRow) -> bool:
    """Whether the provider says that an earlier call never arrived; whatever else it says is dealt with here."""
    if not isinstance(provider.connector, Queryable):
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.later(uow, job, None, LOST)
        return False
    spoken = ask.question(environment, provider, row)
    with environment.begin(actor=f"connector:{provider.connector.name}", agency=job.agency) as uow:
        spoken.record(uow)
        if spoken.answer.reason == NEVER_HEARD:
            return True
        if ask.take(uow, row, spoken):
            jobs.finish(uow, job)
        elif _knows(spoken.answer):
            jobs.finish(uow, job)
            came_to_nothing(uow, row.agency_id, provider.connector.name, row.reference, LOST)
        else:
            jobs.later(uow, job, uow.now() + _patience(job, provider), spoken.answer.reason)
    return False


def _knows(answer: Answer) -> bool:
    """A signed answer about the order, though it is neither paid nor refused."""
    return answer.outcome is Outcome.PENDING or answer.reason.startswith("status.")


def _patience(job: Claimed, provider: Provider) -> timedelta:
    return backoff(job.attempt, provider.connector.capabilities.query_after_s)
