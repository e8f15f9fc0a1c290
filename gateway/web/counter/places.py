"""An administrator's page: which counters there are, with which printers, terminals and printed QR cards; add, retire.

Nothing here moves money, and who moves money does not come here (separation of duties).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from gateway import agencies
from gateway.counter import places, shift_store, terminal_register, terminal_store
from gateway.counter.terminal_register import TOKEN, NewTerminal
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import UnitOfWork
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.counter.acts import FieldWrong
from gateway.web.counter.frame import both, done, page, said
from gateway.web.counter.places_words import TEXTS
from gateway.web.language import learn
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

learn(TEXTS)

LARGEST = 64 * 1024  # bytes of a certificate

Verb = Callable[[UnitOfWork, str, FormData], object]


@shown_to(Role.ADMIN)
def listed(request: Request, session: Session) -> Response:
    """What stands where."""
    return _listed(request, session)


@done_by(Role.ADMIN)
def change(request: Request, session: Session, form: FormData) -> Response:
    """Add one thing, or take one out of use."""
    agency = session.officer.agency
    try:
        verb = VERBS.get(field(form, "do"))
        if verb is None:
            raise FieldWrong("Không có việc này.", "There is no such act.", field="do")
        with environment_of(request).begin(actor=session.officer.actor, agency=agency) as uow:
            verb(uow, agency, form)
    except ThuPhiError as refusal:
        return _listed(request, session, form, said(request, refusal), pages.STATUS[refusal.kind])
    return done(request, lambda: "/counter/places")


def _add_terminal(uow: UnitOfWork, agency: str, form: FormData) -> None:
    token, counter_id = field(form, "token"), field(form, "counter")
    described = NewTerminal(
        field(form, "name"),
        field(form, "acquirer"),
        field(form, "poi_id"),
        field(form, "sale_id"),
        field(form, "address"),
        _certificate(form),
        field(form, "account"),
        field(form, "model"),  # type: ignore[arg-type]
        2 if field(form, "implied") == "2" else 0,
        {TOKEN: token} if token else {},
    )
    added = terminal_register.add(uow, agency, described)
    place = next((one for one in shift_store.counters(uow.connection, agency) if one.id == counter_id), None)
    if place is not None:
        terminal_register.choose(uow, agency, place.name, added.name)


def _certificate(form: FormData) -> str:
    """PEM, as a file or pasted."""
    file = form.get("certificate_file")
    if isinstance(file, UploadFile) and file.filename:
        return file.file.read(LARGEST).decode("ascii", "replace")
    return field(form, "certificate")


VERBS: dict[str, Verb] = {
    "add_counter": lambda uow, agency, form: places.add_counter(uow, agency, field(form, "name"), field(form, "paper")),
    "retire_counter": lambda uow, agency, form: places.retire_counter(uow, agency, field(form, "id")),
    "add_printer": lambda uow, agency, form: places.add_printer(
        uow, agency, field(form, "counter"), field(form, "name"), field(form, "paper")
    ),
    "retire_printer": lambda uow, agency, form: places.retire_printer(uow, agency, field(form, "id")),
    "add_card": lambda uow, agency, form: places.add_card(uow, agency, field(form, "counter"), field(form, "serial")),
    "retire_card": lambda uow, agency, form: places.retire_card(uow, agency, field(form, "id")),
    "add_terminal": _add_terminal,
    "retire_terminal": lambda uow, agency, form: terminal_register.retire(uow, agency, field(form, "id")),
}


def _listed(
    request: Request, session: Session, form: FormData | None = None, refusal: str = "", status: int = 200
) -> Response:
    agency = session.officer.agency
    with environment_of(request).read(agency) as connection:
        counters = shift_store.counters(connection, agency)
        facts: dict[str, Any] = {
            "counters": counters,
            "printers": places.printers(connection, agency),
            "cards": places.cards(connection, agency),
            "terminals": terminal_store.terminals(connection, agency),
            "chosen": terminal_register.chosen(connection, agency),
        }
        accounts = agencies.accounts_of(connection, agency)
    typed = {name: field(form, name) for name in form} if form is not None else {}
    names = {one.id: one.name for one in counters}
    words = {name: pair[0 if pages.language_of(request) == "vi" else 1] for name, pair in TEXTS.items()}
    known = {"told": typed, "names": names, "refusal": refusal or None}
    facts["account_options"] = [(one.number, f"{one.number} · {one.bank}") for one in accounts]
    facts["model_options"] = [(model, words[f"places.model.{model}"]) for model in terminal_store.MODELS]
    return page(request, session, "counter/places.html", status=status, **known, **facts)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/counter/places", listed, "GET")
    both(router, "/counter/places", change, "POST")
