"""Which receipts a settled payment gives: one for each dossier, and phí apart from lệ phí where the agency says so.

Luật 97/2015/QH13 Điều 14 k4: each kind is accounted separately, so lines never mix kinds. Money that is no state fee
(kind OTHER) never stands on a receipt.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.agencies import Account, Agency
from gateway.dues.payer import PayerFacts
from gateway.dues.store import DossierRow, DueRow
from gateway.payments.store import PaymentRow
from gateway.settlement.model import Arrival, DueCase
from receipts.model import (
    CollectingOrg,
    Delegate,
    DossierFacts,
    FeeLine,
    Kind,
    Method,
    MoneyFacts,
    Payer,
    ReceiptFacts,
)

METHODS: dict[str, Method] = {"vietqr": "QR", "bank_transfer": "CK", "pos": "POS", "cash": "TM"}


def groups(agency: Agency, dues: Sequence[DueCase]) -> dict[tuple[str, str], list[DueCase]]:
    """(dossier, split) -> its dues, in order; one receipt each."""
    found: dict[tuple[str, str], list[DueCase]] = {}
    for due in dues:
        if due.kind in ("PHI", "LE_PHI"):
            split = due.kind if agency.receipt_grouping == "separate" else "ALL"
            found.setdefault((due.dossier_id, split), []).append(due)
    return found


def facts(
    agency: Agency,
    account: Account,
    payment: PaymentRow,
    arrival: Arrival,
    source: str,
    dossier: DossierRow,
    payer: PayerFacts,
    dues: Sequence[DueRow],
    delegate: Delegate | None = None,
) -> ReceiptFacts:
    """Everything one receipt says; `delegate` is who issues in the agency's name (NĐ 254/2026, Điều 25 k4)."""
    return ReceiptFacts(
        source=source,
        owner=agency.id,
        payment=payment.id,
        org=CollectingOrg(
            name=agency.name,
            tax_code=agency.tax_code,
            address=agency.address,
            phone=agency.phone,
            account=account.number,
            bank=account.bank,
            identifier=agency.identifier,
        ),
        payer=Payer(payer.name, payer.tax_code, payer.id_number, payer.address),
        dossier=DossierFacts(dossier.code, dossier.procedure_code, dossier.procedure_name),
        lines=tuple(_line(due) for due in dues),
        day=arrival.day,
        method=METHODS.get(payment.channel, "CK"),  # by a provider: no cash, no card of ours
        money=MoneyFacts(payment.reference, arrival.at, arrival.payer_bank),
        delegate=delegate,
    )


def _line(due: DueRow) -> FeeLine:
    kind: Kind = "PHI" if due.kind == "PHI" else "LE_PHI"
    return FeeLine(kind, due.fee_code, due.name, due.quantity, due.unit_price, due.amount, due.chapter, due.sub_item)
