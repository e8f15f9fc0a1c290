"""A whole simulated bank for VietQR transfers: it keeps accounts, prints statements and sends notices that may lie.

It behaves like VietinBank towards its customer: credit notice 1200 signed by the bank, repeated until answered 00 or
05, a statement per account and business day (Asia/Ho_Chi_Minh) whose balances chain. What a call returned is on disk.
Time and randomness are given; the same clock, bits and book give the same transfers, notices and faults.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.contract import Request
from connectors.simulators import bank_key
from connectors.simulators.bank_book import Book, Line
from connectors.simulators.bank_faults import Bits, Planned, between, checked, plan
from connectors.simulators.bank_inquiry import heard, question
from connectors.simulators.bank_memo import mangled, printed
from connectors.simulators.bank_notice import Credit, message
from connectors.simulators.bank_refused import BankRefused
from connectors.stamp import business_day
from connectors.statement import Entry, Statement
from connectors.vietqr.codec import VietQRError, decode

MAXIMUM = 499_999_999  # đồng; interbank instant transfers stay below 500 million
LEASE_MS = 30_000
RETRY_S = (1, 5, 30, 120, 600, 1_800, 3_600, 7_200, 21_600)  # after each failed call; then the bank gives up
RECORDED = ("00", "05")

CREDIT_TRANSFER = "NTRF"  # SWIFT MT940 :61: codes; also NCHG (commission), NINT (interest), NRTI (returned item)

_CODE = re.compile(r"[NFS][A-Z0-9]{3}")
_NAMES = ("NGUYEN VAN AN", "TRAN THI BINH", "LE VAN CUONG", "PHAM THI DUNG", "HOANG VAN EM", "VU THI GIANG")
_BANKS = ("970436", "970422", "970418", "970405", "970407", "970416")


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose app pays."""

    name: str = field(repr=False)
    account: str = field(repr=False)
    bank: str = "970436"  # BIN


