"""A second agency beside the town's: its own account at the same bank, series and certificate; and notices for both."""

from __future__ import annotations

from datetime import date

from gateway import agencies, providers
from gateway.agencies import Account, Agency
from gateway.dues.model import DueRequest
from gateway.dues.payer import PayerFacts
from gateway.dues.register import DossierRequest, register
from gateway.settlement import inbox
from receipts import enrolment
from receipts.series import open_series
from tests.town import PHI, Town

OTHER = "H56.18"
OTHERS_ACCOUNT = "220000012345"
COMPANY = PayerFacts(name="Công ty TNHH Thử Nghiệm", tax_code="0100109106", address="Hà Nội")


def settle_in(town: Town) -> None:
    """The neighbour collects at the town's bank, and is told of what comes in."""
    private = (town.environment.settings.keys / "signer.key").read_text()
    with town.environment.begin(actor="test", agency=OTHER) as uow:
        agencies.add(uow, Agency(OTHER, "Sở Nông nghiệp và Môi trường", "2800000002", "Thanh Hóa"))
        account = Account(
            uow.mint("acc"), OTHER, "970415", OTHERS_ACCOUNT, "SO NONG NGHIEP", "VietinBank", ("*",), "vietinbank"
        )
        agencies.add_account(uow, account)
        open_series(uow.connection, owner=OTHER, tax_code="2800000002", symbol="26TBB", now=uow.now(), mint=uow.mint)
        enrolment.declare(
            uow.connection,
            owner=OTHER,
            certificates=[town.keys.signer.certificate],
            accepted_on=date(2026, 7, 1),
            now=uow.now(),
            mint=uow.mint,
        )
        key = {"bank_public_key": town.bank.public_key_pem()}
        providers.use(uow, OTHER, "vietinbank", key, {"private_key": private})
    town.bank.open_account(OTHERS_ACCOUNT, "SO NONG NGHIEP", hook=f"/callbacks/{OTHER}/vietinbank", opening=500_000)


def dossier_of(town: Town, number: int, payer: PayerFacts = COMPANY) -> str:
    """A dossier of `payer` at the neighbour, 60.000 đ; its code."""
    code = f"H56.18-261124-{number:04d}"
    with town.environment.begin(actor="test", agency=OTHER) as uow:
        register(uow, DossierRequest(OTHER, code, "1.004616", payer, (DueRequest(PHI),)))
    return code


def deliver_to_both(town: Town) -> None:
    """The bank sends what is due, each notice to the agency whose account it is; the worker works on it."""
    for outgoing in town.bank.due_notices():
        agency = outgoing.hook.split("/")[2]
        reply = inbox.receive(town.environment, agency, "vietinbank", outgoing.request)
        town.bank.answered(outgoing.id, reply.status, reply.body)
    town.work()
