"""Re-verification from files alone: the contract's columns, every kind, no order, and clear words for bad input."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.files import write_camt, write_mt940
from connectors.statement import Statement
from reconciliation.files import LINES_HEADER, PAYMENTS_HEADER, reconcile_files
from reconciliation.model import SettlementRow
from reconciliation.tabulated import FilesRefused
from tests.reconciliation.world import (
    AS_OF,
    FRIDAY,
    MAIN,
    OTHER,
    RATE,
    World,
    every_kind,
    read_csv,
    write_csv,
    write_files,
)

GOLDEN = Path(__file__).parents[1] / "golden" / "reconciliation" / "day"


def reconcile(paths: dict[str, Path], out: Path, **changed: Any) -> dict[str, Any]:
    told: dict[str, Any] = {**paths, "account": MAIN, "as_of": AS_OF, "rate": RATE, "out": out}
    return reconcile_files(**(told | changed))


def kinds(path: Path) -> dict[str, str]:
    return {next(iter(row.values())): row["kind"] for row in read_csv(path)}


def rows_of(path: Path) -> dict[str, dict[str, str]]:
    return {next(iter(row.values())): row for row in read_csv(path)}


def camt(statements: list[Statement]) -> bytes:
    """One document with several statements."""
    written = [
        write_camt.camt053(one, message_id="M", created_at=datetime(2026, 11, 23, 18, tzinfo=UTC)).decode()
        for one in statements
    ]
    inner = [text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")] for text in written]
    return written[0].replace(inner[0], "".join(inner)).encode()


@pytest.fixture
def day(tmp_path: Path) -> tuple[World, dict[str, Path]]:
    """Every kind, with the statement as camt.053, which says more than CSV can."""
    world = every_kind()
    paths = write_files(world, tmp_path / "in")
    paths["statement"] = tmp_path / "in" / "statement.xml"
    paths["statement"].write_bytes(camt(list(world.parsed().statements)))
    return world, paths


def test_every_kind_from_files(day: tuple[World, dict[str, Path]], tmp_path: Path) -> None:
    world, paths = day
    summary = reconcile(paths, tmp_path / "out")
    assert kinds(tmp_path / "out" / "lines.csv") == world.line_kinds
    assert kinds(tmp_path / "out" / "payments.csv") == world.payment_kinds
    assert summary["ties"] is True
    assert summary["balances_tie"] is True
    assert json.loads((tmp_path / "out" / "summary.json").read_text("utf-8")) == summary
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["lines.csv", "payments.csv", "summary.json"]


def test_columns_are_those_of_the_contract(day: tuple[World, dict[str, Path]], tmp_path: Path) -> None:
    reconcile(day[1], tmp_path / "out")
    headers = {
        name: (tmp_path / "out" / name).read_text("utf-8").splitlines()[0] for name in ("lines.csv", "payments.csv")
    }
    assert headers["lines.csv"] == "line_no,kind,group_id,payment_ids,difference,rule,sentence_vi,sentence_en"
    assert headers["payments.csv"] == "payment_id,kind,group_id,line_nos,difference,rule,sentence_vi,sentence_en"
    assert ",".join(LINES_HEADER) in headers.values()
    assert ",".join(PAYMENTS_HEADER) in headers.values()


def test_lists_groups_and_differences(tmp_path: Path) -> None:
    world = World()
    a, b = world.pay("MATCH_ONE_TO_MANY", 30_000), world.pay("MATCH_ONE_TO_MANY", 70_000)
    world.line("MATCH_ONE_TO_MANY", 100_000, f"{a.reference} {b.reference}")
    short = world.pay("AMOUNT_UNDER", 90_000)
    world.line("AMOUNT_UNDER", 50_000, short.reference)
    world.line("AMOUNT_UNDER", 15_000, short.reference)
    missing = world.pay("MISSING_IN_BANK", 10_000)
    world.line("UNKNOWN_DEBIT", -7_000, "rut tien")
    reconcile(write_files(world, tmp_path), tmp_path / "out")
    lines, payments = rows_of(tmp_path / "out" / "lines.csv"), rows_of(tmp_path / "out" / "payments.csv")
    assert lines["1"]["payment_ids"] == f"{a.payment_id};{b.payment_id}"
    assert {lines["1"]["group_id"]} == {payments[p.payment_id]["group_id"] for p in (a, b)}
    assert payments[short.payment_id]["line_nos"] == "2;3"
    assert [lines["2"]["difference"], lines["3"]["difference"]] == ["-25000", "-25000"]
    assert payments[short.payment_id]["difference"] == "-25000"
    assert payments[missing.payment_id]["difference"] == "-10000"
    assert payments[missing.payment_id]["line_nos"] == ""
    assert lines["4"]["difference"] == "-7000"


def test_a_lump_differs_from_its_sales_by_the_commission(tmp_path: Path) -> None:
    world = World()
    for _ in range(3):
        world.sale("B1-20261120", world.pay("MATCH_BATCH", 99_999, channel="POS"))
    world.line("MATCH_BATCH", world.net("B1-20261120"), "TT THE B1-20261120", day=AS_OF)
    reconcile(write_files(world, tmp_path), tmp_path / "out")
    lines = rows_of(tmp_path / "out" / "lines.csv")
    assert lines["1"]["kind"] == "MATCH_BATCH"
    assert lines["1"]["difference"] == str(-3 * (99_999 * 11 // 1000))  # rounded down row by row


def test_shuffled_files_give_the_very_same_results(tmp_path: Path) -> None:
    world = every_kind()
    reconcile(write_files(world, tmp_path / "a"), tmp_path / "out-a")
    for seed in range(3):
        reconcile(write_files(world, tmp_path / "b", order=random.Random(seed)), tmp_path / "out-b")
        for name in ("lines.csv", "payments.csv"):
            assert (tmp_path / "out-b" / name).read_bytes() == (tmp_path / "out-a" / name).read_bytes()


def test_the_ninth_line_comes_before_the_tenth(tmp_path: Path) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    for _ in range(8):
        world.line("UNKNOWN_REFERENCE", 1_000)
    world.line("MATCH_MEMO", paid.amount, paid.reference)
    world.line("DUPLICATE", paid.amount, paid.reference)
    reconcile(write_files(world, tmp_path, order=random.Random(1)), tmp_path / "out")
    assert kinds(tmp_path / "out" / "lines.csv") == world.line_kinds


def test_receipts_decide_who_has_a_receipt(tmp_path: Path) -> None:
    world = World()
    claimed, proved = world.pay("MONEY_WITHOUT_RECEIPT"), world.pay("MATCH_MEMO")
    for payment in (claimed, proved):
        world.line("", payment.amount, payment.reference)
    paths = write_files(world, tmp_path)
    rows = [dict(row, receipt_no="0000001") for row in read_csv(paths["payments"])]
    write_csv(paths["payments"], list(rows[0]), [list(row.values()) for row in rows])
    write_csv(
        paths["receipts"],
        ["receipt_no", "payment_id", "amount", "issued_on"],
        [("0000002", proved.payment_id, proved.amount - 1, FRIDAY), ("0000003", "P999", 5, FRIDAY)],
    )
    summary = reconcile(paths, tmp_path / "out")
    assert kinds(tmp_path / "out" / "payments.csv") == world.payment_kinds
    assert summary["receipts"]["without_payment"] == {"count": 1, "receipt_nos": ["0000003"]}
    assert summary["receipts"]["other_amount_than_payment"] == {"count": 1, "payment_ids": [proved.payment_id]}


@pytest.mark.parametrize(
    ("channel", "paid_at", "expected"),
    [
        ("QR", "2026-11-22T23:59:00+07:00", "MISSING_IN_BANK"),
        ("QR", "2026-11-22T17:01:00Z", "LATE_CUTOFF"),  # one minute past midnight in Vietnam
        ("QR", "2026-11-23 08:00:00", "LATE_CUTOFF"),
        ("POS", "2026-11-20", "MISSING_IN_SETTLEMENT"),  # a Friday: due on Monday
        ("POS", "2026-11-21", "MISSING_IN_SETTLEMENT"),
        ("POS", "2026-11-23T08:00:00", "LATE_CUTOFF"),
    ],
)
def test_money_is_missing_once_its_rail_is_late(tmp_path: Path, channel: str, paid_at: str, expected: str) -> None:
    world = World()
    world.pay(expected, channel=channel)
    world.line("UNKNOWN_REFERENCE", 1, "x")
    paths = write_files(world, tmp_path)
    rows = [dict(row, paid_at=paid_at) for row in read_csv(paths["payments"])]
    write_csv(paths["payments"], list(rows[0]), [list(row.values()) for row in rows])
    reconcile(paths, tmp_path / "out")
    assert kinds(tmp_path / "out" / "payments.csv") == world.payment_kinds


def test_a_pos_sale_is_not_late_over_a_holiday(tmp_path: Path) -> None:
    """Wednesday 29 April 2026 is followed by two holidays and a weekend."""
    world = World()
    world.pay("LATE_CUTOFF", channel="POS", paid_on=date(2026, 4, 29))
    world.line("UNKNOWN_REFERENCE", 1, "x", day=date(2026, 4, 29))
    paths = write_files(world, tmp_path)
    reconcile(paths, tmp_path / "out", as_of=date(2026, 5, 3))
    assert kinds(tmp_path / "out" / "payments.csv") == {"P001": "LATE_CUTOFF"}
    reconcile(paths, tmp_path / "out", as_of=date(2026, 5, 4))
    assert kinds(tmp_path / "out" / "payments.csv") == {"P001": "MISSING_IN_SETTLEMENT"}


def test_a_lump_without_batch_id_is_found_by_terminal_and_day(tmp_path: Path) -> None:
    world = World()
    for batch, day_, terminal in (("B01X", FRIDAY, "T0000001"), ("B02X", FRIDAY.replace(day=21), "T0000001")):
        paid = world.pay("MATCH_BATCH", channel="POS")
        world.sale(batch, paid)
        world.rows[-1] = replace(world.rows[-1], terminal=terminal, trade_date=day_)
    lonely = world.pay("MATCH_BATCH", channel="POS")
    world.sale("B03X", lonely)
    world.rows[-1] = replace(world.rows[-1], terminal="T0000002")
    for memo in ("T0000001 21/11/2026", "TT POS T0000001 NGAY 20112026", "TT POS T0000002"):
        world.line("MATCH_BATCH", world.net("B01X"), memo, day=AS_OF)
    reconcile(write_files(world, tmp_path), tmp_path / "out")
    lines = rows_of(tmp_path / "out" / "lines.csv")
    assert {number: (row["kind"], row["payment_ids"]) for number, row in lines.items()} == {
        "1": ("MATCH_BATCH", "P002"),
        "2": ("MATCH_BATCH", "P001"),
        "3": ("MATCH_BATCH", "P003"),
    }


@pytest.mark.parametrize(
    "flaw",
    [
        lambda row: replace(row, net=row.net - 1),  # gross less commission is not the net
        lambda row: replace(row, reference="BLQUNKNOWN"),
        lambda row: replace(row, mdr=row.mdr + 1, net=row.net - 1),
        lambda row: replace(row, gross=row.gross + 1_000, net=row.net + 1_000),
    ],
)
def test_a_flawed_row_spoils_its_batch_even_when_the_lump_agrees(
    tmp_path: Path, flaw: Callable[[SettlementRow], SettlementRow]
) -> None:
    world = World()
    for _ in range(2):
        world.sale("B-77001", world.pay("FEE_MISMATCH", channel="POS"))
    world.rows[0] = flaw(world.rows[0])
    world.line("FEE_MISMATCH", world.net("B-77001"), "B-77001", day=AS_OF)
    reconcile(write_files(world, tmp_path), tmp_path / "out")
    assert kinds(tmp_path / "out" / "lines.csv") == world.line_kinds
    assert kinds(tmp_path / "out" / "payments.csv")["P002"] == "FEE_MISMATCH"


def test_mt940_numbers_lines_by_statement(tmp_path: Path) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("UNKNOWN_REFERENCE", 5_000, "nop phi")
    first = world.statement(MAIN)
    world.lines.clear()
    world.line("MATCH_MEMO", paid.amount, f"IBFT {paid.reference} nop phi", day=AS_OF)
    second = replace(world.statement(MAIN), opening=first.closing, closing=(first.closing or 0) + Decimal(paid.amount))
    paths = write_files(world, tmp_path)
    paths["statement"] = tmp_path / "s.sta"
    paths["statement"].write_bytes(
        b"".join(write_mt940.mt940(one, reference=f"S{n}") for n, one in enumerate((first, second)))
    )
    summary = reconcile(paths, tmp_path / "out")
    assert kinds(tmp_path / "out" / "lines.csv") == {"1.1": "UNKNOWN_REFERENCE", "2.1": "MATCH_MEMO"}
    assert summary["balances_tie"] is True
    assert summary["statements"][0]["opening"] == 1_000_000
    assert summary["statements"][0]["closing"] == 1_155_000


def test_a_broken_chain_of_balances_is_told_and_nothing_hidden(tmp_path: Path) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", paid.amount, paid.reference)
    whole = world.statement(MAIN)
    paths = write_files(world, tmp_path)
    paths["statement"] = tmp_path / "s.xml"
    paths["statement"].write_bytes(camt([replace(whole, closing=(whole.closing or Decimal(0)) + 1)]))
    summary = reconcile(paths, tmp_path / "out")
    assert summary["balances_tie"] is False
    assert summary["statements"][0]["gaps"] == [1]
    assert kinds(tmp_path / "out" / "lines.csv") == world.line_kinds  # proven money stays proven


def test_csv_has_no_balances_to_tie(tmp_path: Path) -> None:
    world = World()
    world.line("UNKNOWN_REFERENCE", 5_000, "nop phi")
    assert reconcile(write_files(world, tmp_path), tmp_path / "out")["balances_tie"] is None


def test_other_accounts_of_the_file_are_ours_but_wrong(tmp_path: Path) -> None:
    world = World()
    paid = world.pay("WRONG_ACCOUNT")
    world.line("WRONG_ACCOUNT", paid.amount, paid.reference, account=OTHER)
    reconcile(write_files(world, tmp_path), tmp_path / "out")
    assert kinds(tmp_path / "out" / "payments.csv") == {"P001": "WRONG_ACCOUNT"}
    assert kinds(tmp_path / "out" / "lines.csv") == {"1": "WRONG_ACCOUNT"}


def test_the_account_may_be_written_with_blanks(tmp_path: Path) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", paid.amount, paid.reference, account="1900 1234 56789")
    reconcile(write_files(world, tmp_path), tmp_path / "out", account="1900-123-456789")
    assert kinds(tmp_path / "out" / "lines.csv") == {"1": "MATCH_MEMO"}


Damage = Callable[[dict[str, str]], None]


@pytest.mark.parametrize(
    ("file", "damage", "line", "column", "code"),
    [
        ("payments", lambda row: row.update(amount="150.000"), 2, "amount", "amount.unreadable"),
        ("payments", lambda row: row.update(amount=""), 2, "amount", "value.missing"),
        ("payments", lambda row: row.update(amount="-5"), 2, "amount", "amount.unreadable"),
        ("payments", lambda row: row.update(status="PAID"), 2, "status", "value.unknown"),
        ("payments", lambda row: row.update(channel="CASH"), 2, "channel", "value.unknown"),
        ("payments", lambda row: row.update(paid_at="2026-02-30"), 2, "paid_at", "date.unreadable"),
        ("payments", lambda row: row.update(paid_at=""), 2, "paid_at", "value.missing"),
        ("payments", lambda row: row.update(payment_id="P002"), 3, "payment_id", "id.repeated"),
        ("payments", lambda row: row.pop("terminal"), 1, "terminal", "column.missing"),
        ("receipts", lambda row: row.update(receipt_no="0000002"), 3, "receipt_no", "id.repeated"),
        ("receipts", lambda row: row.update(amount="1e5"), 2, "amount", "amount.unreadable"),
        ("receipts", lambda row: row.pop("issued_on"), 1, "issued_on", "column.missing"),
        ("settlement", lambda row: row.update(gross="1,000"), 2, "gross", "amount.unreadable"),
        ("settlement", lambda row: row.update(trade_date="20/11/2026"), 2, "trade_date", "date.unreadable"),
        ("statement", lambda row: row.update(amount="12x"), 2, "", "amount.unreadable"),
        ("statement", lambda row: row.update(amount="12.5"), 0, "", "amount.not_whole"),
        ("statement", lambda row: row.update(line_no="2"), 0, "line_no", "id.repeated"),
    ],
)
def test_bad_input_names_file_line_and_column(
    tmp_path: Path, file: str, damage: Damage, line: int, column: str, code: str
) -> None:
    world = World()
    for _ in range(2):
        paid = world.pay("MATCH_BATCH", channel="POS")
        world.sale("B-77001", paid)
        world.line("MATCH_MEMO", paid.amount, paid.reference)
    paths = write_files(world, tmp_path)
    rows = read_csv(paths[file])
    for row in rows if line == 1 else rows[:1]:
        damage(row)
    write_csv(paths[file], list(rows[0]), [list(row.values()) for row in rows])
    with pytest.raises(FilesRefused) as refused:
        reconcile(paths, tmp_path / "out")
    (problem, *_) = refused.value.problems
    assert (problem.file, problem.line, problem.column, problem.code) == (f"{file}.csv", line, column, code)
    assert not (tmp_path / "out").exists()


def test_two_payments_with_one_reference_are_refused(tmp_path: Path) -> None:
    world = World()
    first = world.pay("OPEN")
    second = world.pay("OPEN")
    world.payments[1] = replace(second, reference=first.reference)
    world.line("UNKNOWN_REFERENCE", 1)
    with pytest.raises(FilesRefused) as refused:
        reconcile(write_files(world, tmp_path), tmp_path / "out")
    assert [(p.line, p.code) for p in refused.value.problems] == [(3, "reference.repeated")]


def test_all_flaws_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    world = World()
    world.pay("OPEN")
    world.line("UNKNOWN_REFERENCE", 1)
    paths = write_files(world, tmp_path)
    paths["payments"].write_bytes(b"\xff\xfe")
    paths["receipts"].write_text('a,b\n"', "utf-8")
    paths["statement"].write_text("nothing at all", "utf-8")
    with pytest.raises(FilesRefused) as refused:
        reconcile(paths, tmp_path / "out")
    assert {(p.file, p.code) for p in refused.value.problems} >= {
        ("payments.csv", "encoding.unreadable"),
        ("receipts.csv", "column.missing"),
        ("statement.csv", "format.unknown"),
    }


def test_results_of_an_earlier_run_survive_a_refused_one(tmp_path: Path) -> None:
    world = World()
    world.pay("OPEN", status="PENDING", receipt=False)
    world.line("UNKNOWN_REFERENCE", 1)
    paths = write_files(world, tmp_path)
    reconcile(paths, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    paths["receipts"].write_text("receipt_no\n", "utf-8")
    with pytest.raises(FilesRefused):
        reconcile(paths, tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_the_golden_day_reads_as_written(tmp_path: Path) -> None:
    """A small day whose results, sentences and all, were read by people and stay as they are."""
    paths = {name: GOLDEN / f"{name}.csv" for name in ("payments", "receipts", "statement", "settlement")}
    reconcile(paths, tmp_path / "out")
    for name in ("lines.csv", "payments.csv", "summary.json"):
        assert (tmp_path / "out" / name).read_text("utf-8") == (GOLDEN / "expected" / name).read_text("utf-8"), name
