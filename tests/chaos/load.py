"""Citizens and the one-stop system: dossiers, payments, transfers, over a bad line, with stable keys and retries."""

from __future__ import annotations

import random
import threading
import time
from typing import Any

import httpx2

from connectors.simulators.bank import SimulatedBank
from connectors.simulators.bank_faults import FAULTS
from tests.chaos.journal import Answered, Errand, Journal, Way
from tests.chaos.office import AGENCY

TIMEOUT = httpx2.Timeout(4, connect=2)
PATIENCE_SECONDS = 120  # with one request, whatever happens in between
MOST_TRIES = 600
ERRANDS = (("3.000346", ("gplx-cap-1",)), ("3.000346", ("gplx-sh-a1-1", "gplx-cap-1")))
WEIGHTS = {
    Way.PLAIN: 50,
    Way.TWICE: 8,
    Way.IN_TWO_PARTS: 10,
    Way.TOO_MUCH: 6,
    Way.TWO_PAYMENTS: 8,
    Way.TOO_LITTLE: 4,
    Way.NO_REFERENCE: 4,
    Way.WITHDRAWN: 5,
    Way.NEVER: 5,
}
_FAULTS = sorted(FAULTS)


class GaveUp(Exception):
    """No answer within the patience; whether the write took place is unknown."""


class Refused(Exception):
    """An answer that no retry will change, to a request that is right."""


