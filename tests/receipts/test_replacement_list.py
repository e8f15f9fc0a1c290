"""The list of replaced receipts is signed, dated and small; what a token cannot know is known from it, offline."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from receipts import replacement_list
from receipts.keys import TokenKey
from receipts.replacement_list import ListRefused, make, name, read
from receipts.token import TokenFacts
from tests.receipts.forge import NOW, token_key

NEXT = NOW + timedelta(days=3)


def facts(number: int) -> TokenFacts:
    digest = base64.b64encode(bytes(32)).decode()
    return TokenFacts("2800000001", "EBL01", "26TAA", number, NOW.date(), 1, digest)


def listed(*numbers: int) -> str:
    names = [name("2800000001", "EBL01", "26TAA", number) for number in numbers]
    return make(names, number=7, made_at=NOW, next_at=NEXT, key=token_key())


def code(file: str, **more: object) -> str:
    with pytest.raises(ListRefused) as refused:
        read(file, token_key().public, **more)  # type: ignore[arg-type]
    return refused.value.code


def test_it_knows_what_was_replaced_and_nothing_else() -> None:
    found = read(listed(3, 9, 3), token_key().public, at=NOW)
    assert [found.holds(facts(number)) for number in (3, 9, 4)] == [True, True, False]
    assert (found.number, found.made_at, found.next_at, len(found.names)) == (7, NOW.replace(microsecond=0), NEXT, 2)
    assert not read(listed(), token_key().public).holds(facts(3))


def test_it_names_no_number_and_no_office() -> None:
    assert "2800000001" not in listed(3) and "26TAA" not in listed(3)


def test_it_is_small() -> None:
    names = [name("2800000001", "EBL01", "26TAA", number) for number in range(10_000)]
    assert len(make(names, number=1, made_at=NOW, next_at=NEXT, key=token_key())) < 300_000


def test_an_old_list_and_one_from_the_future_are_refused_where_the_time_counts() -> None:
    assert code(listed(1), at=NEXT + timedelta(seconds=1)) == "replaced.stale"
    assert code(listed(1), at=NOW - timedelta(seconds=1)) == "replaced.future"


def test_another_key_is_refused() -> None:
    other = TokenKey(ec.generate_private_key(ec.SECP256R1()))
    file = make([], number=1, made_at=NOW, next_at=NEXT, key=other)
    assert code(file) == "replaced.unknown_key"


def test_every_changed_character_is_found() -> None:
    file = listed(1, 2)
    for place in range(len(file)):
        changed = file[:place] + ("A" if file[place] != "A" else "B") + file[place + 1 :]
        try:
            found = read(changed, token_key().public)
        except ListRefused:
            continue
        pytest.fail(f"{place}: {found}")


@pytest.mark.parametrize(
    "file", ["", "x", "THUPHI-REPLACED-1\n\n\n", "THUPHI-REPLACED-1\ne30\nAA\n", "đ" * 9, listed(1)[:-1]]
)
def test_what_is_no_list(file: str) -> None:
    assert code(file) in ("replaced.malformed", "replaced.unknown_key")


def test_longest() -> None:
    assert code("A" * (replacement_list.LONGEST + 1)) == "replaced.malformed"
