"""Random bits fetched in advance: of the size asked for, never the same twice, not even in a child of the process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.kernel.chance import Chance

FORK = r"""
import os
from gateway.kernel.chance import randbits
randbits(8)
child = os.fork()
os.write(1, f"{randbits(256)}\n".encode())
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.parametrize("count", [1, 5, 8, 79, 260])
def test_as_many_bits_as_asked_for(count: int) -> None:
    drawn = [Chance().bits(count) for _ in range(200)]
    assert all(0 <= number < 2**count for number in drawn)
    assert max(drawn) >= 2 ** (count - 1) > min(drawn)


def test_no_byte_is_used_twice_whatever_the_page() -> None:
    chance = Chance(page=24)
    drawn = [chance.bits(64) for _ in range(1_000)] + [chance.bits(512)]
    assert len(set(drawn)) == len(drawn)


def test_a_child_draws_for_itself() -> None:
    told = subprocess.run([sys.executable, "-c", FORK], capture_output=True, text=True, check=True).stdout.split()
    assert len(set(told)) == 2
