"""Make a basket: find the payer's dossiers at whatever agency, and begin one payment per account, within bank limits."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta

import sqlalchemy as sa

from connectors import registry
from gateway import agencies
from gateway.agencies import Account
from gateway.baskets import store
from gateway.baskets.model import Basket, BasketInvalid, BasketMissing, Left, LeftOut
from gateway.dues import store as dues_store
from gateway.dues.model import DueStatus
from gateway.dues.payer import PayerFacts, checked
from gateway.dues.store import DossierRow, DueRow
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import UnitOfWork
from gateway.kernel.vault import Vault
from gateway.payments import store as payments_store
from gateway.payments.start import StartRequest, start_many
from gateway.payments.store import PaymentRow
from gateway.payments.view import views

DAYS = 5  # a company's accountant needs approvals


def fill(uow: UnitOfWork, codes: Sequence[str], payer_number: str) -> str:
    """The token of a new basket. `payer_number` is the tax code or personal number the dossiers carry.

    BasketInvalid when no dossier is left to pay for; what is left out is kept with its reason.
    """
    found, left = _dossiers(uow, codes, payer_number)
    payable, more = _payable(uow.connection, found)
    requests, most = _requests(uow.connection, payable)
    payments, refused = _begin(uow, requests)
    left += more + most + refused
    if not payments:
        raise BasketInvalid(
            "Không có hồ sơ nào cần nộp tiền trong danh sách này.",
            "None of these dossiers has anything to pay.",
            field="codes",
            left_out=[(one.code, one.why) for one in left],
        )
    return _keep(uow, found[0], payments, left)


def standing(connection: sa.Connection, token: str, vault: Vault) -> Basket:
    """The basket as it stands; BasketMissing."""
    row = connection.execute(sa.select(store.basket).where(store.basket.c.token == token)).one_or_none()
    if row is None:
        raise BasketMissing("Không có giỏ hồ sơ này.", "There is no such basket.")
    part = store.basket_payment.c
    order = sa.select(part.payment_id).where(part.basket_id == row.id).order_by(part.position)
    ids = list(connection.scalars(order))
    table = payments_store.payment
    by_id = {one.id: one for one in payments_store.rows(connection, sa.select(table).where(table.c.id.in_(ids)))}
    left = json.loads(vault.unseal(f"basket.left_out.{row.id}", row.left_out_sealed))
    return Basket(
        row.id,
        row.token,
        vault.unseal(f"basket.payer.{row.id}", row.payer_sealed).decode(),
        row.created_at,
        row.expires_at,
        tuple(views(connection, [by_id[payment_id] for payment_id in ids])),
        tuple(LeftOut(code, Left(why), note) for code, why, note in left),
    )


def _dossiers(uow: UnitOfWork, codes: Sequence[str], number: str) -> tuple[list[DossierRow], list[LeftOut]]:
    """The payer's dossiers with these codes; the same code may exist at two agencies."""
    facts, wrong = checked(PayerFacts(name="x", tax_code=number))
    if wrong:
        facts, wrong = checked(PayerFacts(name="x", id_number=number))
    if wrong or not facts.number:
        raise BasketInvalid("Mã số thuế hoặc số định danh không hợp lệ.", "The number is not valid.", field="payer")
    table = dues_store.dossier
    mine = table.c.code.in_(list(codes)) & (table.c.payer_index == dues_store.payer_index(facts.number, uow.vault))
    ids = list(uow.connection.scalars(sa.select(table.c.id).where(mine)))
    rows = sorted(dues_store.dossiers(uow.connection, ids).values(), key=lambda row: (row.agency_id, row.code))
    known = {row.code for row in rows}
    return rows, [LeftOut(code, Left.UNKNOWN) for code in codes if code not in known]


