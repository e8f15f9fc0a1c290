"""A whole simulated acquirer: the host behind card terminals, with a book on disk, a file at T+1 and faults on request.

It answers ISO 8583 messages one by one. `away`: the next purchase is approved and its answer lost on the line to the
terminal; `refuse_void`, `refuse`: the next void or purchase is refused; `totals_differ`: the next settlement is answered
95, whatever it says, so that the terminal has to upload its batch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path

from connectors.simulators import acquirer_settlement
from connectors.simulators import acquirer_wire as wire
from connectors.simulators.acquirer_book import Book, Sale
from connectors.simulators.acquirer_settlement import Settlement
from connectors.simulators.acquirer_wire import Fields
from connectors.stamp import business_day

FAULTS = frozenset({"away", "refuse", "refuse_void", "totals_differ"})
ECHOED = ("3", "4", "7", "11", "24", "41", "42", "49", "60")


class SimulatedAcquirer:
    """One host over one book. Its methods may be called from any thread."""

    def __init__(
        self,
        book: Path,
        *,
        clock: Callable[[], datetime],
        commission: Fraction = Fraction(11, 1000),
        implied: int = 0,
    ) -> None:
        self._book = Book(book)
        self._clock = clock
        self._commission = commission
        self._unit = 10**implied

    def close(self) -> None:
        """Let go of the file."""
        self._book.close()

    def arm(self, faults: Collection[str]) -> None:
        """Faults to come, each once. Raises ValueError for one that does not exist."""
        if unknown := set(faults) - FAULTS:
            raise ValueError(f"no such fault: {sorted(unknown)}")
        with self._book.writing():
            for kind in faults:
                self._book.arm(kind)

    def handle(self, raw: bytes) -> bytes | None:
        """The answer to one message; None where it is lost on the line."""
        asked = wire.unpacked(raw)
        with self._book.writing():
            return self._answer(asked)

    def sales(self) -> list[Sale]:
        """Everything it ever approved."""
        with self._book.reading():
            return self._book.all()

    def standing(self) -> dict[str, int]:
        """What it owes: đồng by reference."""
        owed: dict[str, int] = {}
        for sale in self.sales():
            if sale.state == "stands":
                owed[sale.reference] = owed.get(sale.reference, 0) + sale.amount
        return owed

    def settlement(self, day: date) -> Settlement:
        """The file for a trading day."""
        with self._book.reading():
            return acquirer_settlement.settlement(day, self._book.of_day(day), self._commission)

    def _answer(self, asked: Fields) -> bytes | None:
        match asked["t"], asked.get("3", ""):
            case "0200", wire.PURCHASE:
                return self._purchase(asked)
            case "0200", wire.VOID:
                return self._said(asked, self._void(asked))
            case "0200", wire.REFUND:
                return self._said(asked, wire.REFUSED)  # money goes back by the agency's refund, never by card here
            case (("0400" | "0420"), _):
                return self._said(asked, self._reverse(asked))
            case "0320", _:
                return self._said(asked, wire.APPROVED)
            case "0500", _:
                return self._said(asked, self._settle(asked))
            case "0800", _:
                return self._said(asked, wire.APPROVED)
        return self._said(asked, wire.FAULT)

    def _purchase(self, asked: Fields) -> bytes | None:
        if self._book.by_stan(asked["41"], asked["60"], asked["11"]):
            return self._said(asked, wire.DUPLICATE)
        if self._book.was_undone(asked["41"], wire.original("0200", asked["11"], asked["7"])):
            return self._said(asked, wire.REFUSED)
        if self._book.fault("refuse"):
            return self._said(asked, wire.REFUSED)
        sale = self._approved(asked)
        self._book.add(sale)
        answer = self._said(asked, wire.APPROVED, rrn=sale.rrn, approval=sale.approval)
        return None if self._book.fault("away") else answer

    def _approved(self, asked: Fields) -> Sale:
        number, day = self._book.next_number(), business_day(self._clock())
        return Sale(
            rrn=f"{day:%y%j}{number:07d}"[-12:].rjust(12, "0"),
            tid=asked["41"],
            mid=asked["42"].strip(),
            batch=asked["60"],
            stan=asked["11"],
            stamp=asked["7"],
            reference=asked["62"],
            card=wire.shown_card(asked),
            amount=int(asked["4"]) // self._unit,
            approval=f"{number * 7919 % 1_000_000:06d}",
            traded_on=day,
        )

    def _void(self, asked: Fields) -> str:
        sale = self._book.by_rrn(asked["37"])
        if sale is None or sale.tid != asked["41"] or sale.settled_in:
            return wire.REFUSED
        if self._book.fault("refuse_void"):
            return wire.REFUSED
        self._book.undo(sale.rrn, "voided")
        return wire.APPROVED

    def _reverse(self, asked: Fields) -> str:
        """Acknowledged whether the purchase is there or not: one that comes later is refused."""
        original = asked["90"]
        sale = self._book.by_original(asked["41"], original[4:10], original[10:20])
        if sale is None:
            self._book.remember_undone(asked["41"], original)
        elif sale.state == "stands":
            self._book.undo(sale.rrn, "reversed")
        return wire.APPROVED

    def _settle(self, asked: Fields) -> str:
        sales = self._book.standing(asked["41"], asked["60"])
        ours = f"{len(sales):03d}{sum(sale.amount for sale in sales) * self._unit:012d}{0:015d}"
        uploaded = asked["3"] == wire.UPLOADED
        if not uploaded and (self._book.fault("totals_differ") or asked["63"] != ours):
            return wire.TOTALS
        self._book.settle(asked["41"], asked["60"])
        return wire.APPROVED

    def _said(self, asked: Fields, code: str, *, rrn: str = "", approval: str = "") -> bytes:
        fields: Fields = {name: asked[name] for name in ECHOED if name in asked}
        fields |= {"t": f"{asked['t'][:2]}{int(asked['t'][2]) + 1}0", "39": code}
        if rrn:
            fields |= {"37": rrn, "38": approval}
        return wire.packed(fields)
