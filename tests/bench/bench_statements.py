"""Parsing speed and memory of bank statements, each beside its baseline in the same run.

`pytest -m bench tests/bench/bench_statements.py -n 0 -s`. MT940 is measured against the package mt-940, in this
environment or in that of the interpreter which THUPHI_BENCH_MT940 names; without either the row says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from connectors.files import detect, tabular, write_camt, write_mt940
from connectors.statement import Entry, Statement

pytestmark = pytest.mark.bench

LINES = 20_000
IMPORTED = 1_000_000
DAY = date(2026, 11, 20)


def statement(lines: int) -> Statement:
    entries = tuple(
        Entry(
            amount=Decimal(150_000 + n % 7 * 1000),
            currency="VND",
            value_date=DAY,
            booking_date=DAY,
            references=(f"BLQ{n:09d}",),
            memo=f"BLQ{n:09d} nop phi ho so H{n:07d} NGUYEN VAN A chuyen tien dich vu cong",
            bank_reference=f"FT26{n:010d}",
            line_no=str(n + 1),
            transaction_code="PMNT/RCDT/ESCT",
            counterparty_name="NGUYEN VAN A",
            counterparty_account="0123456789",
        )
        for n in range(lines)
    )
    closing = sum((entry.amount for entry in entries), Decimal(0))
    return Statement("1900123456789", "VND", Decimal(0), closing, entries, "1", DAY, DAY)


def as_camt(lines: int) -> bytes:
    created = datetime(2026, 11, 20, 18, tzinfo=timezone(timedelta(hours=7)))
    return write_camt.camt053(statement(lines), message_id="BENCH", created_at=created)


def seconds(work: Callable[[], object]) -> float:
    """CPU of the best of five runs."""
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def element_tree_loop(data: bytes) -> list[tuple[object, ...]]:
    """The usual loop, reading the same facts of an entry and nothing more."""
    ns = f"{{{write_camt.NAMESPACE}}}"
    tx = f"{ns}NtryDtls/{ns}TxDtls"
    found: list[tuple[object, ...]] = []
    for _, node in ElementTree.iterparse(BytesIO(data)):
        if node.tag != f"{ns}Ntry":
            continue
        amount = Decimal(node.findtext(f"{ns}Amt", ""))
        found.append(
            (
                amount if node.findtext(f"{ns}CdtDbtInd") == "CRDT" else -amount,
                node.findtext(f"{ns}NtryRef"),
                node.findtext(f"{ns}Sts/{ns}Cd"),
                date.fromisoformat(node.findtext(f"{ns}BookgDt/{ns}Dt", "")),
                date.fromisoformat(node.findtext(f"{ns}ValDt/{ns}Dt", "")),
                node.findtext(f"{ns}AcctSvcrRef"),
                node.findtext(f"{ns}BkTxCd/{ns}Domn/{ns}Cd"),
                node.findtext(f"{ns}BkTxCd/{ns}Domn/{ns}Fmly/{ns}Cd"),
                node.findtext(f"{ns}BkTxCd/{ns}Domn/{ns}Fmly/{ns}SubFmlyCd"),
                node.findtext(f"{tx}/{ns}Refs/{ns}EndToEndId"),
                node.findtext(f"{tx}/{ns}RltdPties/{ns}Dbtr/{ns}Pty/{ns}Nm"),
                node.findtext(f"{tx}/{ns}RltdPties/{ns}DbtrAcct/{ns}Id/{ns}Othr/{ns}Id"),
                node.findtext(f"{tx}/{ns}RmtInf/{ns}Ustrd"),
            )
        )
        node.clear()
    return found


def test_camt_against_an_element_tree_loop() -> None:
    data = as_camt(LINES)
    assert len(element_tree_loop(data)) == len(detect.parse(data).statements[0].entries) == LINES
    baseline, ours = seconds(lambda: element_tree_loop(data)), seconds(lambda: detect.parse(data))
    print(f"\ncamt.053: {LINES / ours:,.0f} entries/s, ElementTree {LINES / baseline:,.0f}/s, {baseline / ours:.2f}x")
    assert baseline / ours >= 0.8


PEER = """
import sys, time
import mt940
text = open(sys.argv[1], newline="").read()
best = float("inf")
for _ in range(5):
    start = time.process_time()
    found = len(mt940.models.Transactions().parse(text))
    best = min(best, time.process_time() - start)
