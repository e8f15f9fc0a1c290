"""A receipt file, signed or not, held against every rule by name: what holds, what is broken, what cannot be judged.

This judges the file alone. Whether its signer is trusted is for `verify`, which refuses at the first fault and reads
only what was signed; here nothing that is reported is proven.
"""

from __future__ import annotations

from dataclasses import dataclass

from receipts.check import Check
from receipts.content_rules import CONTENT_RULES
from receipts.file_rules import FILE_RULES, opened
from receipts.profile_rules import PROFILE_RULES
from receipts.signature_rules import SIGNATURE_RULES, SignedFile
from receipts.stated import Stated

__all__ = ["Check", "Report", "report", "validate"]


@dataclass(frozen=True, slots=True)
class Report:
    """`legacy`: of a form and symbol in use before 2026-07-01, which is readable and no receipt of today."""

    checks: tuple[Check, ...]
    legacy: bool
    signed: bool

    @property
    def valid(self) -> bool:
        """No rule is broken."""
        return all(check.holds is not False for check in self.checks)


def validate(data: bytes) -> list[Check]:
    """Every rule over the bytes of a file, in the order of a receipt. Never raises."""
    return list(report(data).checks)


def report(data: bytes) -> Report:
    """The same, with what kind of file it is."""
    file = opened(data)
    said = None if file.data is None else Stated(file.data)
    signed = SignedFile(file.root, said) if file.root is not None and said is not None and file.signed else None
    checks = (
        *(rule.check(file) for rule in FILE_RULES),
        *(rule.check(said) for rule in CONTENT_RULES),
        *(rule.check(said) for rule in PROFILE_RULES),
        *(rule.check(signed) for rule in SIGNATURE_RULES),
    )
    return Report(checks, legacy=said is not None and said.legacy, signed=file.signed)
