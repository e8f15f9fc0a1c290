"""Live through the trial day and the morning after: register, pay by every channel, hear, settle, sign; then statements,
settlement files, reconciliation, a closed day and money for the Treasury.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from connectors.files.write_camt import camt053
from connectors.files.write_mt940 import mt940
from connectors.files.write_xlsx import xlsx
from connectors.statement import Statement
from gateway.closing.intake import import_statement
from gateway.closing.reconcile import reconcile
from gateway.closing.settlements import import_settlement
from gateway.kernel.clock import VIETNAM, business_day
from gateway.payments.channels import FIRST_QUESTION
from gateway.payments.expire import expire
from gateway.settlement.refund.order import RefundOrder
from gateway.trial import crowd, desk
from gateway.trial.crowd import Guest
from gateway.trial.desk import Remitted
from gateway.trial.found import OTHER_MONEY, STATE_FEES
from gateway.trial.story import Visit, free_visits
from gateway.trial.world import World
from reconciliation.model import RunResult

Progress = Callable[[str], None]
File = tuple[str, bytes]

SECOND = timedelta(seconds=1)
MORNING_STEP = timedelta(minutes=15)
# One form of each account's statement is imported; the others tell the same lines again, which would add none.
IMPORTED = ((STATE_FEES, ".camt053.xml"), (OTHER_MONEY, ".mt940.sta"))


@dataclass(frozen=True, slots=True)
class PaidOut:
    """What a service or the acquirer's host says of the day, in đồng, from its own book."""

    name: str  # of the connector
    gross: int
    commission: int
    lumps: tuple[tuple[int, str], ...]  # net, memo
    file: File


@dataclass(frozen=True, slots=True)
class Lived:
    """What the two days left behind."""

    day: date
    morning: date
    files: tuple[File, ...]  # statements and settlement files, in the order they came
    evening: RunResult  # the day by itself: what is paid out in lumps is still on its way
    result: RunResult  # as the second morning leaves it
    paid_out: tuple[PaidOut, ...]
    allocated: int  # đồng
    refunds: tuple[RefundOrder, ...]
    remitted: tuple[Remitted, ...]
    exempt: int


