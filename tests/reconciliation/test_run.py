"""A run on the host's database: every kind, nothing twice, nothing lost, on SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from connectors.statement import Parsed
from reconciliation import invariants
from reconciliation.decide import NothingToDecide, decide
from reconciliation.ingest import store_statements
from reconciliation.items import current_items, told
from reconciliation.model import InvariantBroken, Kind, RunResult, SourceFlawed, SourcePayment
from reconciliation.run import run
from reconciliation.store import metadata, recon_item, recon_run, statement_line
from tests.reconciliation.world import AS_OF, FRIDAY, MAIN, OTHER, RATE, World, every_kind

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
ORDERS = ("LN-2026-0001",)

host = sa.MetaData()
host_payment = sa.Table(
    "payment",
    host,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("dossier", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("dong", sa.BigInteger),
    sa.Column("channel", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("day", sa.Date),
    sa.Column("terminal", sa.Text),
    sa.Column("receipt", sa.Text),
    sa.Column("account", sa.Text),
)


class Office:
    """An owner on one database, with ids that count."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._count = itertools.count(1)
        metadata.create_all(engine)

    def mint(self, prefix: str) -> str:
        return f"{prefix}_{next(self._count):08d}"

    def import_(self, parsed: Parsed, digest: str = "d1") -> None:
        with self.engine.begin() as connection:
            store_statements(connection, parsed, owner="A1", name="s.xml", digest=digest, now=NOW, mint=self.mint)

    def run(self, world: World, *, as_of: date = AS_OF, payments: sa.Select[SourcePayment] | None = None) -> RunResult:
        with self.engine.begin() as connection:
            return run(
                connection,
                owner="A1",
                payments=world.payments if payments is None else payments,
                accounts=(MAIN, OTHER),
                as_of=as_of,
                now=NOW,
                mint=self.mint,
                settlement=world.rows,
                rate=RATE,
                orders=ORDERS,
            )

    def kinds(self) -> tuple[dict[str, str], dict[str, str]]:
        """Kind by line number, kind by payment."""
        with self.engine.connect() as connection:
            items = current_items(connection, owner="A1")
            numbers = dict(connection.execute(sa.select(statement_line.c.id, statement_line.c.line_no)).all())
        lines = {numbers[item.line_id]: item.kind.value for item in items if item.line_id}
        return lines, {item.payment_id: item.kind.value for item in items if item.payment_id}

    def rows(self) -> set[tuple[object, ...]]:
        """The current results without ids of their own: lines by natural key, groups by their members."""
        with self.engine.connect() as connection:
            found = connection.execute(
                sa.select(recon_item, statement_line.c.natural_key)
                .outerjoin(statement_line, statement_line.c.id == recon_item.c.line_id)
                .where(recon_item.c.superseded_by.is_(None))
            ).all()
        members: dict[str, list[str]] = {}
        for row in found:
            members.setdefault(row.group_id, []).append(row.natural_key or row.payment_id)
        return {
            (row.natural_key, row.payment_id, row.kind, row.rule, row.difference, *sorted(members[row.group_id]))
            for row in found
        }


@pytest.fixture
def office(engine: sa.Engine) -> Office:
    return Office(engine)


def test_every_kind_on_the_host_s_database(office: Office) -> None:
    world = every_kind()
    office.import_(world.parsed())
    office.run(world)
    lines, payments = office.kinds()
    assert lines == world.line_kinds
    assert payments == world.payment_kinds
    said = {*world.line_kinds.values(), *world.payment_kinds.values()}
    assert said == {kind.value for kind in Kind if kind is not Kind.STATEMENT_GAP}


def test_totals_tie_to_the_dong(office: Office) -> None:
    world = every_kind()
    office.import_(world.parsed())
    totals = office.run(world).totals
    assert sum(t.line_amount for t in totals.values()) == sum(int(e.amount) for _, e in world.lines)
    assert sum(t.payment_amount for t in totals.values()) == sum(p.amount for p in world.payments)
    assert all(t.line_amount - t.payment_amount == t.difference for t in totals.values())
    assert sum(t.lines for t in totals.values()) == len(world.lines)
    matched = [t for kind, t in totals.items() if Kind(kind).closed and kind != "MATCH_BATCH"]
    assert all(t.difference == 0 for t in matched)


def test_a_second_run_writes_nothing(office: Office) -> None:
    world = every_kind()
    office.import_(world.parsed())
    first = office.run(world)
    second = office.run(world)
    assert first.written == len(world.lines) + len(world.payments)
    assert (second.written, second.ended) == (0, 0)
    with office.engine.connect() as connection:
        hashes = connection.execute(
            sa.select(recon_run.c.previous_hash, recon_run.c.result_hash).order_by(recon_run.c.id)
        ).all()
    assert hashes[1].previous_hash == hashes[0].result_hash


