"""In: what a provider sends is checked over its raw bytes, stored, committed, and only then acknowledged.

A repeat is a no-op here; the same id with other content is refused and alarmed; a forged message is kept apart.
Nothing is understood in the request: the worker does that.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from connectors.contract import Admitter, Forged, Malformed, Notice, Outcome, Received, Reply, Request, Standing
from gateway import providers
from gateway.access import own
from gateway.kernel.clock import business_day, rfc3339
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.payments.store import payment
from gateway.settlement.store import inbox, inbox_refused

Origin = Literal["notice", "query", "terminal"]

KEEP = timedelta(days=365 * 2)  # raw messages, as evidence in disputes with a provider
SECRET_HEADERS = frozenset({"authorization", "cookie", "x-ibm-client-secret", "x-api-key"})


def receive(environment: Environment, agency_id: str, connector: str, request: Request) -> Reply:
    """Keep one message and word the provider's answer. ConnectorNotSet when the agency does not use it."""
    with environment.read() as connection:
        provider = providers.find(connection, environment, agency_id, connector)
    desk = provider.desk(environment)
    if isinstance(provider.connector, Admitter) and request.path.endswith(f"/{provider.connector.token_path}"):
        return provider.connector.admit(request, desk)
    received = provider.connector.receive(request, desk)
    with environment.begin(actor=f"connector:{connector}", agency=agency_id) as uow:
        standing = keep(uow, agency_id, connector, request, received)
    if provider.connector.capabilities.answers_standing and isinstance(received, Notice):
        standing = _looked_up(environment, agency_id, received, standing)
    return provider.connector.acknowledge(request, received, standing, desk)


def _looked_up(environment: Environment, agency_id: str, notice: Notice, standing: Standing) -> Standing:
    """Some providers must hear whether the order exists and the amount fits; the message is on disk by now."""
    if standing is not Standing.RECORDED:
        return standing
    with environment.read() as connection:
        chosen = own(payment, agency_id) & (payment.c.reference == notice.order_code)
        amount = connection.scalar(sa.select(payment.c.amount).where(chosen))
    if amount is None:
        return Standing.UNKNOWN_REFERENCE
    return Standing.RECORDED if amount == notice.amount else Standing.AMOUNT_DIFFERS


def keep(
    uow: UnitOfWork, agency_id: str, connector: str, request: Request, received: Received, *, origin: Origin = "notice"
) -> Standing:
    """Store one message in the caller's transaction; where it stands in the books. `query`: we asked, this is the answer
    (`request` holds it raw). The provider's own notice of the same money is then a repeat, whichever came first."""
    if isinstance(received, Forged):
        _refuse(uow, agency_id, connector, request, f"forged: {received.reason}")
        return Standing.FORGED
    if isinstance(received, Malformed):
        _keep_unread(uow, agency_id, connector, request, received)
        return Standing.MALFORMED
    row = _row(uow, agency_id, connector, request, received.event_id, received.fingerprint)
    row |= {"notice_sealed": uow.vault.seal(_notice_place(row["id"]), _to_json(received)), "state": "waiting"}
    row["origin"] = origin
    if insert_if_new(uow.connection, inbox, row):
        return Standing.RECORDED
    return _repeated(uow, agency_id, connector, request, received, origin)


def read_notice(environment: Environment | UnitOfWork, row: sa.Row[Any]) -> Notice:
    """The notice an inbox row was stored with."""
    return _from_json(environment.vault.unseal(_notice_place(row.id), row.notice_sealed))


def _repeated(
    uow: UnitOfWork, agency_id: str, connector: str, request: Request, notice: Notice, origin: Origin
) -> Standing:
    same = own(inbox, agency_id) & (inbox.c.connector == connector) & (inbox.c.event_key == notice.event_id)
    known = uow.connection.execute(sa.select(inbox.c.id, inbox.c.fingerprint).where(same)).one()
    if known.fingerprint == notice.fingerprint:
        heard = {"origin": origin} if origin == "notice" else {}  # the notice that was missed has come after all
        seen_again = sa.update(inbox).where(inbox.c.id == known.id).values(copies=inbox.c.copies + 1, **heard)
        uow.connection.execute(seen_again)
        return Standing.REPEATED
    _refuse(uow, agency_id, connector, request, f"conflicts with {known.id}")
    uow.emit([Event(agency_id, "notice.conflicting", known.id, {"connector": connector})])
    return Standing.CONFLICTING


def _keep_unread(uow: UnitOfWork, agency_id: str, connector: str, request: Request, flaw: Malformed) -> None:
    digest = hashlib.sha256(request.query.encode() + b"\0" + request.body).hexdigest()
    row = _row(uow, agency_id, connector, request, f"unread:{digest}", digest)
    row |= {"state": "poison", "error": f"malformed {flaw.field}: {flaw.reason}"[:500]}
    if insert_if_new(uow.connection, inbox, row):
        uow.emit([Event(agency_id, "notice.unreadable", row["id"], {"connector": connector})])


def _refuse(uow: UnitOfWork, agency_id: str, connector: str, request: Request, reason: str) -> None:
    refused_id = uow.mint("ref")
    row = {
        "id": refused_id,
        "agency_id": agency_id,
        "connector": connector,
        "reason": reason[:500],
        "raw_sealed": uow.vault.seal(f"inbox_refused.raw.{refused_id}", _raw(request)),
        "received_at": uow.now(),
        "keep_until": business_day(uow.now() + KEEP),
    }
    uow.connection.execute(sa.insert(inbox_refused).values(**row))


def _row(
    uow: UnitOfWork, agency_id: str, connector: str, request: Request, event_key: str, fingerprint: str
) -> dict[str, Any]:
    inbox_id = uow.mint("in")
    return {
        "id": inbox_id,
        "agency_id": agency_id,
        "connector": connector,
        "event_key": event_key,
        "fingerprint": fingerprint,
        "raw_sealed": uow.vault.seal(f"inbox.raw.{inbox_id}", _raw(request)),
        "received_at": uow.now(),
        "keep_until": business_day(uow.now() + KEEP),
        "copies": 1,
    }


def _raw(request: Request) -> bytes:
    """The message as it came, credentials in its headers left out."""
    headers = {k: v for k, v in request.headers.items() if k.lower() not in SECRET_HEADERS}
    head = {"method": request.method, "path": request.path, "query": request.query, "headers": headers}
    return json.dumps(head, ensure_ascii=False, sort_keys=True).encode() + b"\n" + request.body


def _notice_place(inbox_id: str) -> str:
    return f"inbox.notice.{inbox_id}"


def _to_json(notice: Notice) -> bytes:
    values = asdict(notice) | {
        "outcome": notice.outcome.value,
        "booked_on": notice.booked_on.isoformat() if notice.booked_on else None,
        "occurred_at": rfc3339(notice.occurred_at) if notice.occurred_at else None,
    }
    return json.dumps(values, ensure_ascii=False).encode()


def _from_json(data: bytes) -> Notice:
    values = json.loads(data)
    return Notice(
        **values
        | {
            "outcome": Outcome(values["outcome"]),
            "booked_on": date.fromisoformat(values["booked_on"]) if values["booked_on"] else None,
            "occurred_at": datetime.fromisoformat(values["occurred_at"]) if values["occurred_at"] else None,
        }
    )
