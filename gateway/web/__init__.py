"""The citizen's pages: server-rendered, in Vietnamese and English, whole without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Put the pages and their static files on the application; `app.state.environment` is used when they are asked."""
    from gateway.web import assets
    from gateway.web.citizen import router

    app.include_router(router)
    app.add_route(f"{assets.PREFIX}{{name}}", assets.serve, methods=["GET"], include_in_schema=False)
