"""What the workspace's buttons do: one form, one word for the act; afterwards the next row, and how to undo it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request
from starlette.responses import Response

from gateway.closing import breaks, breaks_act, breaks_place
from gateway.closing.breaks_act import BreakClosed, BreakMissing
from gateway.closing.reconcile import reconcile
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Invalid, ThuPhiError
from gateway.kernel.uow import UnitOfWork
from gateway.officers.model import Role, Session
from gateway.settlement import allocate
from gateway.settlement.refund.model import RefundRequest, RefundStatus
from gateway.settlement.refund.refuse import refuse
from gateway.settlement.refund.request import request as ask_refund
from gateway.web import pages
from gateway.web.accountant import split, workspace
from gateway.web.accountant.frame import both, on, said
from gateway.web.officers.entry import done_by, environment_of, field
from reconciliation.model import ReconciliationError

MOST_AT_ONCE = 200


class ActUnknown(Invalid):
    """The form asks for nothing that can be done."""

    code = "accountant.act"


@done_by(Role.ACCOUNTANT)
def act(request: Request, session: Session, form: FormData) -> Response:
    """Do it and go on to the next row; a refusal stays on this one."""
    back = dict(parse_qsl(field(form, "back")))
    environment, agency = environment_of(request), session.officer.agency
    subject, word = field(form, "subject"), field(form, "do")
    try:
        with environment.begin(actor=session.officer.actor, agency=agency) as uow:
            told = _ACTS.get(word, _unknown)(uow, agency, subject, form)
    except (ThuPhiError, ReconciliationError) as refusal:
        asked = workspace.asked_of(QueryParams(back | {"at": subject}))
        if not isinstance(refusal, ThuPhiError):
            return workspace.show(request, session, asked, str(refusal), 409)
        status = pages.STATUS[refusal.kind]
        return workspace.show(
            request, session, asked, said(request, refusal), status, form if word == "split" else None
        )
    stays = word in ("assign", "note")
    at = subject if stays or word == "undo" else field(form, "next")
    return on(request, workspace.PATH, **back | {"at": at, "done": told, "last": "" if stays else subject})


def _take(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """The suggestion as it stands."""
    found = _found(uow, agency, subject)
    chosen = [value for value in form.getlist("payment") if isinstance(value, str)]
    position = field(form, "position")
    why = field(form, "why") or f"{found.kind}"
    if not position.isdecimal() or not found.lines:
        raise ActUnknown("Thiếu gợi ý.", "There is no suggestion.", field="position")
    waits = breaks_place.take(uow, agency, found.lines[0], int(position), chosen, why)
    return "asked" if waits else "taken"


def _take_rule(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """Every open row whose first suggestion is of the same rule and sure."""
    rule = field(form, "rule")
    found = breaks.breaks(uow.connection, agency, business_day(uow.now()))
    for one, suggestion in workspace.sure(uow.connection, agency, found, rule)[:MOST_AT_ONCE]:
        breaks_place.take(uow, agency, one.lines[0], 1, list(suggestion.candidates), suggestion.sentence_vi)
    return "rule"


def _allocate(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """To a payment, dossier or due the person names."""
    found = _found(uow, agency, subject)
    breaks_place.place(uow, agency, _money(uow, agency, found), field(form, "reference"), field(form, "reason"))
    return "asked"


def _split(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """To several; rows left empty are none."""
    found = _found(uow, agency, subject)
    named = [(text, split.dong(amount)) for text, amount in split.typed(form) if text or amount]
    breaks_place.split(uow, agency, _money(uow, agency, found), named, field(form, "reason"))
    return "asked"


def _refund(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """The money in suspense, to where it came from."""
    found = _found(uow, agency, subject)
    asked = RefundRequest(agency, field(form, "key"), field(form, "reason"), suspense_id=_money(uow, agency, found))
    ask_refund(uow, asked)
    return "refund"


def _accept(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    return "accepted" if breaks_act.accept(uow, agency, subject, field(form, "reason")) else "asked"


def _assign(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    breaks_act.assign(uow, agency, subject, field(form, "officer"))
    return "assigned"


def _note(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    breaks_act.note(uow, agency, subject, field(form, "text"))
    return "noted"


def _undo(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    """A proposal is taken back first, then an acceptance or a decision."""
    found = _found(uow, agency, subject)
    money = {row.id for row in breaks_place.money_of(uow.connection, agency, found.lines)}
    mine = [row for row in allocate.waiting(uow.connection, agency) if row.suspense_id in money]
    wishes = [
        row for row in workspace.refunds_of(uow.connection, agency, money) if row.status == RefundStatus.REQUESTED
    ]
    for row in mine:
        allocate.decline(uow, agency, row.id)
    for row in wishes:
        refuse(uow, agency, row.id, "Hoàn tác / taken back")
    if not mine and not wishes:
        placed = breaks_place.placed(uow.connection, agency, found.lines)
        breaks_act.undo(uow, agency, subject)
        if placed:
            reconcile(uow, agency, business_day(uow.now()))
    return "undone"


def _unknown(uow: UnitOfWork, agency: str, subject: str, form: FormData) -> str:
    raise ActUnknown("Không rõ cần làm gì.", "There is no such act.", field="do")


def _found(uow: UnitOfWork, agency: str, subject: str) -> breaks.Break:
    found = breaks.one(uow.connection, agency, subject, business_day(uow.now()))
    if found is None:
        raise BreakMissing("Không tìm thấy chênh lệch này.", "There is no such break.", field="subject")
    return found


def _money(uow: UnitOfWork, agency: str, found: breaks.Break) -> str:
    money = breaks_place.money_of(uow.connection, agency, found.lines)
    if not money:
        raise BreakClosed("Không có tiền treo ở dòng này.", "No money of this line is in suspense.")
    return str(money[0].id)


_ACTS: Mapping[str, Callable[[UnitOfWork, str, str, FormData], str]] = {
    "take": _take,
    "take_rule": _take_rule,
    "allocate": _allocate,
    "split": _split,
    "refund": _refund,
    "accept": _accept,
    "assign": _assign,
    "note": _note,
    "undo": _undo,
}


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, "/accountant/act", act, "POST")
