"""The contract's CSV files read by DuckDB itself, as long as every cell is plain and nothing has to be refused.

What is plain is decided here so narrowly that the readers in `careful` would give the very same values; with one cell
that is not, they read everything, and name what is wrong. A line is settled here if it is a credit that names one
payment of the files, in the reference field or in a memo without liberties; every other line is read by Python.
"""

# ruff: noqa: S608 - texts of our own and paths without quotes; no value of a file is ever part of a statement

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.files import tabular
from connectors.reference import ALPHABET, LENGTH, PREFIX
from reconciliation.content import Content, balance, receipts_told
from reconciliation.lines import Unusable, account_key, drafts
from reconciliation.sources import fill_lines, line_of
from reconciliation.tabulated import CHANNELS, PAYMENTS, RECEIPTS, STATUSES

if TYPE_CHECKING:
    import duckdb

    from reconciliation.bulk import BulkEngine

_LONGEST_HEADER = 10_000  # characters
_NAMELESS = "'', 'NOTPROVIDED', 'NONREF', 'NOREF'"
_CHECKS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES = "[^0-9A-Z]"
_WORD = f"{PREFIX}[0-9A-TV-Z]{{8}}[0-9A-Z]"
_BROKEN = rf"(?:\r?{_PLACES})?".join([*PREFIX, *["[0-9A-TV-Z]"] * 8, "[0-9A-Z]"])
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"


class NotPlain(Exception):
    """Something for the careful readers."""


def scan(engine: BulkEngine, *, payments: Path, receipts: Path, statement: Path, account: str) -> Content | None:
    """Payments and lines as tables and views of the engine; None, and both still empty, where the files ask for care."""
    import duckdb

    try:
        own = account_key(account)
        if not own.isalnum():
            raise NotPlain
        _scan_receipts(engine.database, receipts)
        _scan_payments(engine.database, payments, own)
        accounts = _scan_lines(engine.database, statement)
        _read_rest(engine, {own, *accounts})
    except (NotPlain, UnicodeError, duckdb.Error):
        engine.database.execute("delete from src_payment")
        return None
    _stand_for_sources(engine.database)
    return _content(engine.database, accounts)


def _scan_receipts(database: duckdb.DuckDBPyConnection, path: Path) -> None:
    plain = (
        f"{_identifier('receipt_no')} and {_identifier('payment_id')} and {_whole('amount')} and {_day('issued_on')}"
    )
    database.execute(
        f"""create or replace table scanned_receipt as
        select {_if(plain, "receipt_no")} as receipt_no, payment_id, cast(amount as bigint) as amount
        from {_file(path, RECEIPTS)}"""
    )
    _once(database, "scanned_receipt", "receipt_no")
    database.execute(
        """create or replace table receipted as
        select payment_id, cast(sum(amount) as bigint) as amount from scanned_receipt group by payment_id"""
    )


def _scan_payments(database: duckdb.DuckDBPyConnection, path: Path, account: str) -> None:
    plain = f"""{_identifier("p.payment_id")} and {_whole("p.amount")}
        and (reference is null or regexp_full_match(reference, '[0-9A-Z]+'))
        and channel in ({_listed(CHANNELS)}) and status in ({_listed(STATUSES)})
        and case when paid_at is null then status <> 'SUCCEEDED' else {_moment("paid_at")} end"""
    database.execute(
        f"""insert into src_payment
        select {_if(plain, "p.payment_id")}, coalesce(reference, ''), cast(p.amount as bigint), channel, status,
               {_business_day("paid_at")}, case when r.payment_id is null then 0 else 1 end, '{account}'
        from {_file(path, PAYMENTS)} p
        left join receipted r on r.payment_id = p.payment_id"""
    )
    _once(database, "src_payment", "payment_id", "nullif(reference, '')")
    database.execute(f"create or replace table issued as select reference from src_payment where {_holds('reference')}")


