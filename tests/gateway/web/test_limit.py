"""Thirty look-ups a minute and place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.web.limit import Limiter

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def test_tokens_come_back_with_time() -> None:
    limiter = Limiter(per_minute=30)
    assert sum(limiter.allows("192.0.2.1", NOW) for _ in range(40)) == 30
    later = NOW + timedelta(seconds=10)
    assert sum(limiter.allows("192.0.2.1", later) for _ in range(40)) == 5
    assert sum(limiter.allows("192.0.2.1", later + timedelta(days=1)) for _ in range(40)) == 30


def test_places_do_not_share() -> None:
    limiter = Limiter(per_minute=1)
    assert limiter.allows("192.0.2.1", NOW)
    assert not limiter.allows("::ffff:192.0.2.1", NOW)
    assert limiter.allows("192.0.2.2", NOW)


def test_an_ipv6_customer_is_one_place() -> None:
    limiter = Limiter(per_minute=1)
    assert limiter.allows("2001:db8:0:1::1", NOW)
    assert not limiter.allows("2001:db8:0:1:ffff::9", NOW)
    assert limiter.allows("2001:db8:0:2::1", NOW)


def test_memory_is_bounded() -> None:
    limiter = Limiter(per_minute=1, most_places=2)
    for last in (1, 2, 3):
        assert limiter.allows(f"192.0.2.{last}", NOW)
    assert limiter.allows("192.0.2.1", NOW)  # forgotten, the oldest first
    assert not limiter.allows("192.0.2.3", NOW)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    limiter = Limiter(per_minute=1)
    assert limiter.allows("testclient", NOW)
    assert not limiter.allows("testclient", NOW - timedelta(hours=1))
