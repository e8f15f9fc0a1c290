"""Commands that arrive together share a commit, and nothing else: answers, refusals and failures are each their own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.kernel import once, outbox
from gateway.kernel.coalesce import BATCH, QueueFull, Writer, Writers
from gateway.kernel.errors import Conflict, ThuPhiError
from gateway.kernel.once import Answer
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork

AGENCY = "H56.17"


class Desk:
    """Writes an event for each name; refuses, breaks or waits where a test says so."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.batches: list[list[str]] = []
        self.going, self.entered = threading.Event(), threading.Event()
        self.going.set()
        self.trouble: Callable[[UnitOfWork, Sequence[str]], None] = lambda uow, names: None

    def note(self, uow: UnitOfWork, names: Sequence[str]) -> list[str | ThuPhiError]:
        self.batches.append(list(names))
        self.entered.set()
        assert self.going.wait(10)
        kept = [name for name in names if not name.startswith("refuse")]
        uow.emit(Event(AGENCY, "noted", name, {}) for name in kept)
        self.trouble(uow, names)
        return [f"{name}!" if name in kept else Conflict("Không được.", name) for name in names]

    def kept(self) -> list[str]:
        with self.environment.read() as connection:
            return sorted(connection.scalars(sa.select(outbox.event.c.subject)))


@pytest.fixture
def desk(environment: Environment) -> Desk:
    return Desk(environment)


def together(desk: Desk, names: Sequence[str], *, room: int = 1000) -> list[Any]:
    """What each of `names` hears when all but the first arrive while the first is being written."""

    async def ask() -> list[Any]:
        writer = Writer(desk.environment, desk.note, room=room)
        desk.going.clear()
        first = asyncio.create_task(writer.do(names[0]))
        await asyncio.to_thread(desk.entered.wait, 10)
        others = [asyncio.create_task(writer.do(name)) for name in names[1:]]
        await asyncio.sleep(0)
        desk.going.set()
        return await asyncio.gather(first, *others, return_exceptions=True)

    return run(ask())


