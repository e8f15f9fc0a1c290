"""Evidence beside a break: known by its content, sealed, listed with its digest, in the audit trail, never changed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from gateway.closing import breaks, breaks_act, breaks_evidence, ready
from gateway.closing.breaks import Break
from gateway.closing.breaks_act import BreakMissing
from gateway.closing.breaks_evidence import Evidence, EvidenceInvalid, EvidenceMissing
from gateway.closing.breaks_store import LARGEST, break_act, break_evidence
from gateway.closing.reconcile import reconcile
from gateway.kernel.audit import leaf
from gateway.kernel.uow import Environment
from tests.gateway.settlement.office import Office
from tests.town import AGENCY, LE_PHI, TODAY, Town

CLERK, BOSS = "officer:clerk", "officer:boss"
PDF = b"%PDF-1.7\n" + "Ủy nhiệm chi của Nguyễn Thị Ánh".encode() + b"\n%%EOF\n"


def sheet(*more: str) -> bytes:
    book, out = openpyxl.Workbook(), BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a") as parts:
        for name in more:
            parts.writestr(name, b"x")
    return out.getvalue()


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


def act(town: Town, verb: Any, *more: Any, actor: str = CLERK) -> Any:
    with town.environment.begin(actor=actor, agency=AGENCY) as uow:
        return verb(uow, AGENCY, *more)


def over(town: Town, by: int = 10_000) -> Break:
    payment = town.payment(LE_PHI)
    town.money_comes(payment, payment.amount + by)
    Office(town).statement()
    act(town, reconcile, TODAY)
    return seen(town)


def seen(town: Town) -> Break:
    with town.environment.read() as connection:
        [found] = breaks.breaks(connection, AGENCY, TODAY)
    return found


def listed(town: Town) -> list[Evidence]:
    with town.environment.read() as connection:
        return breaks_evidence.listed(connection, town.environment.vault, AGENCY, seen(town))


def test_a_file_and_words_are_kept_sealed_and_read_again(town: Town) -> None:
    found = over(town)
    first = act(town, breaks_evidence.attach, found.subject, r"C:\quét\ủy nhiệm chi.pdf", PDF)
    assert act(town, breaks_evidence.attach, found.subject, "again.pdf", PDF) == first
    act(town, breaks_evidence.attach_text, found.subject, "  Bà Ánh xác nhận qua điện thoại  ", actor=BOSS)
    file, words = listed(town)
    assert (file.name, file.media, file.size, file.added_by) == ("ủy nhiệm chi.pdf", "pdf", len(PDF), CLERK)
    assert (file.sha256, words.media, words.added_by) == (hashlib.sha256(PDF).hexdigest(), "text", BOSS)
    with town.environment.read() as connection:
        assert breaks_evidence.content(connection, town.environment.vault, AGENCY, first) == (file, PDF)
        _, said = breaks_evidence.content(connection, town.environment.vault, AGENCY, words.id)
    assert said.decode() == "Bà Ánh xác nhận qua điện thoại"
    stored = b"".join(row.content_sealed + row.name_sealed for row in town.rows(break_evidence))
    assert b"Nguy" not in stored and b"pdf" not in stored
    told = [json.loads(row.body)["facts"] for row in town.rows(leaf) if row.kind == "break.evidence"]
    assert [one["sha256"] for one in told] == [file.sha256, words.sha256]
    assert "ủy nhiệm" not in repr(file)


@pytest.mark.parametrize(
    ("data", "media"),
    [
        (PDF, "pdf"),
        (b"\x89PNG\r\n\x1a\n....", "png"),
        (b"\xff\xd8\xff\xe0....", "jpeg"),
        (sheet(), "xlsx"),
        (sheet("xl/vbaProject.bin"), ""),
        (b"PK\x03\x04 no archive", ""),
        (b"<html><script>", ""),
        (b"MZ\x90", ""),
        (b"", ""),
    ],
)
def test_a_file_is_what_its_content_says(data: bytes, media: str) -> None:
    if media:
        assert breaks_evidence.media_of(data) == media
    else:
        with pytest.raises(EvidenceInvalid):
            breaks_evidence.media_of(data)


def test_what_is_too_large_or_about_nothing_is_refused(town: Town) -> None:
    found = over(town)
    act(town, breaks_evidence.attach, found.subject, "a.pdf", PDF.ljust(LARGEST))
    for subject, data, refusal in (
        (found.subject, PDF.ljust(LARGEST + 1), EvidenceInvalid),
        ("line:stl_none", PDF, BreakMissing),
    ):
        with pytest.raises(refusal):
            act(town, breaks_evidence.attach, subject, "a.pdf", data)
    with pytest.raises(EvidenceInvalid):
        act(town, breaks_evidence.attach_text, found.subject, " ")
    assert len(listed(town)) == 1


def test_another_agency_has_none_of_it(town: Town) -> None:
    found = over(town)
    kept = act(town, breaks_evidence.attach, found.subject, "a.pdf", PDF)
    with town.environment.begin(actor=BOSS) as uow:
        with pytest.raises(EvidenceMissing):
            breaks_evidence.content(uow.connection, uow.vault, "H56.99", kept)
        assert breaks_evidence.listed(uow.connection, uow.vault, "H56.99", found) == []
        with pytest.raises(BreakMissing):
            breaks_evidence.attach(uow, "H56.99", found.subject, "a.pdf", PDF)


@pytest.mark.parametrize("table", [break_act, break_evidence])
def test_what_was_done_and_shown_stays(town: Town, table: sa.Table) -> None:
    found = over(town)
    act(town, breaks_act.note, found.subject, "Đã gọi ngân hàng")
    act(town, breaks_evidence.attach, found.subject, "a.pdf", PDF)
    for change in (sa.delete(table), sa.update(table).values(subject="line:x")):
        with (
            pytest.raises(sa.exc.DBAPIError, match="append-only"),
            town.environment.begin(actor=CLERK, agency=AGENCY) as uow,
        ):
            uow.connection.execute(change)
    assert len(town.rows(table)) == 1


def test_a_day_is_warned_of_breaks_that_nobody_has_accepted(town: Town) -> None:
    def warned() -> int:
        with town.environment.read() as connection:
            return next(point.count for point in ready.points(connection, AGENCY, TODAY) if point.code == "breaks")

    found = over(town, 60_000)
    assert warned() == 1
    act(town, breaks_act.accept, found.subject, "Văn bản 12")
    assert warned() == 1  # asked for, not agreed to
    act(town, breaks_act.agree, seen(town).ask_id, actor=BOSS)
    assert warned() == 0
    act(town, breaks_act.undo, found.subject, actor=BOSS)
    assert warned() == 1
