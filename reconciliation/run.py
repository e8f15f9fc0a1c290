"""A run over stored lines and the host's payments: evaluate, check, and write only what changed.

It works on the caller's connection and never commits: a broken invariant raises and the caller rolls back. The same
data again writes nothing; a manual decision stays, and evidence that has changed since contests it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from reconciliation import invariants, sources
from reconciliation.balances import stated
from reconciliation.definition import SOURCES
from reconciliation.engine import DatabaseEngine, evaluate
from reconciliation.ingest import Mint
from reconciliation.lines import account_key
from reconciliation.model import PLACED, WORD, InvariantBroken, RunResult, SettlementRow, SourceFlawed, SourcePayment
from reconciliation.record import Record
from reconciliation.scope import Scope, last_run
from reconciliation.store import line_ref, recon_item, statement, statement_line
from reconciliation.totals import totals_by_kind

PAYMENT_COLUMNS = tuple(SourcePayment.__slots__)

_MANY = 10_000  # rows that change what a planner should think of a table

_payment = sa.table("src_payment", *(sa.column(name) for name in SOURCES["src_payment"]))
_line = sa.table("src_line", *(sa.column(name) for name in SOURCES["src_line"]))


def run(
    connection: sa.Connection,
    *,
    owner: str,
    payments: sa.Select[Any] | Iterable[SourcePayment],
    accounts: Collection[str],
    as_of: date,
    now: datetime,
    mint: Mint,
    settlement: Iterable[SettlementRow] = (),
    rate: Fraction | None = None,
    orders: Iterable[str] | None = None,
    changed: Callable[[datetime], sa.Select[Any]] | None = None,
    placed: sa.Select[Any] | None = None,
    moved: Callable[[datetime], sa.Select[Any]] | None = None,
    refunds: Iterable[tuple[str, str]] = (),
) -> RunResult:
    """Reconcile all stored lines of `accounts` with all payments due to them, as of a day.

    `payments` gives each payment once, as SourcePayment values or as a select of the host's tables with columns of
    those names. `rate` is the acquirer's contract commission, `orders` the numbers of the remittance orders sent;
    without them the words of a debit have to do. `changed` gives, for the time of the last run, the ids of the payments
    that are new since, differ in anything told here, or stand in settlement rows that are new; with it, a run looks only
    at what is new or waits for time or a file, and at all that touches it, with the very same results; the totals are
    then those of what was looked at. `placed` gives `line_id` and `reference` of money that persons have given to a
    payment, and `how` where it is anything but PLACED: that counts instead of what the line names. Such a decision changes
    no row; so together with `changed`, `moved` gives the ids of the lines given to payments or taken back since, and
    `changed` also the payments they were given to or taken from.
    `refunds` are the ids of the debits that refunds of the host's explain, each once, with the reference they name.
    Raises SourceFlawed and InvariantBroken; either way the caller rolls back.
    """
    keys = sorted({account_key(account) for account in accounts})
    engine = DatabaseEngine(connection)
    sales = list(settlement)
    if changed is not None and placed is not None and moved is None:
        raise ValueError("a run over what has changed has to be told what was placed since")
    with engine.sources():
        scope = None
        since = last_run(connection, owner, as_of) if changed else None
        if since is not None and changed and isinstance(payments, sa.Select):
            scope = Scope(engine, connection, owner, payments.subquery("given"), placed)
            sales = scope.gather(since, changed(since), sales, moved(since) if moved else None)
        _fill_payments(engine, payments, accounts, scope)
        _fill_lines(engine, owner, keys, scope, placed)
        sources.fill_rest(engine, as_of=as_of, settlement=sales, rate=rate, orders=orders, refunds=refunds)
        _refuse_flaws(connection, keys)
        evaluate(engine)
        invariants.check(engine)
        if scope is None:  # an import has checked the lines it added
            _check_balances(connection, owner, keys)
        totals = totals_by_kind(engine)
        record = Record(connection, owner, mint("rec"), scope)
        contested = record.contest()
        ended = record.end(keys)
        written = record.add() + len(contested)
        record.close(now=now, as_of=as_of, accounts=keys, totals=totals, written=written, ended=ended)
    if written > _MANY:
        _tell_planner(connection)
    gaps = connection.scalars(
        sa.select(statement.c.id)
        .where(statement.c.owner == owner, statement.c.account.in_(keys), statement.c.gap)
        .order_by(statement.c.account, statement.c.from_day, statement.c.id)
    )
    return RunResult(record.run_id, totals, written, ended, contested, tuple(gaps))


def _tell_planner(connection: sa.Connection) -> None:
    """PostgreSQL counts a table when it finds time; until then it would take a million new rows for a handful."""
    if connection.dialect.name == "postgresql":
        for table in (recon_item, statement_line, line_ref):
            connection.exec_driver_sql(f"analyze {table.name}")


def _fill_payments(
    engine: DatabaseEngine,
    payments: sa.Select[Any] | Iterable[SourcePayment],
    accounts: Collection[str],
    scope: Scope | None,
) -> None:
    if not isinstance(payments, sa.Select):
        sources.fill_payments(engine, payments)
        return
    given = payments.subquery("given")
    if missing := [name for name in PAYMENT_COLUMNS if name not in given.c]:
        raise SourceFlawed(f"the select of payments lacks {', '.join(missing)}")
    c = given.c
    receipt = sa.case((sa.func.coalesce(sa.cast(c.receipt_no, sa.Text), "") == "", 0), else_=1)
    account = sa.case({name: account_key(name) for name in accounts}, value=c.account, else_=c.account)
    columns = (c.payment_id, c.reference, c.amount, sa.func.upper(c.channel), c.status, c.paid_on, receipt, account)
    chosen = sa.select(*columns)
    if scope is not None:
        chosen = chosen.where(c.payment_id.in_(sa.select(scope.payments.c.id)))
    engine.fill_from("src_payment", chosen)


def _fill_lines(
    engine: DatabaseEngine, owner: str, accounts: list[str], scope: Scope | None, placed: sa.Select[Any] | None
) -> None:
    c = statement_line.c
    mine = sa.and_(c.owner == owner, c.account.in_(accounts))
    if scope is not None:  # the owner's own by how they were gathered, and looked up by nothing but their ids
        mine = sa.and_(c.id.in_(sa.select(scope.lines.c.id)), c.account.in_(accounts))
    credit, reversal = sa.case((c.direction == "CRDT", 1), else_=0), sa.case((c.reversal, 1), else_=0)
    engine.fill_from(
        "src_line",
        sa.select(c.id, c.natural_key, c.account, c.booking_date, credit, c.amount, reversal, c.nature).where(mine),
    )
    pays = sa.case((sa.and_(c.direction == "CRDT", ~c.reversal), 1), else_=0)
    named = (
        line_ref.c.line_id,
        line_ref.c.ref,
        line_ref.c.how,
        pays,
        c.amount,
        c.booking_date,
        c.natural_key,
        c.account,
    )
    references = sa.select(*named).select_from(line_ref.join(statement_line)).where(mine)
    if placed is None:
        engine.fill_from("src_line_ref", references)
        return
    given = placed.subquery("placed")
    elsewhere = sa.exists().where(given.c.line_id == line_ref.c.line_id)
    engine.fill_from("src_line_ref", references.where(sa.or_(line_ref.c.how >= WORD, ~elsewhere)))
    how = given.c.how if "how" in given.c else sa.literal(PLACED)
    names = (given.c.line_id, given.c.reference, how, *named[3:])
    engine.fill_from(
        "src_line_ref",
        sa.select(*names).select_from(given.join(statement_line, c.id == given.c.line_id)).where(mine),
    )


def _refuse_flaws(connection: sa.Connection, accounts: list[str]) -> None:
    """Two payments with one id or reference would each claim the same money."""
    for column in (_payment.c.payment_id, _payment.c.reference):
        repeated = sa.select(column).where(column != "").group_by(column).having(sa.func.count() > 1)
        if (found := connection.execute(repeated.order_by(column).limit(1)).first()) is not None:
            raise SourceFlawed(f"{column.name} {found[0]} belongs to two payments")
    strange = sa.select(_payment.c.payment_id).where(_payment.c.account.not_in(accounts))
    if (found := connection.execute(strange.order_by(_payment.c.payment_id).limit(1)).first()) is not None:
        raise SourceFlawed(f"payment {found[0]} is due to an account that is not being reconciled")


def _check_balances(connection: sa.Connection, owner: str, accounts: list[str]) -> None:
    """Per account with an unbroken chain of statements: its lines together are closing minus opening."""
    signed = sa.func.sum(sa.case((_line.c.credit == 1, _line.c.amount), else_=-_line.c.amount))
    moved = dict(connection.execute(sa.select(_line.c.account, signed).group_by(_line.c.account)).all())
    for account in accounts:
        expected = stated(connection, owner, account)
        if expected is not None and expected != int(moved.get(account, 0)):
            raise InvariantBroken(f"the lines of an account sum to {moved.get(account, 0)}, its balance to {expected}")
