"""The counter's pages: the officer's screen, the payer's window, shifts, the second person, the queue for everybody, and
what an administrator registers."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.web.counter.acts import add_routes as acts
from gateway.web.counter.display import add_routes as display
from gateway.web.counter.paper import add_routes as paper
from gateway.web.counter.places import add_routes as places
from gateway.web.counter.queue import add_routes as queue
from gateway.web.counter.second import add_routes as second
from gateway.web.counter.shift import add_routes as shift
from gateway.web.counter.till import add_routes as till

router = APIRouter(include_in_schema=False)
for _add_routes in (till, acts, paper, shift, second, display, queue, places):
    _add_routes(router)
