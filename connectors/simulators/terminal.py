"""A simulated card terminal: nexo towards the till, ISO 8583 towards its acquirer, a customer who follows a script.

Time is given, and nothing happens but when it is asked (`handle`) or told that time has gone by (`advance`): a payment
moves from the card to the host to its result at moments of its own. What it has to remember is on disk before it acts,
as in a real terminal; the screen is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.exact_json import Unreadable
from connectors.simulators import terminal_answers as answers
from connectors.simulators.acquirer import SimulatedAcquirer
from connectors.simulators.terminal_book import Memory, Payment
from connectors.simulators.terminal_faults import DARK_S, HOST, LATE_S, checked
from connectors.simulators.terminal_host import PAN, HostLine
from connectors.terminal import envelope
from connectors.terminal.amounts import Implied, understood
from connectors.terminal.contract import masked
from connectors.terminal.envelope import Ends, Envelope, part, text


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds."""

    card_s: float = 6
    host_s: float = 2
    no_card_s: float = 45


class PowerLost(Exception):
    """The terminal is dark."""


class SimulatedTerminal:
    """One terminal over one memory. Its methods may be called from any thread."""

    def __init__(
        self,
        memory: Path,
        acquirer: SimulatedAcquirer,
        *,
        poi_id: str,
        tid: str,
        mid: str,
        clock: Callable[[], datetime],
        implied: Implied = 0,
        pace: Pace | None = None,
    ) -> None:
        self.poi_id = poi_id
        self._memory = Memory(memory)
        self._acquirer = acquirer
        self._host = HostLine(tid, mid, 100 if implied else 1, acquirer.handle)
        self._clock = clock
        self._implied = implied
        self._pace = pace or Pace()
        self.screen = "Sẵn sàng"
        self._awake()

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()

    def arm(self, faults: Collection[str]) -> None:
        """Faults to come, each once. Raises FaultUnknown."""
        asked = checked(faults)
        self._acquirer.arm([HOST[kind] for kind in asked if kind in HOST])
        with self._memory.writing():
            for kind in asked:
                if kind not in HOST:
                    self._memory.arm(kind)

    def hit(self, fault: str) -> bool:
        """Whether a fault of the line is armed; it hits once."""
        with self._memory.writing():
            return self._memory.fault(fault)

    def handle(self, raw: bytes) -> bytes | None:
        """The answer to one message; None where it comes later (`answer_to`). Raises PowerLost, Unreadable."""
        self.advance()
        asked = envelope.read(raw)
        if asked.kind != "Request" or asked.ends.poi_id != self.poi_id:
            raise Unreadable("envelope.foreign")
        with self._memory.writing():
            return self._answer(asked)

    def answer_to(self, sale_id: str, service_id: str) -> bytes | None:
        """The answer to a payment once there is one. Raises PowerLost."""
        self.advance()
        with self._memory.writing():
            found = self._memory.by_service(sale_id, service_id)
            if found is None or found.step != "done":
                return None
            return self._payment_answer(found)

    def next_at(self) -> datetime | None:
        """When something happens by itself next."""
        with self._memory.writing():
            running = self._memory.running()
        return None if running is None else _moment(running.due_ms)

    def dark(self) -> bool:
        """Whether it has no power."""
        with self._memory.writing():
            return self._now_ms() < self._memory.fact("dark_until")

    def approved(self) -> bool:
        """Whether the last thing it did was to take money."""
        return self.screen == answers.APPROVED

    def advance(self) -> None:
        """Do everything whose time has come. Raises PowerLost, at once or in the middle of it."""
        if self.dark():
            raise PowerLost
        with self._memory.writing():
            woken = self._memory.fact("asleep")
        if woken:
            self._awake()
        self._advise()
        while True:
            with self._memory.writing():
                running = self._memory.running()
            if running is None or running.due_ms > self._now_ms():
                return
            if running.step == "card":
                self._card(running)
            else:
                self._ask_host(running)

    def reconcile(self) -> bool:
        """Close the batch with the host; whether the totals agreed at once."""
        self.advance()
        with self._memory.writing():
            return self._close_batch()

    def _awake(self) -> None:
        """With power again: what was sent to the host and never answered is taken back there, and has failed here."""
        with self._memory.writing():
            self._memory.set_fact("asleep", 0)
            running = self._memory.running()
            if running is not None:
                if running.sent:
                    self._memory.advise(running)
                self._memory.change(running, step="done", result="Failure", condition="Aborted")
        self.screen = "Sẵn sàng"

    def _advise(self) -> None:
        with self._memory.writing():
            waiting = self._memory.advices()
        for stan, stamp, batch, amount in waiting:
            if self._host.advise(stan, stamp, batch, amount):
                with self._memory.writing():
                    self._memory.acknowledged(stan, stamp)

    def _card(self, payment: Payment) -> None:
        with self._memory.writing():
            for fault, condition in (("wrong_pin", "WrongPIN"), ("cancel", "Cancel"), ("no_card", "Aborted")):
                if self._memory.fault(fault):
                    self._memory.change(payment, step="done", result="Failure", condition=condition)
                    self.screen = answers.REFUSED
                    return
            wait = LATE_S if self._memory.fault("late_approval") else self._pace.host_s
            stamp = f"{_moment(payment.due_ms):%m%d%H%M%S}"
            due = payment.due_ms + int(wait * 1000)
            self._memory.change(payment, step="host", due_ms=due, stamp=stamp)
        self.screen = "Đang kết nối ngân hàng"

    def _ask_host(self, payment: Payment) -> None:
        with self._memory.writing():
            payment = self._memory.change(payment, sent=1)  # on disk before the first byte leaves
        answer = self._host.purchase(payment)
        with self._memory.writing():
            if answer is not None and answer["39"] == "00" and self._memory.fault("power_loss"):
                self._lose_power()
            else:
                self._note(payment, answer)
                if self._memory.fault("power_loss_after"):
                    self._lose_power()
        if self.dark():
            raise PowerLost

    def _note(self, payment: Payment, answer: Mapping[str, str] | None) -> None:
        poi_time = f"{_moment(payment.due_ms):%Y-%m-%dT%H:%M:%S}+00:00"
        if answer is None:
            self._memory.advise(payment)
            self._memory.change(payment, step="done", result="Failure", condition="UnreachableHost")
            self.screen = answers.REFUSED
        elif answer["39"] == "00":
            found = {"rrn": answer["37"], "approval": answer["38"], "card": masked(PAN), "poi_time": poi_time}
            self._memory.change(payment, step="done", result="Success", **found)
            self.screen = answers.APPROVED
        else:
            self._memory.change(payment, step="done", result="Failure", condition="Refusal")
            self.screen = answers.REFUSED

    def _lose_power(self) -> None:
        self._memory.set_fact("dark_until", self._now_ms() + DARK_S * 1000)
        self._memory.set_fact("asleep", 1)

    def _answer(self, asked: Envelope) -> bytes | None:
        match asked.category:
            case "Payment":
                return self._pay(asked)
            case "TransactionStatus":
                return self._status(asked)
            case "Abort":
                return self._abort(asked)
            case "Reversal":
                return self._reverse(asked)
            case "Login" | "Diagnosis":
                body = answers.result("Success")
                if asked.category == "Diagnosis":
                    body["HostStatus"] = [{"IsReachableFlag": self._host.alive()}]
                return self._said(asked, body)
            case "GetTotals":
                return self._said(asked, self._totals())
            case "Reconciliation":
                return self._said(asked, self._reconciled())
        return self._said(asked, answers.result("Failure", "MessageFormat"))

    def _pay(self, asked: Envelope) -> bytes | None:
        known = self._memory.by_service(asked.ends.sale_id, asked.service_id)
        if known is not None and known.step == "done":
            return self._payment_answer(known)
        if known is not None or self._memory.running() is not None:
            return self._said(asked, answers.result("Failure", "Busy"))
        amounts = part(part(asked.body, "PaymentTransaction"), "AmountsReq")
        ours = text(part(part(asked.body, "SaleData"), "SaleTransactionID"), "TransactionID")
        no_card = self._pace.no_card_s if self._armed("no_card") else self._pace.card_s
        self._memory.add(
            Payment(
                service_id=asked.service_id,
                sale_id=asked.ends.sale_id,
                ours=ours,
                reference=ours.partition("-")[0],
                amount=understood(text(amounts, "RequestedAmount"), self._implied),
                step="card",
                due_ms=self._now_ms() + int(no_card * 1000),
                batch=self._batch(),
                stan=self._next_stan(),
            )
        )
        self.screen = "Mời quẹt, cắm hoặc chạm thẻ"
        return None

    def _armed(self, kind: str) -> bool:
        if armed := self._memory.fault(kind):
            self._memory.arm(kind)
        return armed

    def _status(self, asked: Envelope) -> bytes:
        about = part(asked.body, "MessageReference")
        found = self._memory.by_service(text(about, "SaleID"), text(about, "ServiceID"))
        if found is None:
            return self._said(asked, answers.result("Failure", "NotFound"))
        if found.step != "done":
            return self._said(asked, answers.result("Failure", "InProgress"))
        return self._said(asked, answers.repeated(found, self._payment_body(found), asked.ends))

    def _abort(self, asked: Envelope) -> bytes:
        about = part(asked.body, "MessageReference")
        found = self._memory.by_service(text(about, "SaleID"), text(about, "ServiceID"))
        if found is not None and found.step == "card":  # the host, once asked, cannot be called back
            self._memory.change(found, step="done", result="Failure", condition="Aborted")
            self.screen = answers.REFUSED
        return b""

    def _reverse(self, asked: Envelope) -> bytes:
        named = part(part(asked.body, "OriginalPOITransaction"), "POITransactionID")
        ours = text(part(part(asked.body, "SaleData"), "SaleTransactionID"), "TransactionID")
        if text(named, "TransactionID"):
            found = self._memory.by_stan(text(named, "TransactionID"), text(named, "TimeStamp"))
        else:
            found = self._memory.by_ours(asked.ends.sale_id, ours)
        return self._said(asked, self._undone(found))

    def _undone(self, found: Payment | None) -> dict[str, Any]:
        if found is None:
            return answers.result("Failure", "NotFound")
        if found.step != "done":
            return answers.result("Failure", "Busy")
        if found.result != "Success":
            return answers.result("Failure", "NotAllowed")
        if not found.undone:  # a second reversal answers what the first did
            answer = self._host.void(found)
            if answer is None:
                return answers.result("Failure", "UnreachableHost")
            found = self._memory.change(found, undone="done" if answer["39"] == "00" else "refused")
        return answers.result("Success") if found.undone == "done" else answers.result("Failure", "Refusal")

    def _totals(self) -> dict[str, Any]:
        return answers.totals(self._batch(), self._memory.in_batch(self._batch()), self._implied)

    def _reconciled(self) -> dict[str, Any]:
        body, agreed = self._totals(), self._close_batch()
        return (
            body
            | answers.result("Success", "" if agreed else "Totals")
            | {"ReconciliationType": "AcquirerReconciliation"}
        )

    def _close_batch(self) -> bool:
        batch = self._batch()
        sales = [sale for sale in self._memory.in_batch(batch) if sale.stands]
        agreed = self._host.close(batch, sales, self._next_stan)
        self._memory.set_fact("batch", int(batch) + 1)
        return agreed

    def _payment_answer(self, payment: Payment) -> bytes:
        ends = Ends(payment.sale_id, self.poi_id)
        return envelope.response("Payment", ends, payment.service_id, self._payment_body(payment))

    def _payment_body(self, payment: Payment) -> dict[str, Any]:
        return answers.payment(payment, self._host.tid, self._host.mid, self._implied)

    def _said(self, asked: Envelope, body: Mapping[str, Any]) -> bytes:
        return envelope.response(asked.category, asked.ends, asked.service_id, body)

    def _batch(self) -> str:
        return f"{self._memory.fact('batch', 1):06d}"

    def _next_stan(self) -> str:
        number = self._memory.fact("stan") % 999_999 + 1
        self._memory.set_fact("stan", number)
        return f"{number:06d}"

    def _now_ms(self) -> int:
        return (self._clock() - _EPOCH) // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
