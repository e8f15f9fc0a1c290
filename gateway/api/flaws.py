"""What pydantic and the router say, in the words of this API: stable codes, paths, no echo of what was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import problems
from gateway.api.problems import Flaw, Problem, Sentences
from gateway.kernel import once

MOST_FLAWS = 50
LONGEST_NAME = 100  # of a field the client made up

SENTENCES: Mapping[str, Sentences] = {
    "field.missing": ("Thiếu trường bắt buộc.", "The field is required."),
    "field.unknown": ("Không có trường này.", "There is no such field."),
    "field.type": ("Sai kiểu dữ liệu.", "The value is of the wrong type."),
    "field.range": ("Giá trị nằm ngoài giới hạn.", "The value is out of range."),
    "field.length": ("Độ dài nằm ngoài giới hạn.", "The length is out of range."),
    "field.format": ("Sai định dạng.", "The format is wrong."),
    "field.choice": ("Giá trị không nằm trong danh sách.", "The value is not one of those allowed."),
    "field.exactly_one": (
        "Cần đúng một trong các trường dossier_id, due_ids, basket.",
        "Exactly one of dossier_id, due_ids and basket is needed.",
    ),
    "field.invalid": ("Giá trị không hợp lệ.", "The value is not valid."),
}

CODES: Mapping[str, str] = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "greater_than": "field.range",
    "greater_than_equal": "field.range",
    "less_than": "field.range",
    "less_than_equal": "field.range",
    "string_too_short": "field.length",
    "string_too_long": "field.length",
    "too_short": "field.length",
    "too_long": "field.length",
    "string_pattern_mismatch": "field.format",
    "string_unicode": "field.format",
    "day": "field.format",
    "literal_error": "field.choice",
    "exactly_one": "field.exactly_one",
}

MALFORMED = Problem(
    400,
    "request.malformed",
    "Nội dung không phải là JSON hợp lệ trong UTF-8.",
    "The content is not valid JSON in UTF-8.",
)

ROUTES: Mapping[int, tuple[str, Sentences]] = {
    404: ("route.missing", ("Không có địa chỉ này.", "There is nothing at this address.")),
    405: ("route.method", ("Địa chỉ này không nhận phương thức đó.", "This address does not take that method.")),
}


async def validation(request: Request, error: Exception) -> Response:
    """A request whose parts are not what they have to be: 422, 400 for what cannot be read at all."""
    assert isinstance(error, RequestValidationError)
    return problems.answer(_validation(error.errors()), request.scope)


async def http(request: Request, error: Exception) -> Response:
    """What the router itself says no to: unknown address, wrong method, unreadable body."""
    assert isinstance(error, HTTPException)
    return problems.answer(_http(error), request.scope)


def _validation(errors: Sequence[Mapping[str, Any]]) -> Problem:
    if any(error["type"] == "json_invalid" for error in errors):
        return MALFORMED
    if (key := _key_problem(errors)) is not None:
        return key
    flaws = tuple(_flaw(error) for error in errors[:MOST_FLAWS])
    first = flaws[0]
    return Problem(422, "request.invalid", first.vi, first.en, first.field, flaws=flaws)


def _key_problem(errors: Sequence[Mapping[str, Any]]) -> Problem | None:
    """The header comes before the content: without its key a request is not even looked at."""
    for error in errors:
        if error["loc"][:2] == ("header", "Idempotency-Key"):
            return problems.of(once.missing() if error["type"] == "missing" else once.malformed())
    return None


def _flaw(error: Mapping[str, Any]) -> Flaw:
    kind = str(error["type"])
    code = CODES.get(kind) or ("field.type" if kind.endswith(("_type", "_parsing")) else "field.invalid")
    return Flaw(path(error["loc"][1:]), code, *SENTENCES[code])


def path(steps: Sequence[str | int]) -> str:
    """`("items", 0, "fee_code")` as `items[0].fee_code`."""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:LONGEST_NAME]}"
    return text.removeprefix(".")


def _http(error: HTTPException) -> Problem:
    if error.status_code == 400:
        return MALFORMED
    headers = dict(error.headers or {})
    if error.status_code in ROUTES:
        code, (vi, en) = ROUTES[error.status_code]
        return Problem(error.status_code, code, vi, en, headers=headers)
    vi, en = problems.TITLES.get(error.status_code, problems.UNTITLED)
    return Problem(error.status_code, f"http.{error.status_code}", f"{vi}.", f"{en}.", headers=headers)
