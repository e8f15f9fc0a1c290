"""Every table of the product, by package: what the migrations must add up to."""

from __future__ import annotations

import importlib

import sqlalchemy as sa

STORES = (
    "gateway.kernel.outbox",
    "gateway.kernel.audit",
    "gateway.kernel.once",
    "gateway.providers",
    "gateway.agencies",
    "gateway.access",
    "gateway.officers.store",
    "gateway.dues.store",
    "gateway.payments.store",
    "gateway.payments.provider_start",
    "gateway.payments.busy",
    "gateway.payments.elsewhere",
    "gateway.ledger.store",
    "gateway.settlement.store",
    "gateway.settlement.refund.store",
    "gateway.settlement.allocation_store",
    "gateway.delivery.store",
    "gateway.connecting.store",
    "gateway.closing.store",
    "gateway.closing.bank_files",
    "gateway.counter.terminal_store",
    "gateway.counter.terminal_tables",
    "gateway.counter.shift_store",
    "gateway.counter.cash_store",
    "gateway.taxing.store",
    "gateway.messages.store",
    "gateway.claims.store",
    "gateway.baskets.store",
    "gateway.remitting.store",
    "gateway.closing.day_store",
    "gateway.closing.register_store",
    "gateway.closing.breaks_store",
    "gateway.audit.store",
    "gateway.web.rating",
    "gateway.web.theme",
    "receipts.store",
    "reconciliation.store",
)


def all_metadata() -> list[sa.MetaData]:
    """The MetaData of each package, complete."""
    found: list[sa.MetaData] = []
    for name in STORES:
        module = importlib.import_module(name)
        metadata = getattr(module, "metadata")  # noqa: B009 - each store offers it under this one name
        if metadata not in found:
            found.append(metadata)
    return found
