"""A sum divided and evidence attached at the accountant's desk, without script: typed, refused, agreed to, read, undone."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from gateway.closing.breaks import Break
from gateway.closing.breaks_store import LARGEST
from gateway.reporting.model import By
from tests.conftest import HandClock
from tests.gateway.web.test_accountant import HOME, Office, client, over
from tests.town import LE_PHI, PHI, Town

__all__ = ["client"]
PDF = b"%PDF-1.7\nUNC so 12\n%%EOF"


@pytest.fixture
def office(town: Town, client: TestClient, clock: HandClock) -> Office:
    return Office(town, client, clock)


def sum_came(office: Office, amount: int = 250_000) -> tuple[str, str, Break]:
    """Two payments and one transfer that names neither, with its statement."""
    references = [office.town.payment(fee).reference for fee in (LE_PHI, PHI)]
    office.town.transfer(office.town.payment(LE_PHI), amount, memo="NOP PHI HAI HO SO")
    office.statement()
    [found] = office.breaks(state="open")
    return references[0], references[1], found


def divide(office: Office, subject: str, *parts: tuple[str, str], reason: str = "Hai hồ sơ", status: int = 303) -> str:
    csrf = re.search(r'name="csrf" value="([^"]+)"', office.see(HOME))
    assert csrf
    form = {"reference": [one for one, _ in parts], "amount": [one for _, one in parts]}
    told = {"csrf": csrf[1], "do": "split", "subject": subject, "reason": reason, **form}
    answer = office.client.post(f"{HOME}/act", data=told)
    assert answer.status_code == status, answer.text
    return answer.headers.get("location", "") if status == 303 else answer.text


def test_a_sum_is_divided_by_two_persons_and_every_part_is_shown(office: Office) -> None:
    first, second, found = sum_came(office)
    page = office.see(f"{HOME}?at={found.subject}")
    assert "Chia cho nhiều khoản" in page and page.count('name="amount"') == 4
    assert office.see(f"{HOME}?at={found.subject}&more=1").count('name="amount"') == 10
    kept = divide(office, found.subject, (first, "140.000"), (second, "60000"), ("", ""), status=409)
    assert f"{first} chỉ còn thiếu 135.000 đ" in kept and 'value="140.000"' in kept and 'value="Hai hồ sơ"' in kept
    for wrong in (("1e5", 422), ("", 422), ("-5", 422), ("250.001", 422)):
        divide(office, found.subject, (first, wrong[0]), (second, "60.000"), status=wrong[1])
    divide(office, found.subject, ("BLQ000000000", "1"), status=404)
    where = divide(office, found.subject, (first, "135.000 đ"), ("", ""), (second.lower(), "60 000"))
    assert "done=asked" in where
    office.enter(office.boss)
    waiting = office.see(f"{HOME}/second")
    assert "Chia tiền treo cho nhiều khoản" in waiting and "195.000 ₫" in waiting
    assert all(shown in waiting for shown in (first, second, "135.000 ₫", "60.000 ₫", "Hai hồ sơ"))
    chosen = re.search(r'name="id" value="(alc_[^"]+)"', waiting)
    assert chosen
    office.send(f"{HOME}/second", about="split", id=chosen[1], word="yes")
    [left] = office.breaks(state="open")
    page = office.see(f"{HOME}?at={left.subject}")
    assert left.difference == 55_000 and "Lê Thị Toán đề nghị, Hoàng Thị Duyệt duyệt" in page
    assert page.count("Đã phân bổ") == 2
    office.enter(office.clerk)
    office.do("undo", left.subject, status=409)  # both have their receipts
    office.town.ties()


def test_a_transfer_that_names_both_payments_fills_the_form_in(office: Office) -> None:
    first, second = (office.town.payment(fee) for fee in (LE_PHI, PHI))
    office.town.transfer(first, 195_000, memo=f"{first.reference} {second.reference}")
    office.statement()
    [found] = office.breaks(state="open")
    page = office.see(f"{HOME}?at={found.subject}")
    shown = re.findall(r'name="(?:reference|amount)" aria-label="[^"]*" value="([^"]+)"', page)
    assert shown == [first.reference, "135000", second.reference, "60000"]


def test_a_split_is_taken_back_before_and_after_it_was_agreed(office: Office) -> None:
    first, second, found = sum_came(office, 80_000)
    divide(office, found.subject, (first, "50000"), (second, "30000"))
    office.do("undo", found.subject)
    assert [one.subject for one in office.breaks(state="open")] == [found.subject]
    divide(office, found.subject, (first, "50000"), (second, "30000"))
    office.enter(office.boss)
    chosen = re.search(r'name="id" value="(alc_[^"]+)"', office.see(f"{HOME}/second"))
    assert chosen
    office.send(f"{HOME}/second", about="split", id=chosen[1], word="yes")
    office.enter(office.clerk)
    [held] = office.breaks(kind="AMOUNT_UNDER")
    assert "đang giữ chờ đủ" in office.see(f"{HOME}?at={held.subject}&view=open")
    office.do("undo", held.subject)
    assert office.town.suspended() == {"unknown_reference": 80_000}
    office.town.ties()


def attach(office: Office, subject: str, data: bytes | None, text: str = "", status: int = 303) -> str:
    csrf = re.search(r'name="csrf" value="([^"]+)"', office.see(HOME))
    files = {"file": ("ủy nhiệm chi.pdf", data)} if data is not None else None
    form = {"csrf": csrf[1] if csrf else "", "subject": subject, "text": text}
    answer = office.client.post(f"{HOME}/import/evidence", data=form, files=files)
    assert answer.status_code == status, answer.text
    return answer.headers.get("location", "") if status == 303 else answer.text


def test_evidence_is_attached_listed_and_handed_out_to_those_who_may_see_it(office: Office) -> None:
    found = over(office)
    assert "done=evidence" in attach(office, found.subject, PDF, "Bà Ánh gọi <b>lúc 9 giờ</b>")
    page = office.see(f"{HOME}?at={found.subject}")
    assert "ủy nhiệm chi.pdf" in page and page.count("SHA-256 ") == 2 and page.count("Lê Thị Toán") >= 2
    file, words = re.findall(r'href="(/vi/accountant/evidence/evi_[0-9A-Z]+)"', page)
    for who in (office.clerk, office.boss, office.auditor):
        office.enter(who)
        answer = office.client.get(file)
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer.headers["content-disposition"].startswith('attachment; filename="evi_')
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert "text/plain" in office.client.get(words).headers["content-type"]
    office.enter(office.till)
    office.see(file, status=403)
    office.enter(office.stranger)
    office.see(file, status=404)
    attach(office, found.subject, PDF, status=404)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html><script>", "Chỉ nhận PDF, PNG, JPEG hoặc XLSX"),
        (PDF.ljust(LARGEST + 1), "Tệp lớn hơn 5 MB"),
        (None, "Chọn tệp hoặc ghi nội dung"),
    ],
)
def test_what_is_no_evidence_is_refused_on_the_page(office: Office, data: bytes | None, why: str) -> None:
    found = over(office)
    assert why in attach(office, found.subject, data, status=422)
    assert "SHA-256" not in office.see(f"{HOME}?at={found.subject}")


def test_what_is_collected_is_shown_by_anything(office: Office) -> None:
    over(office)
    for by in By:
        page = office.see(f"{HOME}/reports?what=collected&by={by}")
        assert "135.000" in page and f'<option value="{by}" selected>' in page
