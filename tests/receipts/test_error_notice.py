"""A notice 04/SS-CTĐT is recorded about a signed receipt and answered once; the receipt stays as it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from receipts import amend, error_notice, store
from receipts.amend import NoReason
from receipts.error_notice import NoticeMissing, NoticePointless
from receipts.model import NoticeKind, NoticeState, Numbered
from tests.receipts.desk import DAY, NOW, SEALER, Desk, make_facts

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def desk(engine: sa.Engine) -> Desk:
    desk = Desk(engine)
    desk.open()
    return desk


@pytest.fixture
def receipt(desk: Desk) -> Numbered:
    [issued] = desk.issue(make_facts())
    with desk.engine.begin() as connection:
        store.save_signed(connection, issued.id, b"<BLai/>", NOW, SEALER)
    return issued


def sent(desk: Desk, receipt_id: str, **change: Any) -> str:
    facts: dict[str, Any] = {
        "owner": "agc_thanhhoa",
        "kind": NoticeKind.NOTICE,
        "text": "Tên người nộp: Trần Quang Khải, không phải Trần Quang Khai",
        "reason": "Nhập sai",
        "by": "usr_ketoan",
    }
    with desk.engine.begin() as connection:
        return error_notice.send(connection, receipt_id, **facts | change, now=LATER, mint=desk.mint, sealer=SEALER)


def notices(desk: Desk, receipt_id: str) -> list[error_notice.ErrorNotice]:
    with desk.engine.begin() as connection:
        return error_notice.of_receipt(connection, receipt_id, SEALER)


def answer(desk: Desk, notice_id: str, accepted: bool) -> bool:
    with desk.engine.begin() as connection:
        return error_notice.answer(connection, notice_id, accepted=accepted, now=LATER)


def test_a_notice_says_everything_the_form_asks(desk: Desk, receipt: Numbered) -> None:
    notice_id = sent(desk, receipt.id)
    [one] = notices(desk, receipt.id)
    assert (one.id, one.form, one.symbol, one.number, one.day) == (notice_id, "EBL01", "26TAA", 1, DAY)
    assert (one.kind, one.state, one.sent_at, one.sent_by) == (NoticeKind.NOTICE, NoticeState.SENT, LATER, "usr_ketoan")
    assert (one.text[:14], one.reason, one.answered_at) == ("Tên người nộp:", "Nhập sai", None)
    assert "Khải" not in repr(one)


def test_the_text_is_nowhere_in_clear(desk: Desk, receipt: Numbered) -> None:
    sent(desk, receipt.id, reason="Trần Quang Khải yêu cầu")
    with desk.engine.begin() as connection:
        kept = connection.execute(sa.select(store.error_notice)).one()
    assert not [value for value in kept if isinstance(value, bytes) and "Khải".encode() in value]


def test_the_receipt_stays_as_it_is(desk: Desk, receipt: Numbered) -> None:
    with desk.engine.begin() as connection:
        before = store.find(connection, receipt.id)
    sent(desk, receipt.id)
    with desk.engine.begin() as connection:
        assert store.find(connection, receipt.id) == before


@pytest.mark.parametrize(("accepted", "state"), [(True, NoticeState.ACCEPTED), (False, NoticeState.REFUSED)])
def test_the_first_answer_stays(desk: Desk, receipt: Numbered, accepted: bool, state: NoticeState) -> None:
    notice_id = sent(desk, receipt.id)
    assert answer(desk, notice_id, accepted)
    assert not answer(desk, notice_id, not accepted)
    [one] = notices(desk, receipt.id)
    assert (one.state, one.answered_at) == (state, LATER)


def test_after_a_refusal_another_notice_follows(desk: Desk, receipt: Numbered) -> None:
    answer(desk, sent(desk, receipt.id), accepted=False)
    sent(desk, receipt.id, kind=NoticeKind.EXPLANATION)
    assert [(one.kind, one.state) for one in notices(desk, receipt.id)] == [
        (NoticeKind.NOTICE, NoticeState.REFUSED),
        (NoticeKind.EXPLANATION, NoticeState.SENT),
    ]


def test_what_cannot_be_noticed(desk: Desk, receipt: Numbered) -> None:
    [waiting] = desk.issue(make_facts())
    with pytest.raises(store.ReceiptMissing):
        sent(desk, "rct_none")
    with pytest.raises(store.ReceiptMissing):
        sent(desk, receipt.id, owner="agc_other")
    with pytest.raises(store.NotSigned):
        sent(desk, waiting.id)
    for empty in ({"text": " "}, {"reason": ""}):
        with pytest.raises(NoReason):
            sent(desk, receipt.id, **empty)
    with pytest.raises(ValueError, match="other"):
        sent(desk, receipt.id, kind="other")
    with pytest.raises(NoticeMissing):
        answer(desk, "ern_none", accepted=True)
    assert notices(desk, receipt.id) == []


def test_a_replaced_receipt_needs_no_notice(desk: Desk, receipt: Numbered) -> None:
    with desk.engine.begin() as connection:
        amend.replace(
            connection,
            receipt.id,
            make_facts(),
            now=LATER,
            mint=desk.mint,
            sealer=SEALER,
            lookup_code=lambda: desk.ids.code(12),
            reason="Sai số tiền",
        )
    with pytest.raises(NoticePointless):
        sent(desk, receipt.id)


@pytest.mark.parametrize("change", [{"state": "accepted"}, {"state": "lost"}, {"kind": "other"}, {"answered_at": NOW}])
def test_the_database_refuses_impossible_notices(desk: Desk, receipt: Numbered, change: dict[str, object]) -> None:
    sent(desk, receipt.id)
    with pytest.raises(sa.exc.IntegrityError), desk.engine.begin() as connection:
        connection.execute(sa.update(store.error_notice).values(**change))
