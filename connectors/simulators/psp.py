"""A whole simulated payment service: it takes orders, lets payers pay, sends notifications that may lie, answers queries.

Which provider it is, is told by the `Wire` it is given (`psp_vnpay.Vnpay`, `psp_vnptpay.Vnptpay`). What a call returned is
on disk. Time and randomness are given; the same clock, bits and book give the same numbers, notifications and faults.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from connectors.contract import Call, Failure, Redirect, Reply, Request
from connectors.simulators.bank_faults import Bits, between
from connectors.simulators.psp_book import Book, Message, New, Sale
from connectors.simulators.psp_faults import CALL_FAULTS, IPN_FAULTS, checked, plan, spoiled
from connectors.simulators.psp_refused import PspRefused, PspSilent
from connectors.simulators.psp_settlement import Row, Settlement, taken
from connectors.simulators.psp_till import Till, Wire

LEASE_MS = 30_000
_BANKS = ("NCB", "VIETCOMBANK", "VIETINBANK", "BIDV", "AGRIBANK", "MBBANK")


@dataclass(frozen=True, slots=True)
class Page:
    """What the payer sees before paying."""

    reference: str
    amount: int  # đồng
    description: str


@dataclass(frozen=True, slots=True)
class Visit:
    """How a payer left the page; `return_url` is where the browser goes now."""

    reference: str
    amount: int  # đồng
    number: str  # the service's number of the payment, empty if nothing was paid
    return_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A call the service makes: send `request` to `hook`, then tell `answered`."""

    id: int
    hook: str
    request: Request


class SimulatedPsp:
    """One service with one merchant over one book. Its methods may be called from any thread.

    `hook` is where notifications go, `commission` what is kept of each payment, `refunds` whether any may be asked for.
    """

    def __init__(
        self,
        book: Path,
        wire: Wire,
        *,
        hook: str,
        clock: Callable[[], datetime],
        bits: Bits | None = None,
        commission: Fraction = Fraction(0),
        refunds: bool = False,
    ) -> None:
        self._wire = wire
        self._hook = hook
        self._clock = clock
        self._bits = bits or secrets.randbits
        self._commission = commission
        self._refunds = refunds
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

    def handle(self, call: Call) -> Reply:
        """Answer a merchant's call. Raises PspSilent where the caller would hear nothing."""
        with self._book.writing():
            fault = self._book.next_fault()
        if fault == "drop":
            raise PspSilent(Failure.TIMEOUT)
        with self._book.writing():
            reply = self._wire.reply(call, self._till())
        if fault == "bad_signature" and reply.status == 200:
            return self._wire.unsigned(reply)
        return spoiled(fault, call, reply)

    def arm(self, faults: Collection[str]) -> None:
        """Faults of the next calls, one each, in the order given. Raises PspRefused."""
        kinds = checked(faults, CALL_FAULTS)
        with self._book.writing():
            self._book.arm(kinds)

    def open(self, target: Redirect | str) -> Page:
        """A payer looks at the page, which is all it takes for the order to be known. Raises PspRefused."""
        with self._book.writing():
            sale = self._opened(target)
        return Page(sale.reference, sale.amount, sale.description)

    def pay(self, target: Redirect | str, *, faults: Collection[str] = (), bank: str = "") -> Visit:
        """A payer pays. On return the payment and its notifications to come are on disk. Raises PspRefused."""
        return self._end(target, "00", faults, bank)

    def fail(self, target: Redirect | str, *, code: str = "51", faults: Collection[str] = ()) -> Visit:
        """A payer tries and fails; 24: goes back. The code is VNPAY's, other services tell less. Raises PspRefused."""
        return self._end(target, code, faults, "")

    def abandon(self, target: Redirect | str) -> None:
        """A payer looks and closes the window: nobody is told anything. Raises PspRefused."""
        self.open(target)

    def due_ipns(self, limit: int = 100) -> list[Outgoing]:
        """The calls whose time has come, earliest first. Not answered within 30 s, they come again."""
        now = _milliseconds(self._clock())
        with self._book.reading():
            first = self._book.first_due()
        if first is None or first > now:
            return []  # without a write: this is asked many times a second
        with self._book.writing():
            waiting = self._book.lease(now, now + LEASE_MS, limit)
        return [Outgoing(ipn, self._hook, _request(self._hook, message)) for ipn, message in waiting]

    def answered(self, outgoing_id: int, status: int, body: bytes) -> None:
        """What the merchant's machine said; `status` 0 where it said nothing. Raises PspRefused for an unknown id.

        The protocol's words for "recorded" under a 2xx end it, anything else brings the next call.
        """
        now = _milliseconds(self._clock())
        with self._book.writing():
            sending = self._book.sending(outgoing_id)
            if sending is None:
                raise PspRefused("psp.ipn_missing", field="outgoing_id")
            if not sending.waiting:
                return
            if 200 <= status < 300 and self._wire.answer_code(body) in self._wire.success:
                self._book.finish(outgoing_id, "answered")
            elif not sending.retried or sending.tries >= self._wire.tries:
                self._book.finish(outgoing_id, "given_up")
            else:
                self._book.again(outgoing_id, now + 1_000 * self._wire.gap_s)

    def next_ipn_at(self) -> datetime | None:
        """When `due_ipns` has something to give next (UTC, perhaps past); None where none waits."""
        with self._book.reading():
            first = self._book.first_due()
        return None if first is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=first)

    def settlement(self, day: date) -> Settlement:
        """What was taken and given back on a business day, to be paid out on the next."""
        with self._book.reading():
            paid, returned = self._book.paid_on(day), self._book.refunded_on(day)
        rows = [Row(sale.reference, sale.number, sale.amount, taken(sale.amount, self._commission)) for sale in paid]
        rows += [Row(reference, number, -amount, 0) for reference, number, amount in returned]
        return Settlement(f"{self._wire.merchant}-{day:%Y%m%d}", self._wire.merchant, day, tuple(rows))

    def _till(self) -> Till:
        return Till(self._book, self._clock(), self._refunds)

    def _opened(self, target: Redirect | str) -> Sale:
        till = self._till()
        order = self._wire.order(target.url if isinstance(target, Redirect) else target)
        return till.open(till.take(order).page if isinstance(order, New) else order)

    def _end(self, target: Redirect | str, code: str, faults: Collection[str], bank: str) -> Visit:
        asked = checked(faults, IPN_FAULTS)
        with self._book.writing():
            sale = self._opened(target)
            number = self._wire.number(sale) if code == "00" else ""
            ended = self._till().end(sale, code, number, bank or _BANKS[between(self._bits, 0, len(_BANKS) - 1)])
            self._announce(ended, asked)
        return Visit(ended.reference, ended.amount, ended.number, self._wire.back(ended))

    def _announce(self, sale: Sale, faults: tuple[str, ...]) -> None:
        now = _milliseconds(self._clock())
        for planned in plan(faults, self._bits):
            stated = sale.amount * 10 if planned.kind == "wrong_amount" else sale.amount
            if message := self._wire.notice(sale, stated, forged=planned.forged):
                self._book.announce(sale, message, due_ms=now + planned.after_ms, retried=not planned.forged)


def _request(hook: str, message: Message) -> Request:
    headers = {"content-type": message.content_type} if message.content_type else {}
    return Request(message.method, hook, message.body, headers, message.query)


def _milliseconds(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
