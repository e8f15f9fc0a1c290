"""`thuphi vietqr encode`, `decode`, `card`: VietQR texts written and read strictly, and printed for the counter."""

from __future__ import annotations

import json
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from gateway.cli.answer import refusals, say

if TYPE_CHECKING:
    from connectors.vietqr.codec import VietQR, VietQRError

vietqr_app = typer.Typer(help="Mã VietQR / VietQR codes", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]


@vietqr_app.callback()
def vietqr() -> None:
    """Mã VietQR: tạo, đọc, vẽ."""


@vietqr_app.command("encode")
def encode(
    bin: Annotated[str, typer.Option(help="BIN ngân hàng thụ hưởng / of the beneficiary bank")],
    account: Annotated[str, typer.Option(help="Số tài khoản thụ hưởng / beneficiary account")],
    amount: Annotated[int | None, typer.Option(help="Số tiền, đồng / amount in đồng")] = None,
    purpose: Annotated[str | None, typer.Option(help="Nội dung, không dấu / memo, no accents")] = None,
    bill: Annotated[str | None, typer.Option(help="Số hóa đơn (62.01) / bill number")] = None,
    reference: Annotated[str | None, typer.Option(help="Mã tham chiếu (62.05) / reference label")] = None,
    name: Annotated[str | None, typer.Option(help="Tên đơn vị, không dấu (59) / merchant name")] = None,
    city: Annotated[str | None, typer.Option(help="Tỉnh, thành phố, không dấu (60) / city")] = None,
    mcc: Annotated[str | None, typer.Option(help="Mã ngành (52) / merchant category")] = None,
    service: Annotated[str, typer.Option(help="Dịch vụ / service")] = "QRIBFTTA",
    initiation: Annotated[
        str | None, typer.Option(help="11 dùng nhiều lần / reusable, 12 một lần / one use; mặc định theo số tiền")
    ] = None,
    fold: Annotated[bool, typer.Option("--fold", help="Bỏ dấu các chữ trên / take the accents off first")] = False,
    svg: Annotated[Path | None, typer.Option(dir_okay=False, writable=True, help="Ghi tệp SVG / write an SVG")] = None,
    png: Annotated[Path | None, typer.Option(dir_okay=False, writable=True, help="Ghi tệp PNG / write a PNG")] = None,
    as_json: Json = False,
) -> None:
    """In nội dung mã VietQR; giá trị sai quy định thì mã thoát là 1 / print the text; a breach of the rules exits 1."""
    from connectors.vietqr import codec
    from connectors.vietqr.unaccented import unaccented

    if fold:
        purpose, name, city = (text and unaccented(text) for text in (purpose, name, city))
    qr = codec.VietQR(
        bin=bin,
        account=account,
        amount=amount,
        purpose=purpose,
        bill=bill,
        reference_label=reference,
        merchant_name=name,
        merchant_city=city,
        mcc=mcc,
        service=service,
        initiation=initiation,
    )
    try:
        payload = codec.encode(qr)
        _draw(payload, svg, png)
    except codec.VietQRError as refusal:
        _refuse(_refusal(refusal), as_json)
    except OSError as failure:
        _refuse({"valid": False, "error": "file_not_written", "detail": str(failure)}, as_json)
    if as_json:
        _answer({"payload": payload, **_read(payload)})
    else:
        typer.echo(payload)


@vietqr_app.command("decode")
def decode(
    payload: Annotated[str | None, typer.Argument(help="Nội dung mã, mặc định từ stdin / the text, else stdin")] = None,
    jsonl: Annotated[bool, typer.Option("--jsonl", help='Đọc từng dòng / read lines {"id","payload"}')] = False,
    as_json: Json = False,
) -> None:
    """Đọc một mã, hoặc nhiều mã theo từng dòng; mã bị từ chối thì mã thoát là 1 / read; a refused code exits 1."""
    if jsonl:
        if payload is not None:
            raise typer.BadParameter("cần một trong hai / give one of the two: PAYLOAD, --jsonl")
        for line in filter(bytes.strip, sys.stdin.buffer):
            _answer(_decoded(line))
        return
    answer = _read(payload if payload is not None else _piped())
    if not answer["valid"]:
        _refuse(answer, as_json)
    if as_json:
        _answer(answer)
    else:
        _show(answer)