def test_order_of_input_is_of_no_account(office: Office, engine: sa.Engine) -> None:
    world, shuffled = every_kind(), every_kind()
    dice = random.Random(5)
    for listed in (shuffled.payments, shuffled.lines, shuffled.rows):
        dice.shuffle(listed)
    office.import_(world.parsed())
    office.run(world)
    first = office.rows()
    metadata.drop_all(engine)
    again = Office(engine)
    again.import_(shuffled.parsed())
    again.run(shuffled)
    assert again.rows() == first


def test_day_by_day_gives_the_same_as_all_at_once(office: Office, engine: sa.Engine) -> None:
    world = every_kind()
    early, late = _split(world, lambda day: day <= FRIDAY)
    office.import_(early, "d1")
    office.run(world, as_of=FRIDAY)
    office.import_(late, "d2")
    office.run(world)
    in_two = office.rows()
    metadata.drop_all(engine)
    at_once = Office(engine)
    at_once.import_(world.parsed(balances=False))
    at_once.run(world)
    assert in_two == at_once.rows()


def _split(world: World, early: Callable[[date], bool]) -> tuple[Parsed, Parsed]:
    parts = []
    for wanted in (True, False):
        part = World(lines=[(a, e) for a, e in world.lines if early(e.booking_date or FRIDAY) is wanted])
        parts.append(part.parsed(balances=False))
    return parts[0], parts[1]


def test_late_money_changes_only_what_it_touches(office: Office) -> None:
    world = World()
    late, other = world.pay("MATCH_MEMO"), world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", other.amount, other.reference)
    office.import_(world.parsed(balances=False), "d1")
    first = office.run(world, as_of=FRIDAY)
    assert first.totals["LATE_CUTOFF"].payments == 1
    assert office.run(world).totals["MISSING_IN_BANK"].payments == 1
    world.line("MATCH_MEMO", late.amount, late.reference, day=AS_OF)
    office.import_(world.parsed(balances=False), "d2")
    third = office.run(world)
    assert (third.written, third.ended) == (2, 1)  # the new line and its payment, once missing
    assert office.kinds()[1] == world.payment_kinds


def test_payments_straight_from_the_host_s_tables(office: Office) -> None:
    world = every_kind()
    host.create_all(office.engine)
    with office.engine.begin() as connection:
        connection.execute(sa.insert(host_payment), [_host_row(payment) for payment in world.payments])
    office.import_(world.parsed())
    c = host_payment.c
    columns = (c.id, c.dossier, c.reference, c.dong, c.channel, c.status, c.day, c.terminal, c.receipt, c.account)
    labelled = [column.label(name) for column, name in zip(columns, SourcePayment.__slots__, strict=True)]
    office.run(world, payments=sa.select(*labelled))
    assert office.kinds()[1] == world.payment_kinds
    with pytest.raises(SourceFlawed, match="receipt_no"):
        office.run(world, payments=sa.select(*labelled[:8], labelled[9]))


def _host_row(p: SourcePayment) -> dict[str, object]:
    return {
        "id": p.payment_id,
        "dossier": p.dossier_id,
        "reference": p.reference,
        "dong": p.amount,
        "channel": p.channel,
        "status": p.status,
        "day": p.paid_on,
        "terminal": p.terminal,
        "receipt": p.receipt_no or None,
        "account": p.account,
    }


def test_two_payments_with_one_reference_are_refused(office: Office) -> None:
    world = World()
    first, second = world.pay("OPEN"), world.pay("OPEN")
    world.line("MATCH_MEMO", first.amount, first.reference)
    office.import_(world.parsed())
    world.payments[1] = replace(second, reference=first.reference)
    with pytest.raises(SourceFlawed, match=first.reference):
        office.run(world)
    world.payments[1] = replace(second, account="1234")
    with pytest.raises(SourceFlawed, match="P002"):
        office.run(world)


def test_a_withdrawn_payment_leaves_no_current_row(office: Office) -> None:
    world = World()
    kept, gone = world.pay("MATCH_MEMO"), world.pay("OPEN", status="PENDING", receipt=False)
    world.line("MATCH_MEMO", kept.amount, kept.reference)
    office.import_(world.parsed())
    office.run(world)
    world.payments.remove(gone)
    result = office.run(world)
    assert (result.written, result.ended) == (0, 1)
    assert office.kinds()[1] == {kept.payment_id: "MATCH_MEMO"}


