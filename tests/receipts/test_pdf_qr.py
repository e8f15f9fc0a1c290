"""The QR symbols are those that another encoder makes, module by module."""

from __future__ import annotations

import pytest
from qrcode import constants, util
from qrcode.main import QRCode

from receipts.qr import MASK, QrTooLong, symbol

LARGEST = 2_331  # bytes in version 40 with error correction M


def drawn(text: str) -> list[list[bool]]:
    found = symbol(text)
    modules = [[False] * found.size for _ in range(found.size)]
    for row, column, length in found.runs:
        modules[row][column : column + length] = [True] * length
    return modules


def expected(text: str) -> list[list[bool]]:
    code = QRCode(error_correction=constants.ERROR_CORRECT_M, border=0, mask_pattern=MASK)
    code.add_data(util.QRData(text.encode(), mode=util.MODE_8BIT_BYTE))
    code.make()
    return [[bool(module) for module in row] for row in code.modules]


# versions 1, 1 full, 2, 6, 7 (first with a version pattern), 9, 10 (first with a longer count), 14, 27, 40
@pytest.mark.parametrize("length", [1, 14, 15, 106, 107, 180, 181, 330, 1_059, LARGEST])
def test_a_symbol_is_the_one_of_the_standard(length: int) -> None:
    text = "".join(chr(33 + place * 7 % 90) for place in range(length))
    assert drawn(text) == expected(text)


def test_text_beyond_ascii_is_utf_8() -> None:
    assert drawn("Biên lai số 1") == expected("Biên lai số 1")


def test_runs_are_as_long_as_they_can_be() -> None:
    runs = symbol("https://bienlai.example.vn").runs
    assert all(length > 0 for _, _, length in runs)
    ends = {(row, column + length) for row, column, length in runs}
    assert not ends & {(row, column) for row, column, _ in runs}


def test_what_fits_no_symbol_is_refused() -> None:
    with pytest.raises(QrTooLong) as refused:
        symbol("x" * (LARGEST + 1))
    assert (refused.value.kind, refused.value.code) == ("invalid", "receipt.qr")
