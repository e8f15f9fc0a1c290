"""CPU of a whole PDF receipt, with attachment and seal, beside reportlab and pyHanko used as their guides show.

`pytest -m bench tests/bench/bench_pdf.py -n 0 -s`
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO

import pytest

from receipts import pdf, qr, slip
from receipts.layout import A5
from receipts.pki import DemoKeys, demo_pki
from tests.conftest import require
from tests.receipts.desk import NOW, make_facts
from tests.receipts.paper import LOOKUP, TOKEN, kept, run, signed

pytestmark = pytest.mark.bench

SOURCE = signed(make_facts(), TOKEN)
FACES = ("Regular", "SemiBold")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> DemoKeys:
    return demo_pki(tmp_path_factory.mktemp("keys"), now=NOW)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[float, float, str]]:
    """The lines of the receipt and where they stand."""
    page = kept(pdf.render(SOURCE, demo=False, lookup_url=LOOKUP), tmp_path_factory.mktemp("page"))
    lines = re.findall(
        r'<line xMin="([\d.]+)" yMin="([\d.]+)".*?>(.*?)</line>',
        run(require("pdftotext"), "-bbox-layout", page, "-"),
        re.S,
    )
    return [(float(x), A5[1] - float(y), " ".join(re.findall(r">([^<]+)</word>", inside))) for x, y, inside in lines]


def milliseconds(work: Callable[[], object], times: int) -> float:
    """CPU of one call, the best of five rounds."""
    work()
    return min(_round(work, times) for _ in range(5)) / times * 1000


def _round(work: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - start


def naive_page(words: list[tuple[float, float, str]]) -> bytes:
    """Stock fonts and canvas, a QR of the best mask, a rectangle a module."""
    from qrcode.main import QRCode
    from reportlab.pdfgen.canvas import Canvas

    out = BytesIO()
    canvas = Canvas(out, pagesize=A5)
    for place, (x, y, text) in enumerate(words):
        canvas.setFont(f"Naive-{FACES[place % 2]}", 9)
        canvas.drawString(x, y, text)
    code = QRCode(border=0)
    code.add_data(TOKEN)
    code.make()
    side = 90 / code.modules_count
    for row, modules in enumerate(code.modules):
        for column, dark in enumerate(modules):
            if dark:
                canvas.rect(40 + column * side, 200 - row * side, side, side, stroke=0, fill=1)
    canvas.save()
    return out.getvalue()


def naive_seal(page: bytes, signer: object) -> bytes:
    from pyhanko.pdf_utils import embed
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import fields, signers

    writer = IncrementalPdfFileWriter(BytesIO(page))
    file = embed.EmbeddedFileObject.from_file_data(writer, SOURCE, mime_type="text/xml")
    embed.embed_file(writer, embed.FileSpec("receipt.xml", embedded_data=file))
    metadata = signers.PdfSignatureMetadata(field_name="Seal", subfilter=fields.SigSeedSubFilter.PADES)
    with closing(signers.sign_pdf(writer, metadata, signer=signer)) as out:  # type: ignore[arg-type]
        return bytes(out.getvalue())


def load_signer(keys: DemoKeys) -> object:
    from pyhanko.sign.signers import SimpleSigner

    return SimpleSigner.load(str(keys.signer_key), str(keys.signer_certificate))


@pytest.fixture(scope="module")
def stock_fonts() -> Iterator[None]:
    from fontpkg_be_vietnam_pro import ROOT
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    for face in FACES:
        pdfmetrics.registerFont(TTFont(f"Naive-{face}", str(ROOT / "files" / f"BeVietnamPro-{face}.ttf")))
    yield


def test_a_receipt_against_reportlab_and_pyhanko(
    keys: DemoKeys, words: list[tuple[float, float, str]], stock_fonts: None
) -> None:
    signer, loaded = keys.signer(), load_signer(keys)

    def ours() -> bytes:
        qr.symbol.cache_clear()  # each receipt has a token of its own
        return pdf.render(SOURCE, demo=False, lookup_url=LOOKUP, signer=signer)

    def naive() -> bytes:
        return naive_seal(naive_page(words), load_signer(keys))

    def kept_key() -> bytes:
        return naive_seal(naive_page(words), loaded)

    mine, theirs, better = milliseconds(ours, 20), milliseconds(naive, 3), milliseconds(kept_key, 3)
    print(
        f"\nPDF/A-3u with seal: {mine:.1f} ms, {len(ours()) / 1000:.0f} kB; naive {theirs:.1f} ms, {theirs / mine:.1f}x;"
    )
    print(f"naive with its key kept {better:.1f} ms, {better / mine:.1f}x, {len(kept_key()) / 1000:.0f} kB")
    parts = {
        "page without seal": lambda: pdf.render(SOURCE, demo=False, lookup_url=LOOKUP),
        "slip": lambda: slip.render(SOURCE, demo=False, lookup_url=LOOKUP),
        "RSA signature": lambda: signer.sign(b"thuphi"),
    }
    print(", ".join(f"{name} {milliseconds(work, 20):.2f} ms" for name, work in parts.items()))
    assert theirs / mine >= 12
