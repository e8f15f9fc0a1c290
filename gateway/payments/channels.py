"""Ways to pay: by bank transfer, at a terminal, or at a provider that the agency has set up; and what each allows.

A provider pays out into one account of the agency's (its setting `account`), so it collects what may be paid into that
account and nothing else. Where the payer's page can be named without asking anybody it is named at once; else the
worker asks, because a door never waits for somebody else's machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa

from connectors import registry
from connectors.contract import Capabilities, Desk, Order, OrderRefused, Redirect, SettingMissing, Starter
from gateway import providers
from gateway.agencies import Account
from gateway.kernel.outbox import Job
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.payments import provider_start
from gateway.payments.model import BANK_CHANNELS, CASH, CHANNELS, POS, ChannelNotSet, ChannelUnknown
from gateway.payments.store import PaymentRow
from gateway.providers import ConnectorNotSet, Provider

START = "payment.start"  # jobs of the worker
ASK = "payment.ask"
FIRST_QUESTION = timedelta(seconds=10)
NO_ADDRESS = "127.0.0.1"  # in place of the payer's, where only our own machine is there


@dataclass(frozen=True, slots=True)
class Opened:
    """A payment that a provider collects."""

    connector: str
    redirect_url: str | None  # None: the worker has to ask for it


@dataclass(frozen=True, slots=True)
class Rule:
    """One channel of one agency: into which accounts, and who collects (None: the bank that keeps the account)."""

    accounts: list[Account]
    provider: Provider | None = None
    can: Capabilities | None = None  # where neither a provider nor the bank sets the limits

    def limits(self, account: Account) -> Capabilities:
        """Of one payment."""
        if self.can is not None:
            return self.can
        return (self.provider.connector if self.provider else registry.get(account.connector)).capabilities

    def open(self, uow: UnitOfWork, row: PaymentRow) -> Opened | None:
        """What is known of the payer's page when the payment begins. Raises ChannelNotSet; asks nobody."""
        if self.provider is None:
            return None
        connector = self.provider.connector
        assert isinstance(connector, Starter)
        wanted = order(row, uow.settings.base_url, payer_ip=own_address(self.provider))
        try:
            begun = connector.start(wanted, self.provider.desk_at(uow.now(), uow.ids.code(26)))
        except (OrderRefused, SettingMissing) as refusal:
            raise _not_set(row.channel, str(refusal)) from refusal
        return Opened(connector.name, begun.url if isinstance(begun, Redirect) else None)


@cache
def starters() -> dict[str, str]:
    """Channel -> the connector that starts its payments."""
    able = [entry.connector for entry in registry.all() if entry.connector and entry.connector.capabilities.starts]
    return {channel: connector.name for connector in able for channel in sorted(connector.capabilities.channels)}


def rule(uow: UnitOfWork, agency_id: str, channel: str, accounts: Sequence[Account]) -> Rule:
    """What holds for `channel`; `accounts` are the agency's open ones. ChannelUnknown, ChannelNotSet."""
    if channel in BANK_CHANNELS:
        collecting = set(starters().values())
        return Rule([account for account in accounts if account.connector not in collecting])
    if channel == POS and has_terminal(uow, agency_id):
        return Rule(list(accounts))
    if channel == POS:
        raise _not_set(channel, "terminal")
    if channel == CASH:
        return Rule(list(accounts), can=_allowed_cash(uow, agency_id))
    if channel not in starters():
        known = ", ".join((*CHANNELS, *sorted(starters())))
        raise ChannelUnknown(
            f"Kênh thanh toán phải là một trong: {known}.", f"The channel must be one of: {known}.", field="channel"
        )
    return _collected(uow, agency_id, channel, accounts)


def has_terminal(uow: UnitOfWork, agency_id: str) -> bool:
    """Whether the agency has a terminal at a counter."""
    return providers.has_acquirer(uow.connection, agency_id)


def allows_cash(connection: sa.Connection, environment: Environment | UnitOfWork, agency_id: str) -> bool:
    """Whether the agency takes cash at its counters: it does not unless it says so."""
    try:
        return providers.find(connection, environment, agency_id, CASH).settings.get("allowed") == "yes"
    except ConnectorNotSet:
        return False


def _allowed_cash(uow: UnitOfWork, agency_id: str) -> Capabilities:
    if not allows_cash(uow.connection, uow, agency_id):
        raise _not_set(CASH, "allowed")
    return providers.find(uow.connection, uow, agency_id, CASH).connector.capabilities


def keep(uow: UnitOfWork, opened: Sequence[tuple[PaymentRow, Opened]]) -> None:
    """Write down who collects what, and leave the rest to the worker."""
    now = uow.now()
    provider_start.add(uow, [_row(row, one, now) for row, one in opened])
    uow.enqueue(
        question(row, one.connector, now) if one.redirect_url else _beginning(row, one.connector) for row, one in opened
    )


def question(row: PaymentRow, connector: str, since: datetime, occasion: str = "begun") -> Job:
    """Ask the provider what became of it: first so long after `since`. One line of questions for each occasion."""
    payload = {"payment_id": row.id, "connector": connector, "since": since.isoformat()}
    return Job(row.agency_id, ASK, payload, key=f"{ASK}:{row.id}:{occasion}", run_at=since + FIRST_QUESTION)


def order(row: PaymentRow, base_url: str, *, payer_ip: str, language: Literal["vi", "en"] = "vi") -> Order:
    """The payment as its provider is asked for it: the same one each time."""
    return Order(
        reference=row.reference,
        amount=row.amount,
        description=f"Nộp phí, lệ phí {row.reference}",
        created_at=row.created_at,
        expires_at=row.expires_at,
        return_url=f"{base_url}/{language}/pay/{row.token}/back",
        payer_ip=payer_ip,
        language=language,
    )


def own_address(provider: Provider) -> str:
    """Our machine's address, where no payer is there to have one."""
    return provider.settings.get("server_ip") or NO_ADDRESS


def page_for(provider: Provider, wanted: Order, desk: Desk) -> str | None:
    """The payer's page where it takes no call to name it. Raises OrderRefused, SettingMissing."""
    assert isinstance(provider.connector, Starter)
    begun = provider.connector.start(wanted, desk)
    return begun.url if isinstance(begun, Redirect) else None


def _collected(uow: UnitOfWork, agency_id: str, channel: str, accounts: Sequence[Account]) -> Rule:
    try:
        provider = providers.find(uow.connection, uow, agency_id, starters()[channel])
    except ConnectorNotSet as refusal:
        raise _not_set(channel, "connector") from refusal
    into = [account for account in accounts if account.number == provider.settings.get("account")]
    if not into:
        raise _not_set(channel, "account")
    return Rule(into, provider)


def _not_set(channel: str, lacking: str) -> ChannelNotSet:
    return ChannelNotSet(
        f"Cơ quan thu chưa thiết lập kênh {channel} ({lacking}).",
        f"The agency has not set the channel {channel} up ({lacking}).",
        field="channel",
        lacking=lacking,
    )


def _row(row: PaymentRow, opened: Opened, now: datetime) -> dict[str, Any]:
    return {
        "payment_id": row.id,
        "agency_id": row.agency_id,
        "connector": opened.connector,
        "redirect_url": opened.redirect_url,
        "begun_at": now if opened.redirect_url else None,
    }


def _beginning(row: PaymentRow, connector: str) -> Job:
    return Job(row.agency_id, START, {"payment_id": row.id, "connector": connector}, key=f"{START}:{row.id}")
