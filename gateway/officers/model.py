"""Officers of an agency, what each role may do, and the refusals at their door.

Reception cannot confirm money, an accountant cannot change a dossier or a fee, and what moves money takes two persons
(separation of duties: Luật Kế toán 88/2015/QH13 Điều 52 k1, Nghị định 174/2016/NĐ-CP Điều 19).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from gateway.kernel.errors import Conflict, Forbidden, Invalid, Missing, ThuPhiError


class Role(StrEnum):
    """What an officer is there for; one may have several."""

    ASSISTANT = "assistant"  # bộ phận hướng dẫn: looks up and prints, takes no money
    COUNTER = "counter"  # takes money at a counter
    ACCOUNTANT = "accountant"  # reconciles, closes, proposes refunds and remittance
    APPROVER = "approver"  # the second person: refunds, write-offs, re-opening a day
    ADMIN = "admin"  # officers, settings, theme; no money
    AUDITOR = "auditor"  # sees everything, changes nothing


class LoginRefused(ThuPhiError):
    """Nobody is logged in, or not as somebody who is known here."""

    kind = "forbidden"
    code = "officer.login"


class RoleMissing(Forbidden):
    """The officer has no role for this."""

    code = "officer.role"


class FormForged(Forbidden):
    """The form was not sent from a page of this session."""

    code = "officer.form"


class OfficerMissing(Missing):
    """No such officer in this agency."""

    code = "officer.missing"


class OfficerKnown(Conflict):
    """The login is taken."""

    code = "officer.known"


class OfficerInvalid(Invalid):
    """The officer cannot be kept as described."""

    code = "officer.invalid"


@dataclass(frozen=True, slots=True)
class Officer:
    """A named official of an agency, with the roles held now."""

    id: str
    agency: str
    name: str
    login: str
    roles: frozenset[Role]

    @property
    def actor(self) -> str:
        """How the audit trail and two-person rules name the officer."""
        return f"officer:{self.id}"

    def may(self, roles: Collection[Role]) -> bool:
        """Whether one of `roles` is held."""
        return not self.roles.isdisjoint(roles)

    def need(self, *roles: Role) -> None:
        """Refuse unless one of `roles` is held."""
        if not self.may(roles):
            names = ", ".join(sorted(roles))
            raise RoleMissing(f"Việc này cần vai trò: {names}.", f"This takes the role: {names}.", roles=list(roles))


@dataclass(frozen=True, slots=True)
class Session:
    """An officer at a browser. `csrf` goes into every form of the session."""

    id: str
    officer: Officer
    csrf: str
