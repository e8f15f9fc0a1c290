"""The PDF says everything the law asks for, from the signed XML alone, and says it so that people and machines can read."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors import code128
from receipts.layout import Style, fitted, wrap
from receipts.marks import Conversion
from receipts.model import Delegate, FeeLine, MoneyFacts, Payer, Replaced
from receipts.pdf import render
from receipts.qr import QrTooLong
from receipts.refused import Refused
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
    pdf_of,
    run,
    signed,
    text_of,
)


def test_all_mandatory_contents_are_printed(tmp_path: Path) -> None:
    text = text_of(pdf_of(EXAMPLE, tmp_path))
    for wanted in (
        "BIÊN LAI THU PHÍ, LỆ PHÍ ĐIỆN TỬ",
        "EBL01 26TAA 1",
        "Ngày 21 tháng 11 năm 2026",
        "Tổ chức thu: Sở Xây dựng tỉnh Thanh Hóa",
        "Mã số thuế: 2800000001",
        "Địa chỉ: Thanh Hóa",
        "Người nộp: Nguyễn Thị Đặng Ánh",
        "Số định danh: 038090001234",
        "Mã hồ sơ: 000.17.22.H56-261121-0001",
        "Thủ tục: 1.004616 - Cấp chứng chỉ hành nghề",
        "Hình thức thanh toán: Chuyển khoản qua mã QR",
        "1 Lệ phí cấp chứng chỉ 1 100.000 100.000 Lệ phí, mã LP-CCHN",
        "Tổng cộng 100.000 đồng",
        "Số tiền bằng chữ: Một trăm nghìn đồng",
        "Đã ký số bởi DEMO TT PVHCC ngày 21/11/2026",
        "Mã tra cứu: 7KQ2M9XD4TPA",
        f"Tra cứu tại: {LOOKUP}",
        "Trang 1/1",
    ):
        assert wanted in text
    assert "DEMO" not in text.replace("DEMO TT PVHCC", "")


def test_what_is_optional_is_printed_when_it_is_there(tmp_path: Path) -> None:
    facts = make_facts(
        lines=(LE_PHI, PHI),
        payer=Payer("Công ty A", tax_code="2801234567", address="12 Lê Lai, Thanh Hóa"),
        delegate=Delegate("Trung tâm Phục vụ hành chính công", "28 Đại lộ Lê Lợi", "2800000009"),
        method="POS",
    )
    facts = replace(facts, org=replace(facts.org, phone="0237 3852 246", account="3713.0.1054321", bank="Kho bạc"))
    old = Replaced("01BLP0-001", "AA-25E", 7, DAY)
    text = text_of(pdf_of(signed(facts, number=99_999_999, replaces=old), tmp_path))
    for wanted in (
        "Thay thế cho biên lai mẫu 01BLP0-001 ký hiệu AA-25E số 0000007 ngày 24/11/2026",
        "99999999",
        "Điện thoại: 0237 3852 246",
        "Tài khoản: 3713.0.1054321, Kho bạc",
        "Bên nhận ủy nhiệm: Trung tâm Phục vụ hành chính công Mã số thuế: 2800000009 Địa chỉ: 28 Đại lộ Lê Lợi",
        "Người nộp: Công ty A Mã số thuế: 2801234567 Địa chỉ: 12 Lê Lai, Thanh Hóa",
        "Hình thức thanh toán: Thẻ ngân hàng qua máy POS",
        "Mã giao dịch: BLQ7KQ2M9XD4TPA, VietinBank",
        "2 Phí thẩm định hồ sơ 2 75.000 150.000 Phí, mã P-TD, chương 417, tiểu mục 2763",
        "Tổng cộng 250.000 đồng",
    ):
        assert wanted in text


def test_a_demo_says_so_on_every_page(tmp_path: Path) -> None:
    lines = tuple(replace(LE_PHI, code=f"LP-{place}") for place in range(20))
    pdf = pdf_of(signed(make_facts(lines=lines)), tmp_path, demo=True)
    pages = run(require("pdftotext"), "-raw", pdf, "-").split("\f")[:-1]
    assert len(pages) == pages_of(pdf) > 1
    assert all("DEMO" in page.replace("DEMO TT PVHCC", "") for page in pages)


def test_the_file_is_sound_titled_and_carries_only_its_own_font(tmp_path: Path) -> None:
    pdf = pdf_of(signed(make_facts(), TOKEN), tmp_path)
    assert_sound(pdf)
    info = run(require("pdfinfo"), pdf)
    assert "Biên lai thu phí, lệ phí điện tử 26TAA số 1" in info
    assert "419.53 x 595.28 pts" in info
    assert "Nguyễn" not in info
    assert b"/Lang (vi-VN)" in pdf.read_bytes()
    fonts = run(require("pdffonts"), pdf).splitlines()[2:]
    assert {line.split()[0].partition("+")[2] for line in fonts} == {"BeVietnamPro-Regular", "BeVietnamPro-SemiBold"}
    assert all(line.split()[4:7] == ["yes", "yes", "yes"] for line in fonts)  # embedded, subset, with Unicode


@pytest.mark.parametrize("demo", [False, True])
def test_the_qr_on_paper_is_the_one_that_was_signed(tmp_path: Path, demo: bool) -> None:
    import zxingcpp
    from PIL import Image

    pdf = pdf_of(signed(make_facts(), TOKEN), tmp_path, demo=demo)
    run(require("pdftoppm"), "-r", "150", "-png", "-singlefile", pdf, tmp_path / "page")
    with Image.open(tmp_path / "page.png") as page:
        assert [found.text for found in zxingcpp.read_barcodes(page)] == [TOKEN]


REFERENCE = "BLQ1Q6ACEH98"
PAID = MoneyFacts(REFERENCE, datetime(2026, 11, 24, 2, tzinfo=UTC), "VietinBank")


def codes_on(pdf: Path, folder: Path) -> set[tuple[str, str]]:
    """What a scanner finds on a sheet of an office printer."""
    import zxingcpp
    from PIL import Image

    run(require("pdftoppm"), "-r", "150", "-png", "-singlefile", pdf, folder / "page")
    with Image.open(folder / "page.png") as page:
        return {(str(one.format), one.text) for one in zxingcpp.read_barcodes(page)}


@pytest.mark.parametrize("demo", [False, True])
def test_the_reference_stands_beside_the_qr_as_a_barcode(tmp_path: Path, demo: bool) -> None:
    xml = signed(make_facts(money=PAID), TOKEN)
    pdf = kept(render(xml, demo=demo, lookup_url=LOOKUP, encoder=code128.bars), tmp_path)
    assert codes_on(pdf, tmp_path) == {("QR Code", TOKEN), ("Code 128", REFERENCE)}
    assert REFERENCE in text_of(pdf)  # what the bars say stands there for people too
    assert_sound(pdf)
    assert pages_of(pdf) == 1
    if not demo:  # whose mark runs across the page
        assert_inside_the_frame(pdf)


@pytest.mark.parametrize("lines", range(1, 9))
def test_the_barcode_takes_no_page_of_its_own(tmp_path: Path, lines: int) -> None:
    """It stands beside the QR, which is as high as signature and bars together."""
    xml = signed(make_facts(money=PAID, lines=(LE_PHI,) * lines, payer=Payer(LONG_NAME)), TOKEN)
    without = kept(render(xml, demo=False, lookup_url=LOOKUP), tmp_path)
    pages = pages_of(without)
    assert pages_of(kept(render(xml, demo=False, lookup_url=LOOKUP, encoder=code128.bars), tmp_path)) == pages


def test_what_no_barcode_can_say_is_left_out(tmp_path: Path) -> None:
    for reference in ("", "Mã đặc biệt"):
        xml = signed(make_facts(money=replace(PAID, reference=reference)), TOKEN)
        pdf = kept(render(xml, demo=False, lookup_url=LOOKUP, encoder=code128.bars), tmp_path)
        assert codes_on(pdf, tmp_path) == {("QR Code", TOKEN)}


def test_without_a_token_there_is_no_qr(tmp_path: Path) -> None:
    import zxingcpp
    from PIL import Image

    pdf = pdf_of(EXAMPLE, tmp_path)
    run(require("pdftoppm"), "-r", "150", "-png", "-singlefile", pdf, tmp_path / "page")
    with Image.open(tmp_path / "page.png") as page:
        assert zxingcpp.read_barcodes(page) == []


def test_the_same_xml_gives_the_same_bytes_in_any_process() -> None:
    code = (
        "import sys, hashlib; from receipts.pdf import render;"
        f"print(hashlib.sha256(render(sys.stdin.buffer.read(), demo=True, lookup_url={LOOKUP!r})).hexdigest())"
    )
    xml = signed(make_facts(), TOKEN)
    root = Path(__file__).parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=xml,
            capture_output=True,
            check=True,
            cwd=root,
            env={"PYTHONPATH": str(root), "PYTHONHASHSEED": seed, "TZ": zone},
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    }
    assert len(hashes) == 1
    first = render(xml, demo=False, lookup_url=LOOKUP)
    render(EXAMPLE, demo=False, lookup_url=LOOKUP)
    assert render(xml, demo=False, lookup_url=LOOKUP) == first


def test_many_threads_print_at_once() -> None:
    files = [signed(make_facts(payer=Payer(f"Nguyễn Thị Đặng {letter}")), TOKEN) for letter in "ÁBĐÊGỖỨỸ"]

    def printed(xml: bytes) -> bytes:
        return render(xml, demo=False, lookup_url=LOOKUP)

    with ThreadPoolExecutor(max_workers=4) as threads:
        assert list(threads.map(printed, files * 3)) == [printed(xml) for xml in files] * 3


def test_a_copy_says_that_it_is_one(tmp_path: Path) -> None:
    conversion = Conversion("Trần Thị Bình", datetime(2026, 11, 24, 17, 5, tzinfo=UTC))
    data = render(EXAMPLE, demo=False, lookup_url=LOOKUP, reprint=2, conversion=conversion)
    text = text_of(kept(data, tmp_path))
    assert "In lại lần 2" in text
    assert "chuyển đổi từ biên lai điện tử" in text
    assert "Người chuyển đổi: Trần Thị Bình, lúc 00:05 ngày 25/11/2026" in text
    first = text_of(pdf_of(EXAMPLE, tmp_path))
    assert "In lại" not in first
    assert "chuyển đổi" not in first


def test_long_names_wrap_and_lose_nothing(tmp_path: Path) -> None:
    name, organisation = f"{LONG_NAME} {'X' * 120}", f"Trung tâm {LONG_NAME}"
    facts = make_facts(payer=Payer(name, tax_code="2801234567"), lines=(replace(LE_PHI, name=LONG_NAME * 3),))
    facts = replace(facts, org=replace(facts.org, name=organisation))
    pdf = pdf_of(signed(facts, TOKEN), tmp_path)
    text = run(require("pdftotext"), "-raw", pdf, "-")
    squeezed = "".join(text.split())
    assert "".join(name.split()) in squeezed
    assert "".join(organisation.split()) in squeezed
    assert "".join(f"{LONG_NAME * 3}".split()) in squeezed.replace("1100.000100.000", "")
    assert_inside_the_frame(pdf)


def test_many_lines_go_on_and_the_total_stands_by_the_signature(tmp_path: Path) -> None:
    lines = tuple(
        FeeLine("PHI", f"P-{place:03}", f"Phí thẩm định công trình số {place}", 3, 1_234_567, 3_703_701)
        for place in range(1, 61)
    )
    pdf = pdf_of(signed(make_facts(lines=lines), TOKEN), tmp_path)
    pages = run(require("pdftotext"), "-layout", pdf, "-").split("\f")[:-1]
    assert len(pages) > 2
    found = [int(number) for page in pages for number in re.findall(r"công trình số (\d+)", page)]
    assert found == list(range(1, 61))
    for number, page in enumerate(pages, start=1):
        assert f"Trang {number}/{len(pages)}" in page
        assert ("Thành tiền" in page) == bool(re.search(r"P-\d{3}", page))
        assert number == 1 or "Biên lai EBL01, ký hiệu 26TAA, số 1 (tiếp theo)" in page
    assert "222.222.060 đồng" in pages[-1]
    assert "Đã ký số bởi" in pages[-1]
    assert_inside_the_frame(pdf)


@pytest.mark.parametrize("count", range(1, 9))
def test_nothing_is_cut_off_wherever_the_page_ends(tmp_path: Path, count: int) -> None:
    facts = make_facts(lines=(LE_PHI,) * count, payer=Payer(LONG_NAME, tax_code="2801234567", address=LONG_NAME))
    pdf = pdf_of(signed(facts, TOKEN), tmp_path)
    text = text_of(pdf)
    assert text.count("Lệ phí, mã LP-CCHN") == count
    assert f"Tổng cộng {count}00.000 đồng" in text
    assert_inside_the_frame(pdf)


def test_huge_amounts_do_not_run_into_each_other(tmp_path: Path) -> None:
    huge = FeeLine("PHI", "P", "Phí", 1, 499_999_999_999_999, 499_999_999_999_999)
    text = text_of(pdf_of(signed(make_facts(lines=(huge,))), tmp_path))
    assert "1 499.999.999.999.999 499.999.999.999.999" in text


def assert_inside_the_frame(pdf: Path) -> None:
    assert_words_between(pdf, 30, 389, 20, 575)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<BLai/>",
        b"not xml",
        EXAMPLE.replace(b"<BLai>", b'<!DOCTYPE BLai [<!ENTITY x SYSTEM "file:///etc/passwd">]><BLai>'),
        EXAMPLE.replace(b"<SCTu>1</SCTu>", b""),
        EXAMPLE.replace(b"<SCTu>1</SCTu>", b"<SCTu>one</SCTu>"),
        EXAMPLE.replace(b"<TgTien>100000</TgTien>", b"<TgTien>100001</TgTien>"),
        EXAMPLE.replace(b"MIIDOjCC", b"AAAAAAAA"),
        re.sub(rb"<DSCKS>.*</DSCKS>", b"", EXAMPLE, flags=re.DOTALL),
    ],
)
def test_what_is_no_signed_receipt_is_refused(xml: bytes) -> None:
    with pytest.raises(Refused):
        render(xml, demo=False, lookup_url=LOOKUP)


def test_a_token_that_fits_no_symbol_is_refused() -> None:
    with pytest.raises(QrTooLong):
        render(signed(make_facts(), "x" * 3_000), demo=False, lookup_url=LOOKUP)


def test_wrapping_keeps_every_word_within_the_room() -> None:
    style: Any = Style(9, 12)
    lines = wrap("một hai  ba bốn\nnăm", style, 40)
    assert " ".join(lines) == "một hai ba bốn năm"
    assert len(lines) > 1
    assert wrap("", style, 40) == [""]
    assert "".join(wrap("W" * 50, style, 40)) == "W" * 50
    assert wrap("Nguye\u0302\u0303n", style, 400) == ["Nguyễn"]
    assert fitted("100.000", style, 400) is style
    assert fitted("100.000" * 20, style, 40).size < 9
