"""`thuphi register`: the right to issue receipts, kept as the tax office knows it: registration, certificates, delegations.

Thông tư 91/2026/TT-BTC, Điều 17; Nghị định 254/2026/NĐ-CP, Điều 25. Until a registration is accepted, and whenever no
listed certificate is valid or no number is left, no QR is shown.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from cryptography import x509

    from gateway.kernel.uow import UnitOfWork
    from receipts.delegation import Delegation
    from receipts.register import Finding

register_app = typer.Typer(help="Đăng ký, chứng thư số, ủy nhiệm / registration", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Certificates = Annotated[
    list[Path] | None, typer.Option("--certificate", metavar="CERT.pem", help="Chứng thư số / certificate; nhiều lần")
]


@register_app.command("file")
def file(agency: AgencyOption, certificate: Certificates = None, data: Data = None, as_json: Json = False) -> None:
    """Ghi đã gửi 01/ĐKTĐ-CTĐT với các chứng thư số; mặc định keys/signer.pem / a registration as sent."""
    from gateway.delivery import enrol

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        listed = [_certificate(path) for path in certificate or [uow.settings.keys / "signer.pem"]]
        made = enrol.file(uow, agency, listed)
    say(as_json, {"registration": made, "certificates": len(listed)}, made)


@register_app.command("accept")
def accept(
    registration: Annotated[str, typer.Argument(metavar="ID", help="Mã đăng ký / id")],
    agency: AgencyOption,
    on: Day = None,
    refused: Annotated[bool, typer.Option("--refused", help="Không được chấp nhận / refused")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Trả lời của cơ quan thuế (01/TB-ĐKĐT), mặc định hôm nay / the tax office's answer, today if not told."""
    from gateway.delivery import enrol

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        day = None if refused else _day(on, uow)
        enrol.answer(uow, agency, registration, day)
    facts = {"registration": registration, "accepted_on": day.isoformat() if day else None}
    say(as_json, facts, f"Chấp nhận từ {day:%d/%m/%Y} / accepted" if day else "Không chấp nhận / refused")