def _scan_lines(database: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    """The statement, each line beside the payment that its reference field names. The accounts that occur."""
    plain = f"""regexp_full_match(line_no, '[A-Za-z]{{0,8}}[0-9]{{1,18}}') and regexp_full_match(account, '[0-9]+')
        and {_day("booking_date")} and (value_date is null or {_day("value_date")})
        and direction in ('CRDT', 'DBIT') and {_whole("amount")} and amount > '0'"""
    database.execute(
        f"""create or replace table scanned_line as
        select {_if(plain, "line_no")} as line_no,
               case when line_no < ':' then lpad(line_no, 18, '0')
                   else regexp_extract(line_no, '^[A-Za-z]+') || lpad(regexp_extract(line_no, '[0-9]+$'), 18, '0')
               end as sort_key,
               account, cast(booking_date as date) as booking_date, value_date,
               case when direction = 'CRDT' then 1 else 0 end as credit, cast(amount as bigint) as amount,
               e2e_ref, memo, bank_ref, direction = 'CRDT' and i.reference is not null as named, '' as nature
        from {_file(path, tabular.COLUMNS)} l
        left join issued i on i.reference = l.e2e_ref"""
    )
    _once(database, "scanned_line", "line_no")
    database.execute(
        f"""create or replace table memo_ref as
        select m.line_no, m.token as ref
        from (
            select line_no, regexp_extract_all(upper(memo), '{_WORD}|{_BROKEN}') as tokens, tokens[1] as token
            from scanned_line
            where not named and credit = 1 and coalesce(e2e_ref, '') in ({_NAMELESS})
              and regexp_full_match(memo, '[!-~]+( [!-~]+)*')
        ) m
        join issued i on i.reference = m.token
        where len(m.tokens) = 1"""
    )
    accounts = database.execute("select distinct account from scanned_line order by account").fetchall()
    if len(accounts) > tabular.MOST_ACCOUNTS:
        raise NotPlain
    return [account for (account,) in accounts]


def _read_rest(engine: BulkEngine, own: set[str]) -> None:
    """The lines that are left, through the statement's own reader; their nature goes back to where they stand."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(tabular.COLUMNS)
    writer.writerows(engine.rows(_REST))
    parsed = tabular.parse(text.getvalue().encode("utf-8"))
    if any(problem.code != "statement.missing" for problem in parsed.problems):
        raise NotPlain
    try:
        found = [line_of(draft, draft.line_no) for head in parsed.statements for draft in drafts(head, own)]
    except Unusable as flaw:
        raise NotPlain from flaw
    fill_lines(engine, found)
    engine.database.execute(
        """update scanned_line set nature = r.nature
        from src_line r where r.line_id = scanned_line.line_no and r.nature <> ''"""
    )


_REST = """
    select l.line_no, l.account, l.booking_date, l.value_date, case when l.credit = 1 then 'CRDT' else 'DBIT' end,
           l.amount, l.e2e_ref, l.memo, l.bank_ref
    from scanned_line l
    left join memo_ref m on m.line_no = l.line_no
    where not l.named and m.line_no is null
"""


def _stand_for_sources(database: duckdb.DuckDBPyConnection) -> None:
    """What was scanned takes the place of the source tables, without a copy."""
    database.execute("alter table src_line_ref rename to read_ref")
    database.execute("drop table src_line")
    database.execute(
        """create view src_line as
        select line_no as line_id, sort_key, account, booking_date, credit, amount, 0 as reversal, nature
        from scanned_line"""
    )
    facts = "1 as pays, l.amount, l.booking_date, l.sort_key, l.account"
    database.execute(
        f"""create view src_line_ref as
        select l.line_no as line_id, l.e2e_ref as ref, 1 as how, {facts} from scanned_line l where l.named
        union all
        select l.line_no, m.ref, 2, {facts} from memo_ref m join scanned_line l on l.line_no = m.line_no
        union all
        select * from read_ref"""
    )


def _content(database: duckdb.DuckDBPyConnection, accounts: Sequence[str]) -> Content:
    receipts, receipted = _one(database, "select count(*), coalesce(sum(amount), 0) from scanned_receipt")
    payments, amount = _one(database, "select count(*), coalesce(sum(amount), 0) from src_payment")
    moved = database.execute(
        """select account, count(*), coalesce(sum(case when credit = 1 then amount end), 0),
        coalesce(sum(case when credit = 0 then amount end), 0) from src_line group by account order by account"""
    ).fetchall()
    return Content(
        lines={
            "count": sum(count for _, count, _, _ in moved),
            "credits": sum(int(credits) for _, _, credits, _ in moved),
            "debits": sum(int(debits) for *_, debits in moved),
        },
        payments={"count": payments, "amount": int(amount)},
        statements=[balance(account, int(credits) - int(debits)) for account, _, credits, debits in moved],
        receipts=receipts_told(receipts, int(receipted), *_strange_receipts(database)),
        warnings=[],
    )


def _strange_receipts(database: duckdb.DuckDBPyConnection) -> tuple[list[str], list[str]]:
    """Receipts of no payment, and payments whose receipts come to another amount."""
    compared = database.execute(
        """select r.payment_id, p.payment_id is null
        from receipted r left join src_payment p on p.payment_id = r.payment_id
        where p.amount is null or p.amount <> r.amount"""
    ).fetchall()
    differing = [payment_id for payment_id, unknown in compared if not unknown]
    if len(differing) == len(compared):
        return [], differing
    unknown = database.execute(
        "select receipt_no from scanned_receipt anti join src_payment using (payment_id)"
    ).fetchall()
    return [receipt_no for (receipt_no,) in unknown], differing


def _file(path: Path, needed: Sequence[str]) -> str:
    """The table function of a file whose heading names each column once."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = [cell.strip() for cell in next(csv.reader([file.readline(_LONGEST_HEADER)]), [])]
    if len(set(header)) != len(header) or not set(needed) <= set(header) or not all(map(str.isidentifier, header)):
        raise NotPlain
    if "'" in str(path):
        raise NotPlain
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in header)
    return (
        f"read_csv('{path}', header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}})"
    )


