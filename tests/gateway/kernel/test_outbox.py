"""Jobs: claimed by lease, finished behind a fence, given up visibly and revived."""

from __future__ import annotations

from datetime import timedelta

from gateway.kernel import outbox
from gateway.kernel.outbox import Claimed, Job
from gateway.kernel.uow import Environment
from tests.conftest import HandClock

LEASE = timedelta(seconds=30)


def enqueue(environment: Environment, *keys: str) -> None:
    with environment.begin(actor="test") as uow:
        uow.enqueue(Job("H", "call", {"n": key}, key=key) for key in keys)


def claim(environment: Environment, limit: int = 10) -> list[Claimed]:
    with environment.begin(actor="test") as uow:
        return outbox.claim(uow.connection, "call", now=uow.now(), limit=limit, lease=LEASE)


def finish(environment: Environment, jobs: list[Claimed]) -> set[str]:
    with environment.begin(actor="test") as uow:
        return outbox.finish(uow.connection, jobs, now=uow.now())


def test_the_same_key_twice_is_one_job(environment: Environment) -> None:
    enqueue(environment, "a", "b")
    enqueue(environment, "b", "c")
    assert [job.payload["n"] for job in claim(environment)] == ["a", "b", "c"]


def test_a_leased_job_is_left_alone_until_the_lease_ends(environment: Environment, clock: HandClock) -> None:
    enqueue(environment, "a")
    first = claim(environment)
    assert claim(environment) == []
    clock.advance(seconds=31)
    second = claim(environment)
    assert [job.id for job in second] == [job.id for job in first]
    assert second[0].attempt == 2


def test_who_lost_the_lease_cannot_finish(environment: Environment, clock: HandClock) -> None:
    enqueue(environment, "a")
    slow = claim(environment)
    clock.advance(seconds=31)
    quick = claim(environment)
    assert finish(environment, slow) == set()
    assert finish(environment, quick) == {quick[0].id}
    assert finish(environment, quick) == set()


def test_put_off_comes_back_later_and_given_up_is_seen_and_revived(environment: Environment, clock: HandClock) -> None:
    enqueue(environment, "a")
    job = claim(environment)[0]
    with environment.begin(actor="test") as uow:
        outbox.put_off(uow.connection, job, until=uow.now() + timedelta(minutes=1), error="timeout", now=uow.now())
    assert claim(environment) == []
    clock.advance(minutes=1)
    job = claim(environment)[0]
    with environment.begin(actor="test") as uow:
        outbox.put_off(uow.connection, job, until=None, error="gone", now=uow.now())
    clock.advance(days=1)
    assert claim(environment) == []
    with environment.begin(actor="test") as uow:
        assert [(row.id, row.last_error) for row in outbox.dead(uow.connection)] == [(job.id, "gone")]
        assert outbox.revive(uow.connection, [job.id, "job_unknown"], now=uow.now()) == [job.id]
    assert [again.id for again in claim(environment)] == [job.id]
