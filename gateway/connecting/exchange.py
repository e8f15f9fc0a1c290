"""Keep what was said and heard, raw and sealed, with secrets taken out: evidence in a dispute, and memory after a kill.

Written before the first byte leaves (`sending`) and completed afterwards, in the transaction of what follows from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from connectors.contract import Call, Reply, Request
from gateway.access import own
from gateway.connecting.store import exchange
from gateway.kernel.clock import business_day
from gateway.kernel.uow import UnitOfWork
from gateway.providers import Provider
from gateway.settlement.inbox import KEEP, SECRET_HEADERS

Act = Literal["start", "query", "refund", "inquiry"]

REDACTED = b"[redacted]"
SHORTEST_SECRET = 4  # characters; replacing shorter ones would tear up the text and hide nothing


@dataclass(frozen=True, slots=True)
class About:
    """What an exchange is about."""

    act: Act
    payment_id: str | None = None
    refund_id: str | None = None
    attempt: int = 0


def begin(uow: UnitOfWork, provider: Provider, about: About, asked: bytes) -> str:
    """Write that `asked` is about to leave; the exchange's id."""
    exchange_id = uow.mint("xch")
    row = {
        "id": exchange_id,
        "agency_id": provider.agency,
        "connector": provider.connector.name,
        "act": about.act,
        "payment_id": about.payment_id,
        "refund_id": about.refund_id,
        "attempt": about.attempt,
        "tries": 0,
        "request_sealed": uow.vault.seal(f"exchange.request.{exchange_id}", redacted(asked, provider.secrets)),
        "started_at": uow.now(),
        "outcome": "sending",
        "reason": "",
        "retain_until": business_day(uow.now() + KEEP),
    }
    uow.connection.execute(sa.insert(exchange).values(**row))
    return exchange_id


def complete(
    uow: UnitOfWork,
    exchange_id: str,
    provider: Provider,
    heard: bytes,
    *,
    outcome: str,
    reason: str = "",
    tries: int = 1,
    elapsed_ms: int = 0,
) -> None:
    """Write how it ended."""
    values = {
        "answer_sealed": uow.vault.seal(f"exchange.answer.{exchange_id}", redacted(heard, provider.secrets)),
        "outcome": outcome,
        "reason": reason[:100],
        "tries": tries,
        "elapsed_ms": elapsed_ms,
    }
    mine = own(exchange, provider.agency) & (exchange.c.id == exchange_id)
    uow.connection.execute(sa.update(exchange).where(mine).values(**values))


def may_have_left(connection: sa.Connection, agency_id: str, about: About) -> bool:
    """Whether a call like this may have reached the provider: everything but what certainly never left."""
    chosen = own(exchange, agency_id) & (exchange.c.act == about.act) & (exchange.c.attempt == about.attempt)
    name, wanted = ("refund_id", about.refund_id) if about.refund_id else ("payment_id", about.payment_id)
    chosen &= (exchange.c[name] == wanted) & (exchange.c.outcome != "not_sent")
    return connection.execute(sa.select(exchange.c.id).where(chosen).limit(1)).first() is not None


def call_as_text(call: Call) -> bytes:
    """A call as it leaves, its credentials named and not told."""
    return _text(f"{call.method} {call.url}", call.headers, call.body)


def request_as_text(request: Request) -> bytes:
    """A request as it came."""
    line = f"{request.method} {request.path}" + (f"?{request.query}" if request.query else "")
    return _text(line, request.headers, request.body)


def reply_as_text(reply: Reply) -> bytes:
    """An answer as it came, or as we gave it."""
    return _text(f"HTTP {reply.status}", {"content-type": reply.content_type}, reply.body)


def redacted(text: bytes, secrets: Mapping[str, str]) -> bytes:
    """The text without any secret of the connector, however it is written there."""
    for value in secrets.values():
        for form in _forms(value):
            text = text.replace(form, REDACTED)
    return text


def _forms(secret: str) -> Iterator[bytes]:
    for part in {secret, *secret.split()}:
        if len(part) >= SHORTEST_SECRET:
            yield from {part.encode(), quote(part, safe="").encode(), quote_plus(part).encode()}


def _text(line: str, headers: Mapping[str, str], body: bytes) -> bytes:
    shown = {name: REDACTED.decode() if name.lower() in SECRET_HEADERS else value for name, value in headers.items()}
    lines = [line, *(f"{name}: {value}" for name, value in sorted(shown.items())), ""]
    return "\n".join(lines).encode() + b"\n" + body
