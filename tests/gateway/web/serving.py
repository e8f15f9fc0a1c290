"""The pages on an application of their own, in this process or on a loopback port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from gateway.kernel.uow import Environment
from gateway.web import install


def pages(environment: Environment) -> FastAPI:
    """Only the citizen's pages."""
    app = FastAPI(openapi_url=None)
    app.state.environment = environment
    install(app)
    return app


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application on a free loopback port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            app.state.tailer.close()
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()
