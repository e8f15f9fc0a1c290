"""`thuphi receipts verify`, `validate`, `check`: what a receipt file or a printed token proves, without server or network."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli import receipt_archive, receipt_life
from gateway.kernel.clock import VIETNAM, system_clock

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    from receipts.check import Check
    from receipts.model import ReceiptError
    from receipts.token import TokenFacts
    from receipts.verify import Verified

receipts_app = typer.Typer(help="Biên lai điện tử / e-receipts", no_args_is_help=True)

receipts_app.command("replace")(receipt_life.replace)
receipts_app.command("error-notice")(receipt_life.error_notice)
receipts_app.command("tasks")(receipt_life.tasks)
receipts_app.command("print")(receipt_life.print_receipt)
receipts_app.command("convert")(receipt_life.convert)
receipts_app.command("show")(receipt_life.show)
receipts_app.command("archive")(receipt_archive.archive)
receipts_app.command("archive-verify")(receipt_archive.archive_verify)
receipts_app.command("stamp")(receipt_archive.stamp)

AsJson = Annotated[bool, typer.Option("--json", help="In JSON / print JSON")]


@receipts_app.callback()
def receipts() -> None:
    """Biên lai điện tử: kiểm tra tệp, mã QR, dãy số / e-receipts: files, QR codes, numbers."""


@receipts_app.command("verify")
def verify_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Tệp XML / the XML file")],
    trust: Annotated[Path, typer.Option("--trust", metavar="CA.pem", help="Chứng thư tin cậy / authorities trusted")],
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Thời điểm; mặc định: bây giờ / default: now")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra chữ ký và nội dung một biên lai / verify a receipt file; a refused one exits 1."""
    from receipts.refused import Refused
    from receipts.verify import verify

    authorities, moment = _authorities(trust), _moment(at)
    try:
        verified = verify(_read(file), trust=authorities, at=moment)
    except Refused as refused:
        raise _refusal(refused, refused.detail, as_json) from None
    _print(_receipt(verified), as_json)


@receipts_app.command("validate")
def validate_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, readable=True, help="Tệp XML / the XML file")
    ],
    as_json: AsJson = False,
) -> None:
    """Đối chiếu tệp với từng quy định / hold a file, signed or not, against every rule; a broken one exits 1."""
    from dataclasses import asdict

    from gateway.cli.answer import say
    from receipts.validate import report

    found = report(_read(file))
    facts = {
        "valid": found.valid,
        "legacy": found.legacy,
        "signed": found.signed,
        "checks": [asdict(check) for check in found.checks],
    }
    say(as_json, facts, "\n".join(map(_ruled, found.checks)))
    if not found.valid:
        raise typer.Exit(1)


def _ruled(check: Check) -> str:
    mark = {True: "đạt / ok", False: "SAI / BROKEN", None: "-"}[check.holds]
    return f"{mark:<13} {check.rule}: {check.detail_vi} / {check.detail_en} [{check.article}]"


