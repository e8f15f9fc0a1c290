"""A dry run of an agency's connector: what is set, whether the keys parse and sign, and whether a call can be made.

Nothing is sent and nothing is booked, unless an online question is asked for: about a code that no payment has, to
which an honest provider answers, under its signature, that it knows no such order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from connectors import reference
from connectors.contract import (
    Call,
    Forged,
    Notice,
    Order,
    OrderRefused,
    Queryable,
    Redirect,
    Refund,
    Refunder,
    Request,
    SettingMissing,
    Standing,
    Starter,
)
from connectors.signing import KeyUnreadable, rsa_sha256_holds, rsa_sha256_sign
from connectors.vietqr import codec
from gateway import agencies, providers
from gateway.agencies import Account
from gateway.connecting import exchange
from gateway.connecting.send import send
from gateway.kernel.uow import Environment
from gateway.payments import channels
from gateway.payments.model import BANK_CHANNELS
from gateway.providers import Provider

AMOUNT = 50_000  # đồng, of the order that is never sent
HEARD = frozenset({"order.unknown"})
SAMPLE = "thuphi connector check"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    what: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Bench:
    """What the trials work on."""

    environment: Environment
    provider: Provider
    accounts: list[Account]
    order: Order


Trial = Callable[[Bench], Iterator[Finding]]


def check(environment: Environment, agency_id: str, name: str, *, online: bool = False) -> list[Finding]:
    """Everything that can be tried without money. ConnectorNotSet, ConnectorMissing, AgencyMissing."""
    with environment.read() as connection:
        agencies.require(connection, agency_id)
        provider = providers.find(connection, environment, agency_id, name)
        accounts = agencies.accounts_of(connection, agency_id)
    bench = Bench(environment, provider, accounts, _order(environment, provider))
    trials: tuple[Trial, ...] = (_settings, _accounts, _keys, _refuses_strangers, _code, _calls)
    return [finding for trial in (*trials, *((_online,) if online else ())) for finding in _tried(trial, bench)]


def _tried(trial: Trial, bench: Bench) -> Iterator[Finding]:
    try:
        yield from trial(bench)
    except (SettingMissing, KeyUnreadable, OrderRefused) as error:
        yield Finding(trial.__name__.strip("_").replace("_", " "), False, f"{error.code}: {error}")


def _settings(bench: Bench) -> Iterator[Finding]:
    provider = bench.provider
    flaws = list(providers.flaws(provider.connector, provider.settings, provider.secrets))
    yield Finding("settings", not flaws, "; ".join(f"{flaw.field}: {flaw.en}" for flaw in flaws) or "complete")


def _accounts(bench: Bench) -> Iterator[Finding]:
    """Money has to come to an account that is the agency's."""
    name, mine = bench.provider.connector.name, bench.accounts
    wanted = bench.provider.settings.get("account")
    if bench.provider.connector.capabilities.starts:
        found = [account for account in mine if account.number == wanted]
    else:
        found = [account for account in mine if account.connector == name]
    yield Finding("account", bool(found), f"{len(found)} of the agency's accounts")


def _keys(bench: Bench) -> Iterator[Finding]:
    """A private key signs a sample that its own public key accepts, and no other text."""
    pem = bench.provider.secrets.get("private_key")
    if pem is None:
        return
    from cryptography.hazmat.primitives import serialization

    public = serialization.load_pem_private_key(pem.encode(), password=None).public_key()
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    ours = public.public_bytes(serialization.Encoding.PEM, spki).decode()
    signature = rsa_sha256_sign(SAMPLE, pem)
    good = rsa_sha256_holds(SAMPLE, signature, ours) and not rsa_sha256_holds(SAMPLE + "x", signature, ours)
    yield Finding("own key", good, "signs and verifies a sample")


def _refuses_strangers(bench: Bench) -> Iterator[Finding]:
    """A message that nobody signed is no notice, and every answer to it can be worded (and signed)."""
    connector, desk = bench.provider.connector, bench.provider.desk(bench.environment)
    stranger = Request("POST", "/callbacks/check", b'{"transId":"1","signature":"QUFB"}', query="vnp_SecureHash=00")
    received = connector.receive(stranger, desk)
    yield Finding("a stranger's message", not isinstance(received, Notice), type(received).__name__)
    for standing in Standing:
        connector.acknowledge(stranger, Forged("check"), standing, desk)
    yield Finding("answers", True, "every answer can be worded")


def _code(bench: Bench) -> Iterator[Finding]:
    """A VietQR for each account of this bank, written and read back."""
    can, name = bench.provider.connector.capabilities, bench.provider.connector.name
    if not can.channels & set(BANK_CHANNELS):
        return
    for account in (one for one in bench.accounts if one.connector == name):
        qr = codec.for_payment(bin=account.bin, account=account.number, amount=AMOUNT, purpose=bench.order.reference)
        read = codec.decode(codec.encode(qr))
        good = (read.account, read.amount, read.purpose) == (account.number, AMOUNT, bench.order.reference)
        yield Finding("VietQR", good, f"{account.bank}, account ends in {account.number[-4:]}")


def _calls(bench: Bench) -> Iterator[Finding]:
    """What would be sent, built and thrown away."""
    connector, desk, order = bench.provider.connector, bench.provider.desk(bench.environment), bench.order
    if isinstance(connector, Starter):
        yield _built("start", connector.start(order, desk))
        if isinstance(begun := connector.start(order, desk), Redirect):
            own = Request("GET", "/callbacks/check", b"", query=begun.url.partition("?")[2])
            told = connector.receive(own, desk)  # signed the way its notices are
            yield Finding("signature", not isinstance(told, Forged), "our own signature is accepted")
    if isinstance(connector, Queryable):
        yield _built("query", connector.query(order, desk))
    if isinstance(connector, Refunder):
        back = Refund("check", AMOUNT, "check", "check")
        yield _built("refund", connector.refund(order, back, desk))


def _built(purpose: str, made: Call | Redirect) -> Finding:
    there = made.url.partition("?")[0]
    secure = there.startswith("https://") or "//127.0.0.1" in there or "//localhost" in there
    return Finding(f"call {purpose}", secure, there)


def _online(bench: Bench) -> Iterator[Finding]:
    connector, desk = bench.provider.connector, bench.provider.desk(bench.environment)
    if not isinstance(connector, Queryable):
        yield Finding("online", True, "this provider cannot be asked")
        return
    answer = send(bench.environment, bench.provider, connector.query(bench.order, desk), exchange.About("query"))
    yield Finding("online", answer.reason in HEARD, answer.reason or answer.outcome.value)


def _order(environment: Environment, provider: Provider) -> Order:
    now = environment.clock().replace(microsecond=0)
    return Order(
        reference=reference.make(environment.ids.below),
        amount=AMOUNT,
        description=SAMPLE,
        created_at=now,
        expires_at=now + timedelta(minutes=15),
        return_url=f"{environment.settings.base_url}/vi/",
        payer_ip=channels.own_address(provider),
        provider_id="1",
    )
