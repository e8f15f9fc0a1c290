"""News reach the pages they concern: once read for all, whatever the order of commits, on both databases."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from gateway.kernel.ids import encode
from gateway.kernel.outbox import Event, event, rows_of
from gateway.kernel.uow import Environment
from gateway.web import live
from gateway.web.live import Recent, Standing, Tailer
from gateway.web.screen import State
from tests.conftest import HandClock
from tests.gateway.web.serving import pages, serving
from tests.gateway.web.states import reach, sign
from tests.town import Town

PATIENCE = 20  # seconds; only how long a failure takes


def happen(environment: Environment, *subjects: str) -> None:
    """Something is committed about each subject."""
    with environment.begin(actor="test") as uow:
        uow.emit(Event("H56.17", "test.happened", subject, {}) for subject in subjects)


def test_a_commit_wakes_its_own_pages_only(environment: Environment) -> None:
    tailer = Tailer(environment)

    async def story() -> None:
        with tailer.follow() as mine, tailer.follow() as other:
            mine.subjects, other.subjects = frozenset({"pay_1", "due_1"}), frozenset({"pay_2"})
            for subject in ("due_1", "pay_1"):
                await asyncio.to_thread(happen, environment, subject, "pay_3")
                assert await mine.woken(PATIENCE)
                assert not await other.woken(0)
        assert len(tailer) == 0

    asyncio.run(story())


def test_many_pages_cost_one_look(environment: Environment) -> None:
    tailer = Tailer(environment)

    async def story() -> int:
        with counting(environment) as looks:
            followers = [tailer.follow() for _ in range(50)]
            entered = [follower.__enter__() for follower in followers]
            for page in entered:
                page.subjects = frozenset({"pay_1"})
            await asyncio.to_thread(happen, environment, "pay_1")
            assert all(await asyncio.gather(*(page.woken(PATIENCE) for page in entered)))
            seen = len(looks)
            for follower in followers:
                follower.__exit__(None, None, None)
        return seen

    assert asyncio.run(story()) < 10


def test_a_tailer_that_rested_starts_again(environment: Environment) -> None:
    tailer = Tailer(environment)

    async def story(subject: str) -> None:
        with tailer.follow() as page:
            page.subjects = frozenset({subject})
            await asyncio.to_thread(happen, environment, subject)
            assert await page.woken(PATIENCE)

    asyncio.run(story("pay_1"))
    asyncio.run(story("pay_2"))


def test_a_transaction_that_commits_late_is_not_missed(environment: Environment, clock: HandClock) -> None:
    """Another process took its id first and committed after us."""
    recent = Recent(encode(int((clock() - live.OVERLAP).timestamp() * 1000), 10))
    write(environment, clock, "evt_late", seconds=0, subject="pay_new")
    assert look(environment, recent) == {"pay_new"}
    assert look(environment, recent) == set()
    write(environment, clock, "evt_early", seconds=-8, subject="pay_old")
    assert look(environment, recent) == {"pay_old"}
    assert look(environment, recent) == set()


def test_the_window_moves_on_and_forgets(environment: Environment, clock: HandClock) -> None:
    recent = Recent(encode(int(clock().timestamp() * 1000) - 1, 10))
    for second in range(0, 120, 5):
        write(environment, clock, f"evt_{second}", seconds=second, subject=f"pay_{second}")
        assert look(environment, recent) == {f"pay_{second}"}
    assert len(recent._seen) <= 3


def test_a_stream_tells_each_new_version_once(town: Town, environment: Environment, clock: HandClock) -> None:
    payment = reach(State.PENDING, town, clock)
    with serving(pages(environment)) as url, httpx2.Client(timeout=PATIENCE) as client:
        address = f"{url}/vi/pay/{payment.token}/events"
        with client.stream("GET", address) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            assert answer.headers["cache-control"] == "no-store"
            told = statuses(answer.iter_lines())
            first = next(told)
            assert first["status"] == "pending"
            town.money_comes(payment, 100_000)
            assert next(told)["status"] == "partial"
            town.money_comes(payment, 95_000)
            assert next(told)["status"] == "signing"
            sign(town)
            last = next(told)
            assert last["status"] == "paid"
            assert next(told, None) is None  # the last word ends the stream
        again = client.get(address, headers={"Last-Event-ID": last["version"]})
        assert again.status_code == 204  # and tells the browser not to come back
        assert f'data-version="{last["version"]}"' in client.get(f"{url}/vi/pay/{payment.token}").text


def test_last_event_id_spares_the_repetition(environment: Environment) -> None:
    async def story() -> list[str]:
        return await collect(Tailer(environment), known="v1", versions=["v1", "v1", "v2"])

    said = asyncio.run(story())
    assert [json.loads(line[6:])["version"] for line in said if line.startswith("data: ")] == ["v2"]


def test_silence_is_filled_with_heartbeats(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT", 0.01)
    tailer, standing = Tailer(environment), Standing("pending", "v1", frozenset({"pay_1"}), final=False)
    looks = 0

    def look_once() -> Standing:
        nonlocal looks
        looks += 1
        return standing

    async def story() -> list[str]:
        stream = live.stream(tailer, look_once, "v1")
        found = [await within(anext(stream)) for _ in range(4)]
        await stream.aclose()
        return found

    assert asyncio.run(story()) == ["retry: 3000\n\n", ": \n\n", ": \n\n", ": \n\n"]
    assert looks == 2  # once to learn whom it concerns, once to be sure; never while idle


def test_closing_ends_every_stream(environment: Environment) -> None:
    tailer = Tailer(environment)

    async def story() -> None:
        stream = live.stream(tailer, lambda: Standing("pending", "v1", frozenset({"pay_1"}), final=False), "")
        assert (await within(anext(stream))).startswith("retry")
        assert "pending" in await within(anext(stream))
        waiting = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0)
        tailer.close()
        assert await within(waiting) is None

    asyncio.run(story())


async def collect(tailer: Tailer, *, known: str, versions: list[str]) -> list[str]:
    """All lines of a stream whose looks find these versions one after the other; the last is final."""
    found = iter(versions)

    def look_next() -> Standing:
        version = next(found)
        return Standing("pending", version, frozenset({"pay_1"}), final=version == versions[-1])

    async def lines() -> list[str]:
        return [line async for chunk in live.stream(tailer, look_next, known) for line in chunk.splitlines()]

    async def nudge() -> None:
        while True:
            await asyncio.to_thread(happen, tailer._environment, "pay_1")
            await asyncio.sleep(0.05)

    nudging = asyncio.ensure_future(nudge())
    try:
        return list(await within(lines()))
    finally:
        nudging.cancel()


async def within(waiting: Awaitable[Any]) -> Any:
    return await asyncio.wait_for(waiting, PATIENCE)


def statuses(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """The data of `status` events."""
    for line in lines:
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))


def look(environment: Environment, recent: Recent) -> set[str]:
    with environment.read() as connection:
        return recent.read(connection)


def write(environment: Environment, clock: HandClock, name: str, *, seconds: int, subject: str) -> None:
    """An event row whose id says `seconds` from now."""
    at = clock() + timedelta(seconds=seconds)
    event_id = f"evt_{encode(int(at.timestamp() * 1000), 10)}{name[-16:]:X>16}"
    with environment.begin(actor="test") as uow:
        rows = rows_of([(event_id, Event("H56.17", "test.happened", subject, {}))], at)
        uow.connection.execute(sa.insert(event), rows)


@contextmanager
def counting(environment: Environment) -> Iterator[list[str]]:
    """The statements that read the event table."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM event" in statement:
            seen.append(statement)

    sa.event.listen(environment.reader, "before_cursor_execute", note)
    yield seen
    sa.event.remove(environment.reader, "before_cursor_execute", note)
