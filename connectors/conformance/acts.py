"""Everything a connector can be asked to do with its samples, by name: what must be pure, keep secrets and name settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from connectors.conformance.case import Case
from connectors.contract import (
    Admitter,
    Answer,
    Call,
    Connector,
    Desk,
    Failure,
    Forged,
    Inquirer,
    Malformed,
    Purpose,
    Queryable,
    Received,
    Redirect,
    Refunder,
    Reply,
    Request,
    Standing,
    Starter,
)
from connectors.listing import Lister

Act = Callable[[Connector, Desk], object]


def acts(case: Case) -> dict[str, Act]:
    """Each act by a name for messages; all of them work on the sample's desk without raising."""
    return {**_received(case), **_inquired(case), **_admitted(case), **_listed(case), **_called(case)}


def call_of(connector: Connector, purpose: Purpose, case: Case, desk: Desk) -> Call | Redirect:
    """The call, or the redirect, for the sample's order."""
    if purpose == "start" and isinstance(connector, Starter):
        return connector.start(case.order, desk)
    if purpose == "query" and isinstance(connector, Queryable):
        return connector.query(case.order, desk)
    assert purpose == "refund"
    assert isinstance(connector, Refunder)
    return connector.refund(case.order, case.refund, desk)


def answer_of(case: Case, purpose: Purpose, reply: Reply | Failure, desk: Desk | None = None) -> Answer:
    """What the connector reads in a reply to that call."""
    return _read(case.connector, purpose, case, reply, desk or case.desk)


def _received(case: Case) -> dict[str, Act]:
    empty = Request("POST", "/callbacks/sample", b"")
    found = {"receive nothing": _receiving(empty), **_each_standing("a forged one", empty, Forged("signature.invalid"))}
    if not case.samples.notices:
        return found
    genuine, another = case.genuine(), case.notices.write({**case.notices.fields, **case.notices.another})
    unread = replace(genuine, body=b"{", query="")
    for name, request in (("genuine", genuine), ("another", another), ("unreadable", unread)):
        found[f"receive {name}"] = _receiving(request)
    found |= _each_standing("an unreadable one", unread, Malformed("json.malformed"))
    return {**found, **_each_standing("a genuine one", genuine, None)}


def _receiving(request: Request) -> Act:
    return lambda connector, desk: connector.receive(request, desk)


def _each_standing(told: str, request: Request, received: Received | None) -> dict[str, Act]:
    return {f"acknowledge {told} as {standing}": _acknowledging(request, received, standing) for standing in Standing}


def _acknowledging(request: Request, received: Received | None, standing: Standing) -> Act:
    """What was received, or what the connector itself makes of the request."""

    def act(connector: Connector, desk: Desk) -> object:
        return connector.acknowledge(request, received or connector.receive(request, desk), standing, desk)

    return act


def _inquired(case: Case) -> dict[str, Act]:
    if not case.samples.inquiries:
        return {}
    request = case.inquiries.write(case.inquiries.fields)

    def inquire(connector: Connector, desk: Desk) -> object:
        assert isinstance(connector, Inquirer)
        return connector.inquire(request, desk)

    def answer(connector: Connector, desk: Desk) -> object:
        assert isinstance(connector, Inquirer)
        asked = connector.inquire(request, desk)
        return [connector.answer(asked, bill, desk) for bill in (case.inquiries.bill, None)]

    return {"inquire": inquire, "answer an inquiry": answer}


def _admitted(case: Case) -> dict[str, Act]:
    if not case.samples.admission:
        return {}

    def admit(connector: Connector, desk: Desk) -> object:
        assert isinstance(connector, Admitter)
        return connector.admit(case.admission.genuine, desk)

    def refuse(connector: Connector, desk: Desk) -> object:
        assert isinstance(connector, Admitter)
        return [connector.admit(request, desk) for request in case.admission.strangers]

    return {"admit": admit, "refuse a token": refuse}


def _listed(case: Case) -> dict[str, Act]:
    if not case.samples.lists:
        return {}
    files = {"a list": case.lists.write(case.lists.rows), "no list": b"\xff"}
    return {f"read {name}": _listing(data) for name, data in files.items()}


def _listing(data: bytes) -> Act:
    def act(connector: Connector, desk: Desk) -> object:
        assert isinstance(connector, Lister)
        return connector.lines(data, desk)

    return act


def _called(case: Case) -> dict[str, Act]:
    found: dict[str, Act] = {purpose: _calling(case, purpose) for purpose in _purposes(case)}
    for purpose, called in case.samples.calls.items():
        found[f"read the answer to a {purpose}"] = _reading(case, purpose, called.write(called.fields))
        found[f"read silence after a {purpose}"] = _reading(case, purpose, Failure.TIMEOUT)
        found[f"read a page after a {purpose}"] = _reading(case, purpose, Reply(200, b"<html>", "text/html"))
    return found


def _calling(case: Case, purpose: Purpose) -> Act:
    return lambda connector, desk: call_of(connector, purpose, case, desk)


def _reading(case: Case, purpose: Purpose, told: Reply | Failure) -> Act:
    return lambda connector, desk: _read(connector, purpose, case, told, desk)


def _purposes(case: Case) -> list[Purpose]:
    can = case.connector.capabilities
    offered: list[tuple[Purpose, bool]] = [("start", can.starts), ("query", can.queries), ("refund", can.refunds)]
    return [purpose for purpose, offers in offered if offers]


def _read(connector: Connector, purpose: Purpose, case: Case, reply: Reply | Failure, desk: Desk) -> Answer:
    call = call_of(connector, purpose, case, desk)
    assert isinstance(call, Call)
    assert isinstance(connector, Starter | Queryable | Refunder)
    return connector.read(call, reply, desk)