@receipts_app.command("check")
def check_token(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="Mã hoặc địa chỉ trong QR / text of the QR")],
    key: Annotated[Path, typer.Option("--key", metavar="PUB.pem", help="Khóa công khai / public key")],
    replaced: Annotated[
        Path | None,
        typer.Option("--replaced", metavar="LIST", exists=True, dir_okay=False, help="Danh sách đã thay thế / list"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Kiểm tra mã QR của biên lai, không cần mạng / check a receipt's QR offline; a refused one exits 1.

    Với danh sách có ký của các biên lai đã thay thế (/verify/replaced), biên lai đã thay thế cũng bị từ chối.
    """
    from receipts.replacement_list import ListRefused, read
    from receipts.token import TokenRefused, check

    public = _public_key(key)
    try:
        facts = check(token, public)
        known = read(replaced.read_text("ascii", "replace"), public, at=system_clock()) if replaced else None
    except (TokenRefused, ListRefused) as refused:
        raise _refusal(refused, str(refused), as_json) from None
    if known is not None and known.holds(facts):
        _print({"valid": False, "reason": "receipt.replaced", "detail": "the receipt was replaced"}, as_json)
        raise typer.Exit(1)
    _print(_token(facts) | ({"replaced_list": known.number} if known else {}), as_json)


def _read(file: Path) -> bytes:
    """At most one byte more than a receipt may have. Raises Refused `file.unreadable`."""
    from receipts.parse import MAX_BYTES
    from receipts.refused import Refused

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Refused("file.unreadable", "the file cannot be read") from error


def _authorities(trust: Path) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(trust.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter("không đọc được chứng thư / no certificate in it", param_hint="--trust") from error


def _public_key(key: Path) -> EllipticCurvePublicKey:
    from receipts.keys import KeyUnusable, public_from_pem

    try:
        return public_from_pem(key.read_bytes())
    except (OSError, KeyUnusable) as error:
        raise typer.BadParameter("không phải khóa P-256 / not a P-256 public key", param_hint="--key") from error


def _moment(text: str | None) -> datetime:
    """ISO 8601; without a zone it is Vietnamese time, without an hour the beginning of the day."""
    if text is None:
        return system_clock()
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("không phải thời điểm / not a time (2026-11-24T09:30:00+07:00)") from error


def _refusal(refused: ReceiptError, detail: str, as_json: bool) -> typer.Exit:
    _print({"valid": False, "reason": refused.code, "detail": detail}, as_json)
    return typer.Exit(1)


def _receipt(verified: Verified) -> dict[str, Any]:
    return {
        "valid": True,
        "form": verified.form,
        "symbol": verified.symbol,
        "number": verified.number,
        "day": verified.day.isoformat(),
        "amount": verified.amount,
        "words": verified.words,
        "method": verified.method,
        "lookup_code": verified.lookup_code,
        "org": {"name": verified.org.name, "tax_code": verified.org.tax_code},
        "payer": verified.payer.name,
        "dossier": verified.dossier.code,
        "lines": [
            {"kind": line.kind, "code": line.code, "name": line.name, "amount": line.amount} for line in verified.lines
        ],
        "replaces": _replaced(verified),
        "signed_at": verified.signed_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "signer": verified.signer,
        "digest": verified.digest,
        "token": verified.token is not None,
        "warnings": list(verified.warnings),
    }


def _replaced(verified: Verified) -> dict[str, Any] | None:
    old = verified.replaces
    if old is None:
        return None
    return {"form": old.form, "symbol": old.symbol, "number": old.number, "day": old.day.isoformat()}


def _token(facts: TokenFacts) -> dict[str, Any]:
    return {
        "valid": True,
        "tax_code": facts.tax_code,
        "form": facts.form,
        "symbol": facts.symbol,
        "number": facts.number,
        "day": facts.day.isoformat(),
        "amount": facts.amount,
        "digest": facts.digest,
        "key_id": facts.key_id,
    }


@receipts_app.command("gaps")
def gaps(
    data: Annotated[
        Path | None, typer.Option("--data", file_okay=False, help="Thư mục dữ liệu / data directory")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Chứng minh dãy số liên tục 1..n; có lỗ hổng thì mã thoát là 1 / prove that every series is 1..n."""
    from dataclasses import asdict

    from gateway.cli.answer import refusals, say
    from gateway.cli.place import installation
    from receipts import series

    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        found = [asdict(gap) for gap in series.gaps(connection)]
    lines = [f"{gap['form']} {gap['symbol']} {gap['problem']}: {gap['detail']}" for gap in found]
    say(as_json, {"gaps": found}, "\n".join(lines or ["Mọi dãy số liên tục / every series is without gap"]))
    if found:
        raise typer.Exit(1)


def _print(answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        text = json.dumps(answer, ensure_ascii=False)
    else:
        text = "\n".join(f"{name}: {_plain(value)}" for name, value in answer.items())
    sys.stdout.buffer.write(f"{text}\n".encode())


def _plain(value: object) -> str:
    """For people: no brackets around what is simple."""
    if isinstance(value, (bool, date)):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
