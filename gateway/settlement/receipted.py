"""Which payments of a batch get no receipt of ours, because whoever took their money has issued one already."""

from __future__ import annotations

from gateway.kernel import bulk
from gateway.payments import elsewhere
from gateway.settlement.desk import Desk


def elsewhere_issued(desk: Desk, insert: bulk.Insert) -> dict[str, str]:
    """Payments settled in this batch -> whose side has issued their receipt; what is told anew is kept by `insert`."""
    settled = {item.payment.id for item in desk.settled}
    money = [one for one in desk.loaded.money.values() if one.settled and one.payment_id in settled]
    found: dict[str, str] = {}
    fresh = [one for one in desk.loaded.money.values() if one.new is not None and one.new.receipted_elsewhere]
    rows = []
    for one in fresh:
        arrival = one.new
        assert arrival is not None
        covered = one.payment_id if one.settled and one.payment_id in settled else None
        if covered is not None:
            found[covered] = arrival.connector
        rows.append(_row(desk, one.id, arrival.connector, covered))
    insert(elsewhere.receipted_elsewhere, rows)
    waited = {one.id: one.payment_id for one in money if one.new is None and one.payment_id is not None}
    if waited:  # money that waited: what its first notice told is kept
        told = sorted(elsewhere.told(desk.uow.connection, waited))
        elsewhere.settled(desk.uow.connection, [(notice_id, waited[notice_id]) for notice_id in told])
        found |= elsewhere.issuers(desk.uow.connection, [waited[notice_id] for notice_id in told]) if told else {}
    return found


def _row(desk: Desk, notice_id: str, connector: str, payment_id: str | None) -> dict[str, object]:
    return {
        "notice_id": notice_id,
        "agency_id": desk.loaded.agency.id,
        "connector": connector,
        "payment_id": payment_id,
        "told_at": desk.uow.now(),
    }
