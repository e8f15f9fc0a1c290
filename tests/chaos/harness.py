"""One chaos run: found an office, start real processes behind bad lines, load them, kill them, let them come to rest,
hand in the bank's statement, and let the judge look.

Every loop is bounded; whatever happens, all processes are ended.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import sqlalchemy as sa

from connectors.files.write_camt import camt053
from gateway.kernel.clock import VIETNAM
from gateway.kernel.db import make_engine
from tests.chaos import judge
from tests.chaos.bankline import BankLine
from tests.chaos.cluster import Cluster
from tests.chaos.journal import Journal
from tests.chaos.listener import Listener
from tests.chaos.load import Caller, Citizens
from tests.chaos.office import ACCOUNT, Office, found
from tests.chaos.processes import Running, Zygote, eventually, free_port
from tests.chaos.proxy import Fault, FaultProxy, Weather
from tests.chaos.report import Report

HTTP_ODDS = {Fault.CUT: 0.10, Fault.DELAY: 0.08, Fault.DUPLICATE: 0.10, Fault.BLACK_HOLE: 0.03}
DATABASE_ODDS = {Fault.CUT: 0.15, Fault.DELAY: 0.10, Fault.BLACK_HOLE: 0.04}
READY_SECONDS = 90
MOST_REPLAYS = 40


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how hard."""

    seed: int
    kills: int
    clients: int = 4
    think: float = 0.4  # seconds a citizen waits between errands, on average
    most_errands: int = 100_000  # of each client
    pause: tuple[float, float] = (0.3, 1.5)  # seconds between a process being up again and the next kill
    quiet_seconds: float = 120
    outbox_seconds: float = 0  # how long to wait for the outbox to become empty; 0: its jobs may lie in the future


@dataclass(slots=True)
class Stage:
    """The processes of an installation and the lines between them."""

    office: Office
    processes: list[Running]
    victims: dict[str, Callable[[], None]]  # name -> kill it and start it again
    address: str  # of the door, by the bad line
    direct: str  # of the door itself
    weathers: dict[str, Weather]
    killed: Counter[str] = field(default_factory=Counter)

    def ready(self) -> bool:
        """Whether the door answers, the database too."""
        try:
            return httpx2.get(f"{self.direct}/readyz", timeout=5).status_code == 200
        except httpx2.HTTPError:
            return False

    def calm(self) -> None:
        for weather in self.weathers.values():
            weather.calm()


Storm = Callable[[Plan, Stage, Journal], None]


def run(plan: Plan, place: Path, zygote: Zygote, cluster: Cluster | None, storm: Storm | None = None) -> Report:
    """The whole story; `cluster` None means SQLite, `storm` None means kills."""
    report = Report("postgresql" if cluster else "sqlite", plan.seed)
    journal = Journal()
    with ExitStack() as stack:
        listener = Listener(journal, seed=plan.seed)
        stack.callback(listener.close)
        stage = stack.enter_context(staged(plan, place, zygote, cluster, listener))
        line = BankLine(stage.office.bank, stage.address, journal, seed=plan.seed)
        stack.callback(line.close)
        with _timed(report, "storm"):
            (storm or kills)(plan, stage, journal)
        listener.failing = 0
        with _timed(report, "rest"):
            rested_at = _rest(plan, stage, journal)
        _leave(stage, journal)
    _judge(plan, stage.office, journal, report, rested_at)
    report.kills = dict(stage.killed)
    report.faults = {f"{n} {fault}": c for n, w in stage.weathers.items() for fault, c in w.struck.items()}
    return report


@contextmanager
def staged(plan: Plan, place: Path, zygote: Zygote, cluster: Cluster | None, listener: Listener) -> Iterator[Stage]:
    """An office with its processes running, until the end of the block."""
    place.mkdir(parents=True, exist_ok=True)
    database = f"thuphi_{plan.seed}" if cluster else ""
    if cluster:
        cluster.create(database)
    office = found(place, cluster.url(database) if cluster else None, webhook=listener.url, seed=plan.seed)
    listener.secret = office.webhook_secret
    with ExitStack() as stack:
        stack.callback(office.bank.close)
        weathers = {"http": Weather(f"http {plan.seed}", HTTP_ODDS)}
        inner_url = None
        if cluster:
            weathers["database"] = Weather(f"database {plan.seed}", DATABASE_ODDS, most_bytes=60_000)
            inner = stack.enter_context(FaultProxy(("127.0.0.1", cluster.port), weathers["database"]))
            inner_url = cluster.url(database, inner.port)
        port = free_port()
        outer = stack.enter_context(FaultProxy(("127.0.0.1", port), weathers["http"]))
        running = _processes(zygote, place, office, inner_url, port)
        direct = f"http://127.0.0.1:{port}"
        stage = Stage(office, running, {}, f"http://127.0.0.1:{outer.port}", direct, weathers)
        for process in running:
            stack.callback(process.kill)
            process.start()
            stage.victims[process.name] = _again(process)
        if cluster:
            stage.victims["postmaster"] = _again(cluster)
        assert eventually(stage.ready, READY_SECONDS), _tail(place)
        yield stage


def _again(process: Running | Cluster) -> Callable[[], None]:
    def again() -> None:
        process.kill()
        process.start()

    return again


def _processes(zygote: Zygote, place: Path, office: Office, database_url: str | None, port: int) -> list[Running]:
    """On SQLite one process does everything; on PostgreSQL a server and two workers share the database."""
    env = {
        "THUPHI_DATA": str(office.data),
        "THUPHI_PRIVATE_WEBHOOKS": "true",
        "THUPHI_PAYMENT_MINUTES": "1",
        "THUPHI_STATEMENT_TIMEOUT_MS": "5000",
        "THUPHI_POOL_SIZE": "4",
    }
    if database_url:
        env["THUPHI_DATABASE_URL"] = database_url
    serve = ["serve", "--port", str(port), "--no-worker" if database_url else "--worker"]
    told = [("server", serve)] + ([("worker 1", ["worker"]), ("worker 2", ["worker"])] if database_url else [])
    return [Running(zygote, name, argv, env, place / f"{name}.log") for name, argv in told]


