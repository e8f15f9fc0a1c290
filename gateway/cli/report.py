"""Reports of a period by hand: the tables of the accountant's page, printed or written as CSV or XLSX."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from gateway.kernel.uow import Environment
    from gateway.reporting.model import Report

WHATS = "collected, outstanding, exempt, forgone, returned, owed_back, receipts_used, annual, open_data, balance"
BYS = "day, month, quarter, field, fee, kind, procedure, channel, account, unit, officer, agency"
FORMATS = ["%Y-%m-%d"]


def report(
    what: Annotated[str, typer.Argument(help=WHATS)],
    agency: Annotated[
        str, typer.Option("--agency", help="Mã cơ quan / agency id; --by agency: mọi cơ quan / all")
    ] = "",
    by: Annotated[str, typer.Option("--by", help=BYS)] = "day",
    first: Annotated[
        datetime | None, typer.Option("--from", formats=FORMATS, help="Mặc định: đầu tháng / first of the month")
    ] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=FORMATS, help="Mặc định: hôm nay / today")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", dir_okay=False, help="Tệp .csv hoặc .xlsx / file to write")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Báo cáo của kỳ / a report of a period."""
    from gateway.reporting.period import REPORTS

    if what not in REPORTS:
        raise typer.BadParameter(WHATS, param_hint="what")
    if by not in BYS.split(", "):
        raise typer.BadParameter(BYS, param_hint="--by")
    if out is not None and out.suffix not in (".csv", ".xlsx"):
        raise typer.BadParameter(".csv, .xlsx", param_hint="--out")
    everywhere = what == "collected" and by == "agency"
    if not agency and not everywhere:
        raise typer.BadParameter("H56.17", param_hint="--agency")
    days = (first.date() if first else None, last.date() if last else None)
    with refusals(as_json), installation(data) as environment:
        made = _made(environment, what, agency, "day" if by == "agency" else by, days, everywhere=everywhere)
    if out is not None:
        _write(made, out)
    _say(made, out, as_json)


def _made(
    environment: Environment,
    what: str,
    agency: str,
    by: str,
    days: tuple[date | None, date | None],
    *,
    everywhere: bool,
) -> Report:
    import sqlalchemy as sa

    from gateway import agencies
    from gateway.kernel.clock import business_day
    from gateway.reporting.collected import of_agencies
    from gateway.reporting.model import By
    from gateway.reporting.period import REPORTS, Asked

    now = environment.clock()
    today = business_day(now)
    asked = Asked(By(by), days[0] or today.replace(day=1), days[1] or today, now)
    if everywhere:
        with environment.read() as connection:
            ids = connection.scalars(sa.select(agencies.agency.c.id).order_by(agencies.agency.c.id)).all()
            return of_agencies(connection, [agency] if agency else ids, asked.first, asked.last)
    with environment.read(agency) as connection:
        agencies.require(connection, agency)
        return REPORTS[what](connection, agency, asked)


def _write(made: Report, out: Path) -> None:
    from gateway.reporting.export import as_csv, as_xlsx

    out.write_bytes(as_xlsx(made) if out.suffix == ".xlsx" else as_csv(made))


def _say(made: Report, out: Path | None, as_json: bool) -> None:
    keys = [column.key for column in made.columns]
    plain = [[cell.isoformat() if isinstance(cell, date) else cell for cell in row] for row in made.rows]
    totals = {column.key: made.total(column.key) for column in made.columns if column.money}
    facts = {"report": made.name, "rows": [dict(zip(keys, row, strict=True)) for row in plain], "totals": totals}
    heads = "\t".join(column.vi for column in made.columns)
    lines = [heads, *("\t".join("" if cell is None else str(cell) for cell in row) for row in plain)]
    say(as_json, facts | ({"file": str(out)} if out else {}), "\n".join(lines) if out is None else str(out))
