"""The bank asks, before its customer confirms, what is owed under a code (VietinBank 1100/1110): name and amount.

The name is masked: whoever types a code into a bank app sees it. Nothing is written but the exchange; money is heard of
by notice only.
"""

from __future__ import annotations

import sqlalchemy as sa

from connectors.contract import Bill, Forged, Inquirer, Inquiry, Reply, Request
from connectors.vietqr.unaccented import unaccented
from gateway import providers
from gateway.access import own
from gateway.connecting import exchange
from gateway.connecting.exchange import About
from gateway.dues import store as dues_store
from gateway.kernel.errors import Missing
from gateway.kernel.uow import Environment
from gateway.payments import store
from gateway.payments.model import BANK_CHANNELS
from gateway.payments.store import payment
from gateway.payments.view import PaymentView, views
from receipts.mask import mask_name

PATH = "inquiry"  # below the connector's callback address


class NoInquiries(Missing):
    """The connector's provider asks nothing."""

    code = "connector.no_inquiries"


def is_inquiry(path: str) -> bool:
    """Whether a call to this path is a question rather than a notice."""
    return path.rstrip("/").rpartition("/")[2] == PATH


def answer(environment: Environment, agency_id: str, name: str, request: Request) -> Reply:
    """The signed answer. ConnectorNotSet, NoInquiries."""
    with environment.read() as connection:
        provider = providers.find(connection, environment, agency_id, name)
    if not isinstance(provider.connector, Inquirer):
        raise NoInquiries("Kết nối này không nhận truy vấn.", "This connection takes no inquiries.")
    desk = provider.desk(environment)
    asked = provider.connector.inquire(request, desk)
    found = _payable(environment, agency_id, name, asked.order_code) if isinstance(asked, Inquiry) else None
    bill = _bill(environment, found) if found else None
    reply = provider.connector.answer(asked, bill, desk)
    outcome = "answered" if isinstance(asked, Inquiry) else "unknown"
    reason = "bill.told" if bill else "bill.none" if isinstance(asked, Inquiry) else asked.reason
    about = About("inquiry", found.row.id if found else None)
    with environment.begin(actor=f"connector:{name}", agency=agency_id) as uow:
        kept = exchange.begin(uow, provider, about, exchange.request_as_text(request))
        forged = "forged: " if isinstance(asked, Forged) else ""
        told = exchange.reply_as_text(reply)
        exchange.complete(uow, kept, provider, told, outcome=outcome, reason=f"{forged}{reason}")
    return reply


def _payable(environment: Environment, agency_id: str, connector: str, code: str) -> PaymentView | None:
    """The payment under that code, if money may still be sent for it to an account of this bank."""
    with environment.read(agency_id) as connection:
        chosen = sa.select(payment).where(own(payment, agency_id), payment.c.reference == code.strip().upper())
        found = store.rows(connection, chosen)
        view = views(connection, found)[0] if found else None
    if view is None or not view.asks or view.row.expires_at <= environment.clock():
        return None
    return view if view.account.connector == connector and view.row.channel in BANK_CHANNELS else None


def _bill(environment: Environment, view: PaymentView) -> Bill:
    with environment.read(view.row.agency_id) as connection:
        dossier = dues_store.dossiers(connection, [view.dues[0].dossier_id])[view.dues[0].dossier_id]
    payer = dues_store.payer(dossier, environment.vault)
    return Bill(view.row.reference, view.remaining, unaccented(mask_name(payer.name)).upper())
