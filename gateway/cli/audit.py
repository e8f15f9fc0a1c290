"""`thuphi audit`: prove that nothing was changed afterwards, hand out proofs, compute every due again.

All of it also beside a live server; `verify` exits 1 with a reason for any tampering.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gateway.audit.leaves import Leaf
    from gateway.audit.verifier import Key
    from gateway.kernel.uow import Environment

audit_app = typer.Typer(help="Kiểm toán / audit trail", no_args_is_help=True)

KeyOption = Annotated[
    Path | None, typer.Option("--key", dir_okay=False, help="Khóa công khai; mặc định keys/audit.pub / public keys")
]


@audit_app.callback()
def audit() -> None:
    """Kiểm toán: cây Merkle, điểm kiểm tra, bằng chứng, tính lại / tree, checkpoints, proofs, recomputation."""


@audit_app.command("verify")
def audit_verify(
    against: Annotated[
        Path | None, typer.Option("--against", dir_okay=False, help="Điểm kiểm tra đã giữ / a checkpoint kept outside")
    ] = None,
    key: KeyOption = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Chứng minh không gì bị sửa / prove that nothing was changed, deleted, swapped or forged."""
    from dataclasses import asdict

    from gateway.audit.prove import read_older
    from gateway.audit.verify import verify

    with refusals(as_json), installation(data) as environment:
        keys = _keys(environment, key)
        older = None if against is None else read_older(_text(against, "--against"))
        with environment.read() as connection, _progress(shown=not as_json) as progress:
            proven = verify(connection, keys, older, progress)
    facts = {"valid": not proven.flaws, **asdict(proven)}
    lines = [f"{flaw.rule} {flaw.subject} {flaw.detail}".rstrip() for flaw in proven.flaws]
    if proven.flaw_count > len(lines):
        lines.append(f"... {proven.flaw_count - len(lines)}")
    lines.append(
        f"{proven.size} lá trong cây / leaves in the tree, {proven.signed} đã ký / signed by {proven.checkpoints} "
        f"điểm kiểm tra / checkpoints; {proven.unnumbered} chưa đánh số / not yet numbered"
    )
    lines.append("KHÔNG TOÀN VẸN / TAMPERED" if proven.flaws else "Toàn vẹn / nothing was changed")
    say(as_json, facts, "\n".join(lines))
    if proven.flaws:
        raise typer.Exit(1)