@vietqr_app.command("card")
def card(
    bin: Annotated[str, typer.Option(help="BIN ngân hàng thụ hưởng / of the beneficiary bank")],
    account: Annotated[str, typer.Option(help="Số tài khoản thụ hưởng / beneficiary account")],
    holder: Annotated[str, typer.Option(help="Chủ tài khoản / account holder")],
    agency: Annotated[str, typer.Option(help="Tên cơ quan thu / agency")],
    serial: Annotated[str, typer.Option(help="Số thẻ, chữ hoa và chữ số / serial, capitals and digits")],
    bank: Annotated[str | None, typer.Option(help="Tên ngân hàng, mặc định theo BIN / name of the bank")] = None,
    purpose: Annotated[str | None, typer.Option(help="Nội dung, không dấu / memo, no accents")] = None,
    language: Annotated[str, typer.Option(help="vi, en")] = "vi",
    logo: Annotated[Path | None, typer.Option(dir_okay=False, exists=True, help="Biểu trưng PNG, JPEG / sign")] = None,
    pdf: Annotated[Path | None, typer.Option(dir_okay=False, writable=True, help="Ghi tệp PDF / write a PDF")] = None,
    png: Annotated[Path | None, typer.Option(dir_okay=False, writable=True, help="Ghi tệp PNG / write a PNG")] = None,
    as_json: Json = False,
) -> None:
    """In thẻ A6 có mã tĩnh và số thẻ để đặt tại quầy / an A6 card with a reusable code and a serial for the counter."""
    from connectors.vietqr import card as cards
    from connectors.vietqr.banks import bank as bank_of

    if language not in ("vi", "en") or (pdf is None and png is None):
        raise typer.BadParameter("cần --pdf hoặc --png; --language vi, en / give --pdf or --png; language vi or en")
    known = bank_of(bin)
    card = cards.Card(
        agency=agency,
        bin=bin,
        bank=bank or (known.short_name if known else bin),
        account=account,
        holder=holder,
        serial=serial,
        purpose=purpose,
        language="en" if language == "en" else "vi",
    )
    sign = logo.read_bytes() if logo else None
    with refusals(as_json):
        try:
            if pdf is not None:
                pdf.write_bytes(cards.pdf(card, sign))
            if png is not None:
                png.write_bytes(cards.png(card, sign))
        except OSError as failure:
            _refuse({"valid": False, "error": "file_not_written", "detail": str(failure)}, as_json)
        written = [str(path) for path in (pdf, png) if path is not None]
        say(as_json, {"serial": serial, "payload": card.payload, "written": written}, f"{card.payload}\n{serial}")


def as_contract(payload: str, qr: VietQR) -> dict[str, Any]:
    """The JSON that others rely on: null where the code is silent, amounts in đồng as integers."""
    values = {field.name: getattr(qr, field.name) for field in fields(qr)}
    return {
        "valid": True,
        **values,
        "init_method": qr.initiation,
        "bill_number": qr.bill,
        "currency": "704",
        "country": "VN",
        "crc": payload[-4:].upper(),
        "warnings": list(qr.warnings),
    }


def _read(payload: str) -> dict[str, Any]:
    from connectors.vietqr.codec import VietQRError, decode

    try:
        return as_contract(payload, decode(payload))
    except VietQRError as refusal:
        return _refusal(refusal)


def _decoded(line: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(line)
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        return {"id": None, "valid": False, "error": "bad_line", "detail": "not a JSON object"}
    payload = asked.get("payload")
    if not isinstance(payload, str):
        return {"id": asked.get("id"), "valid": False, "error": "bad_payload", "detail": "payload is not a text"}
    return {"id": asked.get("id"), **_read(payload)}


def _refusal(refusal: VietQRError) -> dict[str, Any]:
    return {"valid": False, "error": refusal.rule, "tag": refusal.tag, "detail": refusal.detail}


def _piped() -> str:
    """One text from stdin with its line end off; more than a code can hold is not read to its end."""
    text = sys.stdin.buffer.read(8192).decode("utf-8", "surrogateescape")
    return text.removesuffix("\n").removesuffix("\r")


def _draw(payload: str, svg: Path | None, png: Path | None) -> None:
    if svg is not None or png is not None:
        from connectors.vietqr import image

        if svg is not None:
            svg.write_text(image.svg(payload), encoding="utf-8")
        if png is not None:
            png.write_bytes(image.png(payload))


def _refuse(answer: dict[str, Any], as_json: bool) -> NoReturn:
    if as_json:
        _answer(answer)
    else:
        where = f" ({answer['tag']})" if answer.get("tag") else ""
        typer.echo(f"Bị từ chối / refused: {answer['error']}{where}: {answer['detail']}", err=True)
    raise typer.Exit(1)


def _answer(answer: dict[str, Any]) -> None:
    """One line at once: who asks line by line is not left waiting."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _show(answer: dict[str, Any]) -> None:
    from connectors.vietqr.banks import bank

    known = bank(answer["bin"]) if answer["bin"] else None
    amount = answer["amount"]
    lines = {
        "Loại mã": answer["scheme"],
        "Ngân hàng": f"{known.short_name} ({known.bin})" if known else answer["bin"],
        "Tài khoản": answer["account"],
        "Mã đơn vị chấp nhận": answer["merchant_id"],
        "Tên": answer["merchant_name_alt"] or answer["merchant_name"],
        "Số tiền": None if amount is None else f"{amount:,} đ".replace(",", "."),
        "Nội dung": answer["purpose"],
        "Số hóa đơn": answer["bill"],
        "Dịch vụ": answer["service"],
        "Lưu ý": "; ".join(answer["warnings"]),
    }
    for label, value in lines.items():
        if value:
            typer.echo(f"{label}: {value}")
