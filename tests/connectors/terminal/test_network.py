"""Over real sockets: TLS with the pinned certificate and no other, the display, cuts, and the terminal that comes itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.contract import Failure, Outcome
from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal import Pace, SimulatedTerminal
from connectors.simulators.terminal_server import DISPLAY, PATH, TerminalApp, own_certificate, serve
from connectors.terminal import screen
from connectors.terminal.board import MemoryBoard, Pulled
from connectors.terminal.contract import Bill, LinkFailed, Message
from connectors.terminal.envelope import Ends
from connectors.terminal.nexo import NexoDriver
from connectors.terminal.pinning import CertificateUnreadable, pinned
from connectors.terminal.screen import Shown, Told
from connectors.terminal.transport import HttpPost, Transport, address

ENDS = Ends("TILL", "POI")


def clock() -> datetime:
    return datetime.now(UTC)


def bill(service_id: str) -> Bill:
    return Bill(service_id, "BLQ7K2M9QX4A", 135_000, clock())


def driver(transport: Transport, heard: list[Message] | None = None) -> NexoDriver:
    async def journal(message: Message) -> None:
        if heard is not None:
            heard.append(message)

    numbers: Iterator[int] = iter(range(10**6))
    return NexoDriver(ENDS, transport, lambda: f"Q{next(numbers):09d}", clock, journal=journal)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[SimulatedTerminal]:
    acquirer = SimulatedAcquirer(tmp_path / "acquirer.db", clock=clock)
    made = SimulatedTerminal(
        tmp_path / "terminal.db",
        acquirer,
        poi_id="POI",
        tid="TID00001",
        mid="MID1",
        clock=clock,
        pace=Pace(0.1, 0.05, 0.1),
    )
    yield made
    made.close()
    acquirer.close()


@asynccontextmanager
async def network(terminal: SimulatedTerminal, directory: Path) -> AsyncIterator[tuple[str, str]]:
    """The terminal on a port of its own: host and port, and its certificate."""
    certificate, key = own_certificate(directory, clock())
    server = serve(TerminalApp(terminal, "TILL"), host="127.0.0.1", port=0, certificate=certificate, key=key)
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", certificate.read_text()
    finally:
        server.should_exit = True
        await running


def test_a_payment_over_tls_with_its_display(terminal: SimulatedTerminal, tmp_path: Path) -> None:
    async def story() -> None:
        lines: list[Told] = []
        messages: list[Message] = []

        async def hear(told: Told) -> None:
            lines.append(told)

        async with network(terminal, tmp_path) as (place, certificate):
            watching = asyncio.create_task(screen.watch(f"wss://{place}{DISPLAY}", pinned(certificate), ENDS, hear))
            drive = driver(HttpPost(address(place), pinned(certificate)), messages)
            assert (await drive.diagnose()).host_reachable
            assert (await drive.pay(bill("AAAAAAAAA1"))).outcome is Outcome.PAID
            terminal.arm(["cut_before_answer"])
            assert (await drive.pay(bill("AAAAAAAAA2"))).reason == "link.cut"
            assert (await drive.status(bill("AAAAAAAAA2"))).outcome is Outcome.PAID
            while Shown("Giao dịch thành công", "Status") not in lines:
                await asyncio.sleep(0.02)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        told = [(message.direction, message.category) for message in messages]
        assert told[:4] == [("out", "Diagnosis"), ("in", "Diagnosis"), ("out", "Payment"), ("in", "Payment")]

    asyncio.run(story())


def test_another_certificate_hears_not_one_byte(terminal: SimulatedTerminal, tmp_path: Path) -> None:
    async def story() -> None:
        (tmp_path / "stranger").mkdir()
        stranger, _ = own_certificate(tmp_path / "stranger", clock())
        async with network(terminal, tmp_path) as (place, _):
            said = await driver(HttpPost(address(place), pinned(stranger.read_text()))).pay(bill("AAAAAAAAA1"))
            assert (said.outcome, said.reason) == (Outcome.UNKNOWN, "not_sent")
            assert terminal.answer_to("TILL", "AAAAAAAAA1") is None
            assert terminal.next_at() is None

    asyncio.run(story())


def test_nobody_there_is_told_from_silence() -> None:
    async def story() -> None:
        link = HttpPost(f"https://127.0.0.1:1{PATH}", True)
        with pytest.raises(LinkFailed) as nobody:
            await link.send(b"{}", 1)
        assert nobody.value.failure is Failure.NOT_SENT

        gone = asyncio.Event()

        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()  # until the caller has hung up
            writer.close()
            await writer.wait_closed()
            gone.set()

        async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(LinkFailed) as silent:
                await HttpPost(f"http://127.0.0.1:{port}{PATH}", True).send(b"{}", 0.2)
            assert silent.value.failure is Failure.TIMEOUT
            await gone.wait()

    asyncio.run(story())


def test_a_terminal_that_comes_for_its_bill(terminal: SimulatedTerminal) -> None:
    async def story() -> None:
        board = MemoryBoard()
        drive = driver(Pulled(board, look_every_s=0.01))
        paying = asyncio.create_task(drive.pay(bill("AAAAAAAAA1")))
        while (pulled := board.pull()) is None:
            await asyncio.sleep(0.01)
        number, message = pulled
        answer = terminal.handle(message)
        while answer is None:
            await asyncio.sleep(0.01)
            answer = terminal.answer_to("TILL", "AAAAAAAAA1")
        assert board.bring(number, answer)
        assert not board.bring(number, answer)
        assert (await paying).outcome is Outcome.PAID

        link = Pulled(board, look_every_s=0.01)
        with pytest.raises(LinkFailed) as unseen:
            await link.send(b"never pulled", 0.03)
        assert unseen.value.failure is Failure.NOT_SENT
        waiting = asyncio.create_task(link.send(b"pulled and forgotten", 0.1))
        await asyncio.sleep(0.02)
        assert board.pull() is not None
        with pytest.raises(LinkFailed) as seen:
            await waiting
        assert seen.value.failure is Failure.TIMEOUT

    asyncio.run(story())


@pytest.mark.parametrize(
    "given", ["http://10.0.0.7/nexo", "https://u:p@10.0.0.7/nexo", "https://10.0.0.7/nexo?a=1", ""]
)
def test_only_plain_https_addresses_are_terminals(given: str) -> None:
    with pytest.raises(ValueError, match="address"):
        address(given)


def test_a_certificate_that_is_none_is_refused() -> None:
    with pytest.raises(CertificateUnreadable):
        pinned("nonsense")
