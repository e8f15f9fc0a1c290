"""The citizens of the trial day: they hand in dossiers, are asked for money, and pay it, each in the way of the story."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from connectors.vietqr import codec
from gateway.dues.amend import Changes, amend
from gateway.dues.draft import DossierRequest
from gateway.dues.register import register_many
from gateway.dues.store import DossierView
from gateway.kernel.errors import ThuPhiError
from gateway.payments.provider_start import redirects
from gateway.payments.start import StartRequest, start_many
from gateway.payments.store import PaymentRow
from gateway.trial.found import OTHER_MONEY, STATE_FEES, Trial
from gateway.trial.story import BY_BANK, FAULTS, Rail, Visit, Way
from gateway.trial.world import World

CASHIERS = ("quay1", "quay2")
TERMINAL_FAULTS = {Way.ASKED_TWICE: "duplicate"}  # the others are named as the terminal names them


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Guest:
    """A visit with what came of it in the books."""

    visit: Visit
    dossier: DossierView
    payment: PaymentRow


def come_in(trial: Trial, visits: Sequence[Visit], day: date) -> list[Guest]:
    """Register the dossiers and begin their payments."""
    dossiers = register(trial, visits, day)
    payments = _begin(trial, visits, dossiers)
    return [Guest(*each) for each in zip(visits, dossiers, payments, strict=True)]


def register(trial: Trial, visits: Iterable[Visit], day: date) -> list[DossierView]:
    """As the one-stop system hands dossiers over."""
    requests = [
        DossierRequest(
            agency_id=trial.agency,
            dossier_code=f"{trial.office.dossiers}-{day:%y%m%d}-{visit.serial:04d}",
            procedure_code=visit.procedure,
            payer=visit.payer,
            items=visit.items,
            accepted_on=day,
        )
        for visit in visits
    ]
    with trial.environment.begin(actor=trial.officers["huongdan"], agency=trial.agency) as uow:
        return [_granted(outcome) for outcome in register_many(uow, requests)]


def pay(world: World, guests: Sequence[Guest]) -> None:
    """Everybody pays for the first time, but those who come after the code's expiry."""
    _withdraw(world.trial, guests)
    for guest in guests:
        if guest.visit.rail in BY_BANK and guest.visit.way is not Way.AFTER_EXPIRY:
            _transfer(world.trial, guest)
    world.worker.run_until_quiet()  # one of the services has to be asked for its pages
    _pay_at_services(world, [guest for guest in guests if guest.visit.rail in (Rail.VNPAY, Rail.VNPTPAY)])


def pay_again(trial: Trial, guests: Sequence[Guest]) -> None:
    """The rest of a sum paid in parts; the whole of it a second time."""
    for guest in guests:
        if guest.visit.way is Way.IN_TWO_PARTS:
            trial.bank.pay(_payload(guest), amount=guest.payment.amount - _first_part(guest.payment))
        elif guest.visit.way is Way.TWICE:
            trial.bank.pay(_payload(guest))


def pay_late(trial: Trial, guests: Sequence[Guest]) -> None:
    """After the code's expiry."""
    for guest in guests:
        if guest.visit.way is Way.AFTER_EXPIRY:
            _transfer(trial, guest)


def pay_by_card(world: World, guests: Sequence[Guest]) -> None:
    """One after the other at the terminal; whose card the line dies under comes last, for nobody repairs it this day."""
    queue = [guest for guest in guests if guest.visit.rail is Rail.POS]
    for number, guest in enumerate(sorted(queue, key=lambda guest: guest.visit.way is Way.LINE_DEAD)):
        way = guest.visit.way
        faults = () if way is Way.PLAIN else (TERMINAL_FAULTS.get(way, way.value),)
        world.till.take(guest.payment, world.trial.officers[CASHIERS[number % len(CASHIERS)]], faults)


def _begin(trial: Trial, visits: Sequence[Visit], dossiers: Sequence[DossierView]) -> list[PaymentRow]:
    requests = [
        StartRequest(trial.agency, visit.rail.value, dossier_ids=(found.dossier.id,))
        for visit, found in zip(visits, dossiers, strict=True)
    ]
    with trial.environment.begin(actor="demo", agency=trial.agency) as uow:
        return [_granted(outcome)[0] for outcome in start_many(uow, requests)]


def _granted(outcome: T | ThuPhiError) -> T:
    if isinstance(outcome, ThuPhiError):
        raise outcome
    return outcome


def _withdraw(trial: Trial, guests: Sequence[Guest]) -> None:
    for guest in guests:
        if guest.visit.way is Way.WITHDRAWN:
            with trial.environment.begin(actor=trial.officers["huongdan"], agency=trial.agency) as uow:
                gone = tuple(due.id for due in guest.dossier.dues)
                amend(uow, trial.agency, guest.dossier.dossier.id, Changes(withdraw=gone))


def _transfer(trial: Trial, guest: Guest) -> None:
    """The citizen scans the code and pays, as well as the story has it."""
    payload, way, payment = _payload(guest), guest.visit.way, guest.payment
    if way is Way.NEVER:
        return
    if way in (Way.IN_TWO_PARTS, Way.TOO_LITTLE):
        trial.bank.pay(payload, amount=_first_part(payment))
    elif way is Way.TOO_MUCH:
        trial.bank.pay(payload, amount=payment.amount + 5_000)
    elif way is Way.NO_REFERENCE:
        trial.bank.pay(payload, memo="nop phi ho so")
    else:
        trial.bank.pay(payload, faults=[way.value] if way in FAULTS else [])


def _pay_at_services(world: World, guests: Sequence[Guest]) -> None:
    with world.trial.environment.read() as connection:
        pages = redirects(connection, [guest.payment for guest in guests])
    for guest in guests:
        psp, page, way = world.psps[guest.visit.rail.value], pages[guest.payment.id], guest.visit.way
        if way is Way.CARD_REFUSED:
            psp.fail(page)
        else:
            psp.pay(page, faults=[] if way is Way.PLAIN else [way.value.removeprefix("ipn_")])


def _first_part(payment: PaymentRow) -> int:
    return max(1, payment.amount - 1_000)


def _payload(guest: Guest) -> str:
    account = OTHER_MONEY if guest.visit.way is Way.NO_STATE_FEE else STATE_FEES
    return codec.encode(
        codec.for_payment(bin="970415", account=account, amount=guest.payment.amount, purpose=guest.payment.reference)
    )
