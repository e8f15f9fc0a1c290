"""Connectors that are wrong in one way each, so that the kit is seen to notice."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime

import example_bank
from example_bank import ExampleBank

from connectors import exact_json
from connectors.conformance.sample import Samples
from connectors.contract import (
    Answer,
    Call,
    Desk,
    Failure,
    Forged,
    Notice,
    Order,
    Outcome,
    Received,
    Refund,
    Reply,
    Request,
    Standing,
)
from connectors.providers.vnpay import VNPay
from connectors.signing import hmac_sha512_sign, piped


def samples() -> Samples:
    """Those of the honest connector, and a field that nobody signs; VNPAY's have a module of their own."""
    honest = example_bank.samples()
    assert honest.notices
    return replace(honest, notices=replace(honest.notices, fields={**honest.notices.fields, "payer": "AN"}))


class Trusting(ExampleBank):
    """Signs what it got instead of checking it."""

    name = "trusting"

    def receive(self, request: Request, desk: Desk) -> Received:
        try:
            message = exact_json.read(request.body)
        except exact_json.Unreadable:
            return super().receive(request, desk)
        text = piped(str(message.get(name, "")) for name in example_bank.SIGNED)
        signed = {**message, "mac": hmac_sha512_sign(text, desk.secret("mac_key"))}
        return super().receive(replace(request, body=json.dumps(signed).encode()), desk)


class Raising(ExampleBank):
    """Lets bad input out as an exception."""

    name = "raising"

    def receive(self, request: Request, desk: Desk) -> Received:
        request.body.decode("utf-8")
        return super().receive(request, desk)


class Boastful(ExampleBank):
    """Declares that its signature covers a field it does not."""

    name = "boastful"
    capabilities = replace(ExampleBank.capabilities, signed_fields=frozenset({"event_id", "amount", "payer_name"}))

    def receive(self, request: Request, desk: Desk) -> Received:
        received = super().receive(request, desk)
        payer = json.loads(request.body).get("payer", "") if isinstance(received, Notice) else ""
        return replace(received, payer_name=payer) if isinstance(received, Notice) else received


class Pretending(ExampleBank):
    """Declares a query it does not have."""

    name = "pretending"
    capabilities = replace(ExampleBank.capabilities, queries=True)


class Greedy(ExampleBank):
    """Names a setting that nothing needs."""

    name = "greedy"
    capabilities = replace(ExampleBank.capabilities, secrets=("mac_key", "other_key"))


class Forgetful(ExampleBank):
    """Needs a secret that it does not name."""

    name = "forgetful"
    capabilities = replace(ExampleBank.capabilities, secrets=())


class Restless(ExampleBank):
    """Every message is a new event."""

    name = "restless"

    def receive(self, request: Request, desk: Desk) -> Received:
        received = super().receive(request, desk)
        return replace(received, event_id=os.urandom(8).hex()) if isinstance(received, Notice) else received


class Blind(ExampleBank):
    """Its fingerprint leaves the amount out."""

    name = "blind"

    def receive(self, request: Request, desk: Desk) -> Received:
        received = super().receive(request, desk)
        return replace(received, fingerprint="0" * 64) if isinstance(received, Notice) else received


class Soothing(ExampleBank):
    """Tells the bank that all is well when nothing was recorded."""

    name = "soothing"

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        return Reply(200, b'{"code":"ok"}')


class Nagging(ExampleBank):
    """Makes the bank call again for what is recorded."""

    name = "nagging"

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        return super().acknowledge(request, received, Standing.BUSY, desk)


class Leaking(ExampleBank):
    """Helps the other side with its key."""

    name = "leaking"

    def acknowledge(self, request: Request, received: Received, standing: Standing, desk: Desk) -> Reply:
        reply = super().acknowledge(request, received, standing, desk)
        return replace(reply, body=reply.body[:-1] + f', "hint": "{desk.secret("mac_key")}"}}'.encode())


class Chatty(ExampleBank):
    """Quotes its key in the log."""

    name = "chatty"

    def receive(self, request: Request, desk: Desk) -> Received:
        logging.getLogger("chatty").debug("checking with %s", desk.secrets.get("mac_key"))
        return super().receive(request, desk)


class Clocked(ExampleBank):
    """Looks at the clock."""

    name = "clocked"

    def receive(self, request: Request, desk: Desk) -> Received:
        return super().receive(request, replace(desk, now=datetime.now(UTC)))


class Timed(ExampleBank):
    """Looks at another clock."""

    name = "timed"

    def receive(self, request: Request, desk: Desk) -> Received:
        time.time()
        return super().receive(request, desk)


class Chancy(ExampleBank):
    """Throws dice."""

    name = "chancy"

    def receive(self, request: Request, desk: Desk) -> Received:
        random.random()
        return super().receive(request, desk)


class Online(ExampleBank):
    """Opens a socket."""

    name = "online"

    def receive(self, request: Request, desk: Desk) -> Received:
        socket.socket().close()
        return super().receive(request, desk)


class Remembering(ExampleBank):
    """Takes a message once."""

    name = "remembering"

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def receive(self, request: Request, desk: Desk) -> Received:
        if request.body in self._seen:
            return Forged("seen")
        self._seen.add(request.body)
        return super().receive(request, desk)


class Sharing(ExampleBank):
    """Keeps the message it works on where every thread sees it."""

    name = "sharing"
    current: Request

    def receive(self, request: Request, desk: Desk) -> Received:
        type(self).current = request
        time.sleep(0.001)
        return super().receive(type(self).current, desk)


class Aging(ExampleBank):
    """Books what comes late on the day it comes."""

    name = "aging"

    def receive(self, request: Request, desk: Desk) -> Received:
        received = super().receive(request, desk)
        return replace(received, booked_on=desk.now.date()) if isinstance(received, Notice) else received


class Hasty(VNPay):
    """Takes whatever is no success for a failure."""

    name = "hasty"

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        told = super().read(call, reply, desk)
        return replace(told, outcome=Outcome.FAILED) if told.outcome is Outcome.UNKNOWN else told


class Gullible(VNPay):
    """Believes a body whatever its status."""

    name = "gullible"

    def read(self, call: Call, reply: Reply | Failure, desk: Desk) -> Answer:
        return super().read(call, replace(reply, status=200) if isinstance(reply, Reply) else reply, desk)


class Generous(VNPay):
    """Refunds what it is asked to."""

    name = "generous"

    def refund(self, order: Order, refund: Refund, desk: Desk) -> Call:
        return super().refund(replace(order, amount=max(refund.amount, 1)), refund, desk)
