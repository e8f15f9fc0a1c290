"""The officers' pages: who may open which, how they come in, and where they start."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.web.officers import login

router = APIRouter(include_in_schema=False)
login.add_routes(router)
