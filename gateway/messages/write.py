"""From an event to messages: what there is to tell, to whom, in which words. One job for each event.

The contact is the one the dossier came with. Nothing is written where no carrier is set up, or where the payer left no
address; a restricted dossier's payer hears of it in the same neutral words as anybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.dues import store as dues_store
from gateway.dues.payer import PayerFacts
from gateway.kernel import outbox
from gateway.kernel.outbox import Claimed, Job
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new
from gateway.messages import hours, store, texts
from gateway.messages.model import Medium, MessageState, Occasion, Told
from gateway.payments import store as payments_store
from gateway.payments.model import PaymentMissing
from receipts.store import receipt

WRITE, SEND = "message.write", store.SEND
BATCH = 50
LEASE = timedelta(seconds=60)

OCCASIONS: Mapping[str, Occasion] = {
    "payment.paid": Occasion.PAID,
    "receipt.signed": Occasion.RECEIPT,
    "refund.approved": Occasion.REFUND,
    "refund.returned": Occasion.REFUNDED,
}


def jobs_for(events: Sequence[sa.Row[Any]]) -> list[Job]:
    """Work for the events that payers hear of; `events` are rows of the outbox that fan out now."""
    return [
        Job(event.agency_id, WRITE, {"event": event.id}, key=f"{WRITE}:{event.id}")
        for event in events
        if event.kind in OCCASIONS
    ]


def write_waiting(environment: Environment) -> int:
    """Write the messages of events that came; how many events were looked at."""
    with environment.read() as connection:
        if not outbox.any_due(connection, [WRITE], now=environment.clock()):
            return 0
    with environment.begin(actor="worker") as uow:
        claimed = outbox.claim(uow.connection, WRITE, now=uow.now(), limit=BATCH, lease=LEASE)
        for job in claimed:
            _write(uow, job)
        outbox.finish(uow.connection, claimed, now=uow.now())
    return len(claimed)


def leave(uow: UnitOfWork, agency_id: str, event_id: str, told: Told, payer: PayerFacts) -> int:
    """Leave messages to `payer` for the worker: one by each medium there is; how many are new."""
    addresses = {Medium.EMAIL: payer.email, Medium.SMS: payer.phone}
    return sum(
        _leave(uow, agency_id, event_id, told, medium, address)
        for medium, address in addresses.items()
        if address and _carried(uow, medium)
    )


def again(uow: UnitOfWork, event_id: str, medium: Medium) -> dict[str, str] | None:
    """The words of a message once more, to the address the dossier has now; None where nothing tells them."""
    event = uow.connection.execute(sa.select(outbox.event).where(outbox.event.c.id == event_id)).one_or_none()
    found = _payment_and_payer(uow, event) if event is not None else None
    if found is None:
        return None
    told, payer = found
    address = payer.email if medium is Medium.EMAIL else payer.phone
    return _said(told, medium, address) if address else None


def _write(uow: UnitOfWork, job: Claimed) -> None:
    event = uow.connection.execute(sa.select(outbox.event).where(outbox.event.c.id == job.payload["event"])).one()
    found = _payment_and_payer(uow, event)
    if found is not None:
        told, payer = found
        leave(uow, event.agency_id, event.id, told, payer)


def _payment_and_payer(uow: UnitOfWork, event: sa.Row[Any]) -> tuple[Told, PayerFacts] | None:
    body = json.loads(event.body)
    try:
        payment = payments_store.by_id(uow.connection, event.agency_id, body.get("payment_id") or event.subject)
    except PaymentMissing:
        return None  # money without a payment: nobody is known who could be told
    [due_ids] = payments_store.due_ids(uow.connection, [payment.id]).values()
    first = dues_store.dues_by_id(uow.connection, event.agency_id, due_ids[:1])[0].dossier_id
    dossier = dues_store.dossiers(uow.connection, [first])[first]
    told = Told(
        OCCASIONS[event.kind],
        agencies.require(uow.connection, event.agency_id).name,
        payment.reference,
        int(body.get("amount", payment.amount)),
        f"{uow.settings.base_url}/vi/pay/{payment.token}",
        **_receipt(uow, event),
    )
    return told, dues_store.payer(dossier, uow.vault)


def _receipt(uow: UnitOfWork, event: sa.Row[Any]) -> dict[str, str]:
    if event.kind != "receipt.signed":
        return {}
    row = uow.connection.execute(sa.select(receipt).where(receipt.c.id == event.subject)).one()
    return {"number": f"{row.form}-{row.symbol}-{row.number}", "lookup_code": row.lookup_code}


def _leave(uow: UnitOfWork, agency_id: str, event_id: str, told: Told, medium: Medium, address: str) -> int:
    message_id = uow.mint("msg")
    row = {
        "id": message_id,
        "agency_id": agency_id,
        "event_id": event_id,
        "occasion": told.occasion.value,
        "medium": medium.value,
        "sealed": store.seal(message_id, _said(told, medium, address), uow.vault),
        "state": MessageState.WAITING.value,
        "created_at": uow.now(),
    }
    if not insert_if_new(uow.connection, store.message, row):
        return 0
    run_at = hours.awake(uow.now()) if medium is Medium.SMS else None
    uow.enqueue([Job(agency_id, SEND, {"message": message_id}, key=f"{SEND}:{message_id}", run_at=run_at)])
    return 1


def _said(told: Told, medium: Medium, address: str) -> dict[str, str]:
    if medium is Medium.EMAIL:
        return {"to": address, "subject": texts.subject(told), "text": texts.email(told)}
    return {"to": address, "subject": "", "text": texts.sms(told)}


def _carried(uow: UnitOfWork, medium: Medium) -> bool:
    chosen = uow.settings.mail_url if medium is Medium.EMAIL else uow.settings.sms_url
    return bool(chosen.get_secret_value())
