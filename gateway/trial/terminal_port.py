"""The trial's card terminal as a machine of its own, for as long as the server lives: TLS on a free port of this machine.

It goes on over the books that the trial day has left, and a process that is killed is a terminal that lost its power.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.simulators.terminal import SimulatedTerminal
from connectors.simulators.terminal_server import TerminalApp, serve
from gateway.kernel.uow import Environment
from gateway.trial import till

HOST = "127.0.0.1"
STOP_S = 5


@contextmanager
def plugged_in(environment: Environment, agency: str) -> Iterator[SimulatedTerminal]:
    """The agency's terminal answers while inside; its address in the books is that of this time."""
    machines = till.open_machines(environment.settings.data, environment.clock)
    certificate, key = till.certificate(environment.settings.data, environment.clock)
    with socket.socket() as door:
        door.bind((HOST, 0))
        port = door.getsockname()[1]
        till.register(environment, agency, f"{HOST}:{port}")
        app = TerminalApp(machines.terminal, till.SALE_ID)
        server = serve(app, host=HOST, port=port, certificate=certificate, key=key)
        thread = threading.Thread(target=server.run, args=([door],), name="thuphi-terminal", daemon=True)
        thread.start()
        try:
            yield machines.terminal
        finally:
            server.should_exit = server.force_exit = True
            thread.join(STOP_S)
    machines.close()
