"""The collecting organisation's seal on a PDF: PAdES B-B in the first revision (ETSI EN 319 142-1; ISO 32000-1, 12.8).

Room is left for a signature of known length while the file is written; the signature covers every other byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from receipts import cms
from receipts.objects import date, put, text

if TYPE_CHECKING:
    from receipts.keys import Signer

FIELD = "ToChucThu"
NAME = "seal"
FLAGS = 4 | 128  # of the field: printed, locked
SIGNATURES_EXIST, APPEND_ONLY = 1, 2  # of the form
RANGE, CONTENTS = b"/ByteRange [", b"/Contents <"
NUMBER = 10  # characters of an offset


@dataclass(frozen=True, slots=True)
class Seal:
    """The room for one signature in one document."""

    document: Any
    signer: Signer
    size: int  # bytes of the signature

    def set(self, data: bytes) -> bytes:
        """The document's finished bytes, signed. Raises KeyUnusable when the signature does not fit its room."""
        file, place = bytearray(data), self.document.idToOffset[NAME]
        start = file.index(CONTENTS, place) + len(CONTENTS) - 1
        end = start + 2 * self.size + 2
        ranges = file.index(RANGE, place) + len(RANGE)
        covered = _range(start, end, len(file) - end)
        file[ranges : ranges + len(covered)] = covered
        digest = hashlib.sha256(memoryview(file)[:start])
        digest.update(memoryview(file)[end:])
        file[start + 1 : end - 1] = self._signed(digest.digest()).hex().encode()
        return bytes(file)

    def _signed(self, digest: bytes) -> bytes:
        from receipts.keys import KeyUnusable

        signature = cms.signed(digest, self.signer)
        if len(signature) != self.size:
            raise KeyUnusable("the signature is not as long as the certificate's key")
        return signature


def reserve(document: Any, page: Any, signer: Signer, at: datetime) -> Seal:
    """Put an invisible signature field on a page of a reportlab document, to be signed at `at`.

    Raises KeyUnusable when the certificate is not valid then.
    """
    from receipts.keys import KeyUnusable

    first, last = signer.valid
    if not first <= at <= last:
        raise KeyUnusable(f"the certificate is not valid on {at:%Y-%m-%d}")
    seal = Seal(document, signer, cms.size(signer))
    value = put(document, NAME, _dictionary(signer, at, seal.size))
    on_page = document.Reference(page).format(document).decode()
    field = f"/Type /Annot /Subtype /Widget /FT /Sig /T ({FIELD}) /V {value} /P {on_page} /Rect [0 0 0 0] /F {FLAGS}"
    widget = put(document, "seal.field", f"<< {field} >>".encode())
    page.Annots = [widget]
    document.Catalog.AcroForm = f"<< /Fields [ {widget} ] /SigFlags {SIGNATURES_EXIST | APPEND_ONLY} >>"
    return seal


def _dictionary(signer: Signer, at: datetime, size: int) -> bytes:
    said = f"/Name {text(signer.subject)} /M ({date(at)})"
    entries = f"/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached {said}".encode()
    return b"<< %b\n%b%b]\n%b%b> >>" % (entries, RANGE, _range(0, 0, 0), CONTENTS, b"00" * size)


def _range(start: int, end: int, rest: int) -> bytes:
    """Which bytes are signed: from 0 as many as `start`, from `end` as many as `rest`."""
    return f"0 {start:{NUMBER}d} {end:{NUMBER}d} {rest:{NUMBER}d}".encode()
