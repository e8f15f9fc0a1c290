"""P6 at the accountant's desk: what unplaced money may be, found beside the run, shown with its reason, and decided by a person.

Names are compared inside one unit of work and leave it only as keyed digests; a suggestion keeps ids and amounts alone.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway import agencies
from gateway.access import own
from gateway.dues import store as dues
from gateway.kernel.clock import business_day
from gateway.kernel.errors import Conflict, Missing
from gateway.kernel.outbox import Event
from gateway.kernel.uow import UnitOfWork
from gateway.payments.store import payment, payment_due
from reconciliation.decide import decide
from reconciliation.lines import account_key
from reconciliation.model import Kind
from reconciliation.natures import folded
from reconciliation.store import payer_alias, recon_item, recon_suggestion, statement_line
from reconciliation.suggest import OpenLine, OpenPayment, Suggestion, suggest

_WITHOUT_MONEY = (
    *(Kind.OPEN, Kind.MISSING_IN_BANK, Kind.LATE_CUTOFF, Kind.RECEIPT_WITHOUT_MONEY),
    *(Kind.MISSING_IN_SETTLEMENT, Kind.BATCH_NOT_PAID),
)
_PAGE = 500
_SHORTEST_NAME = 7  # letters: a shorter name is found in too many memos


class SuggestionMissing(Missing):
    """There is no such suggestion for the line."""

    code = "suggestion.missing"


class SuggestionConfirmed(Conflict):
    """A person has decided already."""

    code = "suggestion.confirmed"


class CandidateForeign(Conflict):
    """What was chosen is not among the candidates."""

    code = "suggestion.candidate"


def suggestions(connection: sa.Connection, agency: str, line_ids: Collection[str]) -> dict[str, list[Suggestion]]:
    """The stored suggestions of these lines, the surest first; a line without any is not in the answer."""
    c = recon_suggestion.c
    rows = connection.execute(
        sa.select(recon_suggestion).where(c.owner == agency, c.line_id.in_(line_ids)).order_by(c.line_id, c.position)
    )
    found: dict[str, list[Suggestion]] = defaultdict(list)
    for row in rows:
        candidates = tuple(json.loads(row.candidates))
        found[row.line_id].append(Suggestion(row.rule, candidates, row.sentence_vi, row.sentence_en, row.confidence))
    return dict(found)


def refresh(uow: UnitOfWork, agency: str) -> int:
    """Make the suggestions anew for every line that no pass and no person has placed. How many lines have some."""
    lines = _open_lines(uow, agency)
    payments = _open_payments(uow, agency, {line.amount for line in lines})
    found = suggest(_with_names(lines, payments.names), payments.listed, lambda refs: _issued(uow, agency, refs))
    c = recon_suggestion.c
    uow.connection.execute(sa.delete(recon_suggestion).where(c.owner == agency, c.confirmed_by.is_(None)))
    rows = [
        _row(agency, line_id, position, suggestion) | {"made_at": uow.now()}
        for line_id, listed in sorted(found.items())
        for position, suggestion in enumerate(listed, 1)
    ]
    if rows:
        uow.connection.execute(sa.insert(recon_suggestion), rows)
    return len(found)


def confirm(uow: UnitOfWork, agency: str, line_id: str, position: int, chosen: Sequence[str], *, person: str) -> str:
    """A person takes a suggestion as true: a decision of theirs, which no run overwrites. Returns its id.

    `chosen` are payment ids among the candidates. The ledger is not touched: money in suspense is allocated by
    gateway.settlement.allocate. Raises SuggestionMissing, SuggestionConfirmed, CandidateForeign, NothingToDecide.
    """
    row = _suggestion(uow, agency, line_id, position)
    if not chosen or not set(chosen) <= set(json.loads(row.candidates)):
        raise CandidateForeign("Khoản được chọn không có trong gợi ý.", "What was chosen is not a candidate.")
    decision = decide(
        uow.connection,
        owner=agency,
        kind=_kind(uow, agency, line_id, chosen),
        lines=[line_id],
        payments=chosen,
        decided_by=person,
        now=uow.now(),
        mint=uow.mint,
    )
    same = sa.and_(recon_suggestion.c.line_id == line_id, recon_suggestion.c.position == position)
    fact = {"confirmed_by": person, "confirmed_at": uow.now(), "decision_id": decision}
    uow.connection.execute(sa.update(recon_suggestion).where(same).values(fact))
    _learn(uow, agency, line_id, chosen, person)
    body = {"line": line_id, "payments": list(chosen), "rule": row.rule, "decision": decision, "person": person}
    uow.emit([Event(agency, "suggestion.confirmed", line_id, body)])
    return decision


def _suggestion(uow: UnitOfWork, agency: str, line_id: str, position: int) -> sa.Row[Any]:
    c = recon_suggestion.c
    of_line = uow.connection.execute(
        sa.select(recon_suggestion).where(c.owner == agency, c.line_id == line_id).with_for_update()
    ).all()
    if any(row.confirmed_by for row in of_line):
        raise SuggestionConfirmed("Dòng này đã có người xác nhận.", "A person has confirmed this line already.")
    for row in of_line:
        if row.position == position:
            return row
    raise SuggestionMissing("Không có gợi ý này.", "There is no such suggestion.")


def _kind(uow: UnitOfWork, agency: str, line_id: str, chosen: Sequence[str]) -> Kind:
    """As P2 would call these sums."""
    c = recon_item.c
    current = sa.and_(c.owner == agency, c.superseded_by.is_(None))
    total = sa.select(sa.func.coalesce(sa.func.sum(c.amount), 0))
    came = int(uow.connection.scalar(total.where(current, c.line_id == line_id)) or 0)
    expected = int(uow.connection.scalar(total.where(current, c.payment_id.in_(chosen))) or 0)
    if came != expected:
        return Kind.AMOUNT_UNDER if came < expected else Kind.AMOUNT_OVER
    return Kind.MATCH_MEMO if len(chosen) == 1 else Kind.MATCH_ONE_TO_MANY


def _row(agency: str, line_id: str, position: int, suggestion: Suggestion) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "position": position,
        "owner": agency,
        "rule": suggestion.rule,
        "candidates": json.dumps(suggestion.candidates),
        "sentence_vi": suggestion.sentence_vi,
        "sentence_en": suggestion.sentence_en,
        "confidence": suggestion.confidence,
    }


def _open_lines(uow: UnitOfWork, agency: str) -> list[OpenLine]:
    c, item = statement_line.c, recon_item.c
    current = sa.and_(item.owner == agency, item.superseded_by.is_(None), item.decided_by.is_(None))
    rows = uow.connection.execute(
        sa.select(statement_line)
        .join(recon_item, sa.and_(item.line_id == c.id, current, item.kind == Kind.UNKNOWN_REFERENCE.value))
        .where(c.owner == agency, c.direction == "CRDT")
        .order_by(c.id)
    ).all()
    senders = {row.id: _sender(uow, row) for row in rows}
    known = _aliases(uow, agency, {sender for _, sender in senders.values() if sender})
    return [
        OpenLine(
            line_id=row.id,
            account=row.account,
            booking_date=row.booking_date,
            amount=row.amount,
            memo=row.memo,
            payers=frozenset({senders[row.id][0]} - {""}),
            aliases=known.get(senders[row.id][1], frozenset()),
        )
        for row in rows
    ]


def _sender(uow: UnitOfWork, row: sa.Row[Any]) -> tuple[str, str]:
    """Digests of the sender's name, and of name and account together; empty where the bank names nobody."""
    name = folded(_unsealed(uow, "counterparty_name", row.id, row.counterparty_name))
    account = account_key(_unsealed(uow, "counterparty_account", row.id, row.counterparty_account))
    if not name and not account:
        return "", ""
    return _payer_key(uow, name) if name else "", uow.vault.blind("payer.sender", f"{name}|{account}")


