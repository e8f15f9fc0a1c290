"""The collecting organisation's seal on a PDF: PAdES B-B in the first revision (ETSI EN 319 142-1; ISO 32000-1, 12.8).

Room is left for a signature of known length while the file is written; the signature covers every other byte.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from receipts import cms
from receipts.objects import moment, put, text

if TYPE_CHECKING:
    from receipts.keys import Signer

FIELD = "ToChucThu"
NAME = "seal"
PRINT, LOCKED = 4, 128  # annotation flags
FIELDS_SIGNED_APPEND_ONLY = 3  # SigFlags: a later change would break the signature unless appended
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
    on_page = document.Reference(page).format(document)
    widget = put(
        document,
        "seal.field",
        b"<< /Type /Annot /Subtype /Widget /FT /Sig /T (%b) /V %b /P %b /Rect [0 0 0 0] /F %d >>"
        % (FIELD.encode(), value, on_page, PRINT | LOCKED),
    )
    page.Annots = [widget]
    form = b"<< /Fields [%b] /SigFlags %d >>" % (widget, FIELDS_SIGNED_APPEND_ONLY)
    document.Catalog.AcroForm = form
    return seal


def _dictionary(signer: Signer, at: datetime, size: int) -> bytes:
    return (
        b"<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name %b /M (%b)\n%b%b]\n%b%b> >>"
        % (text(signer.subject), moment(at).encode(), RANGE, _range(0, 0, 0), CONTENTS, b"00" * size)
    )


def _range(start: int, end: int, rest: int) -> bytes:
    """Which bytes are signed: from 0 as many as `start`, from `end` as many as `rest`."""
    return f"0 {start:{NUMBER}d} {end:{NUMBER}d} {rest:{NUMBER}d}".encode()
