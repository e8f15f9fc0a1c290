"""An exemption or reduction granted at the counter with its evidence; a second person looks at a sample.

What a due costs then is the tariff's own answer (`dues.amend`); large grants are always looked at, of the others one in
five, drawn at random when granted so that nobody can choose which.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import sqlalchemy as sa

from gateway.access import own
from gateway.counter.cash_store import exemption
from gateway.dues import store as dues_store
from gateway.dues.amend import Changes, DueChange, amend
from gateway.dues.model import EntitlementClaim
from gateway.dues.store import DossierView
from gateway.kernel.errors import Conflict, Invalid, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.officers.model import Officer, Role

LARGE = 500_000  # đồng off: always looked at
ONE_IN = 5


class EvidenceMissing(Invalid):
    """No reduction without the paper it rests on."""

    code = "exemption.evidence"


class NothingOff(Conflict):
    """The tariff gives nothing off for this."""

    code = "exemption.nothing_off"


class GrantMissing(Missing):
    """No such grant."""

    code = "exemption.missing"


class GrantJudged(Conflict):
    """It was judged before, or the judge is who granted it."""

    code = "exemption.judged"


def grant(
    uow: UnitOfWork, officer: Officer, agency_id: str, dossier_id: str, due_ids: Sequence[str], code: str, evidence: str
) -> DossierView:
    """The dossier with the reduction applied to these open dues.

    RoleMissing, EvidenceMissing, NothingOff, and what `dues.amend` raises.
    """
    officer.need(Role.COUNTER)
    if not evidence.strip():
        raise EvidenceMissing("Ghi giấy tờ chứng minh.", "Name the evidence.", field="evidence")
    before = {due.id: due.amount for due in dues_store.dues_by_id(uow.connection, agency_id, due_ids)}
    claim = EntitlementClaim(code, evidence.strip()[:500], officer.name)
    changes = Changes(amend=tuple(DueChange(due_id, entitlement=claim) for due_id in due_ids))
    view = amend(uow, agency_id, dossier_id, changes)
    off = {due.id: before[due.id] - due.amount for due in view.dues if due.id in before and due.amount < before[due.id]}
    if not off:
        raise NothingOff(
            "Biểu phí không giảm gì cho đối tượng này.", "The tariff gives nothing off for this.", field="code"
        )
    for due_id, amount in off.items():
        _keep(uow, officer, view, due_id, code, amount)
    return view


def judge(uow: UnitOfWork, officer: Officer, grant_id: str, verdict: Literal["right", "wrong"], note: str) -> None:
    """A second person has looked at the evidence. RoleMissing, GrantMissing, GrantJudged, EvidenceMissing."""
    officer.need(Role.APPROVER)
    mine = own(exemption, officer.agency) & (exemption.c.id == grant_id)
    row = uow.connection.execute(sa.select(exemption).where(mine).with_for_update()).one_or_none()
    if row is None:
        raise GrantMissing("Không có lần miễn giảm này.", "There is no such grant.")
    if row.verdict is not None or row.granted_by == uow.actor:
        raise GrantJudged("Đã được xem xét, hoặc do chính bạn cấp.", "It was judged, or you granted it.")
    if verdict == "wrong" and not note.strip():
        raise EvidenceMissing("Hãy ghi sai ở đâu.", "Say what is wrong.", field="note")
    values = {"verdict": verdict, "verdict_note": note.strip()[:500], "judged_by": uow.actor, "judged_at": uow.now()}
    uow.connection.execute(sa.update(exemption).where(mine).values(**values))
    uow.emit([Event(row.collects_for, "exemption.judged", row.due_id, {"grant": grant_id, "verdict": verdict})])


def to_judge(connection: sa.Connection, agency_id: str) -> list[sa.Row[Any]]:
    """Sampled grants nobody has looked at, oldest first, with what they are about."""
    about = (dues_store.dossier.c.code.label("dossier_code"), dues_store.due.c.name, dues_store.due.c.base_amount)
    joined = exemption.join(dues_store.dossier, dues_store.dossier.c.id == exemption.c.dossier_id).join(
        dues_store.due, dues_store.due.c.id == exemption.c.due_id
    )
    mine = own(exemption, agency_id) & exemption.c.sampled & exemption.c.verdict.is_(None)
    return list(
        connection.execute(sa.select(exemption, *about).select_from(joined).where(mine).order_by(exemption.c.id))
    )


def _keep(uow: UnitOfWork, officer: Officer, view: DossierView, due_id: str, code: str, amount: int) -> None:
    sampled = amount >= LARGE or uow.ids.below(ONE_IN) == 0
    row = {
        "id": uow.mint("exm"),
        "agency_id": officer.agency,
        "collects_for": view.dossier.agency_id,
        "dossier_id": view.dossier.id,
        "due_id": due_id,
        "code": code,
        "amount_off": amount,
        "granted_by": uow.actor,
        "granted_at": uow.now(),
        "sampled": sampled,
        "verdict_note": "",
    }
    uow.connection.execute(sa.insert(exemption).values(**row))
    body = {"grant": row["id"], "code": code, "amount_off": amount, "role": Role.COUNTER.value}
    uow.emit([Event(view.dossier.agency_id, "exemption.granted", due_id, body)])
