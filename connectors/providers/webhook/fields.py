"""Where our facts stand in a sender's JSON, and what its words for direction and outcome mean.

A name may lead into objects (`data.amount`). Each is a setting `field_<ours>`; what a sender does not tell stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors import exact_json
from connectors.contract import Desk, Direction, Notice, Outcome
from connectors.exact_json import Unreadable
from connectors.providers.webhook.signature import moment_of
from connectors.signing import fingerprint
from connectors.stamp import VIETNAM, business_day

NAMES = (
    *("id", "amount", "currency", "direction", "status", "account", "memo", "order_code", "bank_reference"),
    *("occurred_at", "payer_name", "payer_account", "payer_bank"),
)
WORDS = {
    "words_in": "CRDT,C,IN",
    "words_out": "DBIT,D,OUT",
    "words_paid": "PAID",
    "words_failed": "FAILED",
    "words_reversed": "REVERSED",
}
OUTCOMES = {
    "words_paid": Outcome.PAID,
    "words_failed": Outcome.FAILED,
    "words_reversed": Outcome.REVERSED,
}
FIELD_LIMIT = 2000  # characters

_ID = re.compile("[!-~]{1,64}")
# `150000.00` has the two decimals that đồng do not have; `150.000` is a Vietnamese thousand and no amount we dare read.
_AMOUNT = re.compile(r"([1-9][0-9]{0,14})(?:\.0{1,2})?")
_MOMENT = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)


def notice(body: bytes, desk: Desk) -> Notice:
    """What the message says. Raises Unreadable."""
    message = exact_json.read(body)
    facts = {name: _text(message, name, desk) for name in NAMES}
    if not _ID.fullmatch(facts["id"]):
        raise Unreadable("field.unreadable", _name("id", desk))
    moment = _moment(facts["occurred_at"], desk)
    return Notice(
        event_id=facts["id"],
        fingerprint=fingerprint(facts[name] for name in NAMES if not name.startswith("payer_")),
        outcome=_outcome(facts["status"], facts["direction"], desk),
        amount=_amount(facts["amount"], desk),
        currency=facts["currency"].strip().upper() or "VND",
        direction=_direction(facts["direction"], desk),
        account=facts["account"],
        memo=facts["memo"],
        order_code=facts["order_code"],
        bank_reference=facts["bank_reference"],
        booked_on=business_day(moment) if moment else None,
        occurred_at=moment,
        payer_name=facts["payer_name"],
        payer_account=facts["payer_account"],
        payer_bank=facts["payer_bank"],
    )


def _text(message: Mapping[str, object], name: str, desk: Desk) -> str:
    """The text at a name; empty where an object on the way there is absent."""
    path = _name(name, desk)
    *outer, last = path.split(".")
    place = message
    for step in outer:
        inner = place.get(step)
        if inner is None:
            return ""
        if not isinstance(inner, dict):
            raise Unreadable("field.not_an_object", step)
        place = inner
    return exact_json.text_of(place.get(last), path, limit=FIELD_LIMIT)


def _name(name: str, desk: Desk) -> str:
    return desk.settings.get(f"field_{name}") or name


def _amount(text: str, desk: Desk) -> int:
    found = _AMOUNT.fullmatch(text)
    if found is None:
        raise Unreadable("amount.unreadable", _name("amount", desk))
    return int(found[1])


def _direction(word: str, desk: Desk) -> Direction:
    return "DBIT" if word and word.upper() in _words("words_out", desk) else "CRDT"


def _outcome(status: str, direction: str, desk: Desk) -> Outcome:
    """A sender that tells neither tells of money that came in; a word that is not listed tells nothing."""
    if direction and direction.upper() not in (*_words("words_in", desk), *_words("words_out", desk)):
        return Outcome.UNKNOWN
    if not status:
        return Outcome.PAID
    found = [outcome for name, outcome in OUTCOMES.items() if status.upper() in _words(name, desk)]
    return found[0] if len(found) == 1 else Outcome.UNKNOWN


def _words(name: str, desk: Desk) -> list[str]:
    listed = desk.settings.get(name) or WORDS[name]
    return [word.strip().upper() for word in listed.split(",") if word.strip()]


def _moment(text: str, desk: Desk) -> datetime | None:
    """RFC 3339, without an offset in Vietnam time, or Unix seconds or milliseconds; None where nothing is told."""
    if not text:
        return None
    if (epoch := moment_of(text)) is not None:
        return epoch
    try:
        found = datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None:
        raise Unreadable("date.unreadable", _name("occurred_at", desk))
    return (found if found.tzinfo else found.replace(tzinfo=VIETNAM)).astimezone(UTC)
