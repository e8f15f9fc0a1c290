"""A file in a request: the content as it is, or one part `file` of multipart/form-data (RFC 7578)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from gateway.kernel.errors import Invalid

BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/octet-stream": {},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


class FileMissing(Invalid):
    """The form has no file."""

    code = "request.file_missing"


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent; `name` as the sender calls the file, empty where it does not say."""

    name: str
    data: bytes = field(repr=False)


async def received(request: Request) -> Upload:
    """The file of this request. Raises FileMissing."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return Upload("", await request.body())
    async with request.form(max_files=1, max_fields=4) as form:
        sent = form.get("file")
        if not isinstance(sent, UploadFile):
            raise FileMissing("Thiếu phần `file`.", "The part `file` is missing.", field="file")
        return Upload((sent.filename or "")[:200], await sent.read())