@dataclass(frozen=True, slots=True)
class Transfer:
    """A line that is in the book; `transfer_id` is the bank reference on the statement."""

    transfer_id: str
    amount: int  # đồng, credit positive


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call the bank makes: send `request` to `hook`, then tell `answered`."""

    id: int
    hook: str
    request: Request


class SimulatedBank:
    """One bank over one book. One instance per process; its methods may be called from any thread.

    `bits(n)` gives n random bits. `provider` is the name the bank writes into its notices for its customer.
    """

    def __init__(
        self,
        book: Path,
        *,
        bin: str = "970415",
        clock: Callable[[], datetime],
        bits: Bits | None = None,
        provider: str = "",
    ) -> None:
        self.bin = bin
        self._clock = clock
        self._bits = bits or secrets.randbits
        self._provider = provider
        self._key = bank_key.kept(book)
        self._book = Book(book)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def public_key_pem(self) -> str:
        """The key that verifies this bank's notices."""
        return bank_key.public_of(self._key)

    def open_account(self, number: str, name: str, *, hook: str, opening: int = 0) -> None:
        """An account with its opening balance in đồng. Again: a new name or hook; the balance stays."""
        with self._book.writing():
            self._book.open_account(number, name, hook, opening)

    def pay(
        self,
        payload: str,
        *,
        amount: int | None = None,
        memo: str | None = None,
        faults: Collection[str] = (),
        payer: Payer | None = None,
    ) -> Transfer:
        """A citizen scans a VietQR code and pays. `amount` (đồng) and `memo` overwrite what the code says.

        Raises BankRefused. On return the line and all its notices to come are on disk.
        """
        asked = checked(faults)
        account, paid, purpose = self._scanned(payload, amount)
        with self._book.writing():
            self._known(account)
            now = self._clock()
            who = payer or self._somebody()
            text = purpose if memo is None else memo
            shown = self._printed(text, who, now, mangle="memo_mangled" in asked)
            line = self._booked(account, paid, shown, CREDIT_TRANSFER, who, now)
            self._announce(line, plan(asked, self._bits), who, now)
        return Transfer(line.transfer_id, line.amount)

    def pay_bill(
        self, account: str, code: str, *, send: Callable[[bytes], bytes], their_key: str, payer: Payer | None = None
    ) -> Transfer:
        """A citizen types a bill's code: the bank asks its owner (inquiry 1100) and pays what the answer says.

        `send` posts a body and gives the answer's; `their_key` (PEM) has to have signed it. Raises BankRefused.
        """
        asked = question(code, self._key, self._clock(), provider=self._provider, number=self._bits(32))
        bill = heard(asked, send(asked.body), their_key)
        return self.post(account, bill.amount, bill.code, code=CREDIT_TRANSFER, payer=payer, notify=True)

    def post(
        self,
        account: str,
        amount: int,
        memo: str,
        *,
        code: str,
        payer: Payer | None = None,
        reversal: bool = False,
        notify: bool = False,
    ) -> Transfer:
        """Any other line, `amount` in đồng with its sign: commission, interest, a transfer over the counter, a reversal.

        `memo` stands as given. With `notify` a credit is announced as a payment is. Raises BankRefused.
        """
        if amount == 0:
            raise BankRefused("bank.amount_zero", field="amount")
        if not _CODE.fullmatch(code):
            raise BankRefused("bank.code_unknown", field="code")
        who = payer or Payer("", "", self.bin)
        with self._book.writing():
            self._known(account)
            now = self._clock()
            line = self._booked(account, amount, memo, code, who, now, reversal=reversal)
            if notify and amount > 0:
                self._announce(line, (Planned(0),), who, now)
        return Transfer(line.transfer_id, line.amount)

    def due_notices(self, limit: int = 100) -> list[Outgoing]:
        """The calls whose time has come, earliest first. Not answered within 30 s, they come again."""
        now = _milliseconds(self._clock())
        with self._book.reading():
            first = self._book.first_due()
        if first is None or first > now:
            return []  # without a write: this is asked many times a second
        with self._book.writing():
            waiting = self._book.lease(now, now + LEASE_MS, limit)
        return [Outgoing(notice.id, notice.hook, _request(notice.hook, notice.body)) for notice in waiting]

    def answered(self, outgoing_id: int, status: int, body: bytes) -> None:
        """What the customer's machine said; `status` 0 where it said nothing. Raises BankRefused for an unknown id.

        00 and 05 end it, anything else is tried again later, at most ten calls in all.
        """
        now = _milliseconds(self._clock())
        with self._book.writing():
            sending = self._book.sending(outgoing_id)
            if sending is None:
                raise BankRefused("bank.notice_missing", field="outgoing_id")
            if not sending.waiting:
                return
            if _recorded(status, body):
                self._book.finish(outgoing_id, "answered")
            elif not sending.retried or sending.tries > len(RETRY_S):
                self._book.finish(outgoing_id, "given_up")
            else:
                self._book.again(outgoing_id, now + 1_000 * RETRY_S[max(sending.tries, 1) - 1])

    def next_notice_at(self) -> datetime | None:
        """When `due_notices` has something to give next (UTC, perhaps past); None where no notice waits."""
        with self._book.reading():
            first = self._book.first_due()
        return None if first is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=first)

    def statement(self, account: str, day: date) -> Statement:
        """One account's business day in booking order; it opens where the day before closed. Raises BankRefused."""
        with self._book.reading():
            self._known(account)
            opening = self._book.balance_before(account, day)
            lines = self._book.lines(account, day)
        return Statement(
            account=account,
            currency="VND",
            opening=Decimal(opening),
            closing=Decimal(opening + sum(line.amount for line in lines)),
            entries=tuple(_entry(line, position) for position, line in enumerate(lines, 1)),
            number=f"{day:%y%j}",
            from_date=day,
            to_date=day,
        )

    def _scanned(self, payload: str, amount: int | None) -> tuple[str, int, str]:
        """Account, amount and purpose, as the app shows them before it pays."""
        try:
            code = decode(payload)
        except VietQRError as error:
            raise BankRefused("bank.payload_unreadable", field="payload", detail=error.code) from error
        if code.bin != self.bin or code.account is None:
            raise BankRefused("bank.other_bank", field="payload")
        paid = code.amount if amount is None else amount
        if paid is None:
            raise BankRefused("bank.amount_missing", field="amount")
        if not 1 <= paid <= MAXIMUM:
            raise BankRefused("bank.amount_out_of_range", field="amount")
        return code.account, paid, code.purpose or ""

    def _known(self, account: str) -> None:
        if not self._book.has_account(account):
            raise BankRefused("bank.account_missing", field="account")

    def _booked(
        self, account: str, amount: int, memo: str, code: str, who: Payer, now: datetime, *, reversal: bool = False
    ) -> Line:
        """The next line. The book never turns a page back: a clock set back books on the last day written."""
        number = self._book.next_line()
        day = max(business_day(now), self._book.last_day(account) or date.min)
        transfer_id = f"FT{day:%y%m%d}{number:08d}"  # 16 characters, what MT940 has room for
        line = Line(number, account, transfer_id, day, amount, memo, code, reversal, who.name, who.account)
        self._book.add(line)
        return line

    def _announce(self, line: Line, planned: tuple[Planned, ...], who: Payer, now: datetime) -> None:
        credit = Credit(line.transfer_id, line.account, line.amount, line.memo, now, who.name, who.account, who.bank)
        for number, notice in enumerate(planned, self._book.next_notice()):
            body = message(credit, notice, self._key, provider=self._provider, number=number)
            due = _milliseconds(now) + notice.after_ms
            self._book.announce(number, line, body, due_ms=due, retried=not notice.forged)

    def _printed(self, memo: str, who: Payer, now: datetime, *, mangle: bool) -> str:
        if mangle:
            return mangled(memo, who.name, f"{business_day(now):%d%m%y}", self._bits)
        return printed(memo, self._book.next_line())

    def _somebody(self) -> Payer:
        name = _NAMES[between(self._bits, 0, len(_NAMES) - 1)]
        bank = _BANKS[between(self._bits, 0, len(_BANKS) - 1)]
        return Payer(name, f"10{between(self._bits, 0, 99_999_999):08d}", bank)


def _request(hook: str, body: bytes) -> Request:
    return Request("POST", hook, body, {"content-type": "application/json; charset=utf-8"})


def _recorded(status: int, body: bytes) -> bool:
    """A 2xx whose errorCode says recorded; whatever else came back, the bank calls again."""
    if not 200 <= status < 300:
        return False
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("errorCode") in RECORDED


def _entry(line: Line, position: int) -> Entry:
    return Entry(
        amount=Decimal(line.amount),
        currency="VND",
        value_date=line.booked_on,
        booking_date=line.booked_on,
        references=(),  # written as NOTPROVIDED: an app's transfer carries no end-to-end id
        memo=line.memo,
        bank_reference=line.transfer_id,
        line_no=str(position),
        transaction_code=line.code,
        reversal=line.reversal,
        counterparty_name=line.payer_name,
        counterparty_account=line.payer_account,
    )


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
