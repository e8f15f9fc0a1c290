"""What every object of a code is held against: one of a list, or of a form; the refusal names the tag."""

from __future__ import annotations

import re

from connectors.vietqr.refusal import VietQRError


def one_of(value: str | None, allowed: frozenset[str] | set[str], name: str, tag: str) -> str:
    """The value if it is listed. Raises VietQRError `missing_<name>` or `bad_<name>`."""
    if value is None:
        raise VietQRError(f"missing_{name}", tag, f"the {name} is missing")
    if value not in allowed:
        raise VietQRError(f"bad_{name}", tag, f"the {name} is not {' or '.join(sorted(allowed))}")
    return value


def formed(value: str, form: re.Pattern[str], rule: str, tag: str) -> str:
    """The value if it is of the form. Raises VietQRError of that rule."""
    if not form.fullmatch(value):
        raise VietQRError(rule, tag, "missing or not of its form")
    return value
