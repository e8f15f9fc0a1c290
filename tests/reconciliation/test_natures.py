"""The nature of a line: the bank's code first, words where it says nothing, and no word against a reference."""

from __future__ import annotations

import pytest

from reconciliation.natures import folded, nature


@pytest.mark.parametrize(
    ("memo", "credit", "expected"),
    [
        ("Phí dịch vụ SMS tháng 11", False, "BANK_FEE"),
        ("PHI NGAN HANG T11", False, "BANK_FEE"),
        ("thu phi quan ly tai khoan", False, "BANK_FEE"),
        ("PHI DICH VU", True, ""),  # a citizen's own words
        ("nop phi dich vu cong", False, ""),
        ("TRA LAI TIEN GUI T11", True, "INTEREST"),
        ("tra lai tien gui nham", True, ""),
        ("nop lai phi", True, ""),
        ("Nộp NSNN theo lệnh 12", False, "REMITTANCE"),
        ("Nop tien KBNN Thanh Hoa", False, "REMITTANCE"),
        ("nop kho bac", True, ""),
        ("Điều chuyển về tài khoản chính", True, "INTERNAL_TRANSFER"),
        ("CHUYEN NOI BO", False, "INTERNAL_TRANSFER"),
        ("PHILIPPINES", False, ""),
        ("", False, ""),
    ],
)
def test_words(memo: str, credit: bool, expected: str) -> None:
    assert nature("", memo, credit=credit, reversal=False, referenced=False, own=False) == expected


@pytest.mark.parametrize(
    ("code", "credit", "expected"),
    [
        ("PMNT/MDOP/CHRG", False, "BANK_FEE"),
        ("ACMT/MDOP/FEES", False, "BANK_FEE"),
        ("NCHG", False, "BANK_FEE"),
        ("FCHG", False, "BANK_FEE"),
        ("PMNT/MCOP/INTR", True, "INTEREST"),
        ("NINT", True, "INTEREST"),
        ("NINT", False, ""),  # interest that we pay is no income
        ("NCHG", True, ""),
        ("NTRF", True, ""),
    ],
)
def test_codes(code: str, credit: bool, expected: str) -> None:
    assert nature(code, "bat ky", credit=credit, reversal=False, referenced=False, own=False) == expected


def test_a_transfer_code_does_not_silence_fee_words() -> None:
    told = nature("PMNT/ICDT/ESCT", "PHI QUAN LY", credit=False, reversal=False, referenced=False, own=False)
    assert told == "BANK_FEE"


def test_words_do_not_speak_against_a_reference() -> None:
    assert nature("", "PHI DICH VU", credit=False, reversal=False, referenced=True, own=False) == ""
    assert nature("", "the bi boi hoan", credit=False, reversal=False, referenced=True, own=False) == "CHARGEBACK"
    assert nature("NCHG", "", credit=False, reversal=False, referenced=True, own=False) == "BANK_FEE"


def test_a_reversal_is_of_the_nature_of_what_it_undoes() -> None:
    assert nature("NCHG", "", credit=True, reversal=True, referenced=False, own=False) == "BANK_FEE"
    assert nature("NINT", "", credit=False, reversal=True, referenced=False, own=False) == "INTEREST"


def test_our_own_accounts_on_both_sides_outrank_everything() -> None:
    assert nature("NCHG", "PHI", credit=False, reversal=False, referenced=True, own=True) == "INTERNAL_TRANSFER"


def test_folding() -> None:
    assert folded("  Điều-chuyển,  vốn\n2026 ") == "DIEU CHUYEN VON 2026"
