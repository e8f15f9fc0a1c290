"""Contradictions in the content of a receipt, put there by somebody who holds the key."""

from __future__ import annotations

import pytest

from tests.receipts.forge import (
    DS,
    LATER,
    XADES,
    Tree,
    data,
    forged,
    once,
    refusal,
    set_text,
    signed,
)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<TgTien>250000", "<TgTien>250001", "content.total_differs"),
        ("<ThTien>150000", "<ThTien>150001", "content.total_differs"),
        ("<STBChu>Hai trăm năm mươi nghìn", "<STBChu>Hai trăm nghìn", "content.words_differ"),
        ("nghìn đồng</STBChu>", "nghìn đồng </STBChu>", "content.words_differ"),
        ("<KHCTu>26TAA", "<KHCTu>25TAA", "content.year_differs"),
        ("<NLap>2026-11-24", "<NLap>2025-11-24", "content.year_differs"),
        ("<KHCTu>26TAA", "<KHCTu>26TAF", "content.symbol"),
        ("<KHCTu>26TAA", "<KHCTu>２6TAA", "content.symbol"),
        ("<KHCTu>26TAA", "<KHCTu>26TAА", "content.symbol"),
        ("<KHMCTu>EBL01", "<KHMCTu>EBL03", "content.symbol"),
        ("<SCTu>1<", "<SCTu>0<", "content.number"),
        ("<SCTu>1<", "<SCTu>01<", "content.number"),
        ("<SCTu>1<", "<SCTu>+1<", "content.number"),
        ("<SCTu>1<", "<SCTu>100000000<", "content.number"),
        ("<SCTu>1<", "<SCTu>١<", "content.number"),
        ("<SCTu>1<", "<SCTu>1\n<", "content.number"),
        ("<NLap>2026-11-24", "<NLap>2026-02-30", "content.day"),
        ("<NLap>2026-11-24", "<NLap>2026-1-24", "content.day"),
        ("<NLap>2026-11-24", "<NLap>2026-11-24T00:00:00", "content.day"),
        ("<TgTien>250000", "<TgTien>250000.0", "content.amount"),
        ("<TgTien>250000", "<TgTien>250 000", "content.amount"),
        ("<TgTien>250000", "<TgTien>2_50000", "content.amount"),
        ("<TgTien>250000", "<TgTien>-250000", "content.amount"),
        ("<TgTien>250000", "<TgTien>0250000", "content.amount"),
        ("<TgTien>250000", "<TgTien>２50000", "content.amount"),
        ("<TgTien>250000", "<TgTien>1000000000000000000", "content.amount"),
        ("<ThTien>150000", "<ThTien>1e5", "content.amount"),
        ("<SLuong>2<", "<SLuong>2.0<", "content.amount"),
        ("<LKThu>1<", "<LKThu>3<", "content.kind"),
        ("<STT>2<", "<STT>1<", "content.line_order"),
        ("<DVTTe>VND", "<DVTTe>USD", "content.currency"),
        ("<TGia>1<", "<TGia>25000<", "content.currency"),
        ("<HTTToan>QR", "<HTTToan>BTC", "content.method"),
        ("<PBan>1.0.0", "<PBan>2.0.0", "content.version"),
        ("<TBLai>BIÊN LAI", "<TBLai>HÓA ĐƠN", "content.name"),
        ("<MST>2800000001", "<MST>280000000", "content.tax_code"),
        ("<MTCuu>7KQ2M9XD4TPA", "<MTCuu>7KQ2 9XD4TPA", "content.lookup_code"),
        ("<TGGDich>2026-11-24T09", "<TGGDich>2026-11-24T29", "content.time"),
        ("<DLieu>", f"<DLieu>{'A' * 500}", "content.extra_text"),
        ("</TTKhac>", "<TTin><TTruong>KQR</TTruong><KDLieu>string</KDLieu><DLieu>x</DLieu></TTin></TTKhac>", "content.token_key"),
        ("<TTKhac>", "<TTBLLQuan><KHMCTu>EBL01</KHMCTu><KHCTu>XX</KHCTu><SCTu>1</SCTu><NLap>2026-01-01</NLap></TTBLLQuan><TTKhac>", "content.replaced"),
    ],
)  # fmt: skip
def test_contradictions_under_a_valid_signature(old: str, new: str, code: str) -> None:
    assert refusal(signed(once(data(), old, new), signed_at=LATER)) == code


def test_signed_before_the_day_of_issue() -> None:
    def backdate(work: Tree) -> None:
        set_text(f".//{DS}SigningTime", "2026-11-23T23:59:59")(work)
        set_text(f".//{XADES}SigningTime", "2026-11-23T23:59:59+07:00")(work)

    assert refusal(forged(backdate)) == "time.before_issue"


@pytest.mark.parametrize(
    ("local", "zoned", "code"),
    [
        ("2026-11-24T09:30:15", "2026-11-24T09:30:16+07:00", "time.differs"),
        ("2026-11-24T09:30:15", "2026-11-24T02:30:15Z", "time.differs"),
        ("2026-11-24T09:30:15", "2026-11-24T09:30:15", "time.differs"),
        ("2026-11-24T09:30:15+07:00", "2026-11-24T09:30:15+07:00", "content.time"),
        ("2026-11-24T09:30:15.000", "2026-11-24T09:30:15.000+07:00", "content.time"),
        ("2026-11-24", "2026-11-24+07:00", "content.time"),
        ("2026-13-24T09:30:15", "2026-13-24T09:30:15+07:00", "content.time"),
        ("0001-01-01T00:00:00", "0001-01-01T00:00:00+07:00", "content.time"),
    ],
)
def test_signing_times_that_disagree(local: str, zoned: str, code: str) -> None:
    def change(work: Tree) -> None:
        set_text(f".//{DS}SigningTime", local)(work)
        set_text(f".//{XADES}SigningTime", zoned)(work)

    assert refusal(forged(change)) == code