def kills(plan: Plan, stage: Stage, journal: Journal) -> None:
    """Load and kills together; ends when the kills are done and the errands in hand have their answers."""
    draw, names = random.Random(f"kills {plan.seed}"), sorted(stage.victims)
    with load(plan, stage, journal):
        for number in range(plan.kills):
            time.sleep(draw.uniform(*plan.pause))
            name = names[number % len(names)] if number < len(names) else draw.choice(names)
            stage.victims[name]()
            stage.killed[name] += 1
            if not eventually(stage.ready, READY_SECONDS):
                journal.flaw("server.not_back", name, f"after kill {number + 1}")
        time.sleep(draw.uniform(*plan.pause))


@contextmanager
def load(plan: Plan, stage: Stage, journal: Journal) -> Iterator[None]:
    """Citizens at work; at the end the weather is calm and every errand in hand is ended."""
    citizens = Citizens(
        stage.address,
        stage.office.api_key,
        stage.office.bank,
        journal,
        seed=plan.seed,
        clients=plan.clients,
        think=plan.think,
        most=plan.most_errands,
    )
    try:
        yield
    finally:
        stage.calm()
        citizens.stop()


def _rest(plan: Plan, stage: Stage, journal: Journal) -> datetime:
    """The bank says all it has to say, the statement is handed in, the product does all it has to do; when that was."""
    office = stage.office
    engine = make_engine(office.url, read_only=True)
    try:
        if not eventually(lambda: _bank_silent(office), plan.quiet_seconds):
            journal.flaw("bank.not_heard", "", str(office.bank.next_notice_at()))
        _come_to_rest(replace(plan, outbox_seconds=0), engine, journal, "before the statement")
        _replays(plan, stage, journal)
        _statements(stage, journal)
        return _come_to_rest(plan, engine, journal, "after the statement")
    finally:
        engine.dispose()


def _bank_silent(office: Office) -> bool:
    """Set the bank's clock to its next notice: nobody waits for a call that is due in an hour."""
    due_at = office.bank.next_notice_at()
    if due_at is not None:
        office.clock.forward_to(due_at)
    return due_at is None


def _come_to_rest(plan: Plan, engine: sa.Engine, journal: Journal, when: str) -> datetime:
    """Where the plan has the patience the outbox, and then all that must end soon; the moment of the last look."""
    looked_at = datetime.now(UTC)

    def quiet() -> bool:
        nonlocal looked_at
        looked_at = datetime.now(UTC)
        with engine.begin() as connection:
            idle = plan.outbox_seconds or not judge.jobs_left(connection, looked_at)
            return bool(idle) and not any(judge.waits(connection).values())

    def empty() -> bool:
        with engine.begin() as connection:
            return not judge.jobs_left(connection)

    if plan.outbox_seconds:
        eventually(empty, plan.outbox_seconds, pause=0.5)  # what is left the judge will name
    if not eventually(quiet, plan.quiet_seconds, pause=0.1):
        with engine.begin() as connection:
            left = judge.waits(connection) | {"jobs due": judge.jobs_left(connection, looked_at)}
        journal.flaw("not_quiet", when, str(left))
    return looked_at


def _replays(plan: Plan, stage: Stage, journal: Journal) -> None:
    """Who asks again under an old key is told what was told then, word for word."""
    caller = Caller(stage.address, stage.office.api_key, journal)
    draw = random.Random(f"replays {plan.seed}")
    try:
        for answered in draw.sample(journal.answered, min(MOST_REPLAYS, len(journal.answered))):
            if caller.again(answered) != answered.body:
                journal.flaw("replay.differs", answered.key, answered.path)
    finally:
        caller.close()


def _statements(stage: Stage, journal: Journal) -> None:
    """Every day of the bank's book as a file, each handed in twice under two keys."""
    office = stage.office
    caller = Caller(stage.address, office.api_key, journal)
    try:
        for day in sorted({line.day for line in judge.bank_lines(office.book)}):
            made_at = office.clock().astimezone(VIETNAM)
            data = camt053(office.bank.statement(ACCOUNT, day), message_id=f"M{day:%y%m%d}", created_at=made_at)
            for turn in (1, 2):
                caller.statement(f"{day}.xml", f"s{day}{turn}", data)
    finally:
        caller.close()


def _leave(stage: Stage, journal: Journal) -> None:
    """A stop that is asked for is graceful."""
    for process in stage.processes:
        if not process.stop():
            journal.flaw("process.does_not_stop", process.name)


def _judge(plan: Plan, office: Office, journal: Journal, report: Report, rested_at: datetime) -> None:
    engine = make_engine(office.url, read_only=True)
    try:
        with engine.begin() as connection:
            lines = judge.bank_lines(office.book)
            case = judge.Case(connection, journal, lines, rested_at, plan.outbox_seconds > 0)
            report.violations = judge.judge(case)
            report.money = {"bank": sum(line.amount for line in lines)} | judge.money(case)
            report.counts = dict(journal.counts) | judge.census(case)
    finally:
        engine.dispose()


@contextmanager
def _timed(report: Report, what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    report.seconds[what] = time.monotonic() - began


def _tail(place: Path) -> str:
    """The ends of the logs, for a failure's message."""
    return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in sorted(place.glob("*.log")))
