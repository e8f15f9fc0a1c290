"""What each kind holds after an evaluation: counts, both sides, and the difference between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciliation.model import Kind, Totals

if TYPE_CHECKING:
    from reconciliation.engine import Engine

_TEXT = """
    select kind, sum(line_count), sum(line_amount), sum(payment_count), sum(payment_amount), sum(difference)
    from (
        select kind, count(*) as line_count, sum(amount) as line_amount, 0 as payment_count, 0 as payment_amount,
               sum(case when lead = 1 then difference else 0 end) as difference
        from line_result
        group by kind
        union all
        select kind, 0, 0, count(*), sum(amount), sum(case when lead = 1 then difference else 0 end)
        from payment_result
        group by kind
    ) sides
    group by kind
"""


def totals_by_kind(engine: Engine) -> dict[str, Totals]:
    """Totals of the kinds that occur, in the order of the enumeration."""
    found = {row[0]: Totals(*(int(value) for value in row[1:])) for row in engine.rows(_TEXT)}
    return {kind.value: found[kind.value] for kind in Kind if kind.value in found}
