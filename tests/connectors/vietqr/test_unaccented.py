"""Names and memos without their accents: what stays is what every bank's machine can read."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.vietqr.unaccented import unaccented


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Nộp phí hộ tịch", "Nop phi ho tich"),
        ("ĐÀ NẴNG, đường Lê Đình Lý", "DA NANG, duong Le Dinh Ly"),
        ("Ứng Ừng ửng ỡ ạ ẽ ỷ ỹ", "Ung Ung ung o a e y y"),
        (unicodedata.normalize("NFD", "Phục vụ hành chính công"), "Phuc vu hanh chinh cong"),
        ("Phí\n\t hồ\u00a0sơ 😀 ", "Phi ho so"),
        ("ＨＳ１２", "HS12"),
    ],
)
def test_vietnamese_loses_its_accents_and_nothing_else(text: str, plain: str) -> None:
    assert unaccented(text) == plain


@given(st.text())
def test_what_comes_out_is_printable_ascii_and_stays_so(text: str) -> None:
    plain = unaccented(text)
    assert plain.isascii()
    assert plain.isprintable()
    assert unaccented(plain) == plain
