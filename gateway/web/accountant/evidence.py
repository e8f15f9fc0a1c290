"""Evidence at a break: laid there by an accountant, read by whoever may see the workspace, always handed out as a file.

The form stands under the import's address, because only there the door takes more than a form's usual size.
"""

from __future__ import annotations

from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.datastructures import FormData, QueryParams, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from gateway.closing import breaks_evidence
from gateway.closing.breaks_store import LARGEST
from gateway.kernel.errors import ThuPhiError
from gateway.officers.model import Role, Session
from gateway.web import pages
from gateway.web.accountant import workspace
from gateway.web.accountant.frame import SEE, XLSX, both, download, on, said
from gateway.web.officers.entry import done_by, environment_of, field, shown_to

ADD = "/accountant/import/evidence"
PATH = "/accountant/evidence/{id}"
MEDIA = {
    "pdf": ("pdf", "application/pdf"),
    "png": ("png", "image/png"),
    "jpeg": ("jpg", "image/jpeg"),
    "xlsx": ("xlsx", XLSX),
    "text": ("txt", "text/plain; charset=utf-8"),
}


@done_by(Role.ACCOUNTANT)
def add(request: Request, session: Session, form: FormData) -> Response:
    """A file, a text, or both."""
    back = dict(parse_qsl(field(form, "back")))
    environment, agency = environment_of(request), session.officer.agency
    subject, text, file = field(form, "subject"), field(form, "text"), form.get("file")
    try:
        with environment.begin(actor=session.officer.actor, agency=agency) as uow:
            if isinstance(file, UploadFile) and file.filename:
                data = file.file.read(LARGEST + 1)
                breaks_evidence.attach(uow, agency, subject, file.filename, data)
            if text or not (isinstance(file, UploadFile) and file.filename):
                breaks_evidence.attach_text(uow, agency, subject, text)
    except ThuPhiError as refusal:
        asked = workspace.asked_of(QueryParams(back | {"at": subject}))
        return workspace.show(request, session, asked, said(request, refusal), pages.STATUS[refusal.kind])
    return on(request, workspace.PATH, **back | {"at": subject, "done": "evidence"})


@shown_to(*SEE)
def read(request: Request, session: Session) -> Response:
    """The file as it came."""
    environment, agency = environment_of(request), session.officer.agency
    with environment.read(agency) as connection:
        found, data = breaks_evidence.content(connection, environment.vault, agency, request.path_params["id"])
    ending, media = MEDIA[found.media]
    return download(data, f"{found.id}.{ending}", media)


def add_routes(router: APIRouter) -> None:
    """Both languages."""
    both(router, ADD, add, "POST")
    both(router, PATH, read, "GET")
