"""The citizen's pages: server-rendered, in Vietnamese and English, whole without script."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI


def install(app: FastAPI) -> None:
    """Put the pages, their static files and `app.state.tailer` on an application that has its `state.environment`."""
    from gateway.web import assets
    from gateway.web.accountant import router as accountant
    from gateway.web.citizen import router
    from gateway.web.counter import router as counter
    from gateway.web.go import router as go
    from gateway.web.limit import Limiter
    from gateway.web.live import Tailer
    from gateway.web.officers import router as officers
    from gateway.web.refusals import Refusals
    from gateway.web.replaced import router as replaced

    app.state.tailer = Tailer(app.state.environment)  # to be closed with the application: it ends the open streams
    app.state.lookup_limiter = Limiter()
    app.include_router(router)
    app.include_router(go)
    app.include_router(officers)
    app.include_router(counter)
    app.include_router(accountant)
    app.include_router(replaced)
    app.add_middleware(Refusals)
    app.add_route(f"{assets.PREFIX}{{name}}", assets.serve, methods=["GET"], include_in_schema=False)
