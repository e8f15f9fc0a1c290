"""The published description (OpenAPI 3.1): every operation says which problems it answers, in one shape (RFC 9457)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from gateway.api import problems

Responses = dict[int | str, dict[str, Any]]

DESCRIPTION = """\
Thu phí, lệ phí của dịch vụ công: hồ sơ và khoản phải nộp, lệnh thanh toán VietQR, biên lai điện tử, đối chiếu.

Amounts are integers of đồng, times RFC 3339 in UTC, days those of Asia/Ho_Chi_Minh. Lists are read on with `cursor`.
Refusals are `application/problem+json` with a stable `code`; `detail` follows Accept-Language.
"""
TAGS = [
    {"name": "dossiers", "description": "Hồ sơ và các khoản phải nộp"},
    {"name": "payments", "description": "Lệnh thanh toán"},
    {"name": "receipts", "description": "Biên lai"},
    {"name": "fees", "description": "Danh mục phí, lệ phí"},
    {"name": "statements", "description": "Sao kê ngân hàng"},
    {"name": "reports", "description": "Báo cáo"},
    {"name": "events", "description": "Việc đã xảy ra"},
    {"name": "health", "description": "Tình trạng hệ thống"},
]


class ProblemFlaw(BaseModel):
    """One thing that is wrong with the content."""

    field: str
    code: str
    detail: str


class ProblemDetails(BaseModel):
    """RFC 9457. Facts of the refusal stand beside these members and once more in `facts`."""

    model_config = ConfigDict(title="Problem", extra="allow")

    type: str = Field(description="urn:thuphi:problem:<code>")
    title: str
    status: int
    detail: str
    code: str
    detail_vi: str
    detail_en: str
    field: str | None = None
    facts: dict[str, Any] | None = None
    errors: list[ProblemFlaw] | None = None


def _problems(*statuses: int) -> Responses:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": problems.TITLES[status][1], "content": {problems.MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


READ = _problems(401, 403, 404, 413, 422, 500, 503)
WRITE = _problems(400, 401, 403, 404, 409, 413, 422, 500, 503)
OPEN = _problems(500, 503)


def operation_id(route: APIRoute) -> str:
    """The function's name: stable, and readable in generated clients."""
    return route.name


class Api(FastAPI):
    """FastAPI with the shape of problems among its schemas."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        schemas = described.setdefault("components", {}).setdefault("schemas", {})
        shape = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= shape.pop("$defs") | {"Problem": shape}
        return described