print(found, best)
"""


def test_mt940_against_the_package_mt940(tmp_path: Path) -> None:
    data = write_mt940.mt940(statement(LINES), reference="BENCH")
    file = tmp_path / "bench.sta"
    file.write_bytes(data)
    peer = os.environ.get("THUPHI_BENCH_MT940", sys.executable)
    ours = seconds(lambda: detect.parse(data))
    print(f"\nMT940: {LINES / ours:,.0f} lines/s", end="")
    done = subprocess.run([peer, "-c", PEER, str(file)], capture_output=True, text=True, check=False)
    if done.returncode:
        print("; mt-940 is not installed, so there is nothing to compare with")
        pytest.skip("mt-940 is not installed (THUPHI_BENCH_MT940)")
    found, baseline = done.stdout.split()
    print(f", mt-940 {LINES / float(baseline):,.0f}/s, {float(baseline) / ours:.2f}x")
    assert int(found) == LINES
    assert float(baseline) / ours >= 3


def as_exchange_csv(lines: int, file: Path) -> None:
    """The exchange layout, written line by line."""
    with file.open("w", encoding="utf-8") as out:
        out.write(",".join(tabular.COLUMNS) + "\n")
        for n in range(lines):
            memo = f"BLQ{n:09d} nop phi ho so H{n:07d} NGUYEN VAN A chuyen tien dich vu cong"
            out.write(
                f"{n + 1},1900123456789,{DAY},{DAY},CRDT,{150_000 + n % 7 * 1000},BLQ{n:09d},{memo},FT26{n:010d}\n"
            )


IMPORT = """
import re, sys
from pathlib import Path
from gateway import agencies
from gateway.agencies import Account, Agency
from gateway.closing.intake import import_statement
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment
from gateway.migrations.history import migrate
environment = Environment(Settings(data=Path(sys.argv[2]), database_url=None))
with environment.sole_writer():
    migrate(environment.writer)
with environment.begin(actor="bench", agency="A") as uow:
    agencies.add(uow, Agency("A", "A", "2800000001", "A"))
    number = sys.argv[3]
    agencies.add_account(uow, Account(uow.mint("acc"), "A", "970415", number, "A", "A", ("*",), "vietinbank"))
taken = import_statement(environment, "A", "bench", Path(sys.argv[1]), actor="bench")
environment.close()
peak = int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) * 1024
print(taken.imported.new, taken.booked, peak)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
@pytest.mark.parametrize(("lines", "account"), [(IMPORTED, "another"), (IMPORTED // 50, "1900123456789")])
def test_memory_of_an_import(tmp_path: Path, lines: int, account: str) -> None:
    """The whole import: looked through, stored and, where the account is ours, booked. Peak RSS of the process."""
    file = tmp_path / "large.csv"
    as_exchange_csv(lines, file)
    arguments = [sys.executable, "-c", IMPORT, str(file), str(tmp_path / "data"), account]
    started = time.monotonic()
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    new, booked, peak = map(int, done.stdout.split())
    size, taken = file.stat().st_size, time.monotonic() - started
    ratio = peak / size
    print(f"\n{new:,} lines stored, {booked:,} booked in {taken:.0f} s: peak {peak >> 20} MiB, {ratio:.2f} x the file")
    assert new == lines
    assert peak <= max(4 * size, 160 << 20)  # the program itself weighs about 100 MiB


MEASURE = """
import re, sys
from pathlib import Path
from connectors.files import detect
def peak():
    return int(re.search(r"VmHWM:\\s+([0-9]+)", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
parsed = detect.parse(Path(sys.argv[1]).read_bytes())
print(len(parsed.statements[0].entries), peak() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_memory_of_a_large_camt_file(tmp_path: Path) -> None:
    file = tmp_path / "large.xml"
    file.write_bytes(as_camt(10 * LINES))
    done = subprocess.run([sys.executable, "-c", MEASURE, str(file)], capture_output=True, text=True, check=True)
    lines, grown = map(int, done.stdout.split())
    print(f"\n{lines:,} entries: {grown / file.stat().st_size:.2f} x the size of the file")
    assert lines == 10 * LINES
    assert grown <= 4 * file.stat().st_size
