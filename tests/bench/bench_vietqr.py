"""VietQR texts a second, each beside its baseline in the same run.

`pytest -m bench tests/bench/bench_vietqr.py -n 0 -s`. The floor is a bare f-string and a CRC without one
check; vietnam-qr-pay, which checks little, is measured beside it where it is installed.
"""

from __future__ import annotations

import importlib
import time
from binascii import crc_hqx
from collections.abc import Callable

import pytest

from connectors.vietqr import image
from connectors.vietqr.codec import decode, encode, for_payment
from connectors.vietqr.picture import picture

pytestmark = pytest.mark.bench

BANK, ACCOUNT, AMOUNT, PURPOSE = "970436", "0123456789012", 150_000, "PHI CCCD HS2611210001"


def rate(work: Callable[[], object], times: int) -> float:
    """Calls a second of CPU, the best of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - start)
    return times / best


def floor() -> str:
    beneficiary = f"0006{BANK}01{len(ACCOUNT):02}{ACCOUNT}"
    payee = f"0010A00000072701{len(beneficiary):02}{beneficiary}0208QRIBFTTA"
    purpose = f"08{len(PURPOSE):02}{PURPOSE}"
    head = f"00020101021238{len(payee):02}{payee}530370454{len(str(AMOUNT)):02}{AMOUNT}5802VN"
    body = f"{head}62{len(purpose):02}{purpose}6304"
    return f"{body}{crc_hqx(body.encode(), 0xFFFF):04X}"


def ours() -> str:
    return encode(for_payment(bin=BANK, account=ACCOUNT, amount=AMOUNT, purpose=PURPOSE))


def test_codec_against_the_floor() -> None:
    payload = floor()
    assert ours() == payload
    bare, written, read = rate(floor, 50_000), rate(ours, 20_000), rate(lambda: decode(payload), 20_000)
    print(
        f"\nfloor {bare:,.0f}/s; encode {written:,.0f}/s, {written / bare:.3f}; decode {read:,.0f}/s, {read / bare:.3f}"
    )
    assert written / bare >= 0.103  # twice vietnam-qr-pay 1.0.0, which made 0.051 and 0.039 of this floor
    assert read / bare >= 0.079


def test_codec_against_vietnam_qr_pay() -> None:
    try:
        peer = importlib.import_module("vietnam_qr_pay").QRPay
    except ImportError:
        pytest.skip("vietnam-qr-pay is not installed")

    def theirs() -> object:
        return peer.init_viet_qr(bank_bin=BANK, bank_number=ACCOUNT, amount=str(AMOUNT), purpose=PURPOSE).build()

    payload = ours()
    assert theirs() == payload
    written, read = rate(ours, 20_000) / rate(theirs, 5_000), rate(lambda: decode(payload), 20_000)
    read /= rate(lambda: peer(payload), 5_000)
    print(f"\nencode {written:.1f} x vietnam-qr-pay, decode {read:.1f} x")
    assert written >= 2
    assert read >= 2


def test_pictures() -> None:
    payload = ours()
    captions = {"agency": "Trung tâm Phục vụ hành chính công", "holder": "TRUNG TAM", "account": ACCOUNT, "bank": "VCB"}
    saved = rate(lambda: picture(payload, amount=AMOUNT, memo=PURPOSE, **captions), 5)
    svg, png = rate(lambda: image.svg(payload), 50), rate(lambda: image.png(payload), 50)
    print(f"\nSVG {svg:,.0f}/s, PNG {png:,.0f}/s, picture to save {saved:,.1f}/s")
    assert image.png(payload)
