"""A large file read twice in bounded memory says exactly what it says when it is read whole."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.files import camt, detect, mt940, survey
from connectors.files.reading import REASONS, WARNINGS
from connectors.statement import Entry, head_of
from tests.connectors.files.grids import GRIDS, as_csv, as_xlsx

GOLDEN = Path(__file__).parents[2] / "golden" / "statements"
INDEX = json.loads((GOLDEN / "index.json").read_text(encoding="utf-8"))
PATHS = [GOLDEN / case["file"] for case in INDEX["files"] + INDEX["malformed"] if (GOLDEN / case["file"]).exists()]
REAL = {path.name: path.read_bytes() for path in PATHS}
TABLES = {f"{name}.csv": as_csv(grid) for name, grid in GRIDS.items()}
TABLES |= {f"{name}.xlsx": as_xlsx(grid) for name, grid in GRIDS.items()}


def assert_the_same(data: bytes) -> None:
    whole = detect.parse(data)
    reading = detect.read(lambda: BytesIO(data))
    assert (reading.format, reading.problems) == (whole.format, whole.problems)
    assert reading.heads == tuple(map(head_of, whole.statements)) == whole.heads
    entries: list[list[Entry]] = [[] for _ in reading.heads]
    for number, batch in reading.batches() if reading.heads else ():
        entries[number] += batch
    assert entries == [list(statement.entries) for statement in whole.statements]


@pytest.mark.parametrize("name", [*REAL, *TABLES])
def test_two_looks_are_one_reading(name: str) -> None:
    assert_the_same((REAL | TABLES)[name])


def test_a_currency_that_only_the_closing_balance_names_is_that_of_the_entries() -> None:
    data = b":20:A\n:25:19001\n:28C:1/1\n:61:2611201120C50,NTRFNONREF\n:62F:C261120VND50,\n-"
    assert_the_same(data)
    assert detect.read(lambda: BytesIO(data)).heads[0].currencies == {"VND"}


@pytest.mark.parametrize("size", [7, 100])
def test_pieces_of_any_size_are_one_file(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = {name: detect.parse(data) for name, data in REAL.items()}
    monkeypatch.setattr(mt940, "_PIECE", size)
    monkeypatch.setattr(camt, "_CHUNK", size)
    monkeypatch.setattr(survey, "BATCH", 2)
    for name, data in REAL.items():
        assert detect.parse(data) == expected[name], name
        assert_the_same(data)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_mutated_real_file_is_read_or_refused_with_a_known_reason(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from(sorted(REAL.values()) + sorted(TABLES.values())))
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        damaged[at : at + data.draw(st.integers(0, 20))] = data.draw(
            st.one_of(
                st.binary(max_size=6),
                st.sampled_from([b"9" * 40, b"-", b"\r", b"\n:61:", b"</Ntry>", b"&x;", b"\x00", b",,"]),
            )
        )
    parsed = detect.parse(bytes(damaged))

    assert {problem.code for problem in parsed.problems} <= set(REASONS)
    assert bool(parsed.statements) == all(problem.code in WARNINGS for problem in parsed.problems)
    assert_the_same(bytes(damaged))