@register_app.command("stop")
def stop(
    agency: AgencyOption,
    serial: Annotated[str | None, typer.Option(help="Số của chứng thư thôi dùng / certificate's serial (hex)")] = None,
    delegation: Annotated[str | None, typer.Option(help="Ủy nhiệm chấm dứt sớm / delegation ended early")] = None,
    on: Day = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thôi dùng một chứng thư số, hoặc chấm dứt ủy nhiệm (ngày cuối) / stop a certificate, or end a delegation."""
    from gateway.delivery import enrol

    if (serial is None) == (delegation is None):
        raise typer.BadParameter("một trong hai / one of --serial, --delegation")
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        if serial is not None:
            enrol.stop(uow, agency, serial)
            said = "Đã thôi dùng / stopped"
        else:
            assert delegation is not None
            said = enrol.posting(enrol.record(uow, agency, delegation, ended_on=_day(on, uow)))
    say(as_json, {"agency": agency, "stopped": serial or delegation, "text": said}, said)


@register_app.command("delegate")
def delegate(
    agency: AgencyOption,
    name: Annotated[str, typer.Option(help="Bên nhận ủy nhiệm / delegate")],
    tax_code: Annotated[str, typer.Option(help="MST bên nhận / its tax code")],
    address: Annotated[str, typer.Option(help="Địa chỉ bên nhận / its address")],
    purpose: Annotated[str, typer.Option(help="Mục đích / purpose")],
    symbol: Annotated[str, typer.Option(help="Ký hiệu / symbol")],
    first: Annotated[int, typer.Option("--from-number", min=1)],
    last: Annotated[int, typer.Option("--to-number", min=1)],
    from_day: Annotated[datetime, typer.Option("--from-day", formats=["%Y-%m-%d"])],
    to_day: Annotated[datetime, typer.Option("--to-day", formats=["%Y-%m-%d"])],
    notified: Annotated[datetime | None, typer.Option("--notified-on", formats=["%Y-%m-%d"])] = None,
    posted: Annotated[datetime | None, typer.Option("--posted-on", formats=["%Y-%m-%d"])] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ghi ủy nhiệm lập biên lai và dải số riêng; in nội dung niêm yết / a delegation, its own numbers, the posting."""
    from gateway.delivery import enrol
    from receipts.model import Delegate

    days = from_day.date(), to_day.date()
    terms = enrol.Terms(Delegate(name, address, tax_code), purpose, symbol, first, last, *days)
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        agreed = enrol.delegate(uow, agency, terms)
        _made_known(uow, agency, agreed.id, notified, posted)
        text = enrol.posting(agreed)
    say(as_json, {"delegation": agreed.id, "posting": text}, f"{agreed.id}\n\n{text}")


@register_app.command("notify")
def notify(
    delegation: Annotated[str, typer.Argument(metavar="ID", help="Mã ủy nhiệm / id")],
    agency: AgencyOption,
    notified: Annotated[datetime | None, typer.Option("--notified-on", formats=["%Y-%m-%d"])] = None,
    posted: Annotated[datetime | None, typer.Option("--posted-on", formats=["%Y-%m-%d"])] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ngày thông báo hai cơ quan thuế, ngày niêm yết / when the tax offices were told, when it was posted."""
    if notified is None and posted is None:
        raise typer.BadParameter("--notified-on, --posted-on")
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        _made_known(uow, agency, delegation, notified, posted)
    say(as_json, {"delegation": delegation}, "Đã ghi / recorded")


@register_app.command("next-year")
def next_year(agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Mở ký hiệu của năm sau / open next year's symbol (the worker does so in December)."""
    from gateway import agencies
    from gateway.delivery import series_watch
    from gateway.kernel.clock import business_day

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        agencies.require(uow.connection, agency)
        made = series_watch.ready_for_next_year(uow, agency, business_day(uow.now()))
    symbols = [one.symbol for one in made]
    say(as_json, {"agency": agency, "opened": symbols}, ", ".join(symbols) or "Đã có sẵn / there already")


@register_app.command("show")
def show(agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Đăng ký, chứng thư, ủy nhiệm, dải số và cảnh báo; không được lập thì mã thoát là 1 / exit 1 when closed."""
    from gateway import agencies
    from gateway.kernel.clock import business_day
    from receipts import delegation, enrolment, series
    from receipts.register import may_issue

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        agencies.require(connection, agency)
        verdict = may_issue(connection, agency, business_day(environment.clock()))
        registered = [_registered(row) for row in enrolment.listed(connection, agency)]
        agreed = [_agreed(one) for one in delegation.of_owner(connection, agency)]
        numbers = [_numbered(one) for one in series.open_ranges(connection, agency)]
    found = {"reasons": [_found(one) for one in verdict.reasons], "warnings": [_found(w) for w in verdict.warnings]}
    facts = {"open": verdict.open, **found, "registrations": registered, "delegations": agreed, "ranges": numbers}
    say(as_json, facts, _shown(facts))
    if not verdict.open:
        raise typer.Exit(1)


def declare(uow: UnitOfWork, agency: str, accepted_on: date) -> None:
    """What a new agency begins with: its registration as accepted before, with the certificate that lies in `keys`."""
    from gateway.delivery import enrol

    signer = uow.settings.keys / "signer.pem"
    enrol.declare(uow, agency, [_certificate(signer)] if signer.is_file() else [], accepted_on)


def _made_known(
    uow: UnitOfWork, agency: str, delegation: str, notified: datetime | None, posted: datetime | None
) -> None:
    from gateway.delivery import enrol

    days = {"notified_on": notified and notified.date(), "posted_on": posted and posted.date()}
    if any(days.values()):
        enrol.record(uow, agency, delegation, **days)


def _certificate(path: Path) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"không đọc được / cannot read {path.name}", param_hint="--certificate") from error


def _day(asked: datetime | None, uow: UnitOfWork) -> date:
    from gateway.kernel.clock import business_day

    return asked.date() if asked else business_day(uow.now())


def _registered(row: Any) -> dict[str, Any]:
    listed = None
    if row.serial is not None:
        days = {"valid_from": row.valid_from.isoformat(), "valid_to": row.valid_to.isoformat()}
        listed = {"subject": row.subject, "serial": row.serial, "state": row.state, **days}
    accepted = row.accepted_on.isoformat() if row.accepted_on else None
    return {"id": row.id, "state": row.answer, "accepted_on": accepted, "certificate": listed}


def _agreed(one: Delegation) -> dict[str, Any]:
    numbers = {"symbol": one.symbol, "first": one.first_number, "last": one.last_number}
    days = ("from_day", "to_day", "notified_on", "posted_on", "ended_on")
    told = {name: str(getattr(one, name)) if getattr(one, name) else None for name in days}
    return {"id": one.id, "delegate": one.delegate_name, "tax_code": one.delegate_tax_code, **numbers, **told}


def _numbered(one: Any) -> dict[str, Any]:
    return {"symbol": one.symbol, "first": one.first_number, "last": one.last_number, "taken": one.taken}


def _found(one: Finding) -> dict[str, Any]:
    return {"code": one.code, "vi": one.vi, "en": one.en, "left": one.left, "within": one.within}


def _shown(facts: dict[str, Any]) -> str:
    lines = ["Được lập biên lai / may issue" if facts["open"] else "KHÔNG được lập biên lai / may NOT issue"]
    for title, key in (("Lý do / reason", "reasons"), ("Cảnh báo / warning", "warnings")):
        lines += [f"{title}: {one['vi']} / {one['en']} [{one['code']}]" for one in facts[key]]
    for one in facts["registrations"]:
        listed = one["certificate"]
        named = (
            f"{listed['subject']} số {listed['serial']} {listed['state']}, đến {listed['valid_to']}" if listed else "-"
        )
        lines.append(f"Đăng ký / registration {one['id']} {one['state']} {one['accepted_on'] or ''}: {named}")
    for one in facts["delegations"]:
        term = f"{one['from_day']}..{one['ended_on'] or one['to_day']}"
        lines.append(
            f"Ủy nhiệm / delegation {one['id']} {one['delegate']} {one['symbol']} {one['first']}..{one['last']} {term}"
        )
    lines += [
        f"Dải số / range {r['symbol']} {r['first']}..{r['last']}, đã dùng đến / taken {r['taken']}"
        for r in facts["ranges"]
    ]
    return "\n".join(lines)
