"""Signed receipts to print, and what the tools say of the print."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from receipts.model import ReceiptFacts, Replaced
from receipts.pdf import render
from receipts.xml import data_element
from tests.conftest import require

EXAMPLE = (Path(__file__).parents[1] / "golden" / "receipts" / "example_receipt.xml").read_bytes()
LOOKUP = "https://bienlai.example.vn/tra-cuu"
TOKEN = "https://bienlai.example.vn/vi/receipts/verify?t=" + "AQID-_" * 30
LONG_NAME = (
    "Công ty trách nhiệm hữu hạn một thành viên đầu tư xây dựng và phát triển hạ tầng khu công nghiệp "
    "Nghi Sơn, chi nhánh Bỉm Sơn"
)


def signed(facts: ReceiptFacts, qr: str = "", number: int = 1, replaces: Replaced | None = None) -> bytes:
    """The example's signature around other contents: a PDF shows what the XML says, `verify` says whether it is true."""
    data = data_element(
        facts,
        form="EBL01",
        symbol="26TAA",
        number=number,
        lookup_code="7KQ2M9XD4TPA",
        token_public_key="MFkw",
        replaces=replaces,
    )
    file = re.sub(rb"<DLBLai.*</DLBLai>", lambda _match: data, EXAMPLE, flags=re.DOTALL)
    return file.replace(b"<DLQRCode></DLQRCode>", f"<DLQRCode>{qr}</DLQRCode>".encode())


def kept(data: bytes, folder: Path) -> Path:
    path = folder / "receipt.pdf"
    path.write_bytes(data)
    return path


def pdf_of(xml: bytes, folder: Path, *, demo: bool = False) -> Path:
    return kept(render(xml, demo=demo, lookup_url=LOOKUP), folder)


def run(*command: str | Path) -> str:
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True).stdout


def text_of(pdf: Path) -> str:
    """All text with single spaces."""
    return " ".join(run(require("pdftotext"), "-layout", pdf, "-").split())


def pages_of(pdf: Path) -> int:
    return int(re.findall(r"Pages:\s+(\d+)", run(require("pdfinfo"), pdf))[0])


def assert_words_between(pdf: Path, left_edge: float, right_edge: float, top_edge: float, bottom_edge: float) -> None:
    """Every word lies within these edges, counted from the upper left corner."""
    layout = run(require("pdftotext"), "-bbox", pdf, "-")
    boxes = re.findall(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">', layout)
    assert boxes
    for left, top, right, bottom in (map(float, box) for box in boxes):
        assert left_edge <= left <= right <= right_edge
        assert top_edge <= top <= bottom <= bottom_edge


def assert_sound(pdf: Path) -> None:
    assert "No syntax or stream encoding errors" in run(require("qpdf"), "--check", pdf)
