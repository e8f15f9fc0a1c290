"""A wrong receipt gets one successor with a new number that names it; through repeats, rivals and killed processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace as with_
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from lxml import etree

from receipts import amend, store
from receipts.amend import AlreadyReplaced, NoReason, ReplacedLater, SourceTaken
from receipts.issue import issue
from receipts.model import Numbered, ReceiptFacts, Replaced
from receipts.reading import read
from receipts.series import SeriesClosed, close_series
from receipts.xml import data_element
from tests.receipts.desk import DAY, LE_PHI, NOW, SEALER, Desk, make_facts

LATER = NOW + timedelta(hours=1)
REASON = "Sai số tiền: Trần Quang Khải nộp 120.000 đồng"
CHEAPER = (with_(LE_PHI, unit_price=90_000, amount=90_000),)


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    desk = Desk(engine)
    desk.open()
    return desk


def signed(desk: Desk, *facts: ReceiptFacts) -> list[Numbered]:
    issued = desk.issue(*facts)
    with desk.engine.begin() as connection:
        store.save_all_signed(connection, {one.id: b"<BLai/>" for one in issued}, NOW, SEALER)
    return issued


def amend_in(connection: sa.Connection, desk: Desk, old_id: str, facts: ReceiptFacts, reason: str = REASON) -> Numbered:
    return amend.replace(
        connection,
        old_id,
        facts,
        now=LATER,
        mint=desk.mint,
        sealer=SEALER,
        lookup_code=lambda: desk.ids.code(12),
        reason=reason,
    )


def amended(desk: Desk, old_id: str, facts: ReceiptFacts, reason: str = REASON) -> Numbered:
    with desk.engine.begin() as connection:
        return amend_in(connection, desk, old_id, facts, reason)


def row(desk: Desk, receipt_id: str) -> store.Row:
    with desk.engine.begin() as connection:
        found = store.find(connection, receipt_id)
    assert found is not None
    return found


def test_the_successor_takes_a_new_number_and_names_the_old_one(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    new = amended(desk, old.id, make_facts(lines=CHEAPER))
    assert (new.number, new.amount, new.repeated) == (2, 90_000, False)
    assert (row(desk, old.id).state, row(desk, old.id).replaced_by) == ("replaced", new.id)
    assert (row(desk, new.id).state, row(desk, new.id).replaced_by) == ("numbered", None)
    with desk.engine.begin() as connection:
        assert store.replaced_of(connection, new.id) == Replaced("EBL01", "26TAA", 1, DAY)
        assert store.replaced_of(connection, old.id) is None
        assert amend.reason_of(connection, old.id, SEALER) == REASON
        assert amend.reason_of(connection, new.id, SEALER) is None
    assert desk.gaps() == []


def test_the_xml_of_the_successor_says_whom_it_replaces(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    new = amended(desk, old.id, make_facts(lines=CHEAPER))
    kept = row(desk, new.id)
    with desk.engine.begin() as connection:
        replaces = store.replaced_of(connection, new.id)
    data = data_element(
        store.load_facts(kept, SEALER),
        form=kept.form,
        symbol=kept.symbol,
        number=kept.number,
        lookup_code=kept.lookup_code,
        token_public_key="a2V5",
        replaces=replaces,
    )
    assert read(etree.fromstring(data)).replaces == Replaced("EBL01", "26TAA", 1, DAY)


def test_many_successors_are_asked_about_in_one_query(desk: Desk) -> None:
    olds = signed(desk, *(make_facts() for _ in range(3)))
    news = [amended(desk, old.id, make_facts()) for old in olds]
    with desk.engine.begin() as connection:
        found = store.replaced_of_all(connection, [one.id for one in (*news, *olds)])
        assert store.replaced_of_all(connection, []) == {}
    assert {i: old.number for i, old in found.items()} == {
        new.id: old.number for new, old in zip(news, olds, strict=True)
    }


def test_the_reason_is_nowhere_in_clear(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    amended(desk, old.id, make_facts())
    with desk.engine.begin() as connection:
        kept = connection.execute(sa.select(store.replacement.c.reason)).scalar_one()
    assert "Trần".encode() not in kept


def test_replacements_form_a_chain(desk: Desk) -> None:
    [first] = signed(desk, make_facts())
    second = amended(desk, first.id, make_facts())
    with desk.engine.begin() as connection:
        store.save_signed(connection, second.id, b"<BLai/>", LATER, SEALER)
    third = amended(desk, second.id, make_facts())
    assert [row(desk, one.id).replaced_by for one in (first, second, third)] == [second.id, third.id, None]
    with desk.engine.begin() as connection:
        named = store.replaced_of(connection, third.id)
    assert named is not None and named.number == second.number
    assert desk.gaps() == []


def test_a_delivered_receipt_can_be_replaced(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    with desk.engine.begin() as connection:
        store.mark_delivered(connection, [old.id], NOW)
    assert amended(desk, old.id, make_facts()).number == 2
    assert row(desk, old.id).delivered_at == NOW


def test_a_repeat_is_answered_with_the_first(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    facts = make_facts()
    first = amended(desk, old.id, facts)
    assert amended(desk, old.id, facts) == with_(first, repeated=True)
    assert desk.numbers() == [1, 2]


def test_a_second_successor_is_refused(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    amended(desk, old.id, make_facts())
    with pytest.raises(AlreadyReplaced) as refused:
        amended(desk, old.id, make_facts())
    assert (refused.value.kind, refused.value.code) == ("conflict", "receipt.already_replaced")
    assert desk.numbers() == [1, 2]
    assert desk.gaps() == []


def test_what_cannot_be_replaced_spends_no_number(desk: Desk) -> None:
    desk.open("26TAB", owner="agc_other")
    [old] = signed(desk, make_facts("src_old"))
    [waiting, foreign] = desk.issue(make_facts(), make_facts(owner="agc_other"))
    refusals = [
        (waiting.id, make_facts(), store.NotSigned),
        ("rct_none", make_facts(), store.ReceiptMissing),
        (foreign.id, make_facts(), store.ReceiptMissing),
        (old.id, make_facts("src_old"), SourceTaken),
        (old.id, make_facts(waiting.source), SourceTaken),
        (old.id, make_facts(day=DAY - timedelta(days=1)), ReplacedLater),
        (old.id, make_facts(day=date(2027, 1, 4)), SeriesClosed),
    ]
    for old_id, facts, error in refusals:
        with desk.engine.begin() as connection, pytest.raises(error):
            amend_in(connection, desk, old_id, facts)
    assert len(desk.numbers()) == 3
    assert row(desk, old.id).state == "signed"
    assert desk.gaps() == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_replacement_states_its_reason(desk: Desk, reason: str) -> None:
    [old] = signed(desk, make_facts())
    with pytest.raises(NoReason):
        amended(desk, old.id, make_facts(), reason)
    assert desk.numbers() == [1]


def test_the_next_year_replaces_in_its_own_symbol(desk: Desk) -> None:
    [old] = signed(desk, make_facts(day=date(2026, 12, 31)))
    desk.open("27TAA")
    new = amended(desk, old.id, make_facts(day=date(2027, 1, 4)))
    assert (new.symbol, new.number) == ("27TAA", 1)
    with desk.engine.begin() as connection:
        assert store.replaced_of(connection, new.id) == Replaced("EBL01", "26TAA", 1, date(2026, 12, 31))


def test_a_closed_series_replaces_nothing(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    series_id = row(desk, old.id).series_id
    with desk.engine.begin() as connection:
        close_series(connection, series_id, NOW)
    with pytest.raises(SeriesClosed):
        amended(desk, old.id, make_facts())
    assert row(desk, old.id).state == "signed"


def test_a_rollback_leaves_the_old_one_in_force(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    with desk.engine.connect() as connection, connection.begin() as database_transaction:
        amend_in(connection, desk, old.id, make_facts())
        database_transaction.rollback()
    assert row(desk, old.id).state == "signed"
    assert amended(desk, old.id, make_facts()).number == 2
    assert desk.gaps() == []


def test_of_two_rivals_one_wins(desk: Desk) -> None:
    olds = signed(desk, *(make_facts() for _ in range(8)))

    def clerk(who: int) -> list[bool]:
        won = []
        for old in olds:
            try:
                amended(desk, old.id, make_facts(f"src_{who}_{old.number}"))
                won.append(True)
            except AlreadyReplaced:
                won.append(False)
        return won

    with ThreadPoolExecutor(2) as pool:
        left, right = pool.map(clerk, range(2))
    assert [a + b for a, b in zip(left, right, strict=True)] == [1] * 8
    assert desk.numbers() == list(range(1, 17))
    assert desk.gaps() == []


@pytest.mark.parametrize("doubled", ["old_id", "new_id"])
def test_the_database_refuses_a_second_successor_too(desk: Desk, doubled: str) -> None:
    a, b, c = signed(desk, *(make_facts() for _ in range(3)))
    pairs = {"old_id": [(a.id, b.id), (a.id, c.id)], "new_id": [(a.id, c.id), (b.id, c.id)]}[doubled]
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        for old_id, new_id in pairs:
            values = {"old_id": old_id, "new_id": new_id, "reason": b"x", "replaced_at": NOW}
            connection.execute(sa.insert(store.replacement).values(**values))


def test_the_database_lets_nothing_replace_itself(desk: Desk) -> None:
    [one] = signed(desk, make_facts())
    values = {"old_id": one.id, "new_id": one.id, "reason": b"x", "replaced_at": NOW}
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.insert(store.replacement).values(**values))


def test_a_process_killed_before_its_commit_replaces_nothing(desk: Desk, database_url: str) -> None:
    [old] = signed(desk, make_facts())
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.receipts.amender", database_url, old.id],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"  # both rows and the counter are written, not committed
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(timeout=30) == -signal.SIGKILL
    process.stdout.close()
    assert amended(desk, old.id, make_facts()).number == 2
    assert row(desk, old.id).state == "replaced"
    assert desk.gaps() == []


def test_an_ordinary_receipt_still_issues_while_one_is_replaced(desk: Desk) -> None:
    """Both want the counter first, so neither waits for the other in a ring."""
    [old] = signed(desk, make_facts())
    with ThreadPoolExecutor(1) as pool:
        with desk.engine.begin() as connection:
            amend_in(connection, desk, old.id, make_facts())
            waiting = pool.submit(desk.issue, make_facts())
        [one] = waiting.result(timeout=30)
    assert one.number == 3


def test_replacing_within_the_transaction_that_issues(desk: Desk) -> None:
    [old] = signed(desk, make_facts())
    with desk.engine.begin() as connection:
        issue(connection, [make_facts()], now=NOW, mint=desk.mint, sealer=SEALER, lookup_code=lambda: desk.ids.code(12))
        assert amend_in(connection, desk, old.id, make_facts()).number == 3
    assert desk.gaps() == []
