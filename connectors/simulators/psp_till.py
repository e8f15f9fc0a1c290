"""What a payment service decides, whichever protocol it speaks: take an order, end it, give money back.

Everything happens at one moment, within one writing of the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, Protocol

from connectors import exact_json
from connectors.contract import Call, Reply
from connectors.simulators.psp_book import Book, Message, New, Sale
from connectors.simulators.psp_refused import PspRefused
from connectors.stamp import business_day, stamp_of

REFUND_TAKES = timedelta(days=1)  # until then it is under way

RefundVerdict = Literal["taken", "closed", "refused"]


@dataclass(frozen=True, slots=True)
class Till:
    """The service at the moment `now`."""

    book: Book
    now: datetime
    refunds_open: bool

    def take(self, new: New) -> Sale:
        """The order, new or as it is known. Raises PspRefused if its id is used for something else."""
        known = self.book.by_reference(new.reference)
        if known is None:
            return self.book.add(new)
        if (known.created, known.amount) != (new.created, new.amount):
            raise PspRefused("psp.order_used", field="reference")
        return known

    def open(self, page: str) -> Sale:
        """The order a payer may still pay. Raises PspRefused."""
        sale = self.book.by_page(page)
        if sale is None:
            raise PspRefused("psp.order_missing", field="target")
        if sale.code:
            raise PspRefused("psp.order_closed", field="target")
        if sale.expires and sale.expires <= stamp_of(self.now):
            raise PspRefused("psp.order_expired", field="target")
        return sale

    def end(self, sale: Sale, code: str, number: str, bank: str) -> Sale:
        """Paid (00), or failed for that reason."""
        return self.book.end(
            sale, code=code, number=number, bank=bank, ended=stamp_of(self.now), day=business_day(self.now)
        )

    def find(self, reference: str, created: str) -> Sale | None:
        """The order with that id and that moment."""
        sale = self.book.by_reference(reference)
        return sale if sale and sale.created == created else None

    def first_time(self, request_id: str) -> bool:
        """Whether this request id is new today."""
        return self.book.first_time(request_id, business_day(self.now))

    def refund(self, sale: Sale, amount: int) -> RefundVerdict:
        """Take a refund, if the merchant may have any and the sale has as much left."""
        if not self.refunds_open:
            return "closed"
        if not sale.paid or not 1 <= amount <= sale.amount - self.refunded(sale):
            return "refused"
        self.book.add_refund(sale, amount, business_day(self.now))
        return "taken"

    def refunded(self, sale: Sale, *, done: bool = False) -> int:
        """Đồng given back, or only what has arrived by now."""
        last = business_day(self.now - REFUND_TAKES) if done else date.max
        return sum(amount for amount, asked_on in self.book.refunds(sale) if asked_on <= last)


def asked_in(body: bytes) -> dict[str, str]:
    """The fields of a call's JSON object as text. Raises Unreadable."""
    return {name: "" if value is None else str(value) for name, value in exact_json.read(body).items()}


class Wire(Protocol):
    """One provider's protocol as the provider speaks it."""

    @property
    def merchant(self) -> str:
        """Its name at the service."""
        ...

    @property
    def success(self) -> frozenset[str]:
        """Answers to a notification that end its calls."""
        ...

    @property
    def tries(self) -> int:
        """Calls in all."""
        ...

    @property
    def gap_s(self) -> int:
        """Seconds between two of them."""
        ...

    def order(self, target: str) -> New | str:
        """The order behind a page's address, or the page under which it is known. Raises PspRefused."""
        ...

    def number(self, sale: Sale) -> str:
        """The service's number of a payment."""
        ...

    def reply(self, call: Call, till: Till) -> Reply:
        """Answer a merchant's call."""
        ...

    def notice(self, sale: Sale, amount: int, *, forged: bool) -> Message | None:
        """The notification of what became of an order, `amount` is what it states; None: the service tells nothing."""
        ...

    def back(self, sale: Sale) -> str:
        """Where the payer's browser goes afterwards."""
        ...

    def answer_code(self, body: bytes) -> str:
        """The code of the merchant's answer to a notification; empty where it cannot be believed."""
        ...

    def unsigned(self, reply: Reply) -> Reply:
        """The same answer under a signature that does not hold."""
        ...
