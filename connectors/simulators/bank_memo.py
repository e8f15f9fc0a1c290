"""What a Vietnamese bank prints for a payer's memo: its own words around it, ASCII, at most 140 characters.

The shapes are those seen in public statements: envelopes of Vietcombank, MB, NAPAS 247, VietQR.vn and iPay; lower case
where a payer typed by hand; words broken by a line end every 35 characters.
"""

from __future__ import annotations

from connectors.files.write_mt940 import folded
from connectors.simulators.bank_faults import Bits, between

WIDTH = 140
BREAK = 35

# {d6} is six random digits, {day} ddmmyy; {memo} and {payer} are the payer's.
ENVELOPES = (
    "MBVCB.{d10}.{memo}.CT tu 10{d8} {payer}",
    "CUSTOMER MBVCB {d10} {d6} {memo}  CT tu 10{d8} {payer}",
    "{d6}.{day}.{d6}.{memo} nop le phi FT{d14}",
    "0200970422{d12}2026YKRT{d6}.{d5} {d1}.{d6}.{memo}",
    "QR VQR{d10} {memo} Ma giao dich Trace{d6} Trace {d6}",
    "IBFT {memo} tu {payer}",
)


def printed(memo: str, number: int) -> str:
    """The plain decoration: an order number before the memo."""
    return f"CT DEN:{number:012d} {folded(memo)}"[:WIDTH].rstrip()


def mangled(memo: str, payer: str, day: str, bits: Bits) -> str:
    """Another bank's envelope, the memo in lower case every other time, and blanks where lines of 35 ended."""
    envelope = ENVELOPES[between(bits, 0, len(ENVELOPES) - 1)]
    text = folded(memo).lower() if bits(1) else folded(memo)
    digits = {f"d{n}": f"{between(bits, 0, 10 ** min(n, 9) - 1):0{n}d}" for n in (1, 5, 6, 8, 10, 12, 14)}
    whole = envelope.format(memo=text, payer=folded(payer), day=day, **digits)
    return " ".join(whole[at : at + BREAK] for at in range(0, len(whole), BREAK))[:WIDTH].rstrip()
