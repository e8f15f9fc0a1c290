"""The application: API, citizen's pages and, where embedded, the worker, all on one environment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from prometheus_client import CollectorRegistry
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from connectors.simulators.bank import SimulatedBank
from connectors.simulators.psp import SimulatedPsp
from gateway import web
from gateway.api import (
    audit,
    callbacks,
    dossiers,
    events,
    fees,
    flaws,
    health,
    metrics,
    payments,
    providers,
    receipts,
    reports,
    settlements,
    simulator,
    simulator_psp,
    statements,
    terminals,
)
from gateway.api.express import ExpressDoor
from gateway.api.headers import AnswerHeaders
from gateway.api.limits import BodyLimit
from gateway.api.openapi import DESCRIPTION, TAGS, Api, operation_id
from gateway.api.refusals import Refusals
from gateway.kernel.uow import Environment
from gateway.migrations.awaited import await_head

VERSION = "1"  # of the API, as in its addresses

ROUTERS = (
    dossiers.router,
    payments.router,
    terminals.router,
    receipts.router,
    fees.router,
    reports.router,
    providers.router,
    audit.router,
    statements.router,
    settlements.router,
    events.router,
    callbacks.router,
    health.router,
)


def create_app(
    environment: Environment,
    *,
    bank: SimulatedBank | None = None,
    psps: Mapping[str, SimulatedPsp] | None = None,
    embedded_worker: bool = False,
) -> FastAPI:
    """The application over one environment, which the caller closes. `bank` and `psps` are the demo's simulated
    bank and payment services.

    Starting it waits for the database and raises NotMigrated on one that is not at the head of the history.
    """
    registry = CollectorRegistry()
    registry.register(metrics.Books(environment))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await anyio.to_thread.run_sync(await_head, environment)
        anyio.to_thread.current_default_thread_limiter().total_tokens = _threads(environment)
        async with _working(environment if embedded_worker else None):
            yield
        app.state.tailer.close()  # ends the streams of open pages

    app = Api(
        title="Thu Phí",
        version=VERSION,
        description=DESCRIPTION,
        openapi_tags=TAGS,
        docs_url=None,  # its pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=lifespan,
        middleware=[
            Middleware(metrics.Measured, traffic=metrics.Traffic(registry)),
            Middleware(AnswerHeaders, environment=environment),
            Middleware(Refusals),
            Middleware(BodyLimit),
            Middleware(ExpressDoor, lines={payments.EXPRESS.path: payments.EXPRESS}),
        ],
        exception_handlers={RequestValidationError: flaws.validation, HTTPException: flaws.http},
    )
    app.state.environment = environment
    app.state.demo = bank is not None  # sample officers may be chosen at the login, and nowhere else
    for router in (*ROUTERS, metrics.router_for(registry)):
        app.include_router(router)
    if bank is not None:
        app.include_router(simulator.router_for(bank))
        app.include_router(simulator_psp.router_for(psps or {}))
    web.install(app)
    return app


@asynccontextmanager
async def _working(environment: Environment | None) -> AsyncIterator[None]:
    """The worker beside the doors, for installations of one process."""
    if environment is None:
        yield
        return
    from gateway.worker import Worker

    worker = Worker(environment)
    worker.start()
    try:
        yield
    finally:
        await anyio.to_thread.run_sync(worker.stop)


def _threads(environment: Environment) -> int:
    """As many as there are connections to use; more would only wait for one. Embedded writers queue at the gate."""
    return 40 if environment.embedded else 4 * environment.settings.pool_size
