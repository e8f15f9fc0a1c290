"""`thuphi demo`: a whole day on the embedded default, with its papers and a summary that ties to the đồng."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.answer import refusals, say

if TYPE_CHECKING:
    from gateway.trial.day import Progress
    from gateway.trial.make import Made
    from reconciliation.model import RunResult

STEPS = {
    "size": "Nạp đơn vị, danh mục, hồ sơ của năm / units, catalogue, the year's dossiers",
    "register": "Tiếp nhận hồ sơ / dossiers come in",
    "pay": "Công dân quét VietQR và nộp / citizens scan and pay",
    "terminal": "Quẹt thẻ ở máy POS / cards at the terminal",
    "statement": "Sao kê, tệp quyết toán / statements and settlement files",
    "close": "Xử lý tiền treo, khóa sổ / suspense, the day is closed",
    "reconcile": "Đối soát / reconciliation",
    "remit": "Nộp ngân sách / remittance",
    "papers": "Ghi biên lai và báo cáo / receipts and reports",
}


def demo(
    data: Annotated[Path, typer.Option("--data", file_okay=False, help="Thư mục / directory")] = Path("thuphi-demo"),
    payments: Annotated[
        int | None, typer.Option(min=1, max=60_000, help="Số lần nộp trong ngày, mặc định 200 / payments of the day")
    ] = None,
    seed: Annotated[int, typer.Option(help="Cùng số thì cùng ngày / same seed, same day")] = 1,
    profile: Annotated[str, typer.Option(help="Quy mô / size: thanhhoa | huongthuy | province")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="In JSON / print JSON")] = False,
) -> None:
    """Một ngày thu phí trọn vẹn, ngân hàng, cổng thanh toán và POS mô phỏng / a whole day, others simulated."""
    from gateway.cli.logs import quiet_logs
    from gateway.trial.make import make
    from gateway.trial.profile import named

    quiet_logs()
    began = time.perf_counter()
    with refusals(as_json):
        size = named(profile)
        with _progress(shown=not as_json) as progress:
            made = make(data, payments=payments or size.payments, seed=seed, profile=size, progress=progress)
        seconds = time.perf_counter() - began
        flaws = list(made.sums.flaws())
        say(as_json, _facts(made, flaws), "" if as_json else _summary(made, flaws, seconds))
    if flaws:
        raise typer.Exit(1)


@contextmanager
def _progress(*, shown: bool) -> Iterator[Progress]:
    """A bar on a terminal, nothing elsewhere."""
    import sys

    if not shown or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(TextColumn("{task.description}"), BarColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(STEPS) + 1)
        yield lambda step: bar.update(task, advance=1, description=STEPS[step])


def _facts(made: Made, flaws: list[str]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "data": str(made.directory),
        "ties": not flaws,
        "flaws": flaws,
        "sums": asdict(made.sums),
        **_told(made),
        "checkpoint": made.head.note,
    }


def _told(made: Made) -> dict[str, Any]:
    return {name: made.mark[name] for name in ("agency", "profile", "day", "seed", "payments", "receipts", "counts")}


def _summary(made: Made, flaws: list[str], seconds: float) -> str:
    lived = made.lived
    verdict = "KHỚP TỚI TỪNG ĐỒNG / ties to the đồng" if not flaws else "KHÔNG KHỚP / DOES NOT TIE: " + "; ".join(flaws)
    lines = [
        f"Ngày {lived.day:%d/%m/%Y} và sáng {lived.morning:%d/%m/%Y}, {made.mark['payments']} lần nộp, {seconds:.1f} s",
        *_size(made),
        "",
        *_sides(made),
        "",
        *_sums(made),
        "",
        f"Đối soát tối {lived.day:%d/%m} / reconciliation of the evening:",
        *_kinds(lived.evening),
        f"Đối soát sáng {lived.morning:%d/%m} / reconciliation of the next morning:",
        *_kinds(lived.result),
        "",
        "Điểm kiểm tra của nhật ký kiểm toán / audit checkpoint (thuphi audit verify):",
        *(f"  {line}" for line in made.head.note.splitlines() if line),
        "",
        verdict,
        f"Tệp / files: {made.directory}/receipts, statements, reports",
        _next(made),
    ]
    return "\n".join(lines)


def _size(made: Made) -> list[str]:
    """What the installation holds beside its day."""
    counts = made.mark["counts"]
    if not made.mark["profile"]:
        return []
    told = (
        (counts["units"], "đơn vị / units"),
        (counts["services"], "dịch vụ trong danh mục / services in the catalogue"),
        (counts["past_dossiers"], "hồ sơ của năm trước đó / dossiers of the year before"),
    )
    return [f"{number:>10}  {what}" for number, what in told if number]


def _sides(made: Made) -> list[str]:
    """Whoever took money, by its own book, against the gateway's."""
    from gateway.kernel.money import dong

    rows = [(side.name, dong(side.theirs), dong(side.ours)) for side in made.sums.sides]
    head = ("Bên thu / who took it", "sổ của họ / theirs", "của ta / ours")
    total = ("Cộng / sum", dong(sum(side.theirs for side in made.sums.sides)), dong(made.sums.money_in))
    return [f"{name:<44}{theirs:>20}{ours:>20}" for name, theirs, ours in (head, *rows, total)]


def _sums(made: Made) -> list[str]:
    from gateway.kernel.money import dong

    sums, lived = made.sums, made.lived
    rows = [
        ("Đã thu vào khoản phải nộp / settled to dues", dong(sums.settled)),
        ("Tiền treo có lý do / in suspense, each with a reason", dong(sums.suspense)),
        *((f"  {reason}", dong(amount)) for reason, amount in sums.waiting),
        ("Đã hoàn trả / returned", dong(sums.returned)),
        ("Phân bổ có hai người duyệt / allocated by two persons", dong(lived.allocated)),
        ("Phí, lệ phí đã thu / state fees settled", dong(sums.state_fees_paid)),
        (f"Biên lai đã ký / signed receipts ({sums.receipt_count})", dong(sums.receipts)),
        ("Ngân hàng trả gộp / paid out in lumps, net", dong(sums.lumps)),
        ("Phí thanh toán bị giữ / commission kept", dong(sums.commission)),
        ("Kết chuyển / handed over", dong(sums.collected)),
        ("  nộp Kho bạc / to the Treasury", dong(sums.budget)),
        ("  được để lại / retained", dong(sums.retained)),
        ("Phí, lệ phí chờ đối soát / state fees not proven yet", dong(sums.unproven)),
        ("Hồ sơ được miễn / exempt dossiers", str(lived.exempt)),
    ]
    return [f"{label:<58}  {value:>18}" for label, value in rows]


def _kinds(result: RunResult) -> list[str]:
    from gateway.kernel.money import dong

    return [
        f"  {kind:<22} {totals.lines:>5} dòng/lines {totals.payments:>5} lệnh/payments {dong(totals.line_amount):>18}"
        for kind, totals in sorted(result.totals.items())
        if totals.lines or totals.payments
    ]


def _next(made: Made) -> str:
    return f"Xem trên trình duyệt / in a browser: uv run thuphi serve --demo --data {made.directory}"