def live(world: World, came: Sequence[Visit], *, seed: int, progress: Progress) -> Lived:
    """Both days. Every step is what a door of the gateway does."""
    day = business_day(world.clock())
    progress("register")
    guests = crowd.come_in(world.trial, came, day)
    free = crowd.register(world.trial, free_visits(max(1, len(came) // 20), seed, world.trial.office), day)
    progress("pay")
    _pay(world, guests)
    progress("terminal")
    crowd.pay_by_card(world, guests)
    _late(world, guests)
    progress("statement")
    files = _evening(world, day)
    world.clock.next_morning()
    return _morning(world, day, guests, files, len(free), progress)


def _pay(world: World, guests: Sequence[Guest]) -> None:
    crowd.pay(world, guests)
    world.settle()
    world.clock.skip(FIRST_QUESTION + SECOND)  # whose notification is lost is asked about
    crowd.pay_again(world.trial, guests)
    world.settle()


def _late(world: World, guests: Sequence[Guest]) -> None:
    environment = world.trial.environment
    world.clock.skip(timedelta(minutes=environment.settings.payment_minutes + 1))
    with environment.begin(actor="demo", agency=world.trial.agency) as uow:
        expire(uow, limit=max(500, len(guests)))
    crowd.pay_late(world.trial, guests)
    world.settle()


def _evening(world: World, day: date) -> list[File]:
    """The terminal closes its batch, the bank its day: its own fee and interest, then each account in several formats."""
    world.machines.terminal.advance()
    world.machines.terminal.reconcile()
    bank = world.trial.bank
    bank.post(STATE_FEES, -22_000, "PHI DICH VU QUAN LY TAI KHOAN", code="NCHG")
    bank.post(STATE_FEES, 1_850, "LAI TIEN GUI KHONG KY HAN", code="NINT")
    fees, other = bank.statement(STATE_FEES, day), bank.statement(OTHER_MONEY, day)
    return [*_printed(world, fees), *_printed(world, other)[1:]]


def _printed(world: World, statement: Statement, moment: str = "") -> list[File]:
    """One account's day as camt.053, MT940 and the bank's table."""
    now = world.clock().astimezone(VIETNAM)
    day = statement.from_date or now.date()
    stem, number = f"{statement.account}-{day:%y%m%d}{moment}", f"TP{day:%y%m%d}{statement.account[-1]}"
    return [
        (f"{stem}.camt053.xml", camt053(statement, message_id=number, created_at=now)),
        (f"{stem}.mt940.sta", mt940(statement, reference=number)),
        (f"{stem}.xlsx", xlsx(statement)),
    ]


def _morning(
    world: World, day: date, guests: Sequence[Guest], files: list[File], exempt: int, progress: Progress
) -> Lived:
    trial, morning = world.trial, business_day(world.clock())
    _import(world, [(name, data) for name, data in files if any(map(partial(_is, name), IMPORTED))])
    evening = _reconcile(world, day)
    paid_out = _settlement(world, day)
    for one in paid_out:
        import_settlement(trial.environment, trial.agency, *one.file, actor=trial.officers[desk.ACCOUNTANT])
    world.worker.run_until_quiet()  # the acquirer's file tells what the terminal never answered
    progress("close")
    allocated, refunds = desk.allocate_one(trial, list(guests)), desk.refund_one(trial)
    world.worker.run_until_quiet()
    desk.close(trial, day)
    progress("reconcile")
    world.clock.skip(MORNING_STEP)
    history = _lumps_come(world, paid_out, morning)
    _import(world, history)
    _reconcile(world, morning)
    progress("remit")
    remitted = desk.remit(trial, morning)
    world.clock.skip(MORNING_STEP)
    last = _bank_executes(world, refunds, remitted, morning, told=sum(len(one.lumps) for one in paid_out))
    _import(world, last)
    result = _reconcile(world, morning)
    world.worker.run_until_quiet()
    kept = (*files, *(one.file for one in paid_out), *history, *last)
    return Lived(
        day, morning, kept, evening, result, tuple(paid_out), allocated, tuple(refunds), tuple(remitted), exempt
    )


def _is(name: str, form: tuple[str, str]) -> bool:
    return name.startswith(form[0]) and name.endswith(form[1])


def _import(world: World, files: Sequence[File]) -> None:
    accountant = world.trial.officers[desk.ACCOUNTANT]
    for name, data in files:
        import_statement(world.trial.environment, world.trial.agency, name, data, actor=accountant)
    world.worker.run_until_quiet()


def _reconcile(world: World, as_of: date) -> RunResult:
    trial = world.trial
    with trial.environment.begin(actor=trial.officers[desk.ACCOUNTANT], agency=trial.agency) as uow:
        return reconcile(uow, trial.agency, as_of)


def _settlement(world: World, day: date) -> list[PaidOut]:
    """The files of those who took money for the agency; who took nothing sends none."""
    told: list[PaidOut] = []
    for name, psp in world.psps.items():
        its = psp.settlement(day)
        lumps: tuple[tuple[int, str], ...] = ((its.net, f"THANH TOAN LO {its.batch_id}"),)
        told.append(PaidOut(name, its.gross, its.commission, lumps, (f"{name}-{day:%y%m%d}.csv", its.csv())))
    cards = world.machines.acquirer.settlement(day)
    gross, kept = sum(row.gross for row in cards.rows), sum(row.mdr for row in cards.rows)
    lumps = tuple((lump.net, lump.memo) for lump in cards.lumps())
    told.append(PaidOut("pos.vietinbank", gross, kept, lumps, (f"pos-{day:%y%m%d}.csv", cards.csv())))
    return [one for one in told if one.gross]


def _lumps_come(world: World, paid_out: Sequence[PaidOut], morning: date) -> list[File]:
    """One credit for each batch; the accountant takes the account's history of the hour from the bank, as a table."""
    for one in paid_out:
        for net, memo in one.lumps:
            world.trial.bank.post(STATE_FEES, net, memo, code="NTRF")
    return [_printed(world, world.trial.bank.statement(STATE_FEES, morning), "-0715")[2]] if paid_out else []


def _bank_executes(
    world: World, refunds: Sequence[RefundOrder], remitted: Sequence[Remitted], morning: date, *, told: int
) -> list[File]:
    """The orders leave the account, and the bank prints what it has done since its first `told` lines of the day."""
    bank = world.trial.bank
    for refund in refunds:
        for line in refund.lines:
            bank.post(refund.account, -line.amount, line.memo, code="NTRF")
    for one in remitted:
        bank.post(one.order.debtor_account, -one.order.amount, one.order.memo, code="NTRF")
    rest = _after(bank.statement(STATE_FEES, morning), told)
    return _printed(world, rest)[:2] if rest.entries else []


def _after(statement: Statement, told: int) -> Statement:
    """The second statement of a day: it opens where the first has closed."""
    before = sum((entry.amount for entry in statement.entries[:told]), statement.opening or Decimal(0))
    return replace(statement, opening=before, entries=statement.entries[told:])


def credited(world: World, lived: Lived) -> int:
    """What payers have sent by bank transfer, from the bank's book alone: neither interest nor the lumps of others."""
    lumps = {memo for one in lived.paid_out for _, memo in one.lumps}
    entries = [
        entry
        for number in (STATE_FEES, OTHER_MONEY)
        for day in (lived.day, lived.morning)
        for entry in world.trial.bank.statement(number, day).entries
    ]
    come = [e for e in entries if e.amount > 0 and e.transaction_code != "NINT" and e.memo not in lumps]
    return int(sum((entry.amount for entry in come), Decimal(0)))
