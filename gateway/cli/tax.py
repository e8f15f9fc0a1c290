"""Daily tables for the tax authority, by hand: make, export, take an answer in, look; and how receipts were used."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

tax_app = typer.Typer(help="Dữ liệu biên lai gửi cơ quan thuế / data for the tax authority", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])]


@tax_app.command("make")
def make(agency: AgencyOption, day: Day, data: Data = None, as_json: Json = False) -> None:
    """Lập bảng tổng hợp 01/TH-BLĐT của một ngày / make a day's table now."""
    from gateway.delivery.documents import load_keys
    from gateway.taxing import make as making

    with refusals(as_json), installation(data) as environment:
        keys = load_keys(environment.settings.keys)
        with environment.begin(actor="cli", agency=agency) as uow:
            made = making.make(uow, agency, day.date(), keys.signer)
    say(as_json, {"tables": made}, "\n".join(made) or "Không còn biên lai nào chưa báo / nothing to tell")


@tax_app.command("status")
def status(agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Các bảng, ngày còn thiếu, sự cố / tables, days with untold receipts, outages. Exits 1 on a refused table."""
    from datetime import date

    from gateway.taxing import gather, send, store
    from gateway.taxing.model import TableState

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        tables = store.of_agency(connection, agency)
        missing = gather.days_waiting(connection, agency, date(2000, 1, 1))
        silent = send.outages(connection, agency)
    facts = {
        "tables": [{**row._mapping, "day": row.day.isoformat(), **_moments(row)} for row in tables],
        "days_untold": [day.isoformat() for day in missing],
        "outages": [
            {
                "began_at": one.began_at.isoformat(),
                "ended_at": one.ended_at and one.ended_at.isoformat(),
                "due": one.due and one.due.isoformat(),
            }
            for one in silent
        ],
    }
    lines = [f"{row.day} số {row.number} (lần {row.supplement}): {row.state} {row.reason}".rstrip() for row in tables]
    lines += [f"{day}: còn biên lai chưa báo / untold" for day in missing]
    lines += [f"Sự cố từ {one.began_at:%d/%m/%Y %H:%M}, hạn gửi: {one.due or 'khi khắc phục xong'}" for one in silent]
    say(as_json, facts, "\n".join(lines))
    if any(row.state == TableState.REFUSED for row in tables):
        raise typer.Exit(1)


@tax_app.command("export")
def export(
    agency: AgencyOption,
    out: Annotated[Path, typer.Option(help="Thư mục / directory")],
    everything: Annotated[bool, typer.Option("--all", help="Cả bảng đã gửi / also those sent")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Xuất tệp thông điệp để tải lên bằng tay / write messages for upload by hand."""
    from gateway.taxing import store
    from gateway.taxing.model import TableState

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        out.mkdir(parents=True, exist_ok=True)
        states = () if everything else (TableState.MADE,)
        written = []
        for row in store.of_agency(connection, agency, states):
            target = out / f"TH-BLDT-{row.tax_code}-{row.day:%Y%m%d}-{row.number:03d}.xml"
            target.write_bytes(store.by_id(connection, agency, row.id).body)
            written.append(str(target))
    say(as_json, {"files": written}, "\n".join(written))


@tax_app.command("answer")
def answer(
    agency: AgencyOption,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Ghi nhận trả lời của cơ quan thuế từ tệp / take an answer in from a file."""
    from gateway.taxing import answer as answering

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        news = answering.answered(uow, agency, file.read_bytes())
    say(as_json, {"news": news}, "Đã ghi nhận" if news else "Đã ghi nhận từ trước / known before")


@tax_app.command("withdraw")
def withdraw(agency: AgencyOption, table: str, data: Data = None, as_json: Json = False) -> None:
    """Bỏ bảng bị từ chối; biên lai sẽ vào bảng sau / let go of a refused table; its receipts are told anew."""
    from gateway.taxing import make as making

    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        making.withdraw(uow, agency, table)
    say(as_json, {"table": table, "state": "withdrawn"}, f"Đã bỏ {table}")


@tax_app.command("usage")
def usage(
    agency: AgencyOption,
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tình hình sử dụng biên lai trong kỳ / how receipts were used."""
    from dataclasses import asdict

    from gateway.taxing.usage import usage as used

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        found = used(connection, agency, first.date(), last.date())
    lines = [
        f"{u.form} {u.symbol}: {u.first}–{u.last}, {u.used} biên lai, {u.amount:,} ₫".replace(",", ".") for u in found
    ]
    say(as_json, {"series": [asdict(u) for u in found]}, "\n".join(lines))


def _moments(row: object) -> dict[str, str | None]:
    names = ("made_at", "sent_at", "answered_at")
    return {name: (moment := getattr(row, name)) and moment.isoformat() for name in names}