def _unsealed(uow: UnitOfWork, column: str, line_id: str, sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    return uow.vault.unseal(f"statement_line.{column}.{line_id}", sealed).decode("utf-8", "replace")


def _payer_key(uow: UnitOfWork, name: str) -> str:
    return uow.vault.blind("payer.name", name)


def _aliases(uow: UnitOfWork, agency: str, senders: Collection[str]) -> dict[str, frozenset[str]]:
    c = payer_alias.c
    rows = uow.connection.execute(sa.select(c.sender, c.payer).where(c.owner == agency, c.sender.in_(senders)))
    found: dict[str, set[str]] = defaultdict(set)
    for sender, payer in rows:
        found[sender].add(payer)
    return {sender: frozenset(payers) for sender, payers in found.items()}


class _Open:
    """Payments without money, and the folded names of their payers by digest."""

    def __init__(self) -> None:
        self.listed: list[OpenPayment] = []
        self.names: dict[str, str] = {}


def _open_payments(uow: UnitOfWork, agency: str, amounts: Collection[int]) -> _Open:
    """Those of an amount that a line has, with their payers; and all card payments, for sums."""
    item = recon_item.c
    current = sa.and_(item.owner == agency, item.superseded_by.is_(None), item.decided_by.is_(None))
    wanted = item.kind.in_([kind.value for kind in _WITHOUT_MONEY])
    rows = uow.connection.execute(
        _payments(agency)
        .join(recon_item, sa.and_(item.payment_id == payment.c.id, current, wanted))
        .where(sa.or_(payment.c.amount.in_(amounts), payment.c.channel == "pos"))
        .order_by(payment.c.id)
    ).all()
    found = _Open()
    payers = _payers(uow, agency, [row.id for row in rows if row.amount in amounts])
    for row in rows:
        name = payers.get(row.id, "")
        key = _payer_key(uow, name) if name else ""
        found.names[key] = name
        found.listed.append(_open_payment(row, key))
    return found


def _payments(agency: str) -> sa.Select[Any]:
    c, account = payment.c, agencies.account.c
    columns = (c.id, c.reference, c.amount, c.channel, c.created_at, c.settled_at, account.number)
    return sa.select(*columns).join(agencies.account, account.id == c.account_id).where(own(payment, agency))


def _open_payment(row: sa.Row[Any], payer: str) -> OpenPayment:
    return OpenPayment(
        payment_id=row.id,
        reference=row.reference,
        account=account_key(row.number),
        amount=row.amount,
        day=business_day(row.settled_at or row.created_at),
        terminal="POS" if row.channel == "pos" else "",
        payer=payer,
    )


def _issued(uow: UnitOfWork, agency: str, references: Collection[str]) -> Iterator[OpenPayment]:
    listed = sorted(references)
    for at in range(0, len(listed), _PAGE):
        rows = uow.connection.execute(_payments(agency).where(payment.c.reference.in_(listed[at : at + _PAGE])))
        yield from (_open_payment(row, "") for row in rows)


def _payers(uow: UnitOfWork, agency: str, payment_ids: Sequence[str]) -> dict[str, str]:
    """The folded name of each payment's payer, as its dossier has it."""
    found: dict[str, str] = {}
    for at in range(0, len(payment_ids), _PAGE):
        rows = uow.connection.execute(
            sa.select(payment_due.c.payment_id, dues.dossier)
            .join(dues.due, dues.due.c.id == payment_due.c.due_id)
            .join(dues.dossier, dues.dossier.c.id == dues.due.c.dossier_id)
            .where(own(dues.dossier, agency), payment_due.c.payment_id.in_(payment_ids[at : at + _PAGE]))
        )
        for row in rows:
            found[row.payment_id] = folded(dues.payer(_dossier(row), uow.vault).name)
    return found


def _dossier(row: sa.Row[Any]) -> dues.DossierRow:
    return dues.DossierRow(**{name: getattr(row, name) for name in dues.DossierRow.__dataclass_fields__})


def _with_names(lines: Iterable[OpenLine], names: Mapping[str, str]) -> Iterator[OpenLine]:
    """A memo that holds a payer's whole name speaks of that payer."""
    long = {key: f" {name} " for key, name in names.items() if len(name) >= _SHORTEST_NAME and " " in name}
    for line in lines:
        text = f" {folded(line.memo)} "
        told = {key for key, name in long.items() if name in text}
        yield OpenLine(
            line.line_id, line.account, line.booking_date, line.amount, line.memo, line.payers | told, line.aliases
        )


def _learn(uow: UnitOfWork, agency: str, line_id: str, chosen: Sequence[str], person: str) -> None:
    """Who sent the money may send for this payer again."""
    row = uow.connection.execute(
        sa.select(statement_line).where(statement_line.c.owner == agency, statement_line.c.id == line_id)
    ).one()
    name_key, sender = _sender(uow, row)
    payers = {_payer_key(uow, name) for name in _payers(uow, agency, chosen).values() if name} - {name_key}
    known = _aliases(uow, agency, {sender}).get(sender, frozenset())
    fact = {"owner": agency, "sender": sender, "learnt_by": person, "learnt_at": uow.now()}
    rows = [fact | {"payer": payer} for payer in sorted(payers - known)] if sender else []
    if rows:
        uow.connection.execute(sa.insert(payer_alias), rows)
