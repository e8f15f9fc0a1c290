"""By when money has to be at the Treasury: a rule per agency, as data (weekly on a day, or monthly on a day).

`weekly:5` is the fifth day of the week that follows the period's end, `monthly:20` the 20th of the next month. A day on
which banks rest moves to the working day before it.
"""

from __future__ import annotations

from datetime import date, timedelta

from gateway.remitting.model import RuleInvalid
from reconciliation.workdays import working

_DAY = timedelta(days=1)


def deadline(rule: str, last: date) -> date:
    """For a period that ends on `last`. RuleInvalid for a rule that says nothing."""
    kind, _, number = rule.partition(":")
    if not number.isdecimal() or kind not in ("weekly", "monthly"):
        raise _invalid()
    wanted = int(number)
    if kind == "weekly" and 1 <= wanted <= 7:
        day = last + _DAY
        while day.isoweekday() != wanted:
            day += _DAY
    elif kind == "monthly" and 1 <= wanted <= 28:
        day = (last.replace(day=1) + timedelta(days=32)).replace(day=wanted)
    else:
        raise _invalid()
    while not working(day) and day > last:
        day -= _DAY
    return day


def _invalid() -> RuleInvalid:
    return RuleInvalid(
        "Hạn nộp phải là weekly:1..7 hoặc monthly:1..28.",
        "A deadline is weekly:1..7 or monthly:1..28.",
        field="due_rule",
    )
