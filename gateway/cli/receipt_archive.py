"""`thuphi receipts archive`, `archive-verify`, `stamp`: packages that prove their receipts by themselves, in ten years too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    import sqlalchemy as sa
    from cryptography import x509

    from gateway.kernel.uow import Environment
    from receipts.archive import Kept

From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Từ ngày lập / from day")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Đến ngày lập / to day")]
AgencyOption = Annotated[str | None, typer.Option("--agency", help="Mã cơ quan; mặc định: tất cả / default: all")]


def archive(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Tệp ZIP / ZIP file")],
    agency: AgencyOption = None,
    first: From = None,
    last: To = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Đóng gói biên lai đã ký cùng chứng thư, thu hồi, dấu thời gian, bằng chứng / pack signed receipts with all proof."""
    from gateway.delivery import revocation
    from gateway.kernel.clock import rfc3339
    from receipts import archive as packages

    with refusals(as_json), installation(data) as environment:
        with environment.read() as connection:  # the audit tree's hashes are of all agencies
            kept = list(_kept(environment, connection, agency, first, last))
        chain = _chain(environment, kept)
        revocation.renew(environment, chain)
        words = revocation.evidence(environment.settings.keys)
        body = packages.pack(
            kept,
            chain=chain,
            revocation=words.lists,
            answers=words.answers,
            made_at=rfc3339(environment.clock()),
        )
        out.write_bytes(body)
    stamped, proofs = sum(one.stamp is not None for one in kept), sum(one.proof is not None for one in kept)
    facts = {"file": str(out), "receipts": len(kept), "stamped": stamped, "proofs": proofs, "bytes": len(body)}
    facts |= {"lists": len(words.lists), "answers": len(words.answers)}
    say(
        as_json,
        facts,
        f"{out}: {len(kept)} biên lai / receipts, {stamped} dấu thời gian / stamped, {proofs} bằng chứng",
    )


def archive_verify(
    package: Annotated[Path, typer.Argument(metavar="F.zip", exists=True, dir_okay=False, readable=True)],
    trust: Annotated[list[Path], typer.Option("--trust", metavar="CA.pem", help="Chứng thư tin cậy; nhiều lần")],
    as_json: Json = False,
) -> None:
    """Kiểm tra một gói chỉ từ chính nó; có sai hỏng thì mã thoát là 1 / prove a package from itself alone."""
    from dataclasses import asdict

    from cryptography import x509

    from receipts.archive import unpack
    from receipts.archive_check import examine

    try:
        authorities = [one for path in trust for one in x509.load_pem_x509_certificates(path.read_bytes())]
    except (OSError, ValueError) as error:
        raise typer.BadParameter("không đọc được chứng thư / no certificate in it", param_hint="--trust") from error
    with refusals(as_json):
        body = package.read_bytes()
        found = examine(body, trust=authorities)
        files, _ = unpack(body)
        flaws = [asdict(flaw) for flaw in found.flaws] + list(_proof_flaws(files))
    facts = {
        "valid": not flaws,
        "receipts": found.receipts,
        "stamped": found.stamped,
        "proofs": found.proofs,
        "flaws": flaws,
        "warnings": [asdict(one) for one in found.warnings],
    }
    head = f"{found.receipts} biên lai / receipts, {found.stamped} dấu thời gian / stamped, {found.proofs} bằng chứng"
    told = [f"SAI / WRONG {one['name']}: {one['code']} {one['detail']}" for one in flaws]
    told += [f"{one.name}: {one.code} {one.detail}" for one in found.warnings]
    say(as_json, facts, "\n".join([head, *told]))
    if flaws:
        raise typer.Exit(1)


