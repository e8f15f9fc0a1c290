"""`thuphi receipts replace`, `error-notice`, `tasks`, `print`, `convert`, `show`: what happens to a receipt after its issue.

Thông tư 91/2026/TT-BTC, Điều 20: no cancel and no adjust; replace, or tell of an error.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from gateway.cli.answer import refusals, say
from gateway.cli.place import Data, Json, installation

if TYPE_CHECKING:
    from receipts.model import Numbered

AgencyOption = Annotated[str, typer.Option("--agency", help="Mã cơ quan / agency id")]
By = Annotated[str, typer.Option("--by", help="Ai làm / who does it")]
Receipt = Annotated[str, typer.Argument(metavar="RECEIPT", help="Mã biên lai / receipt id")]
Out = Annotated[Path, typer.Option("--out", dir_okay=False, help="Tệp / file")]


def replace(
    receipt: Annotated[str | None, typer.Argument(metavar="[RECEIPT]", help="Mã biên lai / receipt id")] = None,
    agency: AgencyOption = "",
    by: By = "",
    reason: Annotated[str, typer.Option(help="Lý do / reason")] = "",
    payer_name: Annotated[str | None, typer.Option(help="Tên người nộp đúng / payer's right name")] = None,
    payer_tax_code: Annotated[str | None, typer.Option(help="MST người nộp đúng / right tax code")] = None,
    payer_id: Annotated[str | None, typer.Option(help="Số định danh đúng / right identity number")] = None,
    payer_address: Annotated[str | None, typer.Option(help="Địa chỉ đúng / right address")] = None,
    line: Annotated[
        list[str] | None, typer.Option(metavar="STT:SLxDG", help="Dòng đúng, ví dụ 1:2x75000; bỏ dòng 2: 2:0x0 / line")
    ] = None,
    approve: Annotated[str | None, typer.Option(metavar="CHANGE", help="Duyệt đề nghị / approve a request")] = None,
    refuse: Annotated[str | None, typer.Option(metavar="CHANGE", help="Từ chối đề nghị / refuse a request")] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Lập biên lai thay thế; khi tiền khác thì hai người / replace a receipt; two persons where money differs."""
    from gateway.settlement import amending

    if sum(one is not None for one in (receipt, approve, refuse)) != 1 or not agency or not by:
        raise typer.BadParameter("RECEIPT | --approve CHANGE | --refuse CHANGE; --agency; --by")
    right = amending.Correction(payer_name, payer_tax_code, payer_id, payer_address, _lines(line))
    with refusals(as_json), installation(data) as environment:
        with environment.begin(actor=f"cli:{by}", agency=agency) as uow:
            if refuse is not None:
                amending.refuse(uow, agency, refuse)
                facts: dict[str, Any] = {"change": refuse, "state": "refused"}
            elif approve is not None:
                facts = {"change": approve, "state": "made", **_numbered(amending.approve(uow, agency, approve))}
            else:
                asked = amending.ask(uow, agency, receipt or "", right, reason)
                made = {"state": "made", **_numbered(asked.new)} if asked.new else {"state": "asked"}
                facts = {"change": asked.id, "money_differs": asked.money_differs, **made}
        say(as_json, facts, _told(facts))


def _lines(given: list[str] | None) -> dict[int, tuple[int, int]]:
    import re

    found = {}
    for item in given or ():
        parts = re.fullmatch(r"([1-9][0-9]?):([0-9]{1,6})x([0-9]{1,12})", item, re.ASCII)
        if parts is None:
            raise typer.BadParameter(f"cần STT:SLxDG / 1:2x75000 expected: {item}", param_hint="--line")
        found[int(parts[1])] = int(parts[2]), int(parts[3])
    return found


def _numbered(made: Numbered) -> dict[str, Any]:
    return {"receipt": made.id, "form": made.form, "symbol": made.symbol, "number": made.number, "amount": made.amount}


def _told(facts: dict[str, Any]) -> str:
    if facts["state"] == "made":
        return f"Biên lai thay thế {facts['symbol']} số {facts['number']} ({facts['receipt']}), {facts['amount']} đ"
    if facts["state"] == "refused":
        return f"Đã từ chối / refused {facts['change']}"
    return f"Đề nghị {facts['change']} chờ người khác duyệt / waits for another person: --approve {facts['change']}"


