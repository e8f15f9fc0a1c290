"""The simulated terminal's side of ISO 8583: its purchases, voids, advices, and the closing of its batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connectors.simulators import acquirer_wire as wire
from connectors.simulators.acquirer_wire import Fields
from connectors.simulators.terminal_book import Payment

Host = Callable[[bytes], bytes | None]  # None: nothing came back

# A made-up card in the test range of a made-up brand; it goes to the host and is written down nowhere.
PAN = "9704000000001234"
EXPIRY = "2912"
TRACK = f"{PAN}D29122010000099"
CHIP = "9F2608C0FFEE00C0FFEE009F270180"


@dataclass(frozen=True, slots=True)
class HostLine:
    """One terminal's connection to its acquirer."""

    tid: str
    mid: str
    unit: int  # 100 where DE4 has two implied decimals
    send: Host = field(repr=False)

    def purchase(self, payment: Payment) -> Fields | None:
        """The host's answer; None where it is lost."""
        card = {"2": PAN, "14": EXPIRY, "22": "051", "23": "001", "35": TRACK, "55": CHIP}
        return self._asked("0200", payment, {"3": wire.PURCHASE, "62": payment.reference, **card})

    def void(self, payment: Payment) -> Fields | None:
        return self._asked("0200", payment, {"3": wire.VOID, "37": payment.rrn, "62": payment.reference})

    def advise(self, stan: str, stamp: str, batch: str, amount: int) -> bool:
        """Tell of a purchase whose answer was never seen; whether the host has acknowledged."""
        what = {"3": wire.PURCHASE, "4": self._amount(amount), "7": stamp, "11": stan, "60": batch}
        answer = self._said({"t": "0420", **what, "90": wire.original("0200", stan, stamp)})
        return answer is not None and answer.get("39") == wire.APPROVED

    def alive(self) -> bool:
        answer = self._said({"t": "0800", "3": wire.NETWORK_TEST, "11": "000000"})
        return answer is not None and answer.get("39") == wire.APPROVED

    def close(self, batch: str, sales: Sequence[Payment], stan: Callable[[], str]) -> bool:
        """Close a batch; where the host says 95 every sale of it is uploaded first. Whether the totals agreed at once."""
        totals = f"{len(sales):03d}{sum(s.amount for s in sales) * self.unit:012d}{0:015d}"
        what = {"t": "0500", "24": wire.NII, "60": batch, "63": totals}
        answer = self._said({**what, "3": wire.SETTLEMENT, "11": stan()})
        if answer is None or answer.get("39") != wire.TOTALS:
            return answer is not None and answer.get("39") == wire.APPROVED
        for sale in sales:
            row = {"3": wire.PURCHASE, "4": self._amount(sale.amount), "11": sale.stan, "37": sale.rrn, "60": batch}
            self._said({"t": "0320", **row})
        self._said({**what, "3": wire.UPLOADED, "11": stan()})
        return False

    def _asked(self, mti: str, payment: Payment, more: Fields) -> Fields | None:
        base = {"4": self._amount(payment.amount), "7": payment.stamp, "11": payment.stan, "24": wire.NII}
        return self._said({"t": mti, **base, "49": wire.CURRENCY, "60": payment.batch, **more})

    def _said(self, fields: Fields) -> Fields | None:
        asked = {**fields, "41": self.tid, "42": self.mid.ljust(15)}
        answer = self.send(wire.packed(asked))
        return None if answer is None else wire.unpacked(answer)

    def _amount(self, amount: int) -> str:
        return f"{amount * self.unit:012d}"
