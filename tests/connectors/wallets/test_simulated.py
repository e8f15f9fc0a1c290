"""Each wallet's counterpart takes orders, tells and misbehaves as the real one does, and the connector is not fooled."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Answer, Desk, Forged, Malformed, Notice, Order, Outcome, Reply, Standing
from connectors.simulators.psp import SimulatedPsp
from connectors.simulators.psp_refused import PspRefused, PspSilent

WALLETS = Path(__file__).parents[1] / "example_wallets"
STARTING = ("momo", "zalopay", "payos")
CODE = "BLQGP1XF3A77"


@pytest.fixture(autouse=True)
def _installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(WALLETS)
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "example_wallets"]:
        sys.modules.pop(name)


def sides(provider: str) -> tuple[Any, Any, dict[str, str], dict[str, str]]:
    """The connector, its counterpart, and the settings and secrets that fit them."""
    if provider == "momo":
        from example_wallets.momo import MoMo
        from example_wallets.momo_wire import MomoWire

        settings = {"partner_code": "MOMOTEST", "ipn_url": "https://gw.example/callbacks/a/momo"}
        keys = {"access_key": "an-access-key", "secret_key": "a-secret-key"}
        return MoMo(), MomoWire("MOMOTEST", *keys.values()), settings, keys
    if provider == "zalopay":
        from example_wallets.zalopay import ZaloPay
        from example_wallets.zalopay_wire import ZalopayWire

        keys = {"key1": "key-one", "key2": "key-two"}
        return ZaloPay(), ZalopayWire("2553", *keys.values()), {"app_id": "2553"}, keys
    from example_wallets.payos import PayOS
    from example_wallets.payos_wire import PayosWire

    settings = {"client_id": "c-1", "cancel_url": "https://gw.example/back"}
    keys = {"api_key": "an-api-key", "checksum_key": "a-checksum-key"}
    return PayOS(), PayosWire("c-1", *keys.values()), settings, keys


@dataclass
class Merchant:
    """The connector with its settings, across the counterpart."""

    provider: str
    psp: SimulatedPsp
    connector: Any
    desk: Desk

    def start(self, code: str = CODE, amount: int = 50_000) -> Answer:
        now = self.desk.now
        order = Order(code, amount, "Nop le phi", now, now + timedelta(minutes=15), "https://gw.example/r")
        call = self.connector.start(order, self.desk)
        try:
            return self.connector.read(call, self.psp.handle(call), self.desk)  # type: ignore[no-any-return]
        except PspSilent as silence:
            return self.connector.read(call, silence.failure, self.desk)  # type: ignore[no-any-return]

    def heard(self, standing: Standing = Standing.RECORDED) -> list[Notice | Forged | Malformed]:
        """Every notification that is due, answered so."""
        told = []
        for outgoing in self.psp.due_ipns():
            told.append(self.connector.receive(outgoing.request, self.desk))
            found = Standing.FORGED if isinstance(told[-1], Forged) else standing
            reply: Reply = self.connector.acknowledge(outgoing.request, told[-1], found, self.desk)
            self.psp.answered(outgoing.id, reply.status, reply.body)
        return told


@contextmanager
def across(provider: str, book: Path, clock: Any) -> Iterator[Merchant]:
    connector, wire, settings, secrets = sides(provider)
    bits = random.Random(7).getrandbits
    with SimulatedPsp(book, wire, hook="/callbacks/a/wallet", clock=clock, bits=bits) as psp:
        yield Merchant(provider, psp, connector, Desk(settings, clock(), "N1", secrets))


@pytest.fixture(params=STARTING)
def merchant(request: pytest.FixtureRequest, tmp_path: Path, clock: Any) -> Iterator[Merchant]:
    with across(request.param, tmp_path / "wallet.db", clock) as found:
        yield found


def test_a_payer_pays_and_the_wallet_tells_until_it_is_heard(merchant: Merchant, clock: Any) -> None:
    begun = merchant.start()
    assert begun.outcome is Outcome.PENDING and begun.pay_url.startswith("https://")
    visit = merchant.psp.pay(begun.pay_url)

    assert len(merchant.heard(Standing.BUSY)) == 1
    clock.advance(seconds=121)
    (told,) = merchant.heard()
    assert isinstance(told, Notice)
    assert (told.outcome, told.amount, told.order_code) == (Outcome.PAID, 50_000, CODE)
    assert told.bank_reference == visit.number
    clock.advance(hours=1)
    assert merchant.heard() == []


def test_a_payment_that_failed_is_never_told_as_paid(merchant: Merchant) -> None:
    merchant.psp.fail(merchant.start().pay_url)
    told = merchant.heard()
    assert all(isinstance(one, Notice) and one.outcome is not Outcome.PAID for one in told)
    assert len(told) == (1 if merchant.provider == "momo" else 0)


def test_one_order_is_taken_once(merchant: Merchant) -> None:
    assert merchant.start().outcome is Outcome.PENDING
    again = merchant.start()
    assert (again.outcome, again.pay_url) == (Outcome.UNKNOWN, "")


@pytest.mark.parametrize("fault", ["drop", "silent", "cut", "html", "server_error", "bad_signature"])
def test_whatever_happens_to_the_call_nothing_is_taken_for_done(merchant: Merchant, fault: str) -> None:
    merchant.psp.arm([fault])
    said = merchant.start()
    assert said.outcome is Outcome.UNKNOWN and said.pay_url == ""


def test_a_stranger_s_word_is_told_from_the_wallet_s_own(merchant: Merchant, clock: Any) -> None:
    merchant.psp.pay(merchant.start().pay_url, faults=["bad_signature", "duplicate"])
    clock.advance(seconds=10)
    told = merchant.heard()
    assert [type(one) for one in told].count(Forged) == 1
    genuine = [one for one in told if isinstance(one, Notice)]
    assert len(genuine) >= 2 and len({(one.event_id, one.fingerprint) for one in genuine}) == 1


def test_a_wrong_amount_under_a_true_signature_is_passed_on_as_told(merchant: Merchant) -> None:
    merchant.psp.pay(merchant.start().pay_url, faults=["wrong_amount"])
    (told,) = merchant.heard()
    assert isinstance(told, Notice) and told.amount == 500_000


def test_a_page_of_somebody_else_leads_nowhere(merchant: Merchant) -> None:
    with pytest.raises(PspRefused, match="address_unreadable"):
        merchant.psp.open("https://elsewhere.example/t/1")


@pytest.mark.parametrize("provider", ["sepay", "casso"])
@pytest.mark.parametrize("faults", [(), ("duplicate",), ("bad_signature", "cut"), ("duplicate", "reorder", "cut")])
def test_movements_are_read_and_what_is_not_theirs_is_not(provider: str, faults: tuple[str, ...]) -> None:
    from example_wallets import movement_sender as sent
    from example_wallets.casso import Casso
    from example_wallets.sepay import SePay

    now = datetime(2026, 11, 21, 8, 31, tzinfo=UTC)
    write, connector, secret = (
        (sent.sepay, SePay(), "webhook_secret") if provider == "sepay" else (sent.casso, Casso(), "checksum_key")
    )
    movement = sent.Movement(7, "113000000001", 50_000, f"{CODE} nop le phi", now, "FT26325000001", "NGUYEN VAN AN")
    desk = Desk({}, now, "N1", {secret: "a-key"})
    told = sent.MovementSender(write, "a-key").deliveries(movement, now, faults, bits=random.Random(3).getrandbits)
    for one in told:
        read = connector.receive(one.request, desk)
        assert isinstance(read, Notice) == one.genuine
        if isinstance(read, Notice):
            assert (read.event_id, read.amount, read.direction, read.account) == ("7", 50_000, "CRDT", "113000000001")
            assert (read.memo, read.bank_reference) == (f"{CODE} nop le phi", "FT26325000001")
    assert len({one.request.body for one in told if one.genuine}) == 1

    (out,) = sent.MovementSender(write, "a-key").deliveries(
        sent.Movement(8, "1", -9_000, "phi", now, "FT2"), now, bits=random.Random(3).getrandbits
    )
    gone = connector.receive(out.request, desk)
    assert isinstance(gone, Notice) and (gone.direction, gone.amount) == ("DBIT", 9_000)
