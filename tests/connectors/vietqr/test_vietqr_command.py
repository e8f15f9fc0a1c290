"""`thuphi vietqr encode`, `decode`, `card`: the lines that others rely on, exit codes, pictures, and text for people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from typer.testing import CliRunner, Result

from connectors.vietqr.codec import decode, encode, for_payment
from gateway.cli.vietqr import vietqr_app

VECTORS = json.loads((Path(__file__).parents[2] / "golden/vietqr/vectors.json").read_text(encoding="utf-8"))
PAYLOAD = encode(for_payment(bin="970436", account="0123456789012", amount=150_000, purpose="BLQ84G7ZWYRD"))
PAYEE = ("--bin", "970436", "--account", "0123456789012")


def run(*arguments: str, given: str | bytes = "", exit_code: int = 0) -> Result:
    result = CliRunner().invoke(vietqr_app, arguments, input=given)
    assert not isinstance(result.exception, Exception), result.exception
    assert result.exit_code == exit_code, result.output
    return result


def lines(given: str | bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("decode", "--jsonl", given=given).stdout.splitlines()]


def test_the_contract_of_a_line() -> None:
    assert lines(json.dumps({"id": "a", "payload": PAYLOAD})) == [
        {
            "id": "a",
            "valid": True,
            "scheme": "vietqr",
            "initiation": "12",
            "init_method": "12",
            "bin": "970436",
            "account": "0123456789012",
            "service": "QRIBFTTA",
            "amount": 150_000,
            "purpose": "BLQ84G7ZWYRD",
            "currency": "704",
            "country": "VN",
            "crc": PAYLOAD[-4:],
            "warnings": [],
            **dict.fromkeys(
                ["bill", "bill_number", "mobile_number", "store_label", "loyalty_number", "reference_label"]
                + ["customer_label", "terminal_label", "consumer_data_request", "merchant_id", "mcc"]
                + ["merchant_name", "merchant_city", "postal_code", "tip", "tip_amount", "tip_percent"]
                + ["language", "merchant_name_alt", "merchant_city_alt"]
            ),
        }
    ]
    refused = lines(json.dumps({"id": 2, "payload": PAYLOAD[:-4] + "0000"}))
    assert refused == [
        {"id": 2, "valid": False, "error": "crc_mismatch", "tag": "63", "detail": "the CRC does not fit the text"}
    ]


def test_every_vector_line_by_line() -> None:
    given = "".join(json.dumps({"id": v["id"], "payload": v["payload"]}) + "\n" for v in VECTORS)
    for answer, vector in zip(lines(given), VECTORS, strict=True):
        assert (answer["id"], answer["valid"]) == (vector["id"], vector["valid"])
        expected = {name: value for name, value in vector["expect"].items() if name != "emv_well_formed"}
        assert {name: answer[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"{", "bad_line"),
        (b"[]", "bad_line"),
        (b"\xff", "bad_line"),
        (b"\n7", "bad_line"),
        (b"[" * 100_000, "bad_line"),
        (b'{"id": null}', "bad_payload"),
        (b'{"payload": 17}', "bad_payload"),
        (b'{"payload": "\\ud83d"}', "control_char"),
        (b'{"payload": ""}', "missing_crc"),
    ],
)
def test_a_bad_line_is_answered_and_the_next_one_too(line: bytes, error: str) -> None:
    bad, good = lines(line + b"\n" + json.dumps({"id": "\ud83d", "payload": PAYLOAD}).encode() + b"\n")
    assert (bad["id"], bad["valid"], bad["error"]) == (None, False, error)
    assert (good["id"], good["valid"]) == ("\ud83d", True)


def test_encode_prints_the_text() -> None:
    plain = run("encode", *PAYEE, "--amount", "150000", "--purpose", "BLQ84G7ZWYRD").stdout
    assert plain == PAYLOAD + "\n"
    assert decode(run("encode", *PAYEE).stdout.strip()).initiation == "11"


def test_encode_takes_the_other_fields() -> None:
    arguments = ["--bill", "HS1", "--reference", "R1", "--name", "Sở Tài chính", "--city", "Đà Nẵng", "--fold"]
    answer = json.loads(run("encode", *PAYEE, *arguments, "--purpose", "Nộp phí", "--mcc", "9399", "--json").stdout)
    assert answer["valid"]
    assert decode(answer["payload"]).merchant_name == answer["merchant_name"] == "So Tai chinh"
    facts = ("bill", "bill_number", "reference_label", "merchant_city", "purpose", "mcc", "amount", "initiation")
    assert [answer[name] for name in facts] == ["HS1", "HS1", "R1", "Da Nang", "Nop phi", "9399", None, "11"]


def test_encode_draws(tmp_path: Path) -> None:
    svg, png = tmp_path / "code.svg", tmp_path / "code.png"
    payload = run("encode", *PAYEE, "--svg", str(svg), "--png", str(png)).stdout.strip()
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(png))] == [payload]
    assert svg.read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["--amount", "-5"], "bad_amount"),
        (["--amount", "0"], "bad_amount"),
        (["--amount", "1" + "0" * 20], "bad_amount"),
        (["--purpose", "Nộp phí"], "not_ans"),
        (["--purpose", "A" * 120], "too_long"),
        (["--purpose", ""], "length_zero"),
        (["--service", "X"], "bad_service"),
        (["--png", "/nowhere/code.png"], "file_not_written"),
    ],
)
def test_a_refusal_exits_1_with_its_reason(arguments: list[str], error: str) -> None:
    answer = json.loads(run("encode", *PAYEE, *arguments, "--json", exit_code=1).stdout)
    assert (answer["valid"], answer["error"]) == (False, error)
    people = run("encode", *PAYEE, *arguments, exit_code=1)
    assert people.stdout == ""
    assert f"refused: {error}" in people.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["encode"],
        ["encode", "--bin", "970436"],
        ["encode", *PAYEE, "--amount", "50000.5"],
        ["encode", *PAYEE, "--png", "/"],
        ["decode", PAYLOAD, "--jsonl"],
        ["decode", PAYLOAD, PAYLOAD],
    ],
)
def test_bad_usage_exits_2(arguments: list[str]) -> None:
    run(*arguments, exit_code=2)


def test_decode_one_for_people() -> None:
    told = run("decode", PAYLOAD).stdout
    for fact in ("Vietcombank (970436)", "0123456789012", "150.000 đ", "BLQ84G7ZWYRD"):
        assert fact in told
    assert "Lưu ý" not in told


def test_decode_one_as_json_from_an_argument_or_from_stdin() -> None:
    answer = json.loads(run("decode", PAYLOAD, "--json").stdout)
    assert (answer["valid"], answer["amount"]) == (True, 150_000)
    assert json.loads(run("decode", "--json", given=PAYLOAD + "\r\n").stdout) == answer


@pytest.mark.parametrize("given", ["", "https://example.vn/pay?id=1", b"\xff\xfe", "0" * 100_000])
def test_what_is_no_code_exits_1(given: str | bytes) -> None:
    answer = json.loads(run("decode", "--json", given=given, exit_code=1).stdout)
    assert not answer["valid"]
    assert "Bị từ chối" in run("decode", given=given, exit_code=1).stderr


CARD = ("card", *PAYEE, "--holder", "TRUNG TAM PHUC VU HCC", "--agency", "Trung tâm Phục vụ hành chính công")


def test_a_card_is_written_as_page_and_picture(tmp_path: Path) -> None:
    pdf, png = tmp_path / "card.pdf", tmp_path / "card.png"
    told = run(*CARD, "--serial", "TH0001K7", "--pdf", str(pdf), "--png", str(png), "--json")
    answer = json.loads(told.stdout)
    assert (answer["serial"], answer["written"]) == ("TH0001K7", [str(pdf), str(png)])
    assert decode(answer["payload"]).terminal_label == "TH0001K7"
    assert [found.text for found in zxingcpp.read_barcodes(Image.open(png))] == [answer["payload"]]
    assert pdf.read_bytes().startswith(b"%PDF-")


def test_a_card_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    png = tmp_path / "card.png"
    told = run(*CARD, "--serial", "th 1", "--png", str(png), "--json", exit_code=1)
    assert json.loads(told.stdout)["error"] == "vietqr.serial_unreadable"
    assert not png.exists()
    run(*CARD, "--serial", "TH1", exit_code=2)
    run(*CARD, "--serial", "TH1", "--png", str(png), "--language", "fr", exit_code=2)
    told = run(*CARD, "--serial", "TH1", "--png", str(tmp_path / "no" / "card.png"), "--json", exit_code=1)
    assert json.loads(told.stdout)["error"] == "file_not_written"