def _payable(
    connection: sa.Connection, found: Sequence[DossierRow]
) -> tuple[dict[str, list[tuple[DossierRow, DueRow]]], list[LeftOut]]:
    """Open dues by agency; dossiers without any."""
    dues: dict[str, list[DueRow]] = defaultdict(list)
    for due in dues_store.dues_of(connection, [row.id for row in found]):
        dues[due.dossier_id].append(due)
    payable: dict[str, list[tuple[DossierRow, DueRow]]] = defaultdict(list)
    left = []
    for row in found:
        still = [due for due in dues[row.id] if due.status is DueStatus.OPEN]
        payable[row.agency_id] += [(row, due) for due in still]
        if not still:
            paid = any(due.status is DueStatus.PAID for due in dues[row.id])
            left.append(LeftOut(row.code, Left.PAID if paid else Left.NOTHING_DUE))
    return payable, left


Chunk = tuple[StartRequest, list[str]]  # what is begun, and the codes it is for


def _requests(
    connection: sa.Connection, payable: dict[str, list[tuple[DossierRow, DueRow]]]
) -> tuple[list[Chunk], list[LeftOut]]:
    """One request per account and bank limit, in order; dues that no transfer can carry are left out."""
    chunks: list[Chunk] = []
    left: list[LeftOut] = []
    for agency_id, pairs in sorted(payable.items()):
        accounts = agencies.accounts_of(connection, agency_id)
        groups: dict[str, tuple[Account, list[tuple[DossierRow, DueRow]]]] = {}
        for row, due in pairs:
            account = agencies.account_for(accounts, due.fee_code, due.kind)
            groups.setdefault(account.id, (account, []))[1].append((row, due))
        for account, members in groups.values():
            most = registry.get(account.connector).capabilities.maximum_amount
            left += [LeftOut(row.code, Left.TOO_LARGE) for row, due in members if due.amount > most]
            for part in _within(most, [(row, due) for row, due in members if due.amount <= most]):
                ids = tuple(due.id for _, due in part)
                chunks.append(
                    (StartRequest(agency_id, "vietqr", due_ids=ids, minutes=DAYS * 24 * 60), [r.code for r, _ in part])
                )
    return chunks, left


def _within(most: int, members: Sequence[tuple[DossierRow, DueRow]]) -> Iterator[list[tuple[DossierRow, DueRow]]]:
    """In order, as many as one transfer may carry."""
    part: list[tuple[DossierRow, DueRow]] = []
    total = 0
    for row, due in members:
        if part and total + due.amount > most:
            yield part
            part, total = [], 0
        part.append((row, due))
        total += due.amount
    if part:
        yield part


def _begin(uow: UnitOfWork, chunks: Sequence[Chunk]) -> tuple[list[PaymentRow], list[LeftOut]]:
    made: list[PaymentRow] = []
    left: list[LeftOut] = []
    outcomes = start_many(uow, [request for request, _ in chunks]) if chunks else []
    for (_, codes), outcome in zip(chunks, outcomes, strict=True):
        if isinstance(outcome, ThuPhiError):
            left += [LeftOut(code, Left.REFUSED, outcome.vi) for code in dict.fromkeys(codes)]
        else:
            made += outcome
    return made, left


def _keep(uow: UnitOfWork, first: DossierRow, payments: Sequence[PaymentRow], left: Sequence[LeftOut]) -> str:
    basket_id, token = uow.mint("bsk"), uow.ids.code(26)
    name = dues_store.payer(first, uow.vault).masked
    told = json.dumps([(one.code, one.why.value, one.note) for one in left], ensure_ascii=False)
    row = {
        "id": basket_id,
        "token": token,
        "payer_sealed": uow.vault.seal(f"basket.payer.{basket_id}", name.encode()),
        "left_out_sealed": uow.vault.seal(f"basket.left_out.{basket_id}", told.encode()),
        "created_at": uow.now(),
        "expires_at": uow.now() + timedelta(days=DAYS),
    }
    uow.connection.execute(sa.insert(store.basket).values(**row))
    parts = [
        {"basket_id": basket_id, "payment_id": one.id, "agency_id": one.agency_id, "position": position}
        for position, one in enumerate(payments)
    ]
    uow.connection.execute(sa.insert(store.basket_payment), parts)
    return token