def error_notice(
    receipt: Annotated[str | None, typer.Argument(metavar="[RECEIPT]", help="Mã biên lai / receipt id")] = None,
    agency: AgencyOption = "",
    by: By = "",
    text: Annotated[str, typer.Option(help="Nội dung sai và đúng / what is wrong and right")] = "",
    reason: Annotated[str, typer.Option(help="Lý do / reason")] = "",
    explanation: Annotated[bool, typer.Option("--explanation", help="Giải trình / an explanation")] = False,
    out: Annotated[Path | None, typer.Option("--out", dir_okay=False, help="Tệp 04/SS-CTĐT (XML) / file")] = None,
    answered: Annotated[
        str | None, typer.Option("--answered", metavar="NOTICE", help="Đã có trả lời / answered")
    ] = None,
    refused: Annotated[bool, typer.Option("--refused", help="Không được chấp nhận / refused")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Thông báo sai sót 04/SS-CTĐT: ghi, xuất tệp, ghi trả lời / an error notice: record, file, answer."""
    if (receipt is None) == (answered is None) or not agency or not by:
        raise typer.BadParameter("RECEIPT | --answered NOTICE; --agency; --by")
    with refusals(as_json), installation(data) as environment:
        with environment.begin(actor=f"cli:{by}", agency=agency) as uow:
            from gateway.settlement import telling

            if answered is not None:
                telling.answered(uow, agency, answered, accepted=not refused)
                facts: dict[str, Any] = {"notice": answered, "state": "refused" if refused else "accepted"}
                body = b""
            else:
                notice, body = telling.tell(uow, agency, receipt or "", text, reason, explanation=explanation)
                facts = {"notice": notice, "state": "sent", "file": str(out) if out else None}
        if out is not None and body:
            out.write_bytes(body)
        say(as_json, facts, " ".join(str(value) for value in facts.values() if value))


def tasks(
    agency: AgencyOption,
    close: Annotated[str | None, typer.Option("--close", metavar="TASK", help="Việc đã xong / close a task")] = None,
    outcome: Annotated[str, typer.Option(help="paid_again | refunded | replaced | error")] = "",
    by: By = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Giao dịch bị hủy hoặc đòi lại sau khi có biên lai: việc của một người / sales undone after their receipt."""
    from gateway.settlement import undone

    if close is not None and not by:
        raise typer.BadParameter("--by")
    with refusals(as_json), installation(data) as environment:
        if close is not None:
            with environment.begin(actor=f"cli:{by}", agency=agency) as uow:
                undone.close(uow, agency, close, outcome)
        with environment.read(agency) as connection:
            rows = undone.open_tasks(connection, agency)
    names = ("id", "receipt_id", "kind", "ref", "symbol", "number", "amount", "payment")
    found = [{name: getattr(row, name) for name in names} for row in rows]
    lines = [f"{row['id']} {row['kind']} {row['symbol']} {row['number']} {row['amount']} đ" for row in found]
    say(as_json, {"tasks": found}, "\n".join(lines or ["Không có việc / nothing waits"]))


def print_receipt(
    receipt: Receipt,
    agency: AgencyOption,
    by: By,
    out: Out,
    paper: Annotated[str, typer.Option(help="a5 | slip (80 mm)")] = "a5",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Bản để in; từ bản thứ hai có dấu "In lại lần n" / a print; from the second on it says which."""
    from gateway.delivery import printing

    if paper not in ("a5", "slip"):
        raise typer.BadParameter("a5 | slip", param_hint="--paper")
    chosen: Literal["a5", "slip"] = "slip" if paper == "slip" else "a5"
    with refusals(as_json), installation(data) as environment:
        with environment.begin(actor=f"cli:{by}", agency=agency) as uow:
            body = printing.reprint(uow, agency, receipt, paper=chosen)
        out.write_bytes(body)
        say(as_json, {"receipt": receipt, "file": str(out)}, str(out))


def convert(
    receipt: Receipt,
    agency: AgencyOption,
    by: By,
    out: Out,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Bản giấy chuyển đổi từ biên lai điện tử, ghi người và giờ / a paper conversion, with name and time."""
    from gateway.delivery import printing

    with refusals(as_json), installation(data) as environment:
        with environment.begin(actor=f"cli:{by}", agency=agency) as uow:
            body = printing.convert(uow, agency, receipt, by)
        out.write_bytes(body)
        say(as_json, {"receipt": receipt, "file": str(out)}, str(out))


def show(receipt: Receipt, agency: AgencyOption, data: Data = None, as_json: Json = False) -> None:
    """Mọi thứ gắn với biên lai: thay thế, hoàn trả, sai sót, dấu thời gian, lần in / all that hangs on a receipt."""
    from gateway.settlement.linked import linked

    with refusals(as_json), installation(data) as environment, environment.read(agency) as connection:
        found = linked(connection, agency, receipt)
    facts: dict[str, Any] = {
        "replaces": found.replaces,
        "replaced_by": found.replaced_by,
        "refunds": [{"id": one.id, "status": one.status, "amount": one.amount} for one in found.refunds],
        "error_notices": [{"id": one.id, "state": one.state} for one in found.notices],
        "changes": [{"id": one.id, "state": one.state} for one in found.changes],
        "tasks": [{"id": one.id, "kind": one.kind, "outcome": one.outcome} for one in found.tasks],
        "stamped_at": found.stamped_at.isoformat() if found.stamped_at else None,
        "prints": found.prints,
        "conversions": found.conversions,
    }
    say(as_json, facts, "\n".join(f"{name}: {_plain(value)}" for name, value in facts.items()))


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, one.values())) for one in value) or "-"
    return value.isoformat() if isinstance(value, date) else str(value if value is not None else "-")
