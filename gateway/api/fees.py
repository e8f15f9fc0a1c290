"""The tariff the agency collects by, as a list to choose from: lines in force today, by fee code."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from connectors.vietqr.unaccented import unaccented
from gateway.access import Caller
from gateway.api.deps import Installed, answer, needs
from gateway.api.openapi import READ
from gateway.api.shapes import TEXT_PATTERN, Day, Dong, Given, Limit, Listed, page
from gateway.dues.catalogue import FeeView, fees, in_force
from gateway.dues.tariff import Catalogue
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


@dataclass(frozen=True, slots=True)
class Ordered:
    """A tariff of one day by fee code, with what is looked for in each line: made once, then searched."""

    codes: tuple[str, ...]
    lines: tuple[FeeView, ...]
    folded: tuple[str, ...]

    def after(self, cursor: str | None) -> Iterator[tuple[FeeView, str]]:
        """Lines with their folded words, from the first code beyond `cursor`."""
        first = 0 if cursor is None else bisect_right(self.codes, cursor)
        return ((self.lines[at], self.folded[at]) for at in range(first, len(self.lines)))


_KEPT = 64  # tariffs that a process holds
_ordered: dict[tuple[str, date], Ordered] = {}


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
    words = _folded(q or "").split()
    found = (
        line
        for line, folded in ordered(catalogue, business_day(installed.clock())).after(cursor)
        if (procedure_code is None or line.procedure_code == procedure_code) and all(word in folded for word in words)
    )
    return answer(page(list(islice(found, limit + 1)), limit, _worded, key="fee_code"))


def ordered(catalogue: Catalogue, day: date) -> Ordered:
    """The tariff's lines in force on `day`, ready to be searched."""
    key = (catalogue.content_hash, day)
    if (known := _ordered.get(key)) is None:
        lines = tuple(sorted(fees(catalogue, day), key=lambda line: line.fee_code))
        known = Ordered(tuple(line.fee_code for line in lines), lines, tuple(_haystack(line) for line in lines))
        if len(_ordered) >= _KEPT:
            _ordered.clear()
        _ordered[key] = known
    return known


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
