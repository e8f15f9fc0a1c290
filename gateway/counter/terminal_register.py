"""The terminals of an agency: added with the certificate they show, given to counters, swapped by one key, retired."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from connectors.terminal.contract import ACQUIRER
from connectors.terminal.pinning import CertificateUnreadable, fingerprint
from connectors.terminal.transport import address
from gateway import agencies, providers
from gateway.access import own
from gateway.counter import terminal_store as store
from gateway.counter.terminal_store import MODELS, Model, TerminalRow, counter_terminal, terminal, terminal_sale
from gateway.kernel.errors import Conflict, Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork, insert_if_new

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_ACQUIRER = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
TOKEN = "token"  # noqa: S105 - the name of the secret a cloud is shown


class TerminalInvalid(Invalid):
    """The terminal cannot be kept as described."""

    code = "terminal.invalid"


class NoOtherTerminal(Conflict):
    """There is no other terminal to swap to."""

    code = "terminal.no_other"


@dataclass(frozen=True, slots=True)
class NewTerminal:
    """A terminal as an administrator describes it."""

    name: str
    acquirer: str  # a short name; its money is in transit under `pos.<acquirer>`
    poi_id: str
    sale_id: str
    address: str = ""  # host[:port] or https URL; empty where the terminal comes for its bills
    certificate: str = field(default="", repr=False)  # PEM
    account: str = ""  # number of the account the acquirer pays into; empty: the agency's only one
    model: Model = "lan"
    implied: Literal[0, 2] = 0
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


def add(uow: UnitOfWork, agency_id: str, new: NewTerminal) -> TerminalRow:
    """Keep a terminal. Raises AgencyMissing, TerminalInvalid."""
    agencies.require(uow.connection, agency_id)
    _check(new)
    account = _account(uow.connection, agency_id, new.account)
    providers.use(uow, agency_id, ACQUIRER + new.acquirer, {}, {})
    terminal_id = uow.mint("trm")
    row: dict[str, Any] = {
        "id": terminal_id,
        "agency_id": agency_id,
        "name": new.name,
        "acquirer": new.acquirer,
        "account_id": account.id,
        "model": new.model,
        "poi_id": new.poi_id,
        "sale_id": new.sale_id,
        "address": address(new.address) if new.address else "",
        "certificate": new.certificate.strip(),
        "implied": new.implied,
        "secrets_sealed": uow.vault.seal(_place(terminal_id), json.dumps(dict(new.secrets)).encode()),
        "created_at": uow.now(),
        "flaw": "",
    }
    if not insert_if_new(uow.connection, terminal, row):
        raise TerminalInvalid(
            "Đã có máy POS cùng tên hoặc cùng POIID.", "A terminal of that name or POIID exists.", field="name"
        )
    uow.emit([Event(agency_id, "terminal.added", terminal_id, {"name": new.name, "acquirer": new.acquirer})])
    return store.terminal_by_id(uow.connection, terminal_id)


def retire(uow: UnitOfWork, agency_id: str, name: str) -> None:
    """Take a terminal out of use; its sales stay. Raises TerminalMissing."""
    found = store.terminal_named(uow.connection, agency_id, name, lock=True)
    gone = {"retired_at": uow.now(), "name": f"{found.name} ({found.id})", "poi_id": f"{found.poi_id} ({found.id})"}
    mine = own(counter_terminal, agency_id) & (counter_terminal.c.terminal_id == found.id)
    uow.connection.execute(sa.delete(counter_terminal).where(mine))
    uow.connection.execute(sa.update(terminal).where(terminal.c.id == found.id).values(**gone))
    uow.emit([Event(agency_id, "terminal.retired", found.id, {"name": found.name})])


def choose(uow: UnitOfWork, agency_id: str, counter: str, name: str) -> TerminalRow:
    """Give a counter a terminal. Raises TerminalMissing."""
    found = store.terminal_named(uow.connection, agency_id, name)
    row = {"agency_id": agency_id, "counter": counter, "terminal_id": found.id, "chosen_at": uow.now()}
    if not insert_if_new(uow.connection, counter_terminal, row):
        mine = own(counter_terminal, agency_id) & (counter_terminal.c.counter == counter)
        uow.connection.execute(sa.update(counter_terminal).where(mine).values(**row))
    uow.emit([Event(agency_id, "terminal.chosen", found.id, {"counter": counter, "name": found.name})])
    return found


def of_counter(connection: sa.Connection, agency_id: str, counter: str) -> TerminalRow | None:
    """The counter's terminal, if it has one."""
    query = (
        sa.select(terminal.c.name)
        .join(counter_terminal, counter_terminal.c.terminal_id == terminal.c.id)
        .where(own(counter_terminal, agency_id), counter_terminal.c.counter == counter, terminal.c.retired_at.is_(None))
    )
    name = connection.scalar(query)
    return store.terminal_named(connection, agency_id, name) if name else None


