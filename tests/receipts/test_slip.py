"""The counter's slip says all that the law asks for, on 80 mm of paper and in black."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from connectors import code128
from receipts.fonts import FontLacks
from receipts.marks import Conversion
from receipts.model import Delegate, FeeLine, MoneyFacts, Payer, Replaced
from receipts.qr import QrTooLong
from receipts.refused import Refused
from receipts.slip import render
from tests.conftest import require
from tests.receipts.desk import DAY, LE_PHI, PHI, make_facts
from tests.receipts.paper import (
    EXAMPLE,
    LONG_NAME,
    LOOKUP,
    TOKEN,
    assert_sound,
    assert_words_between,
    kept,
    pages_of,
    run,
    signed,
    text_of,
)

WIDTH = 80 / 25.4 * 72
MARGIN = 4 / 25.4 * 72  # a printer of 80 mm prints 72 mm


def slip_of(xml: bytes, folder: Path, *, demo: bool = False, reprint: int = 0) -> Path:
    return kept(render(xml, demo=demo, lookup_url=LOOKUP, reprint=reprint), folder)


def size_of(pdf: Path) -> tuple[float, float]:
    width, height = re.findall(r"Page size:\s+([\d.]+) x ([\d.]+) pts", run(require("pdfinfo"), pdf))[0]
    return float(width), float(height)


def test_all_mandatory_contents_are_printed(tmp_path: Path) -> None:
    text = text_of(slip_of(EXAMPLE, tmp_path))
    for wanted in (
        "BIÊN LAI THU PHÍ, LỆ PHÍ ĐIỆN TỬ",
        "Ngày 21 tháng 11 năm 2026",
        "Ký hiệu mẫu EBL01, ký hiệu 26TAA",
        "Số 1 ",
        "Tổ chức thu: Sở Xây dựng tỉnh Thanh Hóa",
        "Mã số thuế: 2800000001",
        "Người nộp: Nguyễn Thị Đặng Ánh",
        "Số định danh: 038090001234",
        "Mã hồ sơ: 000.17.22.H56-261121-0001",
        "Hình thức thanh toán: Chuyển khoản qua mã QR",
        "1. Lệ phí cấp chứng chỉ Lệ phí, mã LP-CCHN 1 x 100.000 100.000",
        "Tổng cộng 100.000 đồng",
        "Số tiền bằng chữ: Một trăm nghìn đồng",
        "Đã ký số bởi DEMO TT PVHCC ngày 21/11/2026",
        "Mã tra cứu: 7KQ2M9XD4TPA",
        f"Tra cứu tại: {LOOKUP}",
    ):
        assert wanted in text
    assert "In lại" not in text


def test_what_is_optional_is_printed_when_it_is_there(tmp_path: Path) -> None:
    facts = make_facts(
        lines=(LE_PHI, PHI),
        payer=Payer("Công ty A", tax_code="2801234567"),
        delegate=Delegate("Trung tâm Phục vụ hành chính công", "28 Đại lộ Lê Lợi", "2800000009"),
    )
    old = Replaced("01BLP0-001", "AA-25E", 7, DAY)
    text = text_of(slip_of(signed(facts, number=99_999_999, replaces=old), tmp_path))
    for wanted in (
        "Số 99999999",
        "Thay thế cho biên lai mẫu 01BLP0-001 ký hiệu AA-25E số 0000007 ngày 24/11/2026",
        "Bên nhận ủy nhiệm: Trung tâm Phục vụ hành chính công",
        "2. Phí thẩm định hồ sơ Phí, mã P-TD, chương 417, tiểu mục 2763 2 x 75.000 150.000",
        "Tổng cộng 250.000 đồng",
    ):
        assert wanted in text


def test_it_is_80_mm_wide_and_as_long_as_its_contents(tmp_path: Path) -> None:
    width, short = size_of(slip_of(signed(make_facts(), TOKEN), tmp_path))
    assert width == pytest.approx(WIDTH, abs=0.01)
    pdf = slip_of(signed(make_facts(lines=(LE_PHI, PHI) * 20), TOKEN), tmp_path)
    assert pages_of(pdf) == 1
    _, long = size_of(pdf)
    assert long - short == pytest.approx(39 * 35, abs=1)  # three lines of print and a little room for each
    assert_words_between(pdf, MARGIN - 0.1, WIDTH - MARGIN + 0.1, 0, long)
    assert_sound(pdf)


def test_nothing_is_cut_off(tmp_path: Path) -> None:
    huge = FeeLine("PHI", "P", LONG_NAME * 2, 499, 1_234_567_890_123, 616_049_377_171_377)
    facts = make_facts(payer=Payer(f"{LONG_NAME} {'X' * 90}", address=LONG_NAME), lines=(huge,))
    pdf = slip_of(signed(facts, TOKEN), tmp_path, demo=True)
    text = run(require("pdftotext"), "-raw", pdf, "-")
    squeezed = "".join(text.split())
    assert "".join(f"{LONG_NAME}{'X' * 90}".split()) in squeezed
    assert "".join((LONG_NAME * 2).split()) in squeezed
    assert "499x1.234.567.890.123616.049.377.171.377" in squeezed
    assert_words_between(pdf, MARGIN - 0.1, WIDTH - MARGIN + 0.1, 0, size_of(pdf)[1])


def test_it_is_black_on_white() -> None:
    reader = PdfFileReader(BytesIO(render(signed(make_facts(), TOKEN), demo=True, lookup_url=LOOKUP)))
    drawing = reader.root["/Pages"]["/Kids"][0]["/Contents"].data.decode()
    assert set(re.findall(r"(\S+ \S+ \S+) (?:rg|RG)", drawing)) == {"0 0 0", "1 1 1"}


def test_the_qr_is_read_from_a_thermal_print(tmp_path: Path) -> None:
    """203 dots an inch, each black or white."""
    import zxingcpp
    from PIL import Image

    pdf = slip_of(signed(make_facts(), TOKEN), tmp_path)
    run(require("pdftoppm"), "-r", "203", "-mono", "-singlefile", pdf, tmp_path / "slip")
    with Image.open(tmp_path / "slip.pbm") as print_out:
        assert [found.text for found in zxingcpp.read_barcodes(print_out.convert("L"))] == [TOKEN]


def test_the_reference_s_barcode_is_read_from_a_thermal_print(tmp_path: Path) -> None:
    import zxingcpp
    from PIL import Image

    money = MoneyFacts("BLQ1Q6ACEH98", datetime(2026, 11, 24, 2, tzinfo=UTC))
    xml = signed(make_facts(money=money), TOKEN)
    pdf = kept(render(xml, demo=True, lookup_url=LOOKUP, encoder=code128.bars), tmp_path)
    run(require("pdftoppm"), "-r", "203", "-mono", "-singlefile", pdf, tmp_path / "slip")
    with Image.open(tmp_path / "slip.pbm") as print_out:
        found = {(str(one.format), one.text) for one in zxingcpp.read_barcodes(print_out.convert("L"))}
    assert found == {("QR Code", TOKEN), ("Code 128", money.reference)}
    assert_sound(pdf)


def test_copies_and_trials_say_so(tmp_path: Path) -> None:
    text = text_of(slip_of(EXAMPLE, tmp_path, demo=True, reprint=3))
    assert text.count("DEMO: KHÔNG CÓ GIÁ TRỊ PHÁP LÝ") == 2
    assert "In lại lần 3" in text
    conversion = Conversion("Trần Thị Bình", datetime(2026, 11, 24, 3, 5, tzinfo=UTC))
    data = render(EXAMPLE, demo=False, lookup_url=LOOKUP, conversion=conversion)
    text = text_of(kept(data, tmp_path))
    assert "chuyển đổi từ biên lai điện tử" in text
    assert "Người chuyển đổi: Trần Thị Bình, lúc 10:05 ngày 24/11/2026" in text


def test_the_same_xml_gives_the_same_bytes() -> None:
    xml = signed(make_facts(), TOKEN)
    assert render(xml, demo=False, lookup_url=LOOKUP) == render(xml, demo=False, lookup_url=LOOKUP)


def test_what_cannot_be_printed_is_refused() -> None:
    facts = make_facts()
    with pytest.raises(Refused):
        render(b"<BLai/>", demo=False, lookup_url=LOOKUP)
    with pytest.raises(FontLacks):
        render(signed(replace(facts, payer=Payer("Иван"))), demo=False, lookup_url=LOOKUP)
    with pytest.raises(QrTooLong):
        render(signed(facts, "x" * 3_000), demo=False, lookup_url=LOOKUP)
