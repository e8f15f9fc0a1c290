"""The simulated bank takes a citizen's payment, tells its customer, and prints a statement that ties."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Notice
from connectors.files import detect, write_camt, write_mt940
from connectors.simulators.bank import Payer, SimulatedBank, Transfer
from connectors.simulators.bank_refused import BankRefused

ACCOUNT = "113000000001"
TODAY = date(2026, 11, 24)
VIETNAM = timezone(timedelta(hours=7))

QR = Callable[..., str]


def notices(taken: list[Any]) -> list[Notice]:
    assert all(isinstance(received, Notice) for received in taken), taken
    return taken


def test_a_payment_is_told_and_stands_on_the_statement(bank: SimulatedBank, customer: Any, qr: QR) -> None:
    transfer = bank.pay(qr(150_000))
    assert transfer == Transfer(transfer.transfer_id, 150_000)
    (told,) = notices(customer.take())
    assert (told.amount, told.currency, told.direction, told.account) == (150_000, "VND", "CRDT", ACCOUNT)
    assert told.bank_reference == transfer.transfer_id
    assert "BLQGP1XF3A77" in told.memo
    assert told.booked_on == TODAY
    assert customer.take() == []
    (entry,) = bank.statement(ACCOUNT, TODAY).entries
    assert (entry.amount, entry.bank_reference, entry.memo) == (150_000, transfer.transfer_id, told.memo)
    assert (entry.references, entry.booking_date) == ((), TODAY)
    assert (entry.counterparty_name, entry.counterparty_account) == (told.payer_name, told.payer_account)


def test_the_call_goes_to_the_hook_of_the_account(bank: SimulatedBank, qr: QR) -> None:
    bank.pay(qr())
    bank.open_account(ACCOUNT, "TRUNG TAM HCC", hook="/callbacks/moved/vietinbank", opening=5)
    (outgoing,) = bank.due_notices()
    assert outgoing.hook == outgoing.request.path == "/callbacks/moved/vietinbank"
    assert outgoing.request.method == "POST"
    assert outgoing.request.headers["content-type"].startswith("application/json")
    assert bank.statement(ACCOUNT, TODAY).opening == 1_000_000  # opening an account again moves no money


def test_the_payer_may_type_another_amount_and_memo(bank: SimulatedBank, customer: Any, qr: QR) -> None:
    payer = Payer("LÊ THỊ ĐÀO", "1099999999", "970422")
    assert bank.pay(qr(150_000), amount=100_000, memo="nộp lệ phí đất", payer=payer).amount == 100_000
    (told,) = notices(customer.take())
    assert told.amount == 100_000
    assert told.memo.endswith(" nop le phi dat")
    assert (told.payer_name, told.payer_account, told.payer_bank) == ("LÊ THỊ ĐÀO", "1099999999", "970422")


def test_a_printed_memo_has_at_most_140_ascii_characters(bank: SimulatedBank, qr: QR) -> None:
    bank.pay(qr(), memo="đường Lê Lợi " * 30)
    (entry,) = bank.statement(ACCOUNT, TODAY).entries
    assert entry.memo.isascii()
    assert len(entry.memo) <= 140


@pytest.mark.parametrize(
    ("change", "kind", "code", "field"),
    [
        ({"payload": "00020101"}, "invalid", "bank.payload_unreadable", "payload"),
        ({"payload": ""}, "invalid", "bank.payload_unreadable", "payload"),
        ({"bin": "970436"}, "invalid", "bank.other_bank", "payload"),
        ({"account": "999"}, "missing", "bank.account_missing", "account"),
        ({"amount": 0}, "invalid", "bank.amount_out_of_range", "amount"),
        ({"amount": -5}, "invalid", "bank.amount_out_of_range", "amount"),
        ({"amount": 500_000_000}, "invalid", "bank.amount_out_of_range", "amount"),
        ({"faults": ["late", "meteor"]}, "invalid", "bank.fault_unknown", "faults"),
        ({"faults": "meteor"}, "invalid", "bank.fault_unknown", "faults"),
    ],
)
def test_what_the_bank_refuses_leaves_no_trace(
    bank: SimulatedBank, qr: QR, change: dict[str, Any], kind: str, code: str, field: str
) -> None:
    payload = change.pop("payload", None)
    code_of = {name: change.pop(name) for name in ("bin", "account") if name in change}
    with pytest.raises(BankRefused) as raised:
        bank.pay(qr(**code_of) if payload is None else payload, **change)
    assert (raised.value.kind, raised.value.code, raised.value.field) == (kind, code, field)
    assert ("meteor" in str(raised.value)) == (field == "faults")
    assert bank.statement(ACCOUNT, TODAY).entries == ()
    assert bank.next_notice_at() is None


def test_a_code_without_an_amount_needs_one_typed(bank: SimulatedBank) -> None:
    from connectors.vietqr.codec import VietQR, encode

    payload = encode(VietQR(bin="970415", account=ACCOUNT, service="QRIBFTTA"))
    with pytest.raises(BankRefused, match="bank.amount_missing"):
        bank.pay(payload)
    assert bank.pay(payload, amount=20_000).amount == 20_000


def test_the_highest_amount_passes(bank: SimulatedBank, qr: QR) -> None:
    assert bank.pay(qr(499_999_999)).amount == 499_999_999


def test_an_unanswered_call_comes_again_ever_later_and_ten_times_at_most(
    bank: SimulatedBank, clock: Any, qr: QR, said: Callable[[str], bytes]
) -> None:
    bank.pay(qr())
    waits, bodies = [], set()
    refusals = [
        (0, b""),
        (500, said("00")),
        (200, said("99")),
        (200, b"<html>"),
        (200, b'{"errorCode": ["00"]}'),
        (200, said("01")),
    ]
    while (due := bank.next_notice_at()) is not None:
        waits.append(round((due - clock()).total_seconds()))
        clock.moment = due
        (outgoing,) = bank.due_notices()
        bodies.add(outgoing.request.body)
        assert bank.due_notices() == []  # leased: nobody else sends it meanwhile
        bank.answered(outgoing.id, *refusals[len(waits) % len(refusals)])
    assert waits == [0, 1, 5, 30, 120, 600, 1800, 3600, 7200, 21600]
    assert len(bodies) == 1  # word for word the same
    assert len(bank.statement(ACCOUNT, TODAY).entries) == 1


@pytest.mark.parametrize("code", ["00", "05"])
def test_recorded_and_repeated_end_it(bank: SimulatedBank, qr: QR, said: Callable[[str], bytes], code: str) -> None:
    bank.pay(qr())
    (outgoing,) = bank.due_notices()
    bank.answered(outgoing.id, 200, said(code))
    assert bank.next_notice_at() is None
    bank.answered(outgoing.id, 500, b"")  # a late word of a second call changes nothing
    assert bank.next_notice_at() is None


def test_an_answer_to_no_call_is_refused(bank: SimulatedBank) -> None:
    with pytest.raises(BankRefused, match="bank.notice_missing"):
        bank.answered(99, 200, b"{}")


def test_a_call_whose_caller_is_silent_comes_again_after_its_lease(bank: SimulatedBank, clock: Any, qr: QR) -> None:
    bank.pay(qr())
    (first,) = bank.due_notices()
    clock.advance(seconds=29)
    assert bank.due_notices() == []
    clock.advance(seconds=1)
    assert bank.due_notices() == [first]


def test_calls_are_given_out_up_to_the_limit(bank: SimulatedBank, qr: QR) -> None:
    for _ in range(5):
        bank.pay(qr())
    assert [outgoing.id for outgoing in bank.due_notices(3)] == [1, 2, 3]
    assert [outgoing.id for outgoing in bank.due_notices(3)] == [4, 5]


def test_the_balance_of_each_day_follows_from_the_day_before(bank: SimulatedBank, clock: Any, qr: QR) -> None:
    bank.pay(qr(150_000))
    bank.post(ACCOUNT, -11_000, "PHI QUAN LY TAI KHOAN", code="NCHG")
    clock.moment = datetime(2026, 11, 24, 16, 59, 59, tzinfo=UTC)  # the last second of the day in Vietnam
    bank.pay(qr(20_000))
    clock.advance(seconds=1)
    bank.pay(qr(30_000))
    first, second, third = (bank.statement(ACCOUNT, TODAY + timedelta(days=n)) for n in range(3))
    assert [entry.amount for entry in first.entries] == [150_000, -11_000, 20_000]
    assert (first.opening, first.closing) == (1_000_000, 1_159_000)
    assert (second.opening, second.closing, len(second.entries)) == (1_159_000, 1_189_000, 1)
    assert (third.opening, third.closing, third.entries) == (1_189_000, 1_189_000, ())
    assert bank.statement(ACCOUNT, TODAY - timedelta(days=1)).closing == 1_000_000


def test_a_clock_set_back_does_not_rewrite_a_day(bank: SimulatedBank, clock: Any, qr: QR) -> None:
    bank.pay(qr())
    clock.advance(days=-1)
    bank.pay(qr())
    assert bank.statement(ACCOUNT, TODAY - timedelta(days=1)).entries == ()
    assert len(bank.statement(ACCOUNT, TODAY).entries) == 2


def test_other_lines_of_the_book(bank: SimulatedBank, customer: Any, qr: QR) -> None:
    paid = bank.pay(qr(150_000))
    bank.post(ACCOUNT, 1_234, "LAI TIEN GUI", code="NINT")
    bank.post(ACCOUNT, -150_000, f"REVERSAL {paid.transfer_id}", code="NRTI", reversal=True)
    bank.post(ACCOUNT, 70_000, "NOP TIEN MAT", code="NMSC", payer=Payer("TRAN AN", ""), notify=True)
    assert [told.amount for told in notices(customer.take())] == [150_000, 70_000]
    entries = bank.statement(ACCOUNT, TODAY).entries
    assert [(int(e.amount), e.transaction_code, e.reversal) for e in entries] == [
        (150_000, "NTRF", False),
        (1_234, "NINT", False),
        (-150_000, "NRTI", True),
        (70_000, "NMSC", False),
    ]
    assert len({entry.bank_reference for entry in entries}) == 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((ACCOUNT, 0, "x", "NCHG"), "amount_zero"),
        (("1", 5, "x", "NCHG"), "account_missing"),
        ((ACCOUNT, 5, "x", "FEE"), "code_unknown"),
    ],
)
def test_a_line_that_cannot_be_is_refused(bank: SimulatedBank, arguments: Any, code: str) -> None:
    account, amount, memo, kind = arguments
    with pytest.raises(BankRefused, match=code):
        bank.post(account, amount, memo, code=kind)


def test_a_statement_of_an_unknown_account_is_refused(bank: SimulatedBank) -> None:
    with pytest.raises(BankRefused, match="bank.account_missing"):
        bank.statement("1", TODAY)


def a_day(bank: SimulatedBank, qr: QR) -> None:
    for n in range(12):
        bank.pay(qr(10_000 + n), faults=["memo_mangled"] if n % 2 else [])
    bank.post(ACCOUNT, -11_000, "PHI QUAN LY TAI KHOAN", code="NCHG")
    bank.post(ACCOUNT, -10_000, "REVERSAL FT", code="NRTI", reversal=True)


def test_as_camt_the_statement_reads_back(bank: SimulatedBank, qr: QR) -> None:
    a_day(bank, qr)
    said = bank.statement(ACCOUNT, TODAY)
    data = write_camt.camt053(said, message_id="M1", created_at=datetime(2026, 11, 24, 18, tzinfo=VIETNAM))
    parsed = detect.parse(data)
    assert (parsed.format, parsed.problems) == ("camt.053", ())
    (read,) = parsed.statements
    assert read.balances is True
    assert (read.account, read.opening, read.closing) == (ACCOUNT, said.opening, said.closing)
    facts = [(e.amount, e.bank_reference, e.transaction_code, e.reversal, e.line_no) for e in read.entries]
    assert facts == [(e.amount, e.bank_reference, e.transaction_code, e.reversal, e.line_no) for e in said.entries]
    assert [e.memo for e in read.entries] == [" ".join(e.memo.split()) for e in said.entries]
    assert b"NOTPROVIDED" in data
    assert all(e.references == () for e in read.entries)


def test_as_mt940_the_statement_reads_back(bank: SimulatedBank, qr: QR) -> None:
    a_day(bank, qr)
    said = bank.statement(ACCOUNT, TODAY)
    parsed = detect.parse(write_mt940.mt940(said, reference="M1"))
    assert (parsed.format, parsed.problems) == ("mt940", ())
    (read,) = parsed.statements
    assert read.balances is True
    assert (read.account, read.opening, read.closing) == (ACCOUNT, said.opening, said.closing)
    facts = [(e.amount, e.bank_reference, e.transaction_code, e.reversal) for e in read.entries]
    assert facts == [(e.amount, e.bank_reference, e.transaction_code, e.reversal) for e in said.entries]
    assert all(isinstance(e.amount, Decimal) for e in read.entries)


def test_the_same_clock_and_bits_give_the_same_bytes(tmp_path: Path, book: Path, clock: Any, qr: QR) -> None:
    import random
    import shutil

    told = []
    for name in ("one", "two"):
        path = tmp_path / name
        shutil.copy(f"{book}.key.pem", f"{path}.key.pem")
        with SimulatedBank(path, clock=clock, bits=random.Random(3).getrandbits) as bank:
            bank.open_account(ACCOUNT, "A", hook="/h")
            for faults in ([], ["memo_mangled", "duplicate"], ["late"], ["reorder", "slow"]):
                bank.pay(qr(), faults=faults)
            clock.advance(seconds=10)
            told.append(([outgoing.request.body for outgoing in bank.due_notices()], bank.statement(ACCOUNT, TODAY)))
            clock.advance(seconds=-10)
    assert told[0] == told[1]
    assert len(told[0][0]) >= 5


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path, clock: Any) -> None:
    book = tmp_path / "bank.db"
    with SimulatedBank(book, clock=clock) as bank:
        public = bank.public_key_pem()
    with SimulatedBank(book, clock=clock) as again:
        assert again.public_key_pem() == public
    (key,) = tmp_path.glob("*.pem")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert "PRIVATE" not in public


def test_the_payer_is_not_in_the_repr() -> None:
    assert "AN" not in repr(Payer("AN", "1012345678"))
    assert "1012345678" not in repr(Payer("AN", "1012345678"))
