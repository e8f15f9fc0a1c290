"""A made-up agency's day for tests: payments, statement lines and settlement rows, each with the kind it must get."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from connectors.reference import make
from connectors.statement import Entry, Parsed, Statement
from reconciliation.model import SettlementRow, SourcePayment, commission

MAIN, OTHER = "1900123456789", "1900987654321"
FRIDAY = date(2026, 11, 20)
AS_OF = date(2026, 11, 23)  # the Monday after
RATE = Fraction(11, 1000)


@dataclass
class World:
    """Everything is numbered in the order in which it is added."""

    seed: int = 7
    payments: list[SourcePayment] = field(default_factory=list)
    lines: list[tuple[str, Entry]] = field(default_factory=list)  # account, entry
    rows: list[SettlementRow] = field(default_factory=list)
    line_kinds: dict[str, str] = field(default_factory=dict)
    payment_kinds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def reference(self) -> str:
        return make(self._random.randrange)

    def pay(
        self,
        kind: str,
        amount: int = 150_000,
        *,
        channel: str = "QR",
        status: str = "SUCCEEDED",
        receipt: bool = True,
        paid_on: date = FRIDAY,
        account: str = MAIN,
    ) -> SourcePayment:
        number = len(self.payments) + 1
        payment = SourcePayment(
            payment_id=f"P{number:03d}",
            dossier_id=f"H{number:03d}",
            reference=self.reference(),
            amount=amount,
            channel=channel,
            status=status,
            paid_on=paid_on,
            terminal="T01" if channel == "POS" else "",
            receipt_no=f"{number:07d}" if receipt else "",
            account=account,
        )
        self.payments.append(payment)
        self.payment_kinds[payment.payment_id] = kind
        return payment

    def line(
        self,
        kind: str,
        amount: int,
        memo: str = "",
        *,
        e2e: str = "",
        account: str = MAIN,
        day: date = FRIDAY,
        reversal: bool = False,
        code: str = "",
        bank_reference: str | None = None,
        counterparty: str = "",
    ) -> str:
        """`amount` with its sign."""
        number = str(len(self.lines) + 1)
        entry = Entry(
            amount=Decimal(amount),
            currency="VND",
            value_date=day,
            booking_date=day,
            references=(e2e,) if e2e else (),
            memo=memo,
            bank_reference=f"FT26{int(number):08d}" if bank_reference is None else bank_reference,
            line_no=number,
            transaction_code=code,
            reversal=reversal,
            counterparty_account=counterparty,
        )
        self.lines.append((account, entry))
        self.line_kinds[number] = kind
        return number

    def sale(
        self,
        batch: str,
        payment: SourcePayment,
        *,
        gross: int | None = None,
        mdr: int | None = None,
        terminal: str = "T01",
    ) -> None:
        """A settlement row for a POS payment, at the contract rate unless told otherwise."""
        gross = payment.amount if gross is None else gross
        taken = commission(gross, RATE) if mdr is None else mdr
        self.rows.append(SettlementRow(batch, terminal, FRIDAY, payment.reference, gross, taken, gross - taken))

    def net(self, batch: str) -> int:
        return sum(row.net for row in self.rows if row.batch_id == batch)

    def parsed(self, *, balances: bool = True) -> Parsed:
        """The lines as one statement for each account."""
        return Parsed("camt.053", tuple(self.statement(account, balances) for account in dict.fromkeys(self.accounts)))

    @property
    def accounts(self) -> list[str]:
        return [account for account, _ in self.lines]

    def statement(self, account: str, balances: bool = True) -> Statement:
        entries = tuple(entry for of, entry in self.lines if of == account)
        opening = Decimal(1_000_000)
        closing = opening + sum((entry.amount for entry in entries), Decimal(0))
        days = [entry.booking_date for entry in entries if entry.booking_date]
        return Statement(
            account=account,
            currency="VND",
            opening=opening if balances else None,
            closing=closing if balances else None,
            entries=entries,
            number="1",
            from_date=min(days),
            to_date=max(days),
        )


def every_kind() -> World:
    """A world in which P0 to P5 give every kind that a line or a payment can have."""
    w = World()
    _matches(w)
    _breaks(w)
    _batches(w)
    _debits(w)
    return w


def _matches(w: World) -> None:
    p = w.pay("MATCH_E2E")
    w.line("MATCH_E2E", p.amount, "nop phi", e2e=p.reference)
    p = w.pay("MATCH_MEMO", 80_000)
    w.line("MATCH_MEMO", p.amount, f"MBVCB.123.{p.reference}.CT tu 0123 NGUYEN VAN AN")
    a, b = w.pay("MATCH_ONE_TO_MANY", 30_000), w.pay("MATCH_ONE_TO_MANY", 70_000)
    w.line("MATCH_ONE_TO_MANY", 100_000, f"{a.reference} {b.reference} nop chung")
    p = w.pay("MATCH_MANY_TO_ONE", 500_000)
    w.line("MATCH_MANY_TO_ONE", 200_000, p.reference)
    w.line("MATCH_MANY_TO_ONE", 300_000, p.reference, day=AS_OF)
    a, b = w.pay("MATCH_MANY_TO_MANY", 40_000), w.pay("MATCH_MANY_TO_MANY", 60_000)
    w.line("MATCH_MANY_TO_MANY", 90_000, f"{a.reference} {b.reference}")
    w.line("MATCH_MANY_TO_MANY", 10_000, b.reference)


def _breaks(w: World) -> None:
    p = w.pay("MONEY_WITHOUT_RECEIPT", receipt=False)
    w.line("MONEY_WITHOUT_RECEIPT", p.amount, p.reference)
    p = w.pay("MONEY_WITHOUT_RECEIPT", status="PENDING", receipt=False)
    w.line("MONEY_WITHOUT_RECEIPT", p.amount, p.reference)
    a, b = w.pay("MONEY_WITHOUT_RECEIPT", 20_000), w.pay("MONEY_WITHOUT_RECEIPT", 25_000, receipt=False)
    w.line("MONEY_WITHOUT_RECEIPT", 45_000, f"{a.reference} {b.reference}")
    w.pay("RECEIPT_WITHOUT_MONEY", status="FAILED")
    w.pay("OPEN", status="PENDING", receipt=False)
    p = w.pay("AMOUNT_UNDER")
    w.line("AMOUNT_UNDER", 100_000, p.reference)
    p = w.pay("AMOUNT_OVER")
    w.line("AMOUNT_OVER", 100_000, p.reference)
    w.line("AMOUNT_OVER", 60_000, p.reference)
    p = w.pay("MATCH_MEMO")
    w.line("DUPLICATE", 149_000, p.reference)
    w.line("MATCH_MEMO", p.amount, p.reference, day=AS_OF)
    w.line("DUPLICATE", p.amount, p.reference, day=AS_OF)
    w.line("UNKNOWN_REFERENCE", 150_000, "nop phi ho so")
    w.line("UNKNOWN_REFERENCE", 150_000, w.reference())
    p = w.pay("WRONG_ACCOUNT")
    w.line("WRONG_ACCOUNT", p.amount, p.reference, account=OTHER)
    p = w.pay("MATCH_MEMO")
    w.line("WRONG_ACCOUNT", p.amount, p.reference, account=OTHER)
    w.line("MATCH_MEMO", p.amount, p.reference, day=AS_OF)
    a, b = w.pay("AMBIGUOUS"), w.pay("AMBIGUOUS")
    w.line("AMBIGUOUS", 300_000, f"{a.reference} {b.reference}")
    w.line("AMBIGUOUS", 150_000, b.reference)
    w.pay("MISSING_IN_BANK")
    w.pay("LATE_CUTOFF", paid_on=AS_OF)


def _batches(w: World) -> None:
    for _ in range(3):
        w.sale("B-2026-01", w.pay("MATCH_BATCH", 777_777, channel="POS"))
    w.line("MATCH_BATCH", w.net("B-2026-01"), "TT POS lo B-2026-01", day=AS_OF)
    w.sale("B-2026-02", w.pay("FEE_MISMATCH", channel="POS"))
    w.line("FEE_MISMATCH", w.net("B-2026-02") - 1, "TT POS lo B-2026-02", day=AS_OF)
    w.sale("B-2026-03", w.pay("FEE_MISMATCH", channel="POS"), mdr=9_999)
    w.line("FEE_MISMATCH", w.net("B-2026-03"), "TT POS lo B-2026-03", day=AS_OF)
    w.sale("B-2026-04", w.pay("FEE_MISMATCH", channel="POS"), gross=140_000)
    w.line("FEE_MISMATCH", w.net("B-2026-04"), "TT POS lo B-2026-04", day=AS_OF)
    w.sale("B-2026-05", w.pay("BATCH_NOT_PAID", channel="POS"))
    w.sale("B-2026-05", w.pay("BATCH_NOT_PAID", channel="POS"))
    w.sale("B-2026-06", w.pay("MONEY_WITHOUT_RECEIPT", channel="POS", receipt=False))
    w.sale("B-2026-06", w.pay("MONEY_WITHOUT_RECEIPT", channel="POS"))
    w.line("MONEY_WITHOUT_RECEIPT", w.net("B-2026-06"), "TT POS lo B 2026 06", day=AS_OF)
    w.pay("MISSING_IN_SETTLEMENT", channel="POS")
    w.pay("LATE_CUTOFF", channel="POS", paid_on=AS_OF)
    w.sale("B-2026-07", w.pay("MATCH_BATCH", channel="POS"))
    w.sale("B-2026-07", w.pay("CHARGEBACK", channel="POS"), gross=-150_000, mdr=0)
    w.line("MATCH_BATCH", 1, "ĐC lô B-2026-07", day=AS_OF)  # its amount follows below
    account, entry = w.lines[-1]
    extra = w.pay("MATCH_BATCH", 400_000, channel="POS")
    w.sale("B-2026-07", extra)
    w.lines[-1] = (account, replace(entry, amount=Decimal(w.net("B-2026-07"))))


def _debits(w: World) -> None:
    p = w.pay("MATCH_MEMO")
    w.line("MATCH_MEMO", p.amount, p.reference)
    w.line("REFUND", -p.amount, f"HOAN TRA {p.reference}", day=AS_OF)
    w.line("REFUND", p.amount, p.reference, day=AS_OF, reversal=True)
    p = w.pay("MATCH_BATCH", channel="POS")
    w.sale("B-2026-08", p)
    w.line("MATCH_BATCH", w.net("B-2026-08"), "B-2026-08", day=AS_OF)
    w.line("CHARGEBACK", -p.amount, f"{p.reference} the bi boi hoan", day=AS_OF)
    w.line("REMITTANCE", -500_000, "Nộp NSNN lệnh LN-2026-0001", day=AS_OF)
    w.line("INTERNAL_TRANSFER", -700_000, "chuyen tien", counterparty=OTHER)
    w.line("INTERNAL_TRANSFER", 700_000, "Điều chuyển về tài khoản phụ", account=OTHER)
    w.line("INTEREST", 1_234, "LAI TIEN GUI T11/2026")
    w.line("INTEREST", 99, "so du binh quan", code="PMNT/MCOP/INTR")
    w.line("BANK_FEE", -11_000, "PHI DICH VU BSMS T11")
    w.line("BANK_FEE", -22_000, "Phí quản lý tài khoản", code="PMNT/ICDT/ESCT")
    w.line("BANK_FEE", -33_000, "T11", code="NCHG")
    w.line("UNKNOWN_DEBIT", -44_000, "rut tien mat")


def write_files(w: World, directory: Path, *, order: random.Random | None = None) -> dict[str, Path]:
    """The contract's CSV files; `order` shuffles their rows."""
    directory.mkdir(parents=True, exist_ok=True)
    tables: dict[str, tuple[Sequence[str], list[tuple[object, ...]]]] = {
        "payments": (
            [
                "payment_id",
                "dossier_id",
                "reference",
                "amount",
                "channel",
                "status",
                "paid_at",
                "terminal",
                "receipt_no",
            ],
            [
                (
                    p.payment_id,
                    p.dossier_id,
                    p.reference,
                    p.amount,
                    p.channel,
                    p.status,
                    moment(p.paid_on),
                    p.terminal,
                    "",
                )
                for p in w.payments
            ],
        ),
        "receipts": (
            ["receipt_no", "payment_id", "amount", "issued_on"],
            [(p.receipt_no, p.payment_id, p.amount, p.paid_on) for p in w.payments if p.receipt_no],
        ),
        "statement": (
            ["line_no", "account", "booking_date", "value_date", "direction", "amount", "e2e_ref", "memo", "bank_ref"],
            [_statement_row(account, entry) for account, entry in w.lines],
        ),
        "settlement": (
            ["batch_id", "terminal", "trade_date", "reference", "gross", "mdr", "net"],
            [(r.batch_id, r.terminal, r.trade_date, r.reference, r.gross, r.mdr, r.net) for r in w.rows],
        ),
    }
    paths = {}
    for name, (header, rows) in tables.items():
        if order:
            order.shuffle(rows)
        paths[name] = directory / f"{name}.csv"
        write_csv(paths[name], header, rows)
    return paths


def moment(day: date | None) -> str:
    return f"{day}T10:15:00+07:00" if day else ""


def _statement_row(account: str, entry: Entry) -> tuple[object, ...]:
    direction = "CRDT" if entry.amount >= 0 else "DBIT"
    e2e = entry.references[0] if entry.references else "NOTPROVIDED"
    return (
        *(entry.line_no, account, entry.booking_date, entry.value_date, direction, abs(entry.amount)),
        *(e2e, entry.memo, entry.bank_reference),
    )


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
