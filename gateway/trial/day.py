"""Live through the trial day: register, pay, hear from the bank, settle, sign, import the statement, reconcile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from connectors.files.write_camt import camt053
from connectors.files.write_mt940 import mt940
from connectors.vietqr import codec
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.dues.amend import Changes, amend
from gateway.dues.draft import DossierRequest
from gateway.dues.register import register_many
from gateway.dues.store import DossierView
from gateway.kernel.clock import VIETNAM, business_day
from gateway.payments.expire import expire
from gateway.payments.start import StartRequest, start
from gateway.payments.store import PaymentRow
from gateway.settlement.inbox import receive
from gateway.trial import pump
from gateway.trial.found import AGENCY, OTHER_MONEY, STATE_FEES, Trial
from gateway.trial.hours import TrialClock
from gateway.trial.story import FAULTS, Visit, Way, free_visits, visits
from gateway.worker import Worker
from reconciliation.model import RunResult

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Statements:
    """The bank's files of the day: (file name, bytes), in the order they are imported."""

    files: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True, slots=True)
class Lived:
    """What the day left behind."""

    day: date
    statements: Statements
    result: RunResult
    exempt: int


def live(trial: Trial, clock: TrialClock, *, payments: int, seed: int, progress: Progress) -> Lived:
    """The whole day. Every step is what a door of the gateway does."""
    day = business_day(clock())
    worker = Worker(trial.environment)
    progress("register")
    guests = visits(payments, seed)
    dossiers = _register(trial, guests, day)
    free = _register(trial, free_visits(max(1, payments // 20), seed), day)
    started = _start(trial, dossiers)
    progress("pay")
    told = list(zip(guests, started, strict=True))
    _withdraw(trial, [(v, d) for v, d in zip(guests, dossiers, strict=True) if v.way is Way.WITHDRAWN])
    for visit, payment in told:
        if visit.way is not Way.AFTER_EXPIRY:
            _pay(trial, visit, payment)
    _settle(trial, clock, worker)
    for visit, payment in told:
        _pay_again(trial, visit, payment)
    _settle(trial, clock, worker)
    clock.skip(timedelta(minutes=trial.environment.settings.payment_minutes + 1))
    with trial.environment.begin(actor="demo", agency=AGENCY) as uow:
        expire(uow, limit=max(500, payments))
    for visit, payment in told:
        if visit.way is Way.AFTER_EXPIRY:
            _pay(trial, visit, payment)
    _settle(trial, clock, worker)
    progress("statement")
    statements = _statements(trial, clock, day)
    for name, data in statements.files:
        import_statement(trial.environment, AGENCY, name, data, actor="demo")
    worker.run_until_quiet()
    progress("reconcile")
    with trial.environment.begin(actor="demo", agency=AGENCY) as uow:
        result = reconcile(uow, AGENCY, day)
    return Lived(day, statements, result, len(free))


def _register(trial: Trial, guests: Iterable[Visit], day: date) -> list[DossierView]:
    requests = [
        DossierRequest(
            agency_id=AGENCY,
            dossier_code=f"H56.17-{day:%y%m%d}-{visit.serial:04d}",
            procedure_code=visit.procedure,
            payer=visit.payer,
            items=visit.items,
            accepted_on=day,
        )
        for visit in guests
    ]
    with trial.environment.begin(actor="demo", agency=AGENCY) as uow:
        outcomes = register_many(uow, requests)
    for outcome in outcomes:
        if not isinstance(outcome, DossierView):
            raise outcome
    return [outcome for outcome in outcomes if isinstance(outcome, DossierView)]


def _start(trial: Trial, dossiers: Iterable[DossierView]) -> list[PaymentRow]:
    with trial.environment.begin(actor="demo", agency=AGENCY) as uow:
        return [start(uow, StartRequest(AGENCY, "vietqr", dossier_ids=(d.dossier.id,)))[0] for d in dossiers]


def _withdraw(trial: Trial, unlucky: Iterable[tuple[Visit, DossierView]]) -> None:
    for _, dossier in unlucky:
        with trial.environment.begin(actor="demo", agency=AGENCY) as uow:
            amend(uow, AGENCY, dossier.dossier.id, Changes(withdraw=tuple(due.id for due in dossier.dues)))


def _pay(trial: Trial, visit: Visit, payment: PaymentRow) -> None:
    """The citizen scans the code and pays, as well as the story has it."""
    payload, way = _payload(visit, payment), visit.way
    if way is Way.NEVER:
        return
    if way in (Way.IN_TWO_PARTS, Way.TOO_LITTLE):
        trial.bank.pay(payload, amount=max(1, payment.amount - 1_000))
    elif way is Way.TOO_MUCH:
        trial.bank.pay(payload, amount=payment.amount + 5_000)
    elif way is Way.NO_REFERENCE:
        trial.bank.pay(payload, memo="nop phi ho so")
    else:
        trial.bank.pay(payload, faults=[way.value] if way in FAULTS else [])


def _pay_again(trial: Trial, visit: Visit, payment: PaymentRow) -> None:
    payload = _payload(visit, payment)
    if visit.way is Way.IN_TWO_PARTS:
        trial.bank.pay(payload, amount=payment.amount - max(1, payment.amount - 1_000))
    elif visit.way is Way.TWICE:
        trial.bank.pay(payload)


def _payload(visit: Visit, payment: PaymentRow) -> str:
    account = OTHER_MONEY if visit.way is Way.NO_STATE_FEE else STATE_FEES
    return codec.encode(
        codec.for_payment(bin="970415", account=account, amount=payment.amount, purpose=payment.reference)
    )


def _settle(trial: Trial, clock: TrialClock, worker: Worker) -> None:
    """Let the bank send everything it has to send, however late, and the worker do all that follows."""
    while (due_at := trial.bank.next_notice_at()) is not None:
        clock.skip_to(due_at)
        pump.deliver_due(trial.bank, lambda request: receive(trial.environment, AGENCY, "vietinbank", request))
    worker.run_until_quiet()


def _statements(trial: Trial, clock: TrialClock, day: date) -> Statements:
    """The bank closes its day: its own fee and interest, then a file per account; the second in another format."""
    trial.bank.post(STATE_FEES, -22_000, "PHI DICH VU QUAN LY TAI KHOAN", code="NCHG")
    trial.bank.post(STATE_FEES, 1_850, "LAI TIEN GUI KHONG KY HAN", code="NINT")
    now, stamp = clock().astimezone(VIETNAM), f"{day:%y%m%d}"
    first = trial.bank.statement(STATE_FEES, day)
    other = trial.bank.statement(OTHER_MONEY, day)
    return Statements(
        (
            (f"{STATE_FEES}-{stamp}.camt053.xml", camt053(first, message_id=f"TP{stamp}A", created_at=now)),
            (f"{STATE_FEES}-{stamp}.mt940.sta", mt940(first, reference=f"TP{stamp}A")),
            (f"{OTHER_MONEY}-{stamp}.mt940.sta", mt940(other, reference=f"TP{stamp}B")),
        )
    )
