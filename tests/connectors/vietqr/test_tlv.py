"""Data objects: lengths in characters, the CRC over bytes, both as EMVCo's own examples have them."""

from __future__ import annotations

import pytest

from connectors.vietqr import tlv
from connectors.vietqr.refusal import VietQRError

EMVCO_EXAMPLE = (  # the specification's worked example
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT"
    "6007BEIJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME"
    "91320016A0112233449988770708123456786304A13A"
)


def test_the_crc_is_ccitt_false_padded_to_four() -> None:
    assert tlv.crc("123456789") == "29B1"
    padded = next(text for n in range(10_000) if (text := tlv.crc(str(n))).startswith("0"))
    assert len(padded) == 4


def test_emvcos_worked_example() -> None:
    found = tlv.read_sealed(EMVCO_EXAMPLE)
    assert list(found)[:4] == ["00", "01", "29", "31"]
    assert tlv.read(found["64"], "64") == {"00": "ZH", "01": "最佳运输", "02": "北京"}
    assert tlv.seal(EMVCO_EXAMPLE[:-8]) == EMVCO_EXAMPLE


def test_the_limit_is_512_bytes_not_characters() -> None:
    full = "".join(tlv.write(f"{tag:02}", "A" * 99) for tag in range(80, 84)) + tlv.write("84", "A" * 88)
    assert len(tlv.seal(full)) == tlv.MAX_BYTES
    assert list(tlv.read_sealed(tlv.seal(full))) == ["80", "81", "82", "83", "84", "63"]
    for longer in (full.replace("8488", "8489") + "A", tlv.write("80", "ộ" * 99) + tlv.write("81", "ộ" * 99)):
        with pytest.raises(VietQRError, match="longer than 512 bytes"):
            tlv.read_sealed(tlv.seal(longer))


@pytest.mark.parametrize(
    ("text", "path", "rule", "tag"),
    [
        ("0", "", "truncated", ""),
        ("0103ab", "", "truncated", "01"),
        ("0103ab", "62", "nested_length", "62.01"),
        ("0102ab9", "62", "nested_length", "62"),
        ("0102ab0102cd", "38.01", "duplicate_tag", "38.01.01"),
        ("0100", "", "length_zero", "01"),
        ("01-4", "", "bad_length", "01"),
        ("01 4abcd", "", "bad_length", "01"),
        ("0١04abcd", "", "bad_id", ""),
        ("01٠4abcd", "", "bad_length", "01"),
        ("6304ABCDjunk", "", "crc_not_last", "63"),
    ],
)
def test_what_is_wrong_with_an_object(text: str, path: str, rule: str, tag: str) -> None:
    with pytest.raises(VietQRError) as caught:
        tlv.read(text, path)
    assert (caught.value.rule, caught.value.tag) == (rule, tag)
