"""Refusals in five kinds, after what the caller can do about them.

Each slice names its own: `class PaymentExpired(Conflict): code = "payment.expired"`. The code is stable, the sentence
is bilingual, and nothing here knows of HTTP. The libraries' own errors carry the same two attributes.
"""

from __future__ import annotations

from typing import ClassVar, Literal

Kind = Literal["invalid", "forbidden", "missing", "conflict", "unavailable"]


class ThuPhiError(Exception):
    """A refusal with a stable code, a sentence in Vietnamese and English, the field it is about, and facts."""

    kind: ClassVar[Kind]
    code: ClassVar[str]

    def __init__(self, vi: str, en: str, *, field: str = "", **facts: object) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
        self.field = field
        self.facts = facts


class Invalid(ThuPhiError):
    """The input has to be mended."""

    kind = "invalid"
    code = "request.invalid"


class Forbidden(ThuPhiError):
    """Who asks may not."""

    kind = "forbidden"
    code = "access.forbidden"


class Missing(ThuPhiError):
    """There is no such thing (or not for this agency: both sound the same)."""

    kind = "missing"
    code = "record.missing"


class Conflict(ThuPhiError):
    """The state says no."""

    kind = "conflict"
    code = "state.conflict"


class Unavailable(ThuPhiError):
    """Somebody else's machine does not answer."""

    kind = "unavailable"
    code = "machine.unavailable"
