"""The tariff the agency collects by, as a list to choose from: lines in force today, by fee code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from connectors.vietqr.unaccented import unaccented
from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import TEXT_PATTERN, Day, Dong, Given, Limit, Listed, page
from gateway.dues.catalogue import FeeView, fees, in_force
from gateway.kernel.clock import business_day

router = APIRouter(prefix="/api/v1/fees", tags=["fees"])

Reader = Annotated[Caller, Depends(needs(None))]
Text = Annotated[str | None, Query(max_length=200, pattern=TEXT_PATTERN)]


class Fee(Given):
    """One line of the tariff; an amount is null where it is computed or free, see `needs` and `formula`."""

    fee_code: str
    kind: Literal["PHI", "LE_PHI", "OTHER"]
    name: str
    unit: str
    amount: Dong | None
    online_amount: Dong | None
    needs: Literal["", "value", "amount"]
    formula: str
    formula_en: str
    procedure_code: str
    procedure_name: str
    legal_basis: str
    certainty: str
    valid_from: Day | None
    valid_to: Day | None


class FeeList(Listed):
    """A page of the tariff, by fee code."""

    data: list[Fee]


@router.get("", response_model=FeeList, responses=READ)
def list_fees(
    installed: Installed,
    caller: Reader,
    q: Text = None,
    procedure_code: Text = None,
    limit: Limit = 50,
    cursor: Text = None,
) -> Response:
    """Lines of the tariff in force today; `q` looks in codes and names, with or without accents."""
    with installed.read(caller.agency) as connection:
        catalogue = in_force(connection, caller.agency)
    lines = sorted(fees(catalogue, business_day(installed.clock())), key=lambda line: line.fee_code)
    words = _folded(q or "").split()
    found = [
        line
        for line in lines
        if (procedure_code is None or line.procedure_code == procedure_code)
        and (cursor is None or line.fee_code > cursor)
        and all(word in _haystack(line) for word in words)
    ]
    return answer(page(found[: limit + 1], limit, _worded, key="fee_code"))


def _haystack(line: FeeView) -> str:
    return _folded(f"{line.fee_code} {line.name} {line.procedure_code} {line.procedure_name}")


def _folded(text: str) -> str:
    return unaccented(text).lower()


def _worded(lines: Sequence[FeeView]) -> list[dict[str, Any]]:
    return [
        asdict(line)
        | {
            "kind": line.kind.value,
            "valid_from": line.valid_from.isoformat() if line.valid_from else None,
            "valid_to": line.valid_to.isoformat() if line.valid_to else None,
        }
        for line in lines
    ]
