"""Hand money to the Treasury by hand: rules, what is owed, prepare, approve, the order's files, the annual sheet."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

remit_app = typer.Typer(help="Nộp ngân sách nhà nước / remittance to the Treasury", no_args_is_help=True)

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
Person = Annotated[str, typer.Option("--officer", help="Mã cán bộ thực hiện / officer id")]
Until = Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="Đến hết ngày / last business day")]


@remit_app.command("treasury")
def treasury(
    agency: AgencyOption,
    name: Annotated[str, typer.Option(help="Kho bạc Nhà nước ...")],
    account: Annotated[str, typer.Option(help="Tài khoản thu NSNN")],
    bank_bin: Annotated[str, typer.Option("--bin", help="BIN ngân hàng giữ tài khoản")],
    authority: Annotated[str, typer.Option(help="Cơ quan quản lý thu")],
    authority_code: Annotated[str, typer.Option(help="Mã cơ quan thu")],
    unit_code: Annotated[str, typer.Option(help="Mã ĐVQHNS")],
    area_code: Annotated[str, typer.Option(help="Mã địa bàn")],
    due: Annotated[str, typer.Option(help="weekly:1..7 | monthly:1..28")] = "monthly:5",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Khai báo nơi nộp / where the agency remits to."""
    from gateway.remitting import rules
    from gateway.remitting.model import Treasury

    told = Treasury(name, account, bank_bin, authority_code, authority, unit_code, area_code, due)
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        rules.set_treasury(uow, agency, told)
    say(as_json, asdict(told), f"Đã khai báo {name}")


@remit_app.command("rate")
def rate(
    agency: AgencyOption,
    fee: Annotated[str, typer.Argument(help="Mã phí, hoặc PHI / fee code, or PHI for all")],
    kept: Annotated[str, typer.Argument(help="Tỷ lệ để lại, ví dụ 7/10 hoặc 0.7 / part kept")],
    source: Annotated[str, typer.Option(help="Văn bản quy định / decision")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tỷ lệ phí được để lại / which part of a phí is kept."""
    from gateway.remitting import rules

    try:
        part = Fraction(kept)
    except (ValueError, ZeroDivisionError):
        raise typer.BadParameter("7/10", param_hint="kept") from None
    with refusals(as_json), installation(data) as environment, environment.begin(actor="cli", agency=agency) as uow:
        rules.set_rate(uow, agency, fee, part, source)
    say(as_json, {"fee": fee, "rate": str(part)}, f"{fee}: để lại {part}")


@remit_app.command("owed")
def owed(agency: AgencyOption, until: Until, data: Data = None, as_json: Json = False) -> None:
    """Còn phải nộp / what is owed, split, and what acquirers netted off."""
    from gateway.remitting import owed as owing
    from gateway.remitting.model import split

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        rates = owing.rates(connection, agency)
        found = owing.owed(connection, agency, until.date())
        lines = [split(one, owing.rate_of(rates, one.fee_code)) for one in found]
        short = owing.top_up(connection, agency)
    facts = [
        {**asdict(line.collected), "rate": str(line.rate), "retained": line.retained, "budget": line.budget}
        for line in lines
    ]
    text = [
        f"{one['account']} {one['fee_code']}: {one['amount']} = {one['retained']} + {one['budget']}" for one in facts
    ]
    text += [f"Phải bù phí thanh toán bị trừ: {short}"] if short else []
    say(as_json, {"lines": facts, "top_up": short}, "\n".join(text))


@remit_app.command("prepare")
def prepare(agency: AgencyOption, until: Until, officer: Person, data: Data = None, as_json: Json = False) -> None:
    """Lập đợt nộp / prepare."""
    from gateway.remitting import prepare as preparing

    who = f"officer:{officer}"
    with refusals(as_json), installation(data) as environment, environment.begin(actor=who, agency=agency) as uow:
        made = preparing.prepare(uow, agency, until.date())
    say(as_json, {"remittances": made}, "\n".join(made))


@remit_app.command("approve")
def approve(agency: AgencyOption, remittance: str, officer: Person, data: Data = None, as_json: Json = False) -> None:
    """Duyệt (người khác người lập) / approve, by another person."""
    from gateway.remitting import prepare as preparing

    who = f"officer:{officer}"
    with refusals(as_json), installation(data) as environment, environment.begin(actor=who, agency=agency) as uow:
        preparing.approve(uow, agency, remittance)
    say(as_json, {"remittance": remittance, "state": "approved"}, f"Đã duyệt {remittance}")


@remit_app.command("order")
def order(
    agency: AgencyOption,
    remittance: str,
    out: Annotated[Path, typer.Option(help="Thư mục / directory")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Tệp lệnh chi: pain.001 và XLSX / the payment order's files."""
    from gateway.remitting import order as ordering

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        made = ordering.order(connection, agency, remittance)
        out.mkdir(parents=True, exist_ok=True)
        files = {
            out / f"{made.number}.xml": ordering.pain001(made, environment.clock()),
            out / f"{made.number}.xlsx": ordering.workbook(made),
        }
        for path, body in files.items():
            path.write_bytes(body)
    say(as_json, {"files": [str(path) for path in files]}, "\n".join(str(path) for path in files))


@remit_app.command("year")
def year(agency: AgencyOption, number: int, data: Data = None, as_json: Json = False) -> None:
    """Bảng quyết toán năm / the annual sheet."""
    from gateway.remitting.annual import year_sheet

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        lines = [asdict(line) for line in year_sheet(connection, agency, number)]
    text = "\n".join(
        f"{one['fee_code']}: {one['collected']} / {one['retained']} / {one['handed_over']}" for one in lines
    )
    say(as_json, {"lines": lines}, text)
