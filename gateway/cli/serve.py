"""`thuphi serve` and `thuphi worker`: the processes of an installation.

Embedded, one process does everything. With PostgreSQL several may serve and several may work.
"""

from __future__ import annotations

import signal
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.answer import refusals
from gateway.cli.place import Data, installation, settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

    import uvicorn

    from connectors.contract import Reply, Request
    from connectors.simulators.bank import SimulatedBank
    from connectors.simulators.psp import SimulatedPsp
    from gateway.kernel.settings import Settings
    from gateway.kernel.uow import Environment
    from gateway.trial.pump import Calls

TRIAL_DIRECTORY = Path("thuphi-demo")
TRIAL_PAYMENTS = 24


def serve(
    demo: Annotated[bool, typer.Option("--demo", help="Dữ liệu mẫu, ngân hàng mô phỏng / sample data")] = False,
    profile: Annotated[str, typer.Option(help="Với --demo: thanhhoa | huongthuy | province / with --demo")] = "",
    data: Data = None,
    host: Annotated[str, typer.Option(help="Địa chỉ / address")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Cổng / port")] = 8000,
    base_url: Annotated[str, typer.Option(help="Địa chỉ công khai / public URL")] = "",
    embedded_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Chạy cả worker / run the worker too")
    ] = True,
) -> None:
    """API, trang web và worker trong một tiến trình / API, web and worker in one process."""
    from gateway.cli.logs import server_logs

    server_logs()
    url = base_url or f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"  # noqa: S104 - compared, not bound
    with refusals(as_json=False):
        settings = _trial(data, url, profile) if demo else settings_of(data)
        if base_url and not demo:
            settings = settings.model_copy(update={"base_url": url})
        _run(settings, host, port, demo=demo, embedded_worker=embedded_worker)


def worker(data: Data = None) -> None:
    """Chỉ worker: rút hộp thư đến, ký biên lai, gửi webhook / the worker alone."""
    from gateway.cli.logs import server_logs
    from gateway.worker import Worker

    server_logs()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with refusals(as_json=False), installation(data, patient=True) as environment:
        working = Worker(environment)
        working.start()
        stop.wait()
        working.stop()


def _trial(data: Path | None, url: str, profile: str) -> Settings:
    """The trial's settings; a directory without a trial gets one, an existing one is continued."""
    from gateway.trial import place
    from gateway.trial.found import settings_for
    from gateway.trial.make import make
    from gateway.trial.profile import named

    size = named(profile)
    directory = data or TRIAL_DIRECTORY
    if not place.is_trial(directory):
        make(directory, payments=size.payments if profile else TRIAL_PAYMENTS, seed=1, profile=size, base_url=url)
    place.write_mark(directory, place.read_mark(directory) | {"base_url": url})
    return settings_for(directory, url)


def _run(settings: Settings, host: str, port: int, *, demo: bool, embedded_worker: bool) -> None:
    import uvicorn

    from gateway.kernel.uow import Environment
    from gateway.main import create_app
    from gateway.trial.psps import Notifier
    from gateway.trial.terminal_port import plugged_in

    environment = Environment(settings)
    bank = _bank(settings, environment) if demo else None
    psps = _psps(settings, environment) if demo else {}
    app = create_app(environment, bank=bank, psps=psps, embedded_worker=embedded_worker)
    config = uvicorn.Config(
        app, host=host, port=port, log_config=None, access_log=False, timeout_graceful_shutdown=5, server_header=False
    )
    server = _server_class()(config)
    pump = _pump([bank, *map(Notifier, psps.values())], server, host, port) if bank is not None else None
    try:
        with plugged_in(environment, _agency(settings)) if demo else nullcontext():
            server.run()
    finally:
        if pump is not None:
            pump.set()
        if bank is not None:
            bank.close()
        for psp in psps.values():
            psp.close()
        environment.close()


def _server_class() -> type[uvicorn.Server]:
    import uvicorn

    class Server(uvicorn.Server):
        """Ends open event streams as soon as it is told to stop, so that a stop takes no longer than the work in hand."""

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            tailer = getattr(self.config.app.state, "tailer", None)  # type: ignore[union-attr]
            if tailer is not None:
                threading.Thread(target=tailer.close).start()  # not here: it takes a lock this thread may hold
            super().handle_exit(sig, frame)

    return Server


def _bank(settings: Settings, environment: object) -> SimulatedBank:
    from gateway.kernel.clock import system_clock
    from gateway.trial.found import open_bank

    return open_bank(settings.data, system_clock)


def _psps(settings: Settings, environment: Environment) -> dict[str, SimulatedPsp]:
    """The payment services, reached at this server's own address."""
    from gateway.kernel.clock import system_clock
    from gateway.trial import psps

    agency = _agency(settings)
    psps.connect(environment, settings.base_url, agency)
    return psps.open_psps(settings.data, system_clock, settings.base_url, agency=agency)


def _agency(settings: Settings) -> str:
    """The trial's."""
    from gateway.trial import place

    return str(place.read_mark(settings.data)["agency"])


def _pump(callers: Sequence[Calls], server: object, host: str, port: int) -> threading.Event:
    """Bank and services call over HTTP like real ones, as soon as somebody listens."""
    import httpx2

    from connectors.contract import Reply
    from gateway.trial.pump import POLL_SECONDS, Pump

    there = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    client = httpx2.Client(base_url=f"http://{there}:{port}", timeout=10)
    stop = threading.Event()

    def call(request: Request) -> Reply:
        answer = client.request(
            request.method, request.path, content=request.body, headers=dict(request.headers), params=request.query
        )
        return Reply(answer.status_code, answer.content)

    def run() -> None:
        while not getattr(server, "started", False):
            if stop.wait(POLL_SECONDS):
                return
        pumps = [Pump(caller, call) for caller in callers]
        for pump in pumps:
            pump.start()
        stop.wait()
        for pump in pumps:
            pump.stop()
        client.close()

    threading.Thread(target=run, name="thuphi-bank-line", daemon=True).start()
    return stop
