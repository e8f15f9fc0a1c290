"""Dossiers and what is owed on them: registered, looked up and amended by the one-stop system of the agency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field
from starlette.responses import Response

from gateway.access import Caller, ForeignAgency
from gateway.api.deps import Created, Installed, Order, Write, answer, needs, writes
from gateway.api.openapi import READ, WRITE
from gateway.api.shapes import TEXT_PATTERN, Day, Dong, Given, Id, Integer, Listed, Told
from gateway.dues import store
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.draft import MAX_ITEMS, DossierRequest
from gateway.dues.model import DueRequest, EntitlementClaim, Phase
from gateway.dues.payer import PayerFacts, plain
from gateway.dues.register import as_contract, register_many
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import UnitOfWork

router = APIRouter(prefix="/api/v1/dossiers", tags=["dossiers"])

PhaseName = Literal["intake", "supplement", "return"]


class Payer(Told):
    """Who pays; kept sealed, never given back."""

    name: str = Field(max_length=500, repr=False)
    id_number: str | None = Field(None, max_length=50, repr=False)
    tax_code: str | None = Field(None, max_length=50, repr=False)
    address: str | None = Field(None, max_length=1000, repr=False)
    email: str | None = Field(None, max_length=500, repr=False)
    phone: str | None = Field(None, max_length=50, repr=False)

    def facts(self) -> PayerFacts:
        return PayerFacts(**{name: value or "" for name, value in self.model_dump().items()})


class Entitlement(Told):
    """Why this payer pays less, on what evidence, and who says so."""

    code: str = Field(max_length=100)
    evidence: str = Field(max_length=4000, repr=False)
    asserted_by: str = Field(max_length=4000, repr=False)

    def claim(self) -> EntitlementClaim:
        return EntitlementClaim(self.code, self.evidence, self.asserted_by)


class DueItem(Told):
    """One thing to pay for: `value` for formula fees only, `amount` for free-amount fees only."""

    fee_code: str = Field(max_length=100)
    quantity: Integer
    value: Integer | None = None
    amount: Integer | None = None
    entitlement: Entitlement | None = None
    phase: PhaseName = "intake"
    deadline: Day | None = None

    def request(self) -> DueRequest:
        return DueRequest(
            self.fee_code,
            self.quantity,
            self.value,
            self.amount,
            self.entitlement.claim() if self.entitlement else None,
            Phase(self.phase),
            self.deadline,
        )


class NewDossier(Told):
    """A dossier with what is owed on it; amounts are ours to say."""

    dossier_code: str = Field(max_length=500)
    procedure_code: str = Field(max_length=500)
    procedure_name: str = Field("", max_length=1000)
    agency: str = Field(max_length=100)
    accepted_on: Day | None = Field(None, description="Business day of the tariff; default today")
    channel: Literal["counter", "online"] = "counter"
    payer: Payer
    items: list[DueItem] = Field(min_length=1, max_length=MAX_ITEMS)
    restricted: bool = Field(
        False, description="Secret or sensitive: pages, messages and look-ups name neither procedure nor payer"
    )

    def request(self) -> DossierRequest:
        return DossierRequest(
            agency_id=self.agency,
            dossier_code=self.dossier_code,
            procedure_code=self.procedure_code,
            payer=self.payer.facts(),
            items=tuple(item.request() for item in self.items),
            accepted_on=self.accepted_on,
            channel=self.channel,
            procedure_name=self.procedure_name,
            restricted=self.restricted,
        )


class DueAmendment(Told):
    """What becomes of one due; what is left out stays as it is."""

    due_id: Id
    quantity: Integer | None = None
    value: Integer | None = None
    amount: Integer | None = None
    entitlement: Entitlement | None = None
    drop_entitlement: bool = False
    deadline: Day | None = None
    version: Integer | None = Field(None, description="Refuse if the due has moved on from this version")

    def change(self) -> DueChange:
        return DueChange(
            self.due_id,
            self.quantity,
            self.value,
            self.amount,
            self.entitlement.claim() if self.entitlement else None,
            self.drop_entitlement,
            self.deadline,
            self.version,
        )


class DossierChanges(Told):
    """Changes to unpaid dues, all or none of them."""

    add: list[DueItem] = Field([], max_length=MAX_ITEMS)
    amend: list[DueAmendment] = Field([], max_length=MAX_ITEMS)
    withdraw: list[Id] = Field([], max_length=MAX_ITEMS)

    def changes(self) -> Changes:
        return Changes(
            tuple(item.request() for item in self.add),
            tuple(item.change() for item in self.amend),
            tuple(self.withdraw),
        )


class Reduction(Given):
    """Why the amount is below the base amount."""

    rule: str
    ground: str
    amount_off: Dong
    entitlement: str | None = None


class Due(Given):
    """One line owed."""

    id: str
    fee_code: str
    kind: Literal["PHI", "LE_PHI", "OTHER"]
    name: str
    unit: str
    quantity: int
    amount: Dong
    base_amount: Dong
    legal_basis: str
    agency: str
    phase: PhaseName
    status: Literal["open", "paid", "exempt", "withdrawn"]
    version: int
    reduction: Reduction | None = None
    deadline: Day | None = None


class Dossier(Given):
    """A dossier; `amount` is what is still to be paid."""

    id: str
    dossier_code: str
    procedure_code: str
    accepted_on: Day
    agency: str
    amount: Dong
    dues: list[Due]


class DossierList(Listed):
    """Dossiers found."""

    data: list[Dossier]


Reader = Annotated[Caller, Depends(needs("dossiers"))]
Writer = Annotated[Write, Depends(writes("dossiers"))]


def _register(uow: UnitOfWork, orders: Sequence[Order[DossierRequest]]) -> list[dict[str, Any] | ThuPhiError]:
    """Registered caller by caller, because each due's first version names who told it."""
    outcomes: dict[int, dict[str, Any] | ThuPhiError] = {}
    for actor in sorted({order.actor for order in orders}):
        mine = [n for n, order in enumerate(orders) if order.actor == actor]
        found = register_many(uow.acting(actor), [orders[n].request for n in mine])
        for n, one in zip(mine, found, strict=True):
            outcomes[n] = one if isinstance(one, ThuPhiError) else as_contract(one)
    return [outcomes[n] for n in range(len(orders))]


