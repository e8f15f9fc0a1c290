"""Order a refund at the provider that brought the money, once; and ask about it until it has gone back or was refused.

A refund that may have left is never sent again: neither after a silence nor after a kill between the call and the
record of it. It is asked about instead; when the questions are over a person and the statement decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa

from connectors.contract import Answer, Call, Order, OrderRefused, Outcome, Queryable, Refund, Refunder
from gateway import providers
from gateway.access import own
from gateway.connecting import exchange
from gateway.connecting import job as jobs
from gateway.connecting.exchange import About
from gateway.connecting.questions import backoff, next_question
from gateway.connecting.send import Spoken, speak
from gateway.kernel.outbox import Claimed, Event, Job
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments import channels
from gateway.payments import store as payments_store
from gateway.providers import Provider
from gateway.settlement.refund import answer as refund_answer
from gateway.settlement.refund import store, taking
from gateway.settlement.refund.execute import JOB as SEND
from gateway.settlement.refund.model import RefundStatus
from gateway.settlement.refund.store import RefundRow
from gateway.settlement.store import notice

ASK = "refund.ask"
FIRST_QUESTION = timedelta(seconds=10)
DAYS_S = tuple(day * 86_400 for day in (1, 2, 3, 5, 7))  # a provider sends money back in days, not in minutes


@dataclass(frozen=True, slots=True)
class Ordered:
    """A refund as its provider is asked for it."""

    row: RefundRow
    provider: Provider
    order: Order

    @property
    def about(self) -> About:
        return About("refund", self.row.payment_id, self.row.id, self.row.attempt)


def send(environment: Environment, job: Claimed) -> None:
    """Order one attempt. CircuitOpen, SettingMissing, LeaseLost."""
    wanted = _ordered(environment, job)
    if wanted is None:
        return
    try:
        call = _call(environment, wanted)
    except OrderRefused as refusal:
        with environment.begin(actor="worker", agency=job.agency) as uow:
            jobs.finish(uow, job)
            refund_answer.fail(uow, job.agency, wanted.row.id, attempt=wanted.row.attempt, why=refusal.code)
        return
    with environment.read() as connection:
        doubtful = exchange.may_have_left(connection, job.agency, wanted.about)
    if doubtful and not call.safe_to_repeat:
        with environment.begin(actor="worker", agency=job.agency) as uow:
            _ask_later(uow, job)
        return
    spoken = speak(environment, wanted.provider, call, wanted.about)
    with environment.begin(actor=f"connector:{wanted.provider.connector.name}", agency=job.agency) as uow:
        spoken.record(uow)
        if not spoken.left:
            jobs.later(uow, job, uow.now() + backoff(job.attempt), spoken.answer.reason)
        elif _decided(uow, job, spoken.answer):
            jobs.finish(uow, job)
        else:
            _ask_later(uow, job)


def ask(environment: Environment, job: Claimed) -> None:
    """Ask whether the money has gone back. CircuitOpen, SettingMissing, LeaseLost."""
    wanted = _ordered(environment, job)
    if wanted is None:
        return
    spoken = _asked(environment, wanted)
    with environment.begin(actor=f"connector:{wanted.provider.connector.name}", agency=job.agency) as uow:
        if spoken is not None:
            spoken.record(uow)
        if spoken is not None and spoken.answer.outcome is Outcome.REVERSED:
            refund_answer.answered(uow, job.agency, wanted.row.id, wanted.row.attempt, spoken.answer)
            jobs.finish(uow, job)
        else:
            _again(uow, job, wanted)


def _ordered(environment: Environment, job: Claimed) -> Ordered | None:
    """The attempt, if it is still under way; else the job is done."""
    with environment.read() as connection:
        row = store.by_id(connection, job.agency, job.payload["refund_id"])
        if row.status is RefundStatus.ORDERED and row.attempt == job.payload["attempt"]:
            return _read(environment, connection, job, row)
    with environment.begin(actor="worker", agency=job.agency) as uow:
        jobs.finish(uow, job)
    return None


def _read(environment: Environment, connection: sa.Connection, job: Claimed, row: RefundRow) -> Ordered:
    assert row.payment_id is not None, "a provider refunds one payment of its own"
    provider = providers.find(connection, environment, job.agency, job.payload["connector"])
    payment = payments_store.by_id(connection, job.agency, row.payment_id)
    (money_id,) = taking.parts_of(connection, row.id)
    money = connection.execute(sa.select(notice).where(own(notice, job.agency), notice.c.id == money_id)).one()
    order = channels.order(payment, environment.settings.base_url, payer_ip=channels.own_address(provider))
    return Ordered(row, provider, replace(order, amount=money.amount, provider_id=money.bank_reference))


def _call(environment: Environment, wanted: Ordered) -> Call:
    connector, row = wanted.provider.connector, wanted.row
    assert isinstance(connector, Refunder)
    back = Refund(row.id, row.amount, f"Hoan {row.reference}", row.approved_by or "")
    return connector.refund(wanted.order, back, wanted.provider.desk(environment))


def _asked(environment: Environment, wanted: Ordered) -> Spoken | None:
    connector = wanted.provider.connector
    if not isinstance(connector, Queryable):
        return None
    call = connector.query(wanted.order, wanted.provider.desk(environment))
    about = About("query", wanted.row.payment_id, wanted.row.id, wanted.row.attempt)
    return speak(environment, wanted.provider, call, about)


def _decided(uow: UnitOfWork, job: Claimed, answer: Answer) -> bool:
    """Whether the provider has said yes or no; PENDING means that it is under way."""
    refund_answer.answered(uow, job.agency, job.payload["refund_id"], job.payload["attempt"], answer)
    return answer.outcome in (Outcome.REVERSED, Outcome.FAILED, Outcome.CANCELLED)


def _ask_later(uow: UnitOfWork, job: Claimed) -> None:
    """The order is out, or may be: from now on there are only questions."""
    jobs.finish(uow, job)
    named = {name: job.payload[name] for name in ("refund_id", "attempt", "connector")}
    payload = named | {"since": uow.now().isoformat()}
    key = f"{ASK}:{payload['refund_id']}:{payload['attempt']}"
    uow.enqueue([Job(job.agency, ASK, payload, key=key, run_at=uow.now() + FIRST_QUESTION)])


def _again(uow: UnitOfWork, job: Claimed, wanted: Ordered) -> None:
    since = datetime.fromisoformat(job.payload["since"])
    soon = wanted.provider.connector.capabilities.query_after_s
    then = next_question(since, (*soon, *DAYS_S), uow.now())
    jobs.later(uow, job, then, "refund.unanswered")
    if then is None:
        body = {"refund_id": wanted.row.id, "attempt": wanted.row.attempt}
        uow.emit([Event(job.agency, "refund.unanswered", wanted.row.payment_id or wanted.row.id, body)])


__all__ = ["ASK", "SEND", "ask", "send"]
