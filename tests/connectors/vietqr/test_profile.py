"""A scheme whose fields become public one day is added without touching the reader of the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.vietqr import tlv
from connectors.vietqr.codec import VietQR, VietQRError, decode, encode, for_payment
from connectors.vietqr.profile import PROFILES, Profile

GUID = "A000000999"  # made up


def write(qr: VietQR) -> str:
    return tlv.write("38", tlv.write("00", GUID) + tlv.write("01", qr.merchant_id or ""))


TOMORROW = Profile(
    "merchantqr",
    "38",
    lambda top: f"0010{GUID}" in top.get("38", ""),
    lambda template: {"merchant_id": tlv.read(template, "38")["01"]},
    write,
)
ALL = (TOMORROW, *PROFILES)
TRANSFER = for_payment(bin="970415", account="113000000001", amount=50_000, purpose="BLQ84G7ZWYRD")
MERCHANT = VietQR(scheme="merchantqr", merchant_id="HCC01", amount=50_000, purpose="BLQ84G7ZWYRD")


def test_a_new_profile_goes_before_the_known_ones() -> None:
    payload = encode(MERCHANT, profiles=ALL)
    read = decode(payload, profiles=ALL)
    assert (read.scheme, read.merchant_id, read.account, read.amount) == ("merchantqr", "HCC01", None, 50_000)
    assert decode(encode(TRANSFER), profiles=ALL) == decode(encode(TRANSFER)) == replace(TRANSFER)


def test_without_its_profile_a_code_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(VietQRError) as refused:
        decode(encode(MERCHANT, profiles=ALL))
    assert (refused.value.rule, refused.value.tag) == ("bad_guid", "38.00")
    with pytest.raises(VietQRError) as refused:
        encode(MERCHANT)
    assert refused.value.rule == "not_vietqr"
    with pytest.raises(VietQRError):
        encode(VietQR(scheme="vnpayqr", merchant_id="0109"))
