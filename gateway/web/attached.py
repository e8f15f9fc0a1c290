"""The signed XML inside a receipt's PDF, taken out with bounded work (ISO 32000-1, 7.11.4: embedded file streams).

No PDF is interpreted here: our own files name their one attachment in one way (receipts/pdfa.py), and only that form is
read. Everything else is refused; what comes out is a claim until `receipts.verify` has looked at it.
"""

from __future__ import annotations

import re
import zlib

LARGEST_PDF = 1_000_000  # bytes
LARGEST_XML = 1_000_000  # bytes, unpacked

_FILE = re.compile(
    rb"<< /Filter /FlateDecode /Type /EmbeddedFile /Subtype /(?:application|text)#2Fxml "
    rb"/Params << [^<>]{1,200}>> /Length ([0-9]{1,7}) >>\nstream\n"
)


def attached_xml(pdf: bytes) -> bytes | None:
    """The one attached XML file; None when the file is not a PDF of ours."""
    if len(pdf) > LARGEST_PDF or not pdf.startswith(b"%PDF-"):
        return None
    found = list(_FILE.finditer(pdf))
    if len(found) != 1 or pdf.count(b"/EmbeddedFile ") != 1:
        return None
    begin, length = found[0].end(), int(found[0][1])
    if pdf[begin + length : begin + length + 10] != b"\nendstream":
        return None
    return _unpacked(pdf[begin : begin + length])


def _unpacked(packed: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, LARGEST_XML)
    except zlib.error:
        return None
    whole = unpacker.eof and not unpacker.unused_data and not unpacker.unconsumed_tail
    return data if whole else None
