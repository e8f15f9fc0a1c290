"""Parsing speed and memory of bank statements, each beside its baseline in the same run.

`pytest -m bench tests/bench/bench_statements.py -n 0 -s`. MT940 is measured against the package mt-940 where that is
installed.
"""

from __future__ import annotations

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

from connectors.files import detect, write_camt, write_mt940
from connectors.statement import Entry, Statement

pytestmark = pytest.mark.bench

LINES = 20_000
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


def test_mt940_against_the_package_mt940() -> None:
    package = pytest.importorskip("mt940", reason="mt-940 is not installed")
    data = write_mt940.mt940(statement(LINES), reference="BENCH")
    text = data.decode()
    assert len(package.models.Transactions().parse(text)) == LINES
    baseline = seconds(lambda: package.models.Transactions().parse(text))
    ours = seconds(lambda: detect.parse(data))
    print(f"\nMT940: {LINES / ours:,.0f} lines/s, mt-940 {LINES / baseline:,.0f}/s, {baseline / ours:.2f}x")
    assert baseline / ours >= 3


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
