"""A terminal spoken to in nexo Retailer 3.0 over any transport: on the counter's network, or through a cloud that pushes.

Each message is written down (`journal`) before it leaves and before it is understood. The driver keeps no state of a
payment: the service id in the bill is all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.contract import Outcome
from connectors.terminal import answers, envelope, requests
from connectors.terminal.amounts import Implied
from connectors.terminal.cleansed import cleansed
from connectors.terminal.contract import (
    Bill,
    Health,
    Journal,
    LinkFailed,
    Message,
    ReversalReason,
    Said,
    ServiceIds,
    Totals,
    no_journal,
    silence,
)
from connectors.terminal.envelope import Ends
from connectors.terminal.transport import OneAtATime, Transport

LAN_PATIENCE_S = 120
CLOUD_PATIENCE_S = 150
QUESTION_S = 10  # for what needs no card and no host
HOST_S = 60  # for what needs the host


@dataclass(slots=True)
class NexoDriver:
    """One terminal. `service_ids` gives ids for questions; a payment and its reversal bring theirs along."""

    ends: Ends
    transport: Transport = field(repr=False)
    service_ids: ServiceIds = field(repr=False)
    clock: Callable[[], datetime] = field(repr=False)
    implied: Implied = 0
    patience_s: int = LAN_PATIENCE_S
    software: str = "1"
    journal: Journal = field(default=no_journal, repr=False)
    _line: OneAtATime = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._line = OneAtATime(self.transport)

    async def login(self) -> Health:
        return await self._health("Login", requests.login(self.clock(), self.software))

    async def diagnose(self) -> Health:
        return await self._health("Diagnosis", requests.diagnosis())

    async def pay(self, bill: Bill) -> Said:
        body = requests.payment(bill, self.implied)
        raw = await self._ask("Payment", bill.service_id, bill.service_id, body, self.patience_s)
        if isinstance(raw, Said):
            return raw
        return answers.of_payment(raw, self.ends, bill.service_id, self.implied)

    async def status(self, bill: Bill) -> Said:
        asked = self.service_ids()
        body = requests.status(bill, self.ends)
        raw = await self._ask("TransactionStatus", asked, bill.service_id, body, QUESTION_S)
        if isinstance(raw, Said):
            return raw
        return answers.of_status(raw, self.ends, asked, bill.service_id, self.implied)

    async def abort(self, bill: Bill) -> Said:
        raw = envelope.request("Abort", self.ends, self.service_ids(), requests.abort(bill, self.ends))
        await self.journal(Message("out", "Abort", bill.service_id, raw))
        try:
            await self._line.hurry(raw, QUESTION_S)
        except LinkFailed as link:
            return silence(link.failure)
        return Said(Outcome.PENDING)

    async def reverse(self, bill: Bill, poi_id: str, poi_time: str, reason: ReversalReason) -> Said:
        asked = self.service_ids()
        body = requests.reversal(bill, self.ends, poi_id, poi_time, reason)
        raw = await self._ask("Reversal", asked, bill.service_id, body, HOST_S)
        return raw if isinstance(raw, Said) else answers.of_reversal(raw, self.ends, asked)

    async def totals(self) -> Totals:
        return await self._totals("GetTotals", requests.totals(), QUESTION_S)

    async def reconcile(self) -> Totals:
        return await self._totals("Reconciliation", requests.reconciliation(), HOST_S)

    async def _health(self, category: str, body: Mapping[str, Any]) -> Health:
        asked = self.service_ids()
        raw = await self._ask(category, asked, asked, body, QUESTION_S)
        if isinstance(raw, Said):
            return Health(False, raw.reason)
        return answers.of_health(raw, category, self.ends, asked)

    async def _totals(self, category: str, body: Mapping[str, Any], patience_s: float) -> Totals:
        asked = self.service_ids()
        raw = await self._ask(category, asked, asked, body, patience_s)
        if isinstance(raw, Said):
            return Totals("", 0, 0, reason=raw.reason)
        return answers.of_totals(raw, category, self.ends, asked, self.implied)

    async def _ask(
        self, category: str, service_id: str, about: str, body: Mapping[str, Any], timeout_s: float
    ) -> bytes | Said:
        """The answer's bytes, written down already; or the silence."""
        raw = envelope.request(category, self.ends, service_id, body)
        await self.journal(Message("out", category, about, raw))
        try:
            answer = await self._line.send(raw, timeout_s)
        except LinkFailed as link:
            return silence(link.failure)
        await self.journal(Message("in", category, about, cleansed(answer)))
        return answer