REGISTER = Created(_register)


@router.post("", status_code=201, response_model=Dossier, responses=WRITE)
async def create_dossier(told: NewDossier, write: Writer) -> Response:
    """Register a dossier. The same code with the same content is the same dossier, with other content a conflict."""
    if told.agency != write.caller.agency:
        raise ForeignAgency(
            "Khóa API thuộc cơ quan thu khác.", "The API key belongs to another agency.", field="agency"
        )
    return await write.created(told, told.request(), REGISTER)


@router.patch("/{dossier_id}", response_model=Dossier, responses=WRITE)
def amend_dossier(dossier_id: Id, told: DossierChanges, write: Writer) -> Response:
    """Add, amend and withdraw dues that are not paid yet."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        return as_contract(amend(uow, write.caller.agency, dossier_id, told.changes()))

    return write.once(told, 200, act)


@router.get("", response_model=DossierList, responses=READ)
def find_dossiers(
    code: Annotated[str, Query(min_length=1, max_length=500, pattern=TEXT_PATTERN)],
    installed: Installed,
    caller: Reader,
) -> Response:
    """The dossier with this code, as a list of one or none."""
    with installed.read(caller.agency) as connection:
        found = store.dossier_by_code(connection, caller.agency, plain(code))
        dossiers = [store.dossier_view(connection, caller.agency, found.id)] if found else []
    return answer({"data": [as_contract(one) for one in dossiers], "has_more": False, "next_cursor": None})


@router.get("/{dossier_id}", response_model=Dossier, responses=READ)
def get_dossier(dossier_id: Id, installed: Installed, caller: Reader) -> Response:
    """One dossier with its dues."""
    with installed.read(caller.agency) as connection:
        return answer(as_contract(store.dossier_view(connection, caller.agency, dossier_id)))
