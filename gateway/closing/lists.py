"""What was paid elsewhere comes in as a list: a portal's or an agent's file, or one signed message that names many payments.

The list is kept raw once; each payment it names goes through the inbox as a notice of its own, under its own id; and the
sums in which the money comes are rows of a settlement, which explain the lump on the statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from connectors import registry
from connectors.contract import Notice, Reply, Request, Standing
from connectors.listing import Lister, Listing
from connectors.statement import Problem
from gateway import agencies, providers
from gateway.closing import raw, settlements
from gateway.closing.turns import again, take_turn
from gateway.kernel.errors import Invalid
from gateway.kernel.outbox import Event
from gateway.kernel.uow import Environment, UnitOfWork
from gateway.settlement import inbox

HARMLESS = frozenset({"row.repeated"})  # counted once


class NoLists(Invalid):
    """The connector's provider sends none."""

    code = "list.connector"


class ListRefused(Invalid):
    """Nothing of the list was taken; `facts["flaws"]` says what stands in the way."""

    code = "list.refused"


@dataclass(frozen=True, slots=True)
class ListTaken:
    """What became of a list. Sums are those of its lumps, đồng."""

    file_id: str
    new: int
    known: int
    refused: int  # payments it names otherwise than before: kept apart, for a person
    batches: int
    gross: int
    net: int
    problems: tuple[dict[str, str], ...] = ()


@cache
def callers() -> frozenset[str]:
    """The connectors whose providers send lists by themselves."""
    able = [entry.connector for entry in registry.all() if entry.connector is not None]
    return frozenset(one.name for one in able if one.capabilities.lists and one.capabilities.notifies)


def import_list(
    environment: Environment, agency_id: str, connector: str, name: str, data: bytes, *, actor: str
) -> ListTaken:
    """Take one file; the worker settles. Raises AgencyMissing, ConnectorNotSet, NoLists, ListRefused and ImportBusy."""
    with environment.begin(actor=actor, agency=agency_id) as uow:
        agencies.require(uow.connection, agency_id)
        provider = providers.find(uow.connection, uow, agency_id, connector)
        if not isinstance(provider.connector, Lister):
            raise NoLists("Kết nối này không có danh sách.", "This connector has no lists.", field="connector")
        digest = raw.keep(uow, agency_id, name, raw.opener(data))
    listing = provider.connector.lines(data, provider.desk(environment))
    flaws = [flaw for flaw in listing.problems if flaw.code not in HARMLESS]
    if flaws or not (listing.notices or listing.lumps):
        with environment.begin(actor=actor, agency=agency_id) as uow:
            raw.mark(uow, agency_id, digest, "refused")
        raise _refused(flaws)

    def act() -> ListTaken:
        with environment.begin(actor=actor, agency=agency_id) as uow:
            take_turn(uow, agency_id)
            return _take(uow, agency_id, connector, raw.mark(uow, agency_id, digest, "read"), listing)

    return again(act)


def receive(environment: Environment, agency_id: str, connector: str, request: Request) -> Reply:
    """Keep one message: a list with all it names, anything else as every provider's. ConnectorNotSet, ImportBusy."""
    with environment.read() as connection:
        provider = providers.find(connection, environment, agency_id, connector)
    desk = provider.desk(environment)
    received = provider.connector.receive(request, desk)
    if not (isinstance(provider.connector, Lister) and isinstance(received, Notice) and received.bulk):
        return inbox.receive(environment, agency_id, connector, request)
    listing, notice = provider.connector.lines(request.body, desk), received

    def act() -> Standing:
        with environment.begin(actor=f"connector:{connector}", agency=agency_id) as uow:
            return _keep(uow, agency_id, connector, request, notice, listing)

    return provider.connector.acknowledge(request, received, again(act), desk)


def _keep(
    uow: UnitOfWork, agency_id: str, connector: str, request: Request, received: Notice, listing: Listing
) -> Standing:
    """The bytes as a file, what stood around them in the inbox; then, the first time, all that the list names."""
    take_turn(uow, agency_id)
    digest = raw.keep(uow, agency_id, f"{connector} {received.event_id}", raw.opener(request.body))
    file_id = raw.mark(uow, agency_id, digest, "read")
    standing = inbox.keep(uow, agency_id, connector, replace(request, body=file_id.encode()), received)
    if standing is Standing.RECORDED:
        _take(uow, agency_id, connector, file_id, listing)
    return standing


def _take(uow: UnitOfWork, agency_id: str, connector: str, file_id: str, listing: Listing) -> ListTaken:
    """It has to be the agency's turn."""
    place = Request("FILE", f"/bank_file/{file_id}", b"")  # the raw list is there
    batches = {lump.batch_id for lump in listing.lumps}
    stood = Counter(inbox.keep(uow, agency_id, connector, place, _alone(share, batches)) for share in listing.notices)
    sales = [sale for lump in listing.lumps for sale in lump.sales()]
    settlements.store(uow, agency_id, file_id, sales)
    taken = ListTaken(
        file_id,
        stood[Standing.RECORDED],
        stood[Standing.REPEATED],
        stood[Standing.CONFLICTING],
        len(batches),
        sum(sale.gross for sale in sales),
        sum(sale.net for sale in sales),
        tuple(_told(listing.problems)),
    )
    body = {"connector": connector, "new": taken.new, "known": taken.known, "batches": taken.batches, "net": taken.net}
    uow.emit([Event(agency_id, "list.imported", file_id, body)])
    return taken


def _alone(share: Notice, batches: set[str]) -> Notice:
    """A payment is known by its own id; the batch's, under which the statement shows the sum, belongs to them all."""
    return replace(share, bank_reference=share.event_id) if share.bank_reference in batches else share


def _told(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [{"code": p.code, "message": p.message, "where": p.where, "column": p.column} for p in problems]


def _refused(flaws: Sequence[Problem]) -> ListRefused:
    return ListRefused(
        "Không nhận danh sách này; xem danh sách lỗi.",
        "The list is refused; see the list of problems.",
        field="file",
        flaws=_told(flaws[: settlements.MOST_FLAWS]),
    )