def test_a_decision_stays_and_new_evidence_contests_it(office: Office) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    number = world.line("UNKNOWN_REFERENCE", paid.amount, "nop phi")
    office.import_(world.parsed(balances=False))
    office.run(world, as_of=FRIDAY)
    line_id = _line_id(office, number)
    with office.engine.begin() as connection:
        decide(
            connection,
            owner="A1",
            kind=Kind.MATCH_MEMO,
            lines=[line_id],
            payments=[paid.payment_id],
            decided_by="ke.toan",
            now=NOW,
            mint=office.mint,
        )
    later = office.run(world)  # the payment is overdue by now: no new evidence
    assert (later.written, later.ended, later.contested) == (0, 0, ())
    world.line("DUPLICATE", paid.amount, paid.reference, day=AS_OF)
    office.import_(world.parsed(balances=False), "d2")
    contested = office.run(world)
    assert contested.contested == (paid.payment_id,)
    assert office.kinds()[1] == {paid.payment_id: "MATCH_MEMO"}
    with office.engine.connect() as connection:
        current = connection.execute(
            sa.select(recon_item).where(recon_item.c.superseded_by.is_(None), recon_item.c.payment_id.is_not(None))
        ).one()
    assert (current.decided_by, current.contested_by) == ("ke.toan", "MATCH_MEMO")
    assert office.run(world).written == 0


def test_nothing_is_decided_about_what_no_run_has_seen(office: Office) -> None:
    with office.engine.begin() as connection, pytest.raises(NothingToDecide):
        decide(connection, owner="A1", kind=Kind.OPEN, lines=["x"], decided_by="ke.toan", now=NOW, mint=office.mint)


def _line_id(office: Office, number: str) -> str:
    with office.engine.connect() as connection:
        return str(connection.scalar(sa.select(statement_line.c.id).where(statement_line.c.line_no == number)))


def test_the_database_refuses_a_second_current_row(office: Office) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", paid.amount, paid.reference)
    office.import_(world.parsed())
    office.run(world)
    with office.engine.begin() as connection:
        row = dict(connection.execute(sa.select(recon_item).limit(1)).one()._mapping)
    with pytest.raises(sa.exc.IntegrityError), office.engine.begin() as connection:
        connection.execute(sa.insert(recon_item).values(row | {"run_id": "another"}))


def test_a_broken_invariant_undoes_the_run(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", paid.amount, paid.reference)
    office.import_(world.parsed())
    with office.engine.begin() as connection:  # a line that the balances of the bank do not know
        row = dict(connection.execute(sa.select(statement_line)).one()._mapping)
        connection.execute(sa.insert(statement_line).values(row | {"id": "x", "natural_key": "x", "amount": 1}))
    with pytest.raises(InvariantBroken):
        office.run(world)
    with office.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(recon_run)) == 0
    monkeypatch.setattr(invariants, "CHECKS", (("no line is matched", "select count(*) from line_result"),))
    with pytest.raises(InvariantBroken, match="no line is matched"):
        office.run(world)


def test_sentences_are_made_anew_from_what_is_stored(office: Office) -> None:
    world = every_kind()
    office.import_(world.parsed())
    office.run(world)
    with office.engine.connect() as connection:
        items = current_items(connection, owner="A1", kinds=[Kind.DUPLICATE, Kind.MATCH_MANY_TO_ONE])
        sentences = [one.sentence for one in told(connection, owner="A1", items=items)]
    first = next(p for p in world.payments if world.payment_kinds[p.payment_id] == "MATCH_MANY_TO_ONE")
    assert (
        f"Thanh toán {first.payment_id} khớp với các dòng 4 và 5: 2 dòng cùng mã {first.reference} cộng lại đúng 500.000 ₫."
        in [sentence.vi for sentence in sentences]
    )
    duplicate = next(sentence for sentence in sentences if sentence.en.startswith("Line 14 pays once more"))
    assert "payment P016" in duplicate.en


def test_owners_do_not_see_one_another(office: Office) -> None:
    world = World()
    paid = world.pay("MATCH_MEMO")
    world.line("MATCH_MEMO", paid.amount, paid.reference)
    office.import_(world.parsed())
    with office.engine.begin() as connection:
        result = run(
            connection,
            owner="A2",
            payments=world.payments,
            accounts=(MAIN,),
            as_of=AS_OF,
            now=NOW,
            mint=office.mint,
        )
    assert result.totals["MISSING_IN_BANK"].payments == 1
    assert sum(total.lines for total in result.totals.values()) == 0
