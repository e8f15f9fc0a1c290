"""The payment's reference as a barcode beside the QR, for the scanners that counters and archives still have.

Whoever prints brings the encoder (Code 128, ISO/IEC 15417): what bars look like is no business of receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from receipts.reading import Content

# Of a text the widths in modules, bar, space, bar ...; ValueError for what it cannot say.
Encoder = Callable[[str], Sequence[int]]


def of(content: Content, encoder: Encoder | None) -> Sequence[int]:
    """The bars of the reference; none without one, or where it cannot be drawn: it is no mandatory content."""
    if encoder is None or content.money is None:
        return ()
    try:
        return encoder(content.money.reference)
    except ValueError:
        return ()
