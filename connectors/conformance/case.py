"""One connector under test: found as the product finds it, with the samples its author ships.

Samples are the function `samples()` of the module that the entry point names, of its submodule `samples`, or of the
module `<name>_samples` beside it.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from connectors import registry
from connectors.conformance.sample import Admission, Answers, Inquiries, Lists, Notices, Samples
from connectors.contract import (
    Admitter,
    Connector,
    Desk,
    Inquirer,
    Notice,
    Order,
    Queryable,
    Received,
    Refund,
    Refunder,
    Request,
    Starter,
)
from connectors.listing import Lister

Part = TypeVar("Part")


class SamplesMissing(LookupError):
    """The connector ships no samples, so nothing can be shown of it; the text says where they are looked for."""


@dataclass(frozen=True, slots=True)
class Case:
    """A connector and its samples. A part that is asked for without being there is a mistake of the sample's author."""

    connector: Connector
    samples: Samples

    @property
    def desk(self) -> Desk:
        return self.samples.desk

    @property
    def notices(self) -> Notices:
        return _there(self.samples.notices, "notices")

    @property
    def answers(self) -> Answers:
        return _there(self.samples.answers, "answers")

    @property
    def inquiries(self) -> Inquiries:
        return _there(self.samples.inquiries, "inquiries")

    @property
    def admission(self) -> Admission:
        return _there(self.samples.admission, "admission")

    @property
    def lists(self) -> Lists:
        return _there(self.samples.lists, "lists")

    @property
    def order(self) -> Order:
        return _there(self.samples.order, "order")

    @property
    def refund(self) -> Refund:
        return _there(self.samples.refund, "refund")

    def receive(self, request: Request) -> Received:
        """What the connector makes of a request."""
        return self.connector.receive(request, self.desk)

    def genuine(self) -> Request:
        """The sample notice as it comes in."""
        return self.notices.write(self.notices.fields)

    def notice(self, request: Request | None = None) -> Notice:
        """What the connector reads in a request, by default the genuine one; anything but a notice fails the test."""
        received = self.receive(request or self.genuine())
        assert isinstance(received, Notice), f"a genuine message is not taken: {received}"
        return received


def promises(connector: Connector) -> frozenset[str]:
    """The groups of the kit that a connector's capabilities and protocols call for."""
    can = connector.capabilities
    said = {
        "notices": can.notifies,
        "answers": can.notifies,
        "inquiries": isinstance(connector, Inquirer),
        "admission": isinstance(connector, Admitter),
        "lists": isinstance(connector, Lister),
        "start": isinstance(connector, Starter),
        "query": isinstance(connector, Queryable),
        "refund": isinstance(connector, Refunder),
    }
    return frozenset(name for name, promised in said.items() if promised)


def shown(samples: Samples) -> frozenset[str]:
    """The groups for which there are samples."""
    parts = {name: getattr(samples, name) for name in ("notices", "answers", "inquiries", "admission", "lists")}
    return frozenset([*(name for name, part in parts.items() if part is not None), *samples.calls])


@cache
def case_of(name: str) -> Case:
    """Raises ConnectorMissing, ConnectorBroken or SamplesMissing."""
    connector = registry.get(name)
    (module, *_) = [entry.module for entry in entry_points(group=registry.GROUP, name=name)]
    for place in (f"{module}.samples", f"{module}_samples", module):
        found = getattr(_module(place), "samples", None)
        if callable(found):
            made = found()
            assert isinstance(made, Samples), f"{place}.samples() gives no Samples"
            return Case(connector, made)
    raise SamplesMissing(f"{name}: there is no function samples() in {module}, {module}.samples or {module}_samples")


def _module(place: str) -> object:
    try:
        found = importlib.util.find_spec(place)
    except ModuleNotFoundError:  # the parent is a module, not a package
        found = None
    return importlib.import_module(place) if found else None


def _there(part: Part | None, name: str) -> Part:
    assert part is not None, f"the samples have no {name}"
    return part