class Caller:
    """One client of the API that never changes its mind: the same key and body until there is an answer."""

    def __init__(self, address: str, api_key: str, journal: Journal) -> None:
        self._client = httpx2.Client(base_url=address, timeout=TIMEOUT, headers={"Authorization": f"Bearer {api_key}"})
        self._journal = journal

    def close(self) -> None:
        self._client.close()

    def write(self, method: str, path: str, key: str, told: dict[str, Any]) -> dict[str, Any]:
        """The acknowledged answer. Raises GaveUp and Refused."""
        body = self._until_answered(method, path, json=told, headers={"Idempotency-Key": key})
        self._journal.acknowledge(Answered(method, path, key, told, body))
        return body

    def again(self, answered: Answered) -> dict[str, Any]:
        """What the same request is answered now."""
        head = {"Idempotency-Key": answered.key}
        return self._until_answered(answered.method, answered.path, json=answered.told, headers=head)

    def statement(self, name: str, key: str, data: bytes) -> dict[str, Any]:
        """Hand in the bank's file."""
        return self._until_answered(
            "POST", "/api/v1/statements", params={"name": name}, content=data, headers={"Idempotency-Key": key}
        )

    def read(self, path: str) -> dict[str, Any] | None:
        """One look, or None when the line or the server fails."""
        try:
            answer = self._client.get(path)
        except httpx2.HTTPError:
            return None
        found: dict[str, Any] = answer.json() if answer.status_code == 200 else {}
        return found or None

    def _until_answered(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        for _ in range(MOST_TRIES):
            if time.monotonic() > deadline:
                break
            try:
                answer = self._client.request(method, path, **request)
            except httpx2.HTTPError as error:
                self._journal.count(f"write {type(error).__name__}")
                time.sleep(0.1)
                continue
            self._journal.count(f"write answered {answer.status_code}")
            if answer.status_code < 300:
                body: dict[str, Any] = answer.json()
                return body
            if answer.status_code < 500 and answer.json().get("code") != "idempotency.in_flight":
                raise Refused(f"{answer.status_code} {answer.json().get('code')}")
            time.sleep(0.1)
        raise GaveUp(f"{method} {path}")


class Citizens:
    """So many threads, each with one errand after another until told to stop."""

    def __init__(
        self,
        address: str,
        api_key: str,
        bank: SimulatedBank,
        journal: Journal,
        *,
        seed: int,
        clients: int,
        think: float,
        most: int,
    ) -> None:
        self._bank = bank
        self._journal = journal
        self._think = think
        self._most = most
        self._stop = threading.Event()
        self._callers = [Caller(address, api_key, journal) for _ in range(clients + 1)]
        self._threads = [
            threading.Thread(target=self._live, args=(caller, n, random.Random(f"citizen {seed} {n}")), daemon=True)
            for n, caller in enumerate(self._callers[:-1])
        ]
        watcher = (self._callers[-1], random.Random(f"watcher {seed}"))
        self._threads.append(threading.Thread(target=self._watch, args=watcher, daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """No new errand; the errands in hand are ended, and their threads."""
        self._stop.set()
        for thread in self._threads:
            thread.join(3 * PATIENCE_SECONDS)
            if thread.is_alive():
                self._journal.flaw("client.hangs", thread.name)
        for caller in self._callers:
            caller.close()

    def _live(self, caller: Caller, number: int, draw: random.Random) -> None:
        for serial in range(self._most):
            if self._stop.is_set():
                return
            errand = self._journal.begin(draw.choices(list(WEIGHTS), list(WEIGHTS.values()))[0])
            try:
                self._run(caller, errand, f"{number:02d}{serial:04d}", draw)
                errand.complete = True
            except GaveUp:
                self._journal.count("gave up")
            except Refused as refusal:
                self._journal.flaw("write.refused", f"{number}/{serial}", f"{errand.way}: {refusal}")
            self._stop.wait(draw.uniform(0, 2 * self._think))

    def _run(self, caller: Caller, errand: Errand, name: str, draw: random.Random) -> None:
        procedure, fees = draw.choice(ERRANDS)
        told = {
            "dossier_code": f"H56.17-261124-{name}",
            "procedure_code": procedure,
            "agency": AGENCY,
            "payer": {"name": "Nguyễn Thị Ánh", "id_number": "038090001234"},
            "items": [{"fee_code": fee, "quantity": 1} for fee in fees],
        }
        errand.dossier = caller.write("POST", "/api/v1/dossiers", f"d{name}", told)
        for attempt in range(1 + (errand.way is Way.TWO_PAYMENTS)):
            asked = {"dossier_id": errand.dossier["id"], "channel": "vietqr"}
            errand.payments.append(caller.write("POST", "/api/v1/payments", f"p{name}{attempt}", asked))
        if errand.way is Way.WITHDRAWN:
            dues = [due["id"] for due in errand.dossier["dues"]]
            path = f"/api/v1/dossiers/{errand.dossier['id']}"
            caller.write("PATCH", path, f"w{name}", {"withdraw": dues})
        self._pay(errand, draw)

    def _pay(self, errand: Errand, draw: random.Random) -> None:
        whole = errand.payments[0]["amount"]
        amounts = {
            Way.TWICE: [whole, whole],
            Way.IN_TWO_PARTS: [whole - 35_000, 35_000],
            Way.TOO_MUCH: [whole + 5_000],
            Way.TOO_LITTLE: [whole - 1],
            Way.NEVER: [],
        }.get(errand.way, [whole])
        for payment in errand.payments:
            for amount in amounts:
                faults = draw.sample(_FAULTS, draw.choice((0, 0, 0, 1, 1, 2)))
                memo = "nop le phi thang 11" if errand.way is Way.NO_REFERENCE else None
                made = self._bank.pay(payment["vietqr"]["payload"], amount=amount, memo=memo, faults=faults)
                errand.transfers.append((made.transfer_id, made.amount))

    def _watch(self, caller: Caller, draw: random.Random) -> None:
        """A payment that was seen paid is never seen otherwise again, and its receipts stay what they were."""
        seen: dict[str, set[tuple[str, int]]] = {}
        while not self._stop.wait(0.1):
            started = [errand.payments[0]["id"] for errand in list(self._journal.errands)[-50:] if errand.payments]
            known = draw.sample(sorted(seen), min(2, len(seen)))
            for payment_id in [*known, *draw.sample(started, min(2, len(started)))]:
                found = caller.read(f"/api/v1/payments/{payment_id}")
                if found is None:
                    continue
                numbers = {(receipt["symbol"], receipt["number"]) for receipt in found["receipts"]}
                if payment_id in seen and (found["status"] != "paid" or numbers != seen[payment_id]):
                    self._journal.flaw("payment.unpaid", payment_id, f"{found['status']} {numbers}")
                if found["status"] == "paid":
                    seen[payment_id] = numbers
                self._journal.count("reads")
