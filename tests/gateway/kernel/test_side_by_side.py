"""Lines of work side by side: each has its room, and what is in hand is waited for at the end."""

from __future__ import annotations

import threading

import pytest

from gateway.kernel.side_by_side import SideBySide


def test_a_busy_line_takes_no_more_and_holds_no_other_up() -> None:
    let, crew = threading.Event(), SideBySide("test", most=3, of_one=1)
    assert crew.start("slow", lambda: int(let.wait(10)))
    assert not crew.start("slow", lambda: 1)
    assert crew.start("quick", lambda: 5)
    assert crew.collect(10) == 5
    assert crew.busy and crew.free == 2
    let.set()
    assert crew.collect(10) == 1
    assert not crew.busy
    crew.close()


def test_all_hands_are_full() -> None:
    let, crew = threading.Event(), SideBySide("test", most=2, of_one=2)
    assert crew.start("a", lambda: int(let.wait(10))) and crew.start("a", lambda: int(let.wait(10)))
    assert not crew.may_start("b")
    let.set()
    crew.close()
    assert crew.collect() == 2


def test_an_error_is_not_swallowed() -> None:
    crew = SideBySide("test")
    crew.start("a", lambda: int("x"))
    with pytest.raises(ValueError, match="invalid literal"):
        crew.collect(10)
    assert not crew.busy
    crew.close()
