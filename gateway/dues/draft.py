"""From what the one-stop system says to rows that can be kept: checked field by field, priced, sealed.

Everything that is wrong with a dossier is told at once, each flaw with its path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from gateway.agencies import require_active
from gateway.dues import problems as wrong
from gateway.dues import store
from gateway.dues.catalogue import in_force
from gateway.dues.model import Channel, DueRequest, Priced
from gateway.dues.payer import PayerFacts, checked, plain, printable
from gateway.dues.pricing import check_alternatives, price
from gateway.dues.rows import due_row
from gateway.dues.tariff import Catalogue
from gateway.kernel.clock import business_day
from gateway.kernel.errors import ThuPhiError
from gateway.kernel.uow import UnitOfWork

MAX_ITEMS = 100


@dataclass(frozen=True, slots=True)
class DossierRequest:
    """What `POST /api/v1/dossiers` says; `accepted_on` is a business day, default today."""

    agency_id: str
    dossier_code: str
    procedure_code: str
    payer: PayerFacts = field(repr=False)
    items: tuple[DueRequest, ...]
    accepted_on: date | None = None
    channel: Channel = "counter"
    procedure_name: str = ""  # default: the catalogue's
    restricted: bool = False  # secret or sensitive: no page, message or look-up names what it is about


@dataclass(frozen=True, slots=True)
class Draft:
    """A dossier that can be registered."""

    row: dict[str, Any]
    dues: list[dict[str, Any]]


class Desk:
    """Drafts dossiers; asks the database once per agency for its state and its catalogue."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._today = business_day(uow.now())
        self._catalogues: dict[str, Catalogue | ThuPhiError] = {}

    def draft(self, request: DossierRequest, asked: str) -> Draft:
        """The rows to insert, or what is wrong."""
        catalogue = self._catalogue(request.agency_id)
        payer, payer_problems = checked(request.payer)
        day = request.accepted_on or self._today
        problems: list[ThuPhiError] = [*_field_problems(request, self._today), *payer_problems]
        priced = priced_items(catalogue, request.items, "items", day, request.channel, problems)
        problems += check_alternatives(catalogue, _paths("items", request.items))
        wrong.raise_all(problems)
        dossier_id = self._uow.mint("dos")
        row = {
            "id": dossier_id,
            "agency_id": request.agency_id,
            "code": request.dossier_code,
            "procedure_code": request.procedure_code,
            "procedure_name": request.procedure_name or catalogue.procedure_name(request.procedure_code),
            "accepted_on": day,
            "channel": request.channel,
            "payer_kind": payer.kind,
            "payer_sealed": store.seal_payer(dossier_id, payer, self._uow.vault),
            "payer_masked": payer.masked,
            "payer_index": store.payer_index(payer.number, self._uow.vault),
            "fingerprint": asked,
            "created_at": self._uow.now(),
            "restricted": request.restricted,
        }
        pairs = zip(request.items, priced, strict=True)
        dues = [due_row(self._uow, request.agency_id, dossier_id, n, *pair) for n, pair in enumerate(pairs, start=1)]
        return Draft(row, dues)

    def _catalogue(self, agency_id: str) -> Catalogue:
        if agency_id not in self._catalogues:
            try:
                require_active(self._uow.connection, agency_id, self._today)
                self._catalogues[agency_id] = in_force(self._uow.connection, agency_id)
            except ThuPhiError as refusal:
                self._catalogues[agency_id] = refusal
        found = self._catalogues[agency_id]
        if isinstance(found, ThuPhiError):
            raise found
        return found


def priced_items(
    catalogue: Catalogue,
    items: Sequence[DueRequest],
    path: str,
    day: date,
    channel: Channel,
    problems: list[ThuPhiError],
) -> list[Priced]:
    """The prices of those that can be priced; what is wrong with the others is added to `problems`."""
    found = []
    for position, item in enumerate(items):
        try:
            found.append(price(catalogue, item, day=day, channel=channel))
        except ThuPhiError as problem:
            problems.append(wrong.under(f"{path}[{position}]", problem))
    return found


def _paths(path: str, items: Sequence[DueRequest]) -> list[tuple[str, str]]:
    return [(f"{path}[{position}]", item.fee_code) for position, item in enumerate(items)]


def normal(request: DossierRequest) -> DossierRequest:
    return replace(
        request,
        dossier_code=plain(request.dossier_code),
        procedure_code=plain(request.procedure_code),
        procedure_name=plain(request.procedure_name),
    )


def content(request: DossierRequest) -> dict[str, Any]:
    """The request as JSON values, for its fingerprint; the payer in one spelling."""
    told = asdict(replace(request, payer=checked(request.payer)[0]))
    told["accepted_on"] = request.accepted_on.isoformat() if request.accepted_on else None
    if not request.restricted:
        del told["restricted"]  # the fingerprints of before there was such a word still hold
    for item in told["items"]:
        item["deadline"] = item["deadline"].isoformat() if item["deadline"] else None
    return told


def code_fits(code: str) -> bool:
    return bool(code) and printable(code, 100)


def _field_problems(request: DossierRequest, today: date) -> list[wrong.FieldWrong]:
    code = code_fits(request.dossier_code)
    procedure = request.procedure_code != "" and printable(request.procedure_code, 60)
    past = request.accepted_on is None or request.accepted_on <= today
    told = (
        (code, "dossier_code", "Thiếu hoặc sai mã hồ sơ.", "The dossier code is missing or malformed."),
        (procedure, "procedure_code", "Thiếu hoặc sai mã thủ tục.", "The procedure code is missing or malformed."),
        (
            printable(request.procedure_name, 500),
            "procedure_name",
            "Tên thủ tục không hợp lệ.",
            "The procedure's name is malformed.",
        ),
        (past, "accepted_on", "Ngày tiếp nhận ở tương lai.", "The day of acceptance lies in the future."),
        (
            1 <= len(request.items) <= MAX_ITEMS,
            "items",
            f"Hồ sơ cần từ 1 đến {MAX_ITEMS} khoản.",
            f"A dossier has 1 to {MAX_ITEMS} items.",
        ),
    )
    return [wrong.FieldWrong(vi, en, field=name) for fits, name, vi, en in told if not fits]
