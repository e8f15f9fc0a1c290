"""Why money in suspense is not given away as asked."""

from __future__ import annotations

from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing


class AllocationMissing(Missing):
    """No such money in suspense, payment or proposal at this agency."""

    code = "allocation.missing"


class NotAllocatable(Conflict):
    """The money or the payment does not allow it; the sentence says why."""

    code = "allocation.refused"


class SamePerson(Forbidden):
    """Who proposes does not agree."""

    code = "allocation.same_person"


class NoReason(Invalid):
    """An inspector will ask why."""

    code = "allocation.reason"


class PartsInvalid(Invalid):
    """The parts do not divide the money."""

    code = "allocation.parts"


def missing(field: str) -> AllocationMissing:
    """Nothing of this agency is meant by `field`."""
    return AllocationMissing("Không tìm thấy.", "There is no such record.", field=field)


def told(reason: str) -> str:
    """The reason without blanks around it; NoReason."""
    if not reason.strip():
        raise NoReason("Cần nêu lý do phân bổ.", "A reason is needed.", field="reason")
    return reason.strip()