def stamp(
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")],
    first: From = None,
    last: To = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Xin dấu thời gian cho biên lai chưa có (THUPHI_TSA_URL) / have the worker stamp what lacks a time stamp."""
    from datetime import timedelta

    from gateway.delivery import stamping
    from gateway.kernel.clock import business_day, day_start

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        begin, end = first.date() if first else date(2026, 1, 1), last.date() if last else business_day(uow.now())
        count = stamping.enqueue_missing(uow, agency, day_start(begin), day_start(end + timedelta(days=1)))
    say(as_json, {"waiting": count}, f"{count} biên lai chờ dấu thời gian / receipts wait for a stamp")


def _kept(
    environment: Environment,
    connection: sa.Connection,
    agency: str | None,
    first: datetime | None,
    last: datetime | None,
) -> Iterator[Kept]:
    import sqlalchemy as sa

    from receipts import store
    from receipts.archive import Kept

    table = store.receipt
    query = sa.select(table, store.stamp.c.token).outerjoin(store.stamp, store.stamp.c.receipt_id == table.c.id)
    query = query.where(table.c.signed_at.is_not(None))
    for condition, value in ((table.c.owner == agency, agency), (table.c.day >= _day(first), first)):
        query = query if value is None else query.where(condition)
    query = query if last is None else query.where(table.c.day <= last.date())
    for row in connection.execute(query.order_by(table.c.form, table.c.symbol, table.c.number)):
        xml = store.document(connection, row.id, "xml", environment.vault)
        assert xml is not None  # as it is signed
        pdf = store.document(connection, row.id, "pdf", environment.vault)
        proof = _proof(environment, connection, row)
        yield Kept(row.form, row.symbol, row.number, xml, pdf, row.token, proof)


def _day(moment: datetime | None) -> date:
    return moment.date() if moment else date.min


def _proof(environment: Environment, connection: sa.Connection, row: Any) -> bytes | None:
    """The audit tree's proof, if the tree is signed that far."""
    import json

    from gateway.audit import keys, prove
    from gateway.audit.checkpoints import NoCheckpoint

    about = prove.of_receipt(connection, row.owner, row.id)
    if not about:
        return None
    try:
        proof = prove.prove(connection, about, keys.trusted(environment.settings.keys))
    except NoCheckpoint:
        return None
    return json.dumps(proof, ensure_ascii=False, sort_keys=True).encode()


def _proof_flaws(files: dict[str, bytes]) -> Iterator[dict[str, str]]:
    """Each proof holds in itself, and speaks of the receipt it lies beside."""
    import json

    from gateway.audit import verifier

    for name, body in files.items():
        if not name.endswith("/proof.json"):
            continue
        _, symbol, number = name.split("/")[1].split("-")
        try:
            found = verifier.verify(json.loads(body))
            signed = [one["facts"] for one in found["leaves"] if one["kind"] == "receipt.signed"]
            same = any((one["symbol"], one["number"]) == (symbol, int(number)) for one in signed)
        except (verifier.ProofError, ValueError, KeyError, TypeError) as error:
            yield {"name": name, "code": getattr(error, "code", "proof.unreadable"), "detail": str(error)}
            continue
        if not same:
            yield {"name": name, "code": "proof.another_receipt", "detail": "the proof is of another receipt"}


def _chain(environment: Environment, kept: list[Kept]) -> list[x509.Certificate]:
    """Of the signers in the receipts, the stampers in the stamps, and the authorities in the key directory."""
    import base64
    import re

    from asn1crypto import cms
    from cryptography import x509

    from gateway.delivery.revocation import authorities

    found: set[bytes] = set()
    for one in kept:
        signer = re.search(rb"<X509Certificate>([^<]+)</X509Certificate>", one.xml)
        found |= {base64.b64decode(signer[1])} if signer else set()
        if one.stamp is not None:
            signed = cms.ContentInfo.load(one.stamp)["content"]
            found |= {certificate.chosen.dump() for certificate in signed["certificates"]}
    above = authorities(environment.settings.keys)
    return [*map(x509.load_der_x509_certificate, sorted(found)), *above]
