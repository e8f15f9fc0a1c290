"""One effect per Idempotency-Key, whatever repeats, races or fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway.kernel import once
from gateway.kernel.errors import Conflict
from gateway.kernel.once import Answer, idempotency
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment, UnitOfWork
from tests.conftest import HandClock

AGENCY = "H56.17"


class Desk:
    """Counts how often the act is really done."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.acts = 0

    def post(self, key: str | None, body: Any = None, *, agency: str = AGENCY, path: str = "/a") -> Answer:
        return self._in_one_transaction(key, body, agency, path, self._act)

    def fail(self, key: str) -> None:
        def refuse() -> Answer:
            raise Conflict("Không được.", "The state says no.")

        self._in_one_transaction(key, None, AGENCY, "/a", refuse)

    def _in_one_transaction(
        self, key: str | None, body: Any, agency: str, path: str, act: Callable[[], Answer]
    ) -> Answer:
        with self.environment.begin(actor="test") as uow:
            return once.once(uow, once.ask(uow.vault, agency, key, "POST", path, body), act)

    def _act(self) -> Answer:
        self.acts += 1
        return Answer(201, f'{{"act":{self.acts}}}')

    def rows(self) -> list[sa.Row[Any]]:
        with self.environment.read() as connection:
            return list(connection.execute(sa.select(idempotency)))


@pytest.fixture
def desk(environment: Environment) -> Desk:
    return Desk(environment)


def test_a_repeat_gets_the_first_answer_and_changes_nothing(desk: Desk) -> None:
    first, second = desk.post("k", {"amount": 1}), desk.post("k", {"amount": 1})

    assert (first.status, first.body, first.replayed) == (201, '{"act":1}', False)
    assert (second.status, second.body, second.replayed) == (201, '{"act":1}', True)
    assert desk.acts == 1


def test_the_spelling_of_the_body_does_not_matter(desk: Desk) -> None:
    desk.post("k", {"a": 1, "b": "đ"})
    assert desk.post("k", {"b": "đ", "a": 1}).replayed


@pytest.mark.parametrize("other", [{"body": {"amount": 2}}, {"path": "/b"}])
def test_a_key_is_good_for_one_request_only(desk: Desk, other: dict[str, Any]) -> None:
    desk.post("k", {"amount": 1})
    with pytest.raises(once.KeyReused) as refusal:
        desk.post("k", other.get("body", {"amount": 1}), path=other.get("path", "/a"))
    assert refusal.value.code == "idempotency.key_reused"
    assert desk.acts == 1


def test_agencies_do_not_share_keys(desk: Desk) -> None:
    assert not desk.post("k").replayed
    assert not desk.post("k", agency="H40.01").replayed


def test_a_failure_is_forgotten_with_all_it_did(desk: Desk) -> None:
    with pytest.raises(Conflict):
        desk.fail("k")
    assert desk.rows() == []
    assert not desk.post("k").replayed


@pytest.mark.parametrize("key", ["", "a b", "khóa", "a\n", "x" * 256])
def test_a_key_is_visible_ascii(desk: Desk, key: str) -> None:
    with pytest.raises(once.KeyMalformed):
        desk.post(key)


def test_the_longest_key_will_do(desk: Desk) -> None:
    assert desk.post("~" * 255).status == 201


def test_no_key_no_act(desk: Desk) -> None:
    with pytest.raises(once.KeyMissing):
        desk.post(None)
    assert desk.acts == 0


def test_what_is_kept_does_not_tell_who_was_asked_about(desk: Desk) -> None:
    """An identity number has few digits: a plain digest of the body would give it away."""
    from gateway.kernel.canonical import fingerprint

    desk.post("k", {"id_number": "038090001234"})
    (row,) = desk.rows()
    assert row.fingerprint != fingerprint(["POST", "/a", {"id_number": "038090001234"}])


def test_of_a_storm_with_one_key_one_is_done(desk: Desk) -> None:
    together = threading.Barrier(8)

    def call(_: int) -> Answer:
        together.wait()
        return desk.post("k", {"amount": 1})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))

    assert desk.acts == 1
    assert {(answer.status, answer.body) for answer in answers} == {(201, '{"act":1}')}
    assert sum(answer.replayed for answer in answers) == 7


def test_a_second_waits_for_the_first_and_acts_if_that_was_undone(desk: Desk) -> None:
    claimed, failing = threading.Event(), threading.Event()

    def first() -> None:
        def act() -> Answer:
            claimed.set()
            failing.wait(10)
            raise Conflict("Không được.", "The state says no.")

        with pytest.raises(Conflict), desk.environment.begin(actor="test") as uow:
            once.once(uow, once.ask(uow.vault, AGENCY, "k", "POST", "/a", None), act)

    with ThreadPoolExecutor(2) as pool:
        earlier = pool.submit(first)
        assert claimed.wait(10)
        later = pool.submit(desk.post, "k")
        failing.set()
        earlier.result()
        assert not later.result().replayed
    assert desk.acts == 1


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_who_waits_too_long_hears_that_the_first_is_in_flight(
    migrated_url: str, clock: HandClock, tmp_path: Any
) -> None:
    """On SQLite the second is not let in before the first is through."""
    settings = Settings(data=tmp_path, database_url=SecretStr(migrated_url), statement_timeout_ms=200)
    environment = Environment(settings, clock=clock)
    desk = Desk(environment)

    def act() -> Answer:
        with pytest.raises(once.InFlight) as refusal:
            desk.post("k")
        assert (refusal.value.kind, refusal.value.code) == ("conflict", "idempotency.in_flight")
        return Answer(201, "{}")

    with environment.begin(actor="test") as uow:
        once.once(uow, once.ask(uow.vault, AGENCY, "k", "POST", "/a", None), act)
    assert desk.post("k").replayed
    environment.close()


def test_old_keys_are_forgotten_and_young_ones_kept(desk: Desk, clock: HandClock) -> None:
    for key in ("a", "b", "c"):
        desk.post(key)
    clock.advance(days=31)
    desk.post("young")

    def forget(uow: UnitOfWork) -> int:
        return once.forget(uow, limit=2)

    with desk.environment.begin(actor="test") as uow:
        assert [forget(uow), forget(uow), forget(uow)] == [2, 1, 0]
    assert [row.key for row in desk.rows()] == ["young"]
