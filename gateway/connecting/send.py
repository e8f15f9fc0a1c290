"""Send a connector's call and read what came back: never inside a transaction, never twice unless a repeat does no harm.

What never left may be sent again at once, and so may a call that its connector calls safe to repeat; anything else is
UNKNOWN after the first byte and becomes a question for later (tenacity within an attempt, `run_at` between attempts).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlsplit

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from connectors.contract import Answer, Call, Caller, Failure, Reply
from gateway.connecting import exchange, health
from gateway.connecting.exchange import About
from gateway.kernel import wire
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.kernel.wire import NoAnswer, Sent
from gateway.providers import Provider

MOST_BYTES = 1 << 20  # of an answer
MOST_TRIES = 3
NOT_ENCRYPTED = "call.not_encrypted"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A call that has ended. Nothing of it is decided yet: `record` belongs into the transaction that does."""

    provider: Provider
    exchange_id: str
    answer: Answer
    heard: bytes = field(repr=False)  # the body, as far as it came
    raw: bytes = field(repr=False)
    left: bool  # whether a byte may have left
    answered: bool  # whether a machine was there: anything but silence, half an answer or HTTP 5xx
    tries: int
    elapsed_ms: int

    def record(self, uow: UnitOfWork) -> None:
        """Complete the exchange and note how the provider is doing."""
        outcome = self.answer.outcome.value if self.left else "not_sent"
        exchange.complete(
            uow,
            self.exchange_id,
            self.provider,
            self.raw,
            outcome=outcome,
            reason=self.answer.reason,
            tries=self.tries,
            elapsed_ms=self.elapsed_ms,
        )
        name = self.provider.connector.name
        health.note_call(uow, self.provider.agency, name, answered=self.answered, elapsed_ms=self.elapsed_ms)


def send(environment: Environment, provider: Provider, call: Call, about: About | None = None) -> Answer:
    """Send, keep the exchange, and give what it brought. CircuitOpen: nothing was sent."""
    spoken = speak(environment, provider, call, about or About(call.purpose))
    with environment.begin(actor="worker", agency=provider.agency) as uow:
        spoken.record(uow)
    return spoken.answer


def speak(environment: Environment, provider: Provider, call: Call, about: About) -> Spoken:
    """Send and read; the caller records. Killed in between, the exchange says that it may have left. CircuitOpen."""
    connector = provider.connector
    assert isinstance(connector, Caller)
    health.admit(environment, provider.agency, connector.name)
    with environment.begin(actor="worker", agency=provider.agency) as uow:
        exchange_id = exchange.begin(uow, provider, about, exchange.call_as_text(call))
    began = wire.stopwatch()
    tries = Retrying(
        retry=retry_if_exception(partial(_may_repeat, call)),
        stop=stop_after_attempt(MOST_TRIES),
        wait=wait_exponential_jitter(multiplier=0.2, max=1, jitter=0.1),
        reraise=True,
    )
    try:
        told = tries(_post, call)
        whole = Reply(told.status, told.body, told.content_type)
        reply: Reply | Failure = whole
        raw, body, left = exchange.reply_as_text(whole), told.body, True
    except NoAnswer as silence:
        reply, body, left = _failure(silence), silence.body, silence.sent
        raw = f"{silence.cause}\n".encode() + body
    return Spoken(
        provider,
        exchange_id,
        connector.read(call, reply, provider.desk(environment)),
        body,
        raw,
        left,
        isinstance(reply, Reply) and reply.status < 500,
        int(tries.statistics.get("attempt_number", 1)),
        round((wire.stopwatch() - began) * 1000),
    )


def _post(call: Call) -> wire.Told:
    if not _encrypted(call.url):
        raise NoAnswer(NOT_ENCRYPTED, sent=False, timed_out=False)
    sent = Sent(call.method, call.url, call.headers, call.body)
    return wire.call(sent, total_s=call.timeout_s, most_bytes=MOST_BYTES)


def _may_repeat(call: Call, error: BaseException) -> bool:
    if not isinstance(error, NoAnswer) or error.cause == NOT_ENCRYPTED:
        return False
    return not error.sent or (call.safe_to_repeat and not error.timed_out)


def _failure(silence: NoAnswer) -> Failure:
    if not silence.sent:
        return Failure.NOT_SENT
    return Failure.TIMEOUT if silence.timed_out else Failure.CUT


def _encrypted(url: str) -> bool:
    """Credentials leave the machine under TLS only; to the machine itself (a simulator) they may go as they are."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and is_own_machine(parts.hostname or ""))


def is_own_machine(host: str) -> bool:
    """Whether the name means this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
