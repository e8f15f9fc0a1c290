"""What can be wrong with a due that is asked for: each its own code, so that the one-stop system can say what to mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.kernel.errors import Conflict, Invalid, Missing, ThuPhiError


class FeeUnknown(Invalid):
    """The catalogue in force has no such fee code."""

    code = "due.fee_unknown"


class NotYetValid(Invalid):
    """The tariff begins after the day asked for."""

    code = "due.not_yet_valid"


class Expired(Invalid):
    """The tariff ended before the day asked for."""

    code = "due.expired"


class QuantityWrong(Invalid):
    """Zero, negative, or beyond what one dossier can mean."""

    code = "due.quantity"


class ValueMissing(Invalid):
    """A formula fee without the value it is computed from."""

    code = "due.value_missing"


class ValueUnneeded(Invalid):
    """A value for a fee that is not computed from one."""

    code = "due.value_unneeded"


class ValueWrong(Invalid):
    """A value outside of what it can be."""

    code = "due.value"


class AmountMissing(Invalid):
    """A free-amount fee without its amount."""

    code = "due.amount_missing"


class AmountUnneeded(Invalid):
    """An amount for a fee whose amount the tariff sets."""

    code = "due.amount_unneeded"


class AmountWrong(Invalid):
    """An amount outside of what a due can be."""

    code = "due.amount"


class EntitlementUnknown(Invalid):
    """No entitlement of the catalogue has this code."""

    code = "due.entitlement_unknown"


class EvidenceMissing(Invalid):
    """An entitlement without evidence, or without who asserts it."""

    code = "due.evidence_missing"


class EntitlementRequired(Invalid):
    """The line is only for payers with an entitlement, and none of them is claimed."""

    code = "due.entitlement_required"


class AlternativesCombined(Invalid):
    """Two lines that replace one another in one dossier."""

    code = "due.alternatives"


class DossierInvalid(Invalid):
    """Several flaws in one dossier; `facts["problems"]` lists them."""

    code = "dossier.invalid"


class FieldWrong(Invalid):
    """A field of the dossier itself is missing or malformed."""

    code = "dossier.field"


class PayerWrong(Invalid):
    """A field of the payer is missing or malformed."""

    code = "payer.invalid"


class DossierDiffers(Conflict):
    """The dossier code is registered with other content."""

    code = "dossier.differs"


class DossierMissing(Missing):
    """No such dossier for this agency."""

    code = "dossier.missing"


class DueMissing(Missing):
    """No such due in this dossier."""

    code = "due.missing"


class DueMoved(Conflict):
    """The due has another version than the one the change was meant for."""

    code = "due.version"


def under(prefix: str, problem: ThuPhiError) -> ThuPhiError:
    """The same problem, its field seen from further out."""
    problem.field = ".".join(part for part in (prefix, problem.field) if part)
    return problem


def raise_all(problems: Sequence[ThuPhiError]) -> None:
    """Nothing for none, the problem itself for one, one refusal with the list for several."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise DossierInvalid(
            f"Hồ sơ có {len(problems)} lỗi cần sửa.",
            f"The dossier has {len(problems)} flaws to mend.",
            field=problems[0].field,
            problems=[as_fact(problem) for problem in problems],
        )


def as_fact(problem: ThuPhiError) -> dict[str, Any]:
    """One problem as part of another's facts."""
    return {"code": problem.code, "field": problem.field, "vi": problem.vi, "en": problem.en}