def _if(plain: str, column: str) -> str:
    """The column of a plain row; any other ends the statement."""
    return f"case when {plain} then {column} else error('not plain') end"


def _once(database: duckdb.DuckDBPyConnection, table: str, *keys: str) -> None:
    repeated = " + ".join(f"count({key}) - count(distinct {key})" for key in keys)
    if _one(database, f"select {repeated} from {table}") != (0,):
        raise NotPlain


def _one(database: duckdb.DuckDBPyConnection, text: str) -> tuple[Any, ...]:
    (row,) = database.execute(text).fetchall()
    return tuple(row)


def _identifier(column: str) -> str:
    return f"regexp_full_match({column}, '[!-~]+')"


def _whole(column: str) -> str:
    return f"regexp_full_match({column}, '[0-9]{{1,18}}')"


def _day(column: str) -> str:
    return f"(regexp_full_match({column}, '{_ISO}') and try_cast({column} as date) is not null)"


def _moment(column: str) -> str:
    """A day that exists, alone or with a time in Vietnam or in UTC."""
    form = f"{_ISO}(T{_TIME}(Z|[+]0[07]:00)?)?"
    return f"(regexp_full_match({column}, '{form}') and try_cast(substr({column}, 1, 10) as date) is not null)"


def _business_day(column: str) -> str:
    """The day in Vietnam: of a moment in UTC, seven hours later; of any other, the day that is written."""
    moment = f"cast(replace(substr({column}, 1, 19), 'T', ' ') as timestamp)"
    utc = f"({column} like '%Z' or {column} like '%+00:00')"
    return (
        f"case when {utc} then cast({moment} + interval 7 hour as date) else cast(substr({column}, 1, 10) as date) end"
    )


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _holds(column: str) -> str:
    """`connectors.reference.holds` as SQL: the MOD 37,36 check character (ISO/IEC 7064) of a reference in its form."""
    product = str(_after_prefix())
    for place in range(len(PREFIX) + 1, LENGTH):
        product = f"((({product} + {_value(column, place)} - 1) % 36 + 1) * 2 % 37)"
    check = f"({product} + {_value(column, LENGTH)}) % 36 = 1"
    return f"case when regexp_full_match({column}, '{PREFIX}[{ALPHABET}]{{8}}[0-9A-Z]') then {check} else false end"


def _after_prefix() -> int:
    product = 36
    for character in PREFIX:
        product = ((product + _CHECKS.index(character) - 1) % 36 + 1) * 2 % 37
    return product


def _value(column: str, place: int) -> str:
    return f"(instr('{_CHECKS}', {column}[{place}]) - 1)"