def chosen(connection: sa.Connection, agency_id: str) -> dict[str, list[str]]:
    """Terminal id -> names of the counters that have it."""
    query = sa.select(counter_terminal.c.terminal_id, counter_terminal.c.counter).where(
        own(counter_terminal, agency_id)
    )
    found: dict[str, list[str]] = {}
    for terminal_id, counter in connection.execute(query.order_by(counter_terminal.c.counter)):
        found.setdefault(terminal_id, []).append(counter)
    return found


def swap(uow: UnitOfWork, agency_id: str, counter: str) -> TerminalRow:
    """One key: the next terminal that is free and, as far as is known, ready. Raises NoOtherTerminal.

    A sale that is still unknown at the old one goes on being asked about there.
    """
    now_there = of_counter(uow.connection, agency_id, counter)
    names = [one.name for one in store.terminals(uow.connection, agency_id)]
    at = names.index(now_there.name) + 1 if now_there else 0
    others = [store.terminal_named(uow.connection, agency_id, name) for name in (*names[at:], *names[:at])]
    fit = [one for one in others if now_there is None or one.id != now_there.id]
    fit = [one for one in fit if not busy_now(uow.connection, one.id)]
    if not fit:
        raise NoOtherTerminal("Không có máy POS khác đang rảnh.", "No other terminal is free.", field="terminal")
    ready = [one for one in fit if not one.flaw]
    return choose(uow, agency_id, counter, (ready or fit)[0].name)


def busy_now(connection: sa.Connection, terminal_id: str) -> bool:
    """Whether a payment is under way there. One that is unknown holds its dues up, not the terminal."""
    asked = (terminal_sale.c.terminal_id == terminal_id) & (terminal_sale.c.state == store.SaleState.ASKED.value)
    return connection.execute(sa.select(terminal_sale.c.id).where(asked).limit(1)).first() is not None


def secrets_of(environment: Environment | UnitOfWork, row: TerminalRow) -> dict[str, str]:
    """What a cloud has to be shown."""
    found: dict[str, str] = json.loads(environment.vault.unseal(_place(row.id), row.secrets_sealed))
    return found


def _place(terminal_id: str) -> str:
    return f"terminal.secrets.{terminal_id}"


def _account(connection: sa.Connection, agency_id: str, number: str) -> agencies.Account:
    accounts = agencies.accounts_of(connection, agency_id)
    chosen = [account for account in accounts if account.number == number] if number else accounts
    if len(chosen) != 1:
        raise TerminalInvalid(
            "Nêu số tài khoản nhận mà ngân hàng thanh toán thẻ trả tiền vào.",
            "Name the account the acquirer pays into.",
            field="account",
        )
    return chosen[0]


def _check(new: NewTerminal) -> None:
    for name, value in (("name", new.name), ("poi_id", new.poi_id), ("sale_id", new.sale_id)):
        if not _NAME.fullmatch(value):
            raise TerminalInvalid("Tên gồm chữ, số, dấu . _ -", "A name has letters, digits, . _ -", field=name)
    if not _ACQUIRER.fullmatch(new.acquirer):
        raise TerminalInvalid("Tên ngân hàng: chữ thường, số, -", "Lower-case letters, digits, -", field="acquirer")
    if new.model not in MODELS or new.implied not in (0, 2):
        raise TerminalInvalid("Kiểu kết nối không có.", f"The model is one of {MODELS}.", field="model")
    _check_way(new)


def _check_way(new: NewTerminal) -> None:
    try:
        if new.model != "pull":
            address(new.address)
        if new.model == "lan" or new.certificate:
            fingerprint(new.certificate)
    except CertificateUnreadable:
        raise TerminalInvalid("Chứng thư không phải PEM.", "The certificate is not PEM.", field="certificate") from None
    except ValueError:
        raise TerminalInvalid("Địa chỉ không hợp lệ.", "The address is not valid.", field="address") from None
    if new.model == "cloud" and not new.secrets.get(TOKEN):
        raise TerminalInvalid("Thiếu mã truy cập.", "The cloud's token is missing.", field=TOKEN)
