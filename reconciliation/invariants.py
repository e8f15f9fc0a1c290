"""What must hold of a result before anyone may commit it (reconciliation specification, section 2.5).

Each check counts what breaks it, over the tables of the evaluation; none is derived from the classification itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciliation.model import InvariantBroken

if TYPE_CHECKING:
    from reconciliation.engine import Engine

_PER_KIND = """
    select sum(off) from (
        select case when sum(line_side) - sum(payment_side) <> sum(recorded) then 1 else 0 end as off
        from (
            select r.kind, case when l.credit = 1 then l.amount else -l.amount end as line_side, 0 as payment_side,
                   case when r.lead = 1 then r.difference else 0 end as recorded
            from line_result r join src_line l on l.line_id = r.line_id
            union all
            select r.kind, 0, p.amount, case when r.lead = 1 then r.difference else 0 end
            from payment_result r join src_payment p on p.payment_id = r.payment_id
        ) sides
        group by kind
    ) kinds
"""

_ONCE = """
    select case when given = told and told = several then 0 else 1 end
    from (select count(*) as given from src_{side}) a
    cross join (select count(*) as told, count(distinct {side}_id) as several from {side}_result) b
"""

CHECKS: tuple[tuple[str, str], ...] = (
    ("every line has exactly one kind", _ONCE.format(side="line")),
    ("every payment has exactly one kind", _ONCE.format(side="payment")),
    ("in each kind, lines minus payments are the recorded differences", _PER_KIND),
    (
        "matched lines and payments are equal to the đồng",
        """select count(*) from line_result
           where kind in ('MATCH_E2E', 'MATCH_MEMO', 'MATCH_ONE_TO_MANY', 'MATCH_MANY_TO_ONE', 'MATCH_MANY_TO_MANY')
             and (line_sum <> payment_sum or difference <> 0)""",
    ),
    (
        "a matched lump is the net of its batches",
        "select count(*) from line_result where kind = 'MATCH_BATCH' and line_sum <> expected",
    ),
    (
        "in a sound batch, net and commission are the gross",
        "select count(*) from batch where sound = 1 and net + mdr <> gross",
    ),
    (
        "what is short is short, what is over is over",
        """select count(*) from line_result
           where (kind = 'AMOUNT_UNDER' and difference >= 0) or (kind = 'AMOUNT_OVER' and difference <= 0)""",
    ),
)


def check(engine: Engine) -> None:
    """Raises InvariantBroken with the first check that fails."""
    for promise, text in CHECKS:
        (broken,) = next(iter(engine.rows(text)))
        if broken:
            raise InvariantBroken(f"{promise}: {broken}")
