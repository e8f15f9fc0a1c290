"""Take a claim, look at once, and go on looking until the money is booked; then tell the payer. An officer may end one.

The acknowledgement has a number and says that it is no receipt. The same claim sent twice is one claim. Where a provider
collects the money it is asked at once: a notice that was lost is no reason to wait for the statement.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.claims import search, store
from gateway.claims.model import ClaimClosed, ClaimInvalid, ClaimState, Finding, Located, Told
from gateway.claims.store import claim
from gateway.dues import store as dues_store
from gateway.dues.payer import PayerFacts
from gateway.kernel.clock import business_day
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.messages import write
from gateway.messages.model import Occasion
from gateway.messages.model import Told as Words
from gateway.payments import channels
from gateway.payments import store as payments_store
from gateway.payments.model import PAID, PaymentStatus
from gateway.payments.store import PaymentRow

LOOK_BACK = timedelta(days=90)  # how long ago a transfer may have been
LOOK_EVERY = timedelta(minutes=1)
GIVE_UP = timedelta(days=60)  # nothing in two months of statements: an officer says so
LARGEST_PICTURE = 900 * 1024
MOST_OPEN = 5  # claims for one payment
BATCH = 50
DECIDED = PAID | {PaymentStatus.FAILED}  # a provider has nothing more to say

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+?[0-9]{8,15}")
_CODE = re.compile(r"[0-9A-Za-z./-]{4,40}")
_ACCOUNT = re.compile(r"[0-9A-Za-z]{4,30}")


def make(uow: UnitOfWork, payment: PaymentRow, told: Told) -> sa.Row[Any]:
    """A new claim for `payment`, or the open one that says the same. ClaimInvalid names the field."""
    checked = _checked(told, business_day(uow.now()))
    for known in _open_for(uow.connection, payment):
        if store.unseal(known, uow.vault) == _without_picture(checked):
            return known
    claim_id = uow.mint("clm")
    found = search.locate(uow, payment, checked)
    row = {
        "id": claim_id,
        "agency_id": payment.agency_id,
        "number": f"PA-{uow.ids.code(8)}",
        "token": uow.ids.code(26),
        "payment_id": payment.id,
        "amount": checked.amount,
        "paid_on": checked.paid_on,
        "state": ClaimState.OPEN.value,
        "made_at": uow.now(),
        **store.seal(claim_id, checked, uow.vault),
        **_found(found, uow.now()),
    }
    uow.connection.execute(sa.insert(claim).values(**row))
    uow.emit([Event(payment.agency_id, "claim.made", claim_id, {"payment_id": payment.id, "finding": found.finding})])
    made = store.by_id(uow.connection, payment.agency_id, claim_id)
    _ask_provider(uow, payment, claim_id)
    _tell(uow, made, payment, Occasion.CLAIM)
    return _ended_if_paid(uow, made, payment, found)


def look_again(environment: Environment) -> int:
    """Search for the claims that were not looked at lately; how many changed."""
    stale = (claim.c.state == ClaimState.OPEN.value) & (claim.c.looked_at <= environment.clock() - LOOK_EVERY)
    query = sa.select(claim).where(stale).order_by(claim.c.looked_at, claim.c.id).limit(BATCH)
    with environment.read() as connection:
        if connection.execute(query.limit(1)).first() is None:
            return 0
    with environment.begin(actor="worker") as uow:
        rows = uow.connection.execute(query.with_for_update(skip_locked=True)).all()
        return sum(_again(uow, row) for row in rows)


def end(uow: UnitOfWork, agency_id: str, claim_id: str, reason: str) -> None:
    """An officer ends a claim: the money went elsewhere, or was none. ClaimMissing, ClaimClosed, ClaimInvalid."""
    row = store.by_id(uow.connection, agency_id, claim_id, lock=True)
    if row.state != ClaimState.OPEN:
        raise ClaimClosed("Phản ánh đã khép lại.", "The claim is closed.")
    if not reason.strip():
        raise ClaimInvalid("Cần nêu lý do.", "A reason is needed.", field="reason")
    _close(uow, row, ClaimState.ENDED)
    uow.emit([Event(agency_id, "claim.ended", claim_id, {"reason": reason.strip()[:500]})])


def asks(payment: PaymentRow) -> str | None:
    """The connector of the provider that can still say what became of the payment."""
    return None if payment.status in DECIDED else channels.starters().get(payment.channel)


def _ask_provider(uow: UnitOfWork, payment: PaymentRow, claim_id: str) -> None:
    connector = asks(payment)
    if connector is not None:
        question = channels.question(payment, connector, uow.now(), claim_id)
        uow.enqueue([replace(question, run_at=uow.now())])


def _again(uow: UnitOfWork, row: sa.Row[Any]) -> int:
    payment = payments_store.by_id(uow.connection, row.agency_id, row.payment_id)
    found = search.locate(uow, payment, store.unseal(row, uow.vault))
    uow.connection.execute(sa.update(claim).where(claim.c.id == row.id).values(**_found(found, uow.now())))
    _ended_if_paid(uow, row, payment, found)
    changed = found.finding != row.finding
    if changed:
        uow.emit([Event(row.agency_id, "claim.located", row.id, {"finding": found.finding, "ids": list(found.ids)})])
    return int(changed)


def _ended_if_paid(uow: UnitOfWork, row: sa.Row[Any], payment: PaymentRow, found: Located) -> sa.Row[Any]:
    if found.finding is Finding.PAID:
        _close(uow, row, ClaimState.FOUND)
        uow.emit([Event(row.agency_id, "claim.found", row.id, {"payment_id": payment.id})])
        _tell(uow, row, payment, Occasion.CLAIM_FOUND)
    return store.by_id(uow.connection, row.agency_id, row.id)


def _close(uow: UnitOfWork, row: sa.Row[Any], state: ClaimState) -> None:
    values = {"state": state.value, "ended_at": uow.now(), "ended_by": uow.actor}
    uow.connection.execute(sa.update(claim).where(claim.c.id == row.id).values(**values))


def _tell(uow: UnitOfWork, row: sa.Row[Any], payment: PaymentRow, occasion: Occasion) -> None:
    """To the contact the claim names, else to the one the dossier came with."""
    said = store.unseal(row, uow.vault)
    [due_ids] = payments_store.due_ids(uow.connection, [payment.id]).values()
    dossier_id = dues_store.dues_by_id(uow.connection, payment.agency_id, due_ids[:1])[0].dossier_id
    known = dues_store.payer(dues_store.dossiers(uow.connection, [dossier_id])[dossier_id], uow.vault)
    payer = PayerFacts(name=known.name, email=said.email or known.email, phone=said.phone or known.phone)
    link = f"{uow.settings.base_url}/vi/claim/{row.token}"
    agency = agencies.require(uow.connection, row.agency_id).name
    words = Words(occasion, agency, payment.reference, row.amount, link, number=row.number)
    write.leave(uow, row.agency_id, f"{row.id}:{occasion.value}", words, payer)


def _open_for(connection: sa.Connection, payment: PaymentRow) -> list[sa.Row[Any]]:
    mine = (claim.c.payment_id == payment.id) & (claim.c.state == ClaimState.OPEN.value)
    found = list(connection.execute(sa.select(claim).where(mine).order_by(claim.c.id)))
    if len(found) >= MOST_OPEN:
        raise ClaimInvalid(
            "Đã có nhiều phản ánh cho lệnh này; xin chờ trả lời.", "There are many claims for this payment already."
        )
    return found


def _found(found: Located, now: datetime) -> dict[str, object]:
    return {
        "finding": found.finding.value,
        "found": json.dumps(list(found.ids)),
        "certain": found.certain,
        "looked_at": now,
    }


def _without_picture(told: Told) -> Told:
    return Told(told.amount, told.paid_on, told.bank_reference, told.account, told.email, told.phone, told.note)


def _checked(told: Told, today: date) -> Told:
    flaws = (
        (not 0 < told.amount <= 10**15, "amount", "Số tiền không hợp lệ.", "The amount is not valid."),
        (told.paid_on > today, "paid_on", "Ngày chuyển ở tương lai.", "The day is in the future."),
        (told.paid_on < today - LOOK_BACK, "paid_on", "Quá 90 ngày; hãy liên hệ cơ quan thu.", "Over 90 days ago."),
        (_wrong(_CODE, told.bank_reference), "bank_reference", "Mã giao dịch không hợp lệ.", "The code is not valid."),
        (_wrong(_ACCOUNT, told.account), "account", "Số tài khoản không hợp lệ.", "The account is not valid."),
        (_wrong(_EMAIL, told.email), "email", "E-mail không hợp lệ.", "The e-mail is not valid."),
        (_wrong(_PHONE, told.phone), "phone", "Số điện thoại không hợp lệ.", "The phone number is not valid."),
        (len(told.note) > 1000, "note", "Ghi chú quá dài.", "The note is too long."),
        (len(told.picture) > LARGEST_PICTURE, "picture", "Ảnh quá lớn (tối đa 900 KB).", "The picture is too large."),
        (
            bool(told.picture) and not told.picture.startswith(_PICTURES),
            "picture",
            "Ảnh phải là PNG hoặc JPEG.",
            "The picture must be PNG or JPEG.",
        ),
    )
    for wrong, field, vi, en in flaws:
        if wrong:
            raise ClaimInvalid(vi, en, field=field)
    return told


def _wrong(pattern: re.Pattern[str], text: str) -> bool:
    return bool(text) and pattern.fullmatch(text) is None
