"""Refusals as `application/problem+json` (RFC 9457): one table from kinds to statuses, and sentences in two languages.

`detail` follows Accept-Language (Vietnamese unless English is asked for); `detail_vi` and `detail_en` are always there.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

MEDIA_TYPE = "application/problem+json"

STATUS: Mapping[str, int] = {"invalid": 422, "forbidden": 403, "missing": 404, "conflict": 409, "unavailable": 503}

# Where a code says more than its kind.
STATUS_OF_CODE: Mapping[str, int] = {
    "access.unauthenticated": 401,
    "idempotency.key_missing": 400,
    "idempotency.key_malformed": 400,
    "request.malformed": 400,
    "request.too_large": 413,
}

HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": 'Bearer realm="thuphi"'},
    503: {"Retry-After": "2"},
}

Sentences = tuple[str, str]  # Vietnamese, English

TITLES: Mapping[int, Sentences] = {
    400: ("Yêu cầu không đọc được", "Malformed request"),
    401: ("Chưa xác thực", "Not authenticated"),
    403: ("Không được phép", "Not allowed"),
    404: ("Không tìm thấy", "Not found"),
    405: ("Phương thức không dùng được", "Method not allowed"),
    409: ("Trạng thái không cho phép", "The state does not allow it"),
    413: ("Nội dung quá lớn", "Content too large"),
    422: ("Nội dung cần sửa", "The content has to be mended"),
    500: ("Lỗi hệ thống", "Internal error"),
    503: ("Tạm thời chưa phục vụ được", "Temporarily unavailable"),
}
UNTITLED: Sentences = ("Yêu cầu bị từ chối", "Request refused")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with the content; `field` is a path such as `items[0].fee_code`."""

    field: str
    code: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal, ready to be worded."""

    status: int
    code: str
    vi: str
    en: str
    field: str = ""
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    flaws: tuple[Flaw, ...] = ()
    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


INTERNAL = Problem(
    500, "internal", "Hệ thống gặp lỗi; lỗi đã được ghi lại.", "Something went wrong; it has been recorded."
)
BUSY = Problem(503, "database.busy", "Cơ sở dữ liệu đang bận, hãy thử lại.", "The database is busy; try again.")


def of(error: Exception) -> Problem:
    """The problem an exception stands for: ours and the libraries' by `kind` and `code`, anything else is internal."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.TimeoutError):
        return BUSY
    kind, code = getattr(error, "kind", None), getattr(error, "code", None)
    if not isinstance(kind, str) or kind not in STATUS or not isinstance(code, str):
        return INTERNAL
    status = STATUS_OF_CODE.get(code, STATUS[kind])
    vi, en = TITLES[status]
    facts = dict(getattr(error, "facts", {}))
    return Problem(
        status,
        code,
        getattr(error, "vi", f"{vi}."),
        getattr(error, "en", f"{en}."),
        getattr(error, "field", ""),
        facts=facts,
        flaws=tuple(_flaws(facts.pop("problems", ()))),
    )


def _flaws(told: Any) -> list[Flaw]:
    """Several flaws of one request, as the dues list them in their facts."""
    return [Flaw(str(one["field"]), str(one["code"]), str(one["vi"]), str(one["en"])) for one in told]


def answer(problem: Problem, scope: Scope) -> Response:
    """The problem in the language the client asked for."""
    language = preferred(Headers(scope=scope).get("accept-language", ""))
    headers = {
        **HEADERS.get(problem.status, {}),
        **problem.headers,
        "Content-Language": language,
        "Vary": "Accept-Language",
    }
    content = json.dumps(_body(problem, language), ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, problem.status, headers, MEDIA_TYPE)


def _body(problem: Problem, language: Literal["vi", "en"]) -> dict[str, Any]:
    """Facts are extension members (section 3.2) and stand once more in `facts`, where no name of the RFC hides them."""
    index = 0 if language == "vi" else 1
    body: dict[str, Any] = {
        **problem.facts,
        "type": f"urn:thuphi:problem:{problem.code}",
        "title": TITLES.get(problem.status, UNTITLED)[index],
        "status": problem.status,
        "detail": (problem.vi, problem.en)[index],
        "code": problem.code,
        "detail_vi": problem.vi,
        "detail_en": problem.en,
    }
    if problem.field:
        body["field"] = problem.field
    if problem.facts:
        body["facts"] = dict(problem.facts)
    if problem.flaws:
        body["errors"] = [
            {"field": flaw.field, "code": flaw.code, "detail": (flaw.vi, flaw.en)[index]} for flaw in problem.flaws
        ]
    return body


def preferred(accepted: str) -> Literal["vi", "en"]:
    """English where it is preferred to Vietnamese (RFC 9110, section 12.5.4), else Vietnamese."""
    weights = {"vi": 0.0, "en": 0.0}
    for part in accepted.split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in weights:
            weights[language] = max(weights[language], _weight(parameters))
    return "en" if weights["en"] > weights["vi"] else "vi"


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