def run(work: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    return asyncio.run(work)


def test_what_arrives_meanwhile_shares_one_commit(desk: Desk) -> None:
    names = [f"n{n:03}" for n in range(40)]
    assert together(desk, names) == [f"{name}!" for name in names]
    assert desk.batches == [names[:1], names[1:]]
    assert desk.kept() == names


def test_a_batch_has_a_bound(desk: Desk) -> None:
    names = [f"n{n:03}" for n in range(BATCH + 11)]
    together(desk, names)
    assert [len(batch) for batch in desk.batches] == [1, BATCH, 10]


def test_a_refusal_is_only_its_own(desk: Desk) -> None:
    heard = together(desk, ["a", "b", "refuse it", "c"])
    assert (heard[1], heard[3]) == ("b!", "c!")
    assert isinstance(heard[2], Conflict)
    assert desk.kept() == ["a", "b", "c"]


def test_a_poison_command_does_not_fail_its_neighbours(desk: Desk) -> None:
    def trouble(uow: UnitOfWork, names: Sequence[str]) -> None:
        if "poison" in names:
            uow.connection.execute(sa.insert(outbox.event).values(id="only an id"))

    desk.trouble = trouble
    names = ["a", "b", "c", "poison", "d", "e"]
    heard = together(desk, names)
    assert isinstance(heard.pop(3), sa.exc.IntegrityError)
    assert heard == ["a!", "b!", "c!", "d!", "e!"]
    assert desk.kept() == ["a", "b", "c", "d", "e"]


def test_what_broke_by_chance_is_tried_again(desk: Desk) -> None:
    """A drawn reference that somebody has is drawn anew."""

    def trouble(uow: UnitOfWork, names: Sequence[str]) -> None:
        if len(desk.batches) == 1:
            uow.connection.execute(sa.insert(outbox.event).values(id="only an id"))

    desk.trouble = trouble
    assert together(desk, ["a"]) == ["a!"]
    assert desk.kept() == ["a"]


def test_a_bug_in_the_verb_does_not_stop_the_writer(desk: Desk) -> None:
    def trouble(uow: UnitOfWork, names: Sequence[str]) -> None:
        if "poison" in names:
            raise ZeroDivisionError

    desk.trouble = trouble
    heard = together(desk, ["poison", "b"])
    assert isinstance(heard[0], ZeroDivisionError)
    assert heard[1] == "b!"


def test_without_a_connection_all_fail_at_once(desk: Desk) -> None:
    """Halving would ask a database that does not answer again and again."""

    def trouble(uow: UnitOfWork, names: Sequence[str]) -> None:
        if "a" not in names:
            raise sa.exc.OperationalError("SELECT 1", None, Exception("gone"))

    desk.trouble = trouble
    heard = together(desk, ["a", "b", "c", "d"])
    assert heard[0] == "a!"
    assert [type(one) for one in heard[1:]] == [sa.exc.OperationalError] * 3
    assert desk.batches == [["a"], ["b", "c", "d"]]


def test_a_full_queue_refuses(desk: Desk) -> None:
    heard = together(desk, ["a", "b", "c", "d"], room=2)
    assert heard[:3] == ["a!", "b!", "c!"]
    assert isinstance(heard[3], QueueFull)
    assert (heard[3].kind, heard[3].code) == ("unavailable", "writer.full")
    assert desk.kept() == ["a", "b", "c"]


def test_who_stops_waiting_disturbs_nobody(desk: Desk) -> None:
    async def ask() -> list[Any]:
        writer = Writer(desk.environment, desk.note)
        desk.going.clear()
        gone, stays = asyncio.create_task(writer.do("gone")), asyncio.create_task(writer.do("stays"))
        await asyncio.to_thread(desk.entered.wait, 10)
        gone.cancel()
        desk.going.set()
        return [await stays]

    assert run(ask()) == ["stays!"]
    assert desk.kept() == ["gone", "stays"]


def test_the_end_drains_the_queue(desk: Desk) -> None:
    async def ask() -> list[Any]:
        writers = Writers(desk.environment)
        writer = writers.of(desk.note)
        assert writers.of(desk.note) is writer
        desk.going.clear()
        tasks = [asyncio.create_task(writer.do(name)) for name in ("a", "b", "c")]
        await asyncio.to_thread(desk.entered.wait, 10)
        closing = asyncio.create_task(asyncio.to_thread(writer.close))
        desk.going.set()
        await closing
        with pytest.raises(QueueFull):
            await writer.do("too late")
        return await asyncio.gather(*tasks)

    assert run(ask()) == ["a!", "b!", "c!"]
    assert desk.kept() == ["a", "b", "c"]


Asked = tuple[str, Any]  # key, body


class Keyed:
    """A verb behind idempotency keys, that counts what it really does."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.acts: list[Any] = []

    def ask(self, *asked: Asked) -> list[tuple[int, str, bool] | str]:
        """Each outcome in one batch: (status, body, replayed), or a refusal's code."""
        with self.environment.begin(actor="test") as uow:
            asks = [once.ask(uow.vault, AGENCY, key, "POST", "/a", body) for key, body in asked]
            outcomes = once.once_many(uow, asks, lambda chosen: [self._act(asked[n][1]) for n in chosen])
        return [o.code if isinstance(o, ThuPhiError) else (o.status, o.body, o.replayed) for o in outcomes]

    def _act(self, body: Any) -> Answer | ThuPhiError:
        self.acts.append(body)
        return Conflict("Không được.", "No.") if body == "refuse" else Answer(201, json.dumps(body))


@pytest.fixture
def keyed(environment: Environment) -> Keyed:
    return Keyed(environment)


def test_a_key_that_comes_twice_in_a_batch_is_done_once(keyed: Keyed) -> None:
    assert keyed.ask(("k", 1), ("other", 2), ("k", 1), ("k", 3)) == [
        (201, "1", False),
        (201, "2", False),
        (201, "1", True),
        "idempotency.key_reused",
    ]
    assert keyed.acts == [1, 2]


def test_replays_misuse_and_news_are_told_apart(keyed: Keyed) -> None:
    keyed.ask(("a", 1), ("b", 2))
    assert keyed.ask(("b", 9), ("c", 3), ("a", 1)) == ["idempotency.key_reused", (201, "3", False), (201, "1", True)]
    assert keyed.acts == [1, 2, 3]


def test_a_refusal_frees_its_key_even_within_the_batch(keyed: Keyed) -> None:
    heard = keyed.ask(("k", "refuse"), ("k", "refuse"), ("k", 5), ("k", 5))
    assert heard == ["state.conflict", "state.conflict", (201, "5", False), (201, "5", True)]
    assert keyed.ask(("k", 5)) == [(201, "5", True)]
    assert keyed.acts == ["refuse", 5]


def test_a_key_whose_only_request_was_refused_is_free(keyed: Keyed) -> None:
    assert keyed.ask(("k", "refuse")) == ["state.conflict"]
    assert keyed.ask(("k", 7)) == [(201, "7", False)]
