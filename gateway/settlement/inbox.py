"""In: what a provider sends is checked over its raw bytes, stored, committed, and only then acknowledged.

A repeat is a no-op here; the same id with other content is refused and alarmed; a forged message is kept apart.
Messages that come together are stored together, and each is answered for itself.
Nothing is understood in the request: the worker does that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa

from connectors.contract import Admitter, Desk, Forged, Malformed, Notice, Outcome, Received, Reply, Request, Standing
from gateway import providers
from gateway.access import own
from gateway.kernel import bulk
from gateway.kernel.clock import business_day, rfc3339
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.payments.store import payment
from gateway.providers import ConnectorNotSet, Provider
from gateway.settlement.store import inbox, inbox_refused

Origin = Literal["notice", "query", "terminal"]

KEEP = timedelta(days=365 * 2)  # raw messages, as evidence in disputes with a provider
SECRET_HEADERS = frozenset({"authorization", "cookie", "x-ibm-client-secret", "x-api-key"})


@dataclass(frozen=True, slots=True)
class Call:
    """A message at the door, and whose it says it is."""

    agency: str
    connector: str
    request: Request = field(repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """A call that was read, with what its connector needs to answer."""

    call: Call
    provider: Provider
    desk: Desk
    received: Received


def receive(environment: Environment, agency_id: str, connector: str, request: Request) -> Reply:
    """Keep one message and word the provider's answer. ConnectorNotSet when the agency does not use it."""
    with environment.begin(actor=f"connector:{connector}", agency=agency_id) as uow:
        told = receive_many(uow, [Call(agency_id, connector, request)])[0]
    if isinstance(told, ThuPhiError):
        raise told
    return told


def receive_many(uow: UnitOfWork, calls: Sequence[Call]) -> list[Reply | ThuPhiError]:
    """The same for messages that came together; the answers may be given once the unit of work is committed."""
    found = {name: _provider(uow, *name) for name in {(call.agency, call.connector) for call in calls}}
    told: dict[int, Reply | ThuPhiError] = {}
    heard: dict[int, Heard] = {}
    for n, call in enumerate(calls):
        provider = found[call.agency, call.connector]
        if isinstance(provider, ConnectorNotSet):
            told[n] = provider
            continue
        desk = provider.desk_at(uow.now(), uow.ids.code(26))
        if isinstance(provider.connector, Admitter) and call.request.path.endswith(f"/{provider.connector.token_path}"):
            told[n] = provider.connector.admit(call.request, desk)
        else:
            heard[n] = Heard(call, provider, desk, provider.connector.receive(call.request, desk))
    standings = _keep_all(uow, list(heard.values()))
    told |= {n: _answer(uow, one, standing) for (n, one), standing in zip(heard.items(), standings, strict=True)}
    return [told[n] for n in range(len(calls))]


def _provider(uow: UnitOfWork, agency_id: str, connector: str) -> Provider | ConnectorNotSet:
    try:
        return providers.find(uow.connection, uow, agency_id, connector)
    except ConnectorNotSet as refusal:
        return refusal


def _answer(uow: UnitOfWork, heard: Heard, standing: Standing) -> Reply:
    connector, received = heard.provider.connector, heard.received
    if connector.capabilities.answers_standing and isinstance(received, Notice):
        standing = _looked_up(uow, heard.call.agency, received, standing)
    return connector.acknowledge(heard.call.request, received, standing, heard.desk)


def _looked_up(uow: UnitOfWork, agency_id: str, notice: Notice, standing: Standing) -> Standing:
    """Some providers must hear whether the order exists and the amount fits."""
    if standing is not Standing.RECORDED:
        return standing
    chosen = own(payment, agency_id) & (payment.c.reference == notice.order_code)
    amount = uow.connection.scalar(sa.select(payment.c.amount).where(chosen))
    if amount is None:
        return Standing.UNKNOWN_REFERENCE
    return Standing.RECORDED if amount == notice.amount else Standing.AMOUNT_DIFFERS


def _keep_all(uow: UnitOfWork, heard: Sequence[Heard]) -> list[Standing]:
    """Where each stands, in order. Notices go in by one statement; what is not new or not in order, one by one."""
    rows = {
        n: _notice_row(uow, one.call.agency, one.call.connector, one.call.request, one.received, "notice")
        for n, one in enumerate(heard)
        if isinstance(one.received, Notice)
    }
    waiting = sorted(rows.values(), key=lambda row: (row["agency_id"], row["connector"], row["event_key"]))
    new = {row_id for (row_id,) in bulk.insert_new(uow.connection, inbox, waiting, ("id",))}
    standings = []
    for n, one in enumerate(heard):
        if n in rows and rows[n]["id"] in new:
            standings.append(Standing.RECORDED)
        else:
            named = uow.acting(f"connector:{one.call.connector}")
            standings.append(keep(named, one.call.agency, one.call.connector, one.call.request, one.received))
    return standings


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
    row = _notice_row(uow, agency_id, connector, request, received, origin)
    if insert_if_new(uow.connection, inbox, row):
        return Standing.RECORDED
    return _repeated(uow, agency_id, connector, request, received, origin)


def _notice_row(
    uow: UnitOfWork, agency_id: str, connector: str, request: Request, notice: Notice, origin: Origin
) -> dict[str, Any]:
    row = _row(uow, agency_id, connector, request, notice.event_id, notice.fingerprint)
    sealed = uow.vault.seal(_notice_place(row["id"]), _to_json(notice))
    state = "done" if notice.bulk else "waiting"  # the shares of a list come in one by one
    return row | {"notice_sealed": sealed, "state": state, "origin": origin}


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
