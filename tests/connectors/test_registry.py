"""Plug-ins are found by entry point; a broken one is listed and hurts nobody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from connectors import registry
from connectors.providers.vietinbank import VietinBank
from connectors.registry import GROUP, ConnectorBroken, ConnectorMissing, Listed

OURS = "connectors.providers.vietinbank:VietinBank"


class Quitting:
    def __init__(self) -> None:
        raise SystemExit(3)


class Other:
    name = "somebody_else"
    capabilities = VietinBank.capabilities
    receive = VietinBank.receive
    acknowledge = VietinBank.acknowledge


@pytest.fixture
def plugin() -> Iterator[str]:
    """The name of an importable module of plug-ins."""
    module = ModuleType("thuphi_test_plugin")
    module.__dict__.update(Quitting=Quitting, Other=Other, Nothing=object)
    sys.modules[module.__name__] = module
    yield module.__name__
    del sys.modules[module.__name__]


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_the_installed_connectors_are_found() -> None:
    assert isinstance(registry.get("vietinbank"), VietinBank)
    assert "vietinbank" in [listed.name for listed in registry.all()]


def test_what_is_not_installed_is_missing() -> None:
    with pytest.raises(ConnectorMissing, match="no_such_bank") as raised:
        registry.get("no_such_bank")
    assert (raised.value.kind, raised.value.code) == ("missing", "connector.missing")


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("no_such_module:Thing", "ModuleNotFoundError"),
        ("thuphi_test_plugin:NoSuchClass", "AttributeError"),
        ("thuphi_test_plugin:Quitting", "SystemExit"),
        ("thuphi_test_plugin:Nothing", "does not keep the contract"),
        ("thuphi_test_plugin:Other", "calls itself 'somebody_else'"),
    ],
)
def test_a_broken_plug_in_is_listed_beside_the_good_ones(plugin: str, value: str, error: str) -> None:
    broken, good = registry.listed([entry("vietinbank", OURS), entry("a_broken_one", value)])
    assert (broken.name, broken.connector) == ("a_broken_one", None)
    assert error in broken.error
    assert isinstance(good.connector, VietinBank)


def test_using_a_broken_plug_in_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "all", lambda: (Listed("half", None, "ImportError: no such file"),))
    with pytest.raises(ConnectorBroken, match="half: ImportError"):
        registry.get("half")


def test_a_name_claimed_twice_belongs_to_neither(plugin: str) -> None:
    (listed,) = registry.listed([entry("vietinbank", OURS), entry("vietinbank", f"{plugin}:Other")])
    assert listed.connector is None
    assert "claimed by" in listed.error


def test_the_same_entry_found_twice_is_one() -> None:
    (listed,) = registry.listed([entry("vietinbank", OURS)] * 2)
    assert listed.error == ""
