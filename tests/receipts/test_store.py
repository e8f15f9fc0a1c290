"""Receipts are found by those who may, move forward only, and keep the first document they were given."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from gateway.kernel.vault import SealBroken
from receipts import facts as facts_json
from receipts import store
from receipts.mask import mask_name
from receipts.model import Delegate, Numbered
from tests.receipts.desk import NOW, PHI, SEALER, Desk, make_facts

LATER = NOW + timedelta(seconds=1)


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    desk = Desk(engine)
    desk.open()
    return desk


def sign(desk: Desk, *receipts: Numbered) -> None:
    with desk.engine.begin() as connection:
        assert store.save_all_signed(connection, {one.id: b"<BLai/>" for one in receipts}, LATER, SEALER) == {
            one.id for one in receipts
        }


def state(desk: Desk, receipt_id: str) -> str:
    with desk.engine.begin() as connection:
        row = store.find(connection, receipt_id)
    assert row is not None
    return str(row.state)


def test_a_receipt_is_found_by_id_owner_and_code(desk: Desk) -> None:
    [one] = desk.issue(make_facts())
    with desk.engine.begin() as connection:
        row = store.find(connection, one.id)
        assert row is not None
        assert (row.number, row.amount, row.day, row.issued_at) == (1, 100_000, one.day, NOW)
        assert store.find(connection, one.id, owner="agc_thanhhoa") == row
        assert store.find(connection, one.id, owner="agc_other") is None
        assert store.find(connection, "rct_none") is None
        assert store.by_lookup_code(connection, one.lookup_code) == row
        assert store.by_lookup_code(connection, "NONE") is None


def test_receipts_of_payments(desk: Desk) -> None:
    a, b, c = desk.issue(make_facts(payment="pay_1"), make_facts(payment="pay_2"), make_facts(payment="pay_1"))
    with desk.engine.begin() as connection:
        assert [row.id for row in store.of_payments(connection, ["pay_1", "pay_3"])] == [a.id, c.id]
        assert [row.id for row in store.of_payments(connection, ["pay_2", "pay_1"])] == [a.id, c.id, b.id]
        assert store.of_payments(connection, []) == []


def test_pages_follow_one_another_within_one_owner(desk: Desk) -> None:
    desk.open("26TAB", owner="agc_other")
    issued = desk.issue(*(make_facts() for _ in range(5)), make_facts(owner="agc_other"))
    seen: list[str] = []
    after = None
    with desk.engine.begin() as connection:
        while rows := store.page(connection, "agc_thanhhoa", after, 2):
            assert len(rows) <= 2
            seen += [row.id for row in rows]
            after = seen[-1]
    assert seen == [one.id for one in issued[:5]]


def test_a_signature_is_stored_once_with_its_state(desk: Desk) -> None:
    [one] = desk.issue(make_facts())
    with desk.engine.begin() as connection:
        assert store.document(connection, one.id, "xml", SEALER) is None
        assert store.save_signed(connection, one.id, b"<BLai>1</BLai>", LATER, SEALER)
    with desk.engine.begin() as connection:
        assert not store.save_signed(connection, one.id, b"<BLai>2</BLai>", LATER + timedelta(hours=1), SEALER)
    with desk.engine.begin() as connection:
        row = store.find(connection, one.id)
        kept = connection.execute(sa.select(store.document_table)).one()
        assert store.document(connection, one.id, "xml", SEALER) == b"<BLai>1</BLai>"
    assert row is not None
    assert (row.state, row.signed_at) == ("signed", LATER)
    assert kept.sha256 == hashlib.sha256(b"<BLai>1</BLai>").hexdigest()
    assert b"BLai" not in kept.body


def test_signing_what_does_not_exist_is_missing(desk: Desk) -> None:
    with desk.engine.begin() as connection, pytest.raises(store.ReceiptMissing) as refused:
        store.save_signed(connection, "rct_none", b"<BLai/>", LATER, SEALER)
    assert (refused.value.kind, refused.value.code) == ("missing", "receipt.missing")


def test_a_batch_signs_what_still_waits(desk: Desk) -> None:
    a, b = desk.issue(make_facts(), make_facts())
    sign(desk, a)
    with desk.engine.begin() as connection:
        assert store.save_all_signed(connection, {}, LATER, SEALER) == frozenset()
        assert store.save_all_signed(connection, {a.id: b"x", b.id: b"y"}, LATER, SEALER) == {b.id}
        assert store.document(connection, a.id, "xml", SEALER) == b"<BLai/>"
        assert store.document(connection, b.id, "xml", SEALER) == b"y"


def test_unsigned_ones_wait_in_order(desk: Desk) -> None:
    desk.open("26TAB", owner="agc_other")
    issued = desk.issue(*(make_facts() for _ in range(4)), make_facts(owner="agc_other"))
    sign(desk, issued[1])
    with desk.engine.begin() as connection:
        assert [row.number for row in store.unsigned(connection, 10, owner="agc_thanhhoa")] == [1, 3, 4]
        assert [row.id for row in store.unsigned(connection, 2)] == [issued[0].id, issued[2].id]
        assert len(store.unsigned(connection, 10)) == 4


def test_a_pdf_follows_the_signature_and_is_stored_once(desk: Desk) -> None:
    a, b = desk.issue(make_facts(), make_facts())
    with desk.engine.begin() as connection:
        with pytest.raises(store.NotSigned):
            store.save_pdf(connection, a.id, b"%PDF-1", LATER, SEALER)
        with pytest.raises(store.ReceiptMissing):
            store.save_pdf(connection, "rct_none", b"%PDF-1", LATER, SEALER)
        assert store.without_pdf(connection, 10) == []
    sign(desk, a, b)
    with desk.engine.begin() as connection:
        assert [row.id for row in store.without_pdf(connection, 10)] == [a.id, b.id]
        assert [row.id for row in store.without_pdf(connection, 1)] == [a.id]
        assert store.save_pdf(connection, a.id, b"%PDF-1", LATER, SEALER)
        assert not store.save_pdf(connection, a.id, b"%PDF-2", LATER, SEALER)
        assert store.document(connection, a.id, "pdf", SEALER) == b"%PDF-1"
        assert [row.id for row in store.without_pdf(connection, 10)] == [b.id]


def test_only_signed_receipts_are_delivered(desk: Desk) -> None:
    a, b = desk.issue(make_facts(), make_facts())
    sign(desk, a)
    with desk.engine.begin() as connection:
        assert store.mark_delivered(connection, [a.id, b.id, "rct_none"], LATER) == 1
        assert store.mark_delivered(connection, [a.id], LATER + timedelta(hours=1)) == 0
        assert store.mark_delivered(connection, [], LATER) == 0
        row = store.find(connection, a.id)
    assert row is not None
    assert (row.state, row.delivered_at) == ("delivered", LATER)
    assert state(desk, b.id) == "numbered"


def test_sealed_facts_do_not_open_in_another_row(desk: Desk) -> None:
    a, b = desk.issue(make_facts(), make_facts())
    with desk.engine.begin() as connection:
        stolen = sa.select(store.receipt.c.facts).where(store.receipt.c.id == a.id).scalar_subquery()
        connection.execute(sa.update(store.receipt).where(store.receipt.c.id == b.id).values(facts=stolen))
        row = store.find(connection, b.id)
    assert row is not None
    with pytest.raises(SealBroken):
        store.load_facts(row, SEALER)


@pytest.mark.parametrize(
    "change",
    [
        {"state": "cancelled"},
        {"state": "signed"},  # without a moment of signing
        {"state": "replaced", "signed_at": NOW},  # by nothing
        {"amount": 0},
        {"number": 0},
        {"kind_split": "OTHER"},
        {"pdf_at": NOW},
    ],
)
def test_the_database_refuses_impossible_receipts(desk: Desk, change: dict[str, object]) -> None:
    desk.issue(make_facts())
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.update(store.receipt).values(**change))


@pytest.mark.parametrize(
    "columns",
    [("owner", "source"), ("series_id", "number"), ("lookup_code",)],
)
def test_the_database_refuses_a_second_of_its_kind(desk: Desk, columns: tuple[str, ...]) -> None:
    desk.issue(make_facts(), make_facts())
    first = {column: sa.select(sa.func.min(store.receipt.c[column])).scalar_subquery() for column in columns}
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.update(store.receipt).values(**first))


def test_moments_come_back_in_utc_and_naive_ones_are_refused(desk: Desk) -> None:
    [one] = desk.issue(make_facts())
    hanoi = datetime.fromisoformat("2026-11-24T09:30:01.250000+07:00")
    with desk.engine.begin() as connection:
        store.save_signed(connection, one.id, b"x", hanoi, SEALER)
        row = store.find(connection, one.id)
    assert row is not None
    assert row.signed_at.isoformat() == "2026-11-24T02:30:01.250000+00:00"
    with pytest.raises(sa.exc.StatementError), desk.engine.begin() as connection:
        store.mark_delivered(connection, [one.id], datetime(2026, 11, 24))


def test_facts_survive_their_bytes() -> None:
    facts = make_facts(lines=(PHI,), delegate=Delegate("Trung tâm PVHCC", "28 Đại lộ Lê Lợi", "2800000009"))
    assert facts_json.from_bytes(facts_json.to_bytes(facts)) == facts
    assert facts_json.from_bytes(facts_json.to_bytes(make_facts("s"))) == make_facts("s")


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("Nguyễn Thị Anh", "Ng*** Th* A**"),
        ("Y", "Y*"),
        ("  Lê   Quý Đôn ", "L* Qu* Đ**"),
        ("Ka", "K*"),
        ("Ng", "N*"),
        ("Nguye\u0302\u0303n", "Ng***"),
        ("", ""),
    ],
)
def test_masked_names(name: str, masked: str) -> None:
    assert mask_name(name) == masked
