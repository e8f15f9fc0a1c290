"""The application for `uvicorn --factory`, on the installation that THUPHI_* names."""

from __future__ import annotations

from fastapi import FastAPI

from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.main import create_app


def app() -> FastAPI:
    """One process's application."""
    return create_app(Environment(Settings()))
