"""A payment at a card terminal: asked for here, carried out by the worker, read while the terminal is at it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import Field
from starlette.responses import Response

from gateway.access import Caller
from gateway.api.deps import Installed, Write, answer, needs, writes
from gateway.api.openapi import READ, WRITE
from gateway.api.shapes import Dong, Given, Id, Told
from gateway.counter import terminal_store as store
from gateway.counter import terminal_view as view
from gateway.counter.terminal_ask import ask
from gateway.counter.terminal_board import bring, pull
from gateway.kernel.uow import UnitOfWork

router = APIRouter(prefix="/api/v1", tags=["payments"])
MOST_MESSAGE = 100_000  # characters


class AtTerminal(Told):
    """Which terminal is to ask for the money."""

    terminal: str = Field(min_length=1, max_length=40, description="Its name")


class Slip(Given):
    """What is kept of the card payment."""

    authorised: Dong
    masked_pan: str
    brand: str
    rrn: str
    approval_code: str
    tid: str
    mid: str
    batch: str
    stan: str


class TerminalSale(Given):
    """One attempt at a payment at a terminal. While `state` is unknown or reversing nobody may be charged again."""

    id: str
    payment_id: str
    terminal: str
    amount: Dong
    state: Literal["asked", "unknown", "reversing", "approved", "refused", "reversed"]
    may_ask_again: bool
    reason: str
    sentence_vi: str
    sentence_en: str
    asked_at: str
    ended_at: str | None
    slip: Slip | None


class Pulled(Given):
    """The next message for a terminal that comes for its bills: a nexo request as text, or nothing."""

    number: int | None
    message: str | None


class Brought(Told):
    """The terminal's answer to a message it has pulled."""

    number: int
    message: str = Field(min_length=2, max_length=MOST_MESSAGE, description="The nexo answer as text")


class Taken(Given):
    """Whether somebody still waited for the answer."""

    taken: bool


Reader = Annotated[Caller, Depends(needs("payments"))]
Writer = Annotated[Write, Depends(writes("payments"))]
TerminalName = Annotated[str, Path(pattern=r"^[A-Za-z0-9._-]{1,40}$")]


@router.post("/payments/{payment_id}/terminal", status_code=202, response_model=TerminalSale, responses=WRITE)
def ask_terminal(payment_id: Id, told: AtTerminal, write: Writer) -> Response:
    """Have a terminal ask for the money of a payment of channel `pos`. What becomes of it is read at the same address."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        sale = ask(uow, write.caller.agency, payment_id, told.terminal)
        return view.as_contract(uow.connection, sale)

    return write.once(told, 202, act)


@router.get("/payments/{payment_id}/terminal", response_model=TerminalSale, responses=READ)
def get_terminal_sale(payment_id: Id, installed: Installed, caller: Reader) -> Response:
    """The last attempt at this payment as it stands."""
    with installed.read(caller.agency) as connection:
        return answer(view.as_contract(connection, store.latest(connection, caller.agency, payment_id)))


@router.get("/terminals/{terminal_name}/message", response_model=Pulled, responses=READ)
def pull_message(terminal_name: TerminalName, installed: Installed, caller: Reader) -> Response:
    """For a terminal that cannot be called: its next message. Once given it is the terminal's, and not given again."""
    with installed.read(caller.agency) as connection:
        row = store.terminal_named(connection, caller.agency, terminal_name)
    number, message = pull(installed, row) or (None, None)
    return answer({"number": number, "message": message.decode() if message else None})


@router.post("/terminals/{terminal_name}/message", response_model=Taken, responses=WRITE)
def bring_answer(terminal_name: TerminalName, told: Brought, write: Writer) -> Response:
    """What such a terminal answers. The first answer to a message counts."""

    def act(uow: UnitOfWork) -> dict[str, Any]:
        row = store.terminal_named(uow.connection, write.caller.agency, terminal_name)
        return {"taken": bring(uow, row, told.number, told.message.encode())}

    return write.once(told, 200, act)