@audit_app.command("prove")
def audit_prove(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Tệp bằng chứng / the proof's file")],
    receipt: Annotated[str | None, typer.Option(metavar="SYMBOL/NUMBER", help="Biên lai / a receipt")] = None,
    payment: Annotated[str | None, typer.Option(metavar="ID", help="Lệnh thanh toán / a payment")] = None,
    agency: Annotated[str | None, typer.Option(help="Cơ quan, nếu có nhiều / the agency, if there are several")] = None,
    since: Annotated[
        Path | None, typer.Option("--since", dir_okay=False, help="Nối tiếp điểm kiểm tra này / continue a checkpoint")
    ] = None,
    key: KeyOption = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ghi bằng chứng mà kiểm toán viên tự kiểm / write a proof that an auditor checks alone (verifier.py)."""
    import json

    from gateway.audit.prove import prove

    if (receipt is None) == (payment is None):
        raise typer.BadParameter("cho --receipt hoặc --payment / give one of them", param_hint="--receipt")
    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        about = _of_receipt(connection, receipt, agency) if receipt else _of_payment(connection, payment or "", agency)
        older = None if since is None else _text(since, "--since")
        proof = prove(connection, about, _keys(environment, key), older)
        out.write_text(json.dumps(proof, ensure_ascii=False, indent=2) + "\n", "utf-8")
    facts = {"out": str(out), "leaves": len(about)}
    say(as_json, facts, f"{out}: {len(about)} lá / leaves. python verifier.py {out} --key audit.pub")


@audit_app.command("checkpoint")
def audit_checkpoint(data: Data = None, as_json: Json = False) -> None:
    """In điểm kiểm tra mới nhất / print the newest checkpoint: keep it, and nothing before it can be changed unseen."""
    from gateway.audit import checkpoints
    from gateway.kernel.clock import rfc3339

    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        head = checkpoints.require(connection)
    facts = {"size": head.size, "root": head.root.hex(), "time": rfc3339(head.at), "note": head.note}
    say(as_json, facts, head.note.removesuffix("\n"))


@audit_app.command("key")
def audit_key(data: Data = None, as_json: Json = False) -> None:
    """Tạo khóa ký điểm kiểm tra nếu chưa có; in khóa công khai / make the log's key if there is none, print its public."""
    from gateway.audit import keys

    with refusals(as_json):
        made = keys.make(settings_of(data).keys)
    say(as_json, {"key": made.public.line()}, made.public.line())


@audit_app.command("verifier")
def audit_verifier(
    out: Annotated[Path, typer.Option("--out", dir_okay=False, help="Nơi ghi / where to")] = Path("verifier.py"),
    as_json: Json = False,
) -> None:
    """Ghi chương trình kiểm bằng chứng, chỉ cần Python / write the program that checks proofs; it needs only Python."""
    from importlib import resources

    out.write_bytes(resources.files("gateway.audit").joinpath("verifier.py").read_bytes())
    say(as_json, {"out": str(out)}, str(out))


@audit_app.command("recompute-fees")
def recompute_fees(
    agency: Annotated[str | None, typer.Option(help="Chỉ cơ quan này / this agency alone")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tính lại mọi khoản phải nộp theo biểu của ngày đó / compute every due again under the tariff of its day."""
    from gateway import agencies
    from gateway.audit.recompute import Difference, recompute
    from gateway.kernel.money import dong

    count, found = 0, list[Difference]()
    with refusals(as_json), installation(data) as environment, environment.read() as connection:
        chosen = [agencies.require(connection, agency)] if agency else agencies.all_agencies(connection)
        for one in chosen:
            for difference in recompute(connection, one.id, environment.vault):
                count += 1
                found += [difference] if difference is not None else []
    lines = [
        f"{one.due_id} {one.dossier_code} {one.fee_code} {one.day:%d/%m/%Y}: {dong(one.amount)} ({one.ground}); "
        + (f"{dong(one.computed)} ({one.computed_ground})" if one.computed is not None else one.reason)
        for one in found
    ]
    lines.append(f"{count} khoản / dues, {len(found)} khác biểu / differ from the tariff")
    say(as_json, {"dues": count, "differences": [_worded(one) for one in found]}, "\n".join(lines))
    if found:
        raise typer.Exit(1)


def _worded(one: object) -> dict[str, object]:
    from dataclasses import asdict

    told: dict[str, object] = asdict(one)  # type: ignore[call-overload]
    return told | {"day": str(told["day"])}


def _keys(environment: Environment, given: Path | None) -> list[Key]:
    from gateway.audit import keys, verifier
    from gateway.audit.keys import LogKeyUnusable

    if given is None:
        return keys.trusted(environment.settings.keys)
    try:
        return verifier.read_keys(_text(given, "--key"))
    except verifier.ProofError:
        raise LogKeyUnusable(f"Không đọc được {given.name}.", f"Cannot read {given.name}.", field="key") from None


def _text(file: Path, option: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        raise typer.BadParameter(f"không đọc được / cannot read {file}", param_hint=option) from None


def _of_receipt(connection: Connection, named: str, agency: str | None) -> list[Leaf]:
    """The leaves of the receipt SYMBOL/NUMBER."""
    import sqlalchemy as sa

    from gateway.audit.prove import of_receipt
    from receipts.store import receipt

    symbol, separator, number = named.rpartition("/")
    if not separator or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise typer.BadParameter("SYMBOL/NUMBER, 26TAA/1", param_hint="--receipt")
    chosen = (receipt.c.symbol == symbol) & (receipt.c.number == int(number))
    mine = sa.true() if agency is None else receipt.c.owner == agency
    found = connection.execute(sa.select(receipt.c.id, receipt.c.owner).where(chosen, mine)).all()
    row = _only(found, "biên lai", "receipt")
    return of_receipt(connection, row.owner, row.id) or []


def _of_payment(connection: Connection, payment_id: str, agency: str | None) -> list[Leaf]:
    """The leaves of a payment and its receipts."""
    import sqlalchemy as sa

    from gateway.audit.prove import of_payment
    from gateway.payments.store import payment

    mine = sa.true() if agency is None else payment.c.agency_id == agency
    found = connection.execute(sa.select(payment.c.agency_id).where(payment.c.id == payment_id, mine)).all()
    return of_payment(connection, _only(found, "lệnh thanh toán", "payment").agency_id, payment_id)


def _only(found: Sequence[Any], vi: str, en: str) -> Any:
    from gateway.audit.timeline import SubjectMissing

    if len(found) != 1:
        why = ("Không có", "There is no") if not found else ("Có nhiều", "There are several: give --agency for the")
        raise SubjectMissing(f"{why[0]} {vi} này.", f"{why[1]} such {en}.")
    return found[0]


@contextmanager
def _progress(*, shown: bool) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    import sys

    if not shown or not sys.stderr.isatty():
        yield lambda done, size: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("verify", total=None)
        yield lambda done, size: bar.update(task, completed=done, total=size)
