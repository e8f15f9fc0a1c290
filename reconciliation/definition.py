"""The passes P1 to P4 as named steps of plain SQL (sql/*.sql), the same text for every engine.

Each step is one SELECT over what earlier steps left; an engine keeps its rows under the step's name. The texts use no
function, operator or type that SQLite, PostgreSQL, DuckDB and Spark do not share, and no parameter: what varies is in
the source tables. Order never decides: every window has a total ORDER BY.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

DAY, NUMBER, TEXT = "date", "bigint", "text"

SOURCES: dict[str, dict[str, str]] = {
    "src_run": {"as_of": DAY, "orders_known": NUMBER},
    "src_payment": {
        "payment_id": TEXT,
        "reference": TEXT,
        "amount": NUMBER,
        "channel": TEXT,
        "status": TEXT,
        "paid_on": DAY,
        "receipt": NUMBER,  # 1: at least one receipt
        "account": TEXT,
    },
    "src_line": {
        "line_id": TEXT,
        "sort_key": TEXT,
        "account": TEXT,
        "booking_date": DAY,
        "credit": NUMBER,
        "amount": NUMBER,
        "reversal": NUMBER,
        "nature": TEXT,
    },
    "src_line_ref": {  # what a line names, with what the line says of itself: P1 then needs one join
        "line_id": TEXT,
        "ref": TEXT,
        "how": NUMBER,
        "pays": NUMBER,  # 1: a credit that is no reversal
        "amount": NUMBER,
        "booking_date": DAY,
        "sort_key": TEXT,
        "account": TEXT,
    },
    "src_calendar": {"day": DAY, "next_working_day": DAY},
    "src_settlement": {
        "row_no": NUMBER,
        "batch_id": TEXT,
        "batch_key": TEXT,  # the id as a memo may spell it: letters and digits alone
        "terminal_key": TEXT,
        "trade_date": DAY,
        "reference": TEXT,
        "gross": NUMBER,
        "mdr": NUMBER,
        "net": NUMBER,
        "expected_mdr": NUMBER,  # null: no contract rate was given
    },
    "src_day_word": {"batch_key": TEXT, "word": TEXT},  # how a memo may write the trade day
    "src_order": {"order_key": TEXT},  # remittance orders we sent
    "src_refund": {"line_id": TEXT, "reference": TEXT},  # debits that the host's refunds explain, with what they name
    "component": {  # filled from tangle_edge by the residual solver (P5)
        "member": TEXT,  # a line id or a target
        "is_line": NUMBER,
        "group_id": TEXT,
        "kind": TEXT,
        "rule": TEXT,
        "lead": NUMBER,
        "line_count": NUMBER,
        "payment_count": NUMBER,
        "line_sum": NUMBER,
        "expected": NUMBER,
        "payment_sum": NUMBER,
    },
}

SOURCE_KEYS: dict[str, tuple[str, ...]] = {
    "src_payment": ("reference", "payment_id"),
    "src_line": ("line_id",),
    "src_line_ref": ("line_id", "ref"),
    "src_calendar": ("day",),
    "component": ("member",),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One statement of the definition: the text sql/<file>.sql makes `table`, or adds to it."""

    file: str
    table: str
    adds: bool = False
    keys: tuple[str, ...] = ()  # columns by which later steps look it up

    @property
    def text(self) -> str:
        return _text(self.file)


def _makes(name: str, *keys: str, table: str = "") -> Step:
    return Step(name, table or name, keys=keys)


def _adds(name: str, table: str) -> Step:
    return Step(name, table, adds=True)


EDGES = (  # P1, and the lump lines of P3 beside the lines of single payments
    _makes("edge", "line_id", "target"),
    _makes("sale"),
    _makes("charged_back", "payment_id"),
    _makes("batch_member", "payment_id", "batch_key"),
    _makes("batch", "batch_key"),
    _adds("edge_batch", "edge"),
    _adds("edge_terminal_day", "edge"),
    _adds("edge_terminal_due", "edge"),
)
TANGLES = (  # P2, rule 1
    _makes("away_line", "line_id"),
    _makes("line_group", "line_id"),
    _makes("target_group", "target"),
    _makes("tangle_target", "target"),
    _makes("tangle_edge", "line_id", "target"),
    _makes("turn", "line_id"),
    _makes("crowd", "line_id"),
)
VERDICTS = (  # P2, P4
    _makes("verdict", "target"),
    _makes("away", "line_id"),
    _makes("line_alone", "line_id", table="line_result"),
    _adds("line_crowd", "line_result"),
    _adds("line_tangled", "line_result"),
    _adds("line_away", "line_result"),
    _makes("rest_line", "line_id"),
    _makes("rest_reference", "line_id"),
    _makes("rest_payment", "line_id"),
    _makes("rest_word", "line_id"),
    _adds("line_rest", "line_result"),
    _makes("payment_alone", "payment_id", table="payment_result"),
    _adds("payment_crowd", "payment_result"),
    _adds("payment_batch", "payment_result"),
    _adds("payment_tangled", "payment_result"),
    _adds("payment_away", "payment_result"),
    _makes("payment_left"),
    _adds("payment_rest", "payment_result"),
)

PASSES = ((*EDGES, *TANGLES), VERDICTS)  # the residual solver runs between the two


@cache
def _text(name: str) -> str:
    return files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")
