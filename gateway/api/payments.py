"""Payments: begun by the one-stop system for dues, a dossier or a basket of dossiers; read while the payer pays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Created, Installed, Order, Write, answer, needs, writes
from gateway.api.express import Express
from gateway.api.openapi import READ, WRITE
from gateway.api.shapes import Cursor, Dong, Given, Id, Limit, Listed, Told, page
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import UnitOfWork
from gateway.payments import store, view
from gateway.payments.start import Begun, StartRequest, begin_many
from gateway.payments.store import PaymentRow
from gateway.payments.view import PaymentFacts

router = APIRouter(prefix="/api/v1/payments", tags=["payments"])

MOST_DUES = 200
MOST_DOSSIERS = 50


class NewPayment(Told):
    """What is to be paid, by exactly one of `dossier_id`, `due_ids` and `basket`, and how."""

    dossier_id: Id | None = None
    due_ids: list[Id] | None = Field(None, min_length=1, max_length=MOST_DUES)
    basket: list[Id] | None = Field(None, min_length=1, max_length=MOST_DOSSIERS, description="Ids of dossiers")
    channel: str = Field(
        max_length=50, description="vietqr, bank_transfer, pos, vnpay, vnptpay ... as the agency has set up"
    )

    @model_validator(mode="after")
    def exactly_one(self) -> Self:
        if sum(given is not None for given in (self.dossier_id, self.due_ids, self.basket)) != 1:
            raise PydanticCustomError("exactly_one", "exactly one of dossier_id, due_ids and basket is needed")
        return self

    def request(self, caller: Caller) -> StartRequest:
        dossiers = self.basket or ([self.dossier_id] if self.dossier_id else [])
        dues, basket = tuple(self.due_ids or ()), bool(self.basket)
        return StartRequest(caller.agency, self.channel, dues, tuple(dossiers), split=basket, actor=caller.actor)


class VietQr(Given):
    """The code to scan for what remains."""

    payload: str
    svg_url: str
    png_url: str


class BeneficiaryAccount(Given):
    """Where the money goes."""

    bin: str
    number: str
    holder: str


class PaymentReceipt(Given):
    """A receipt as its payment names it."""

    id: str
    form: str
    symbol: str
    number: int
    amount: Dong
    lookup_code: str
    status: Literal["numbered", "signed", "delivered", "replaced"]


class Payment(Given):
    """An attempt to pay one or more dues into one account."""

    id: str
    reference: str
    channel: str
    amount: Dong
    received: Dong
    remaining: Dong
    status: Literal["pending", "paid", "expired", "failed", "checking"]
    created_at: str
    expires_at: str
    settled_at: str | None
    confirmed_at: str | None
    pay_url: str
    redirect_url: str | None = Field(description="The provider's page, where one collects and once it is known")
    account: BeneficiaryAccount
    due_ids: list[str]
    vietqr: VietQr | None
    receipts: list[PaymentReceipt]


class PaymentList(Listed):
    """A page of payments, oldest first."""

    data: list[Payment]


class BasketPayments(Given):
    """One payment for each beneficiary account."""

    payments: list[Payment]


Reader = Annotated[Caller, Depends(needs("payments"))]
Writer = Annotated[Write, Depends(writes("payments"))]


def _start(uow: UnitOfWork, orders: Sequence[Order[StartRequest]]) -> list[dict[str, Any] | ThuPhiError]:
    requests = [order.request for order in orders]

    def worded(begun: Sequence[Begun]) -> list[dict[str, Any]]:
        views = [_fresh(one) for one in begun]
        return [view.as_contract(one, uow.settings.base_url) for one in views]

    def body(request: StartRequest, begun: Sequence[Begun]) -> dict[str, Any]:
        return {"payments": worded(begun)} if request.split else worded(begun)[0]

    return [
        outcome if isinstance(outcome, ThuPhiError) else body(request, outcome)
        for request, outcome in zip(requests, begin_many(uow, requests), strict=True)
    ]


def _fresh(one: Begun) -> PaymentFacts:
    return view.fresh(one.row, one.account, one.dues, one.opened.redirect_url if one.opened else None)


START = Created(_start)
EXPRESS = Express("/api/v1/payments", NewPayment, "payments", START, NewPayment.request)


@router.post("", status_code=201, response_model=Payment | BasketPayments, responses=WRITE)
async def start_payment(told: NewPayment, write: Writer) -> Response:
    """Begin a payment. Dues of several accounts are a conflict, except in a basket, which gets a payment for each."""
    return await write.created(told, told.request(write.caller), START)


@router.get("", response_model=PaymentList, responses=READ)
def list_payments(installed: Installed, caller: Reader, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The agency's payments, oldest first."""
    base_url = installed.settings.base_url
    with installed.read(caller.agency) as connection:
        found = store.page(connection, caller.agency, cursor, limit + 1)
        return answer(page(found, limit, lambda rows: _worded(connection, rows, base_url)))


@router.get("/{payment_id}", response_model=Payment, responses=READ)
def get_payment(payment_id: Id, installed: Installed, caller: Reader) -> Response:
    """One payment as it stands."""
    with installed.read(caller.agency) as connection:
        row = store.by_id(connection, caller.agency, payment_id)
        return answer(_worded(connection, [row], installed.settings.base_url)[0])


def _worded(connection: sa.Connection, rows: Sequence[PaymentRow], base_url: str) -> list[dict[str, Any]]:
    return [view.as_contract(one, base_url) for one in view.views(connection, rows)]
