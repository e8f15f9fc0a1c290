"""The kit's pytest plug-in: `--connector NAME` says what to test, and what its capabilities exclude is deselected.

A test asks for `case` and for at most one more thing to vary, one of `VARIED`; a connector whose samples leave that one
empty, or whose capabilities do not offer what the marker `needs` names, does not get the test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from connectors import registry
from connectors.conformance.acts import acts
from connectors.conformance.case import Case, SamplesMissing, case_of, promises, shown
from connectors.conformance.wire import hostile, is_form
from connectors.contract import Standing

HERE = Path(__file__).parent

Varied = Iterable[tuple[str, object]]  # an id for the report, and the value

VARIED: dict[str, Callable[[Case], Varied]] = {
    "standing": lambda case: [(standing.value, standing) for standing in Standing],
    "setting": lambda case: [(name, name) for name in case.connector.capabilities.settings],
    "secret": lambda case: [(name, name) for name in case.connector.capabilities.secrets],
    "signed_name": lambda case: [(name, name) for name in case.notices.signed],
    "field_name": lambda case: [(name, name) for name in case.notices.fields],
    "saying": lambda case: [(_told(saying.fields), saying) for saying in case.notices.sayings],
    "stranger": lambda case: [(str(n), request) for n, request in enumerate(case.notices.strangers)],
    "golden": lambda case: [(str(n), golden) for n, golden in enumerate(case.samples.golden)],
    "foreign": lambda case: hostile(case.genuine()).items(),
    "purpose": lambda case: [(purpose, purpose) for purpose in case.samples.calls],
    "answered_name": lambda case: [
        (f"{purpose}-{name}", (purpose, name))
        for purpose, called in case.samples.calls.items()
        for name in called.signed
    ],
    "answered_saying": lambda case: [
        (f"{purpose}-{_told(saying.fields)}", (purpose, saying))
        for purpose, called in case.samples.calls.items()
        for saying in called.sayings
    ],
    "asked_name": lambda case: [(name, name) for name in case.inquiries.signed],
    "act": lambda case: acts(case).items(),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--connector`, once or several times."""
    parser.getgroup("thuphi").addoption(
        "--connector",
        action="append",
        default=[],
        metavar="NAME",
        help="the connector that `--pyargs connectors.conformance` tests, as its entry point names it; may be repeated",
    )


def pytest_configure(config: pytest.Config) -> None:
    """The kit's own markers; a connector that cannot be tested is told before anything is collected."""
    config.addinivalue_line("markers", "needs(*what): part of the conformance kit for connectors that offer all of it")
    config.addinivalue_line("markers", "excluded: what a connector's capabilities rule out; deselected")
    if not _cases(config) and any(_names_the_kit(argument) for argument in config.args):
        known = ", ".join(listed.name for listed in registry.all())
        raise pytest.UsageError(f"say which connector to test: --connector NAME, one of {known}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each of the kit's tests for each connector and each value to vary."""
    if metafunc.definition.path.parent != HERE or "case" not in metafunc.fixturenames:
        return
    names = ["case", *(name for name in metafunc.fixturenames if name in VARIED)]
    needed = {what for mark in metafunc.definition.iter_markers("needs") for what in mark.args}
    params = [param for case in _cases(metafunc.config) for param in _params(case, names, needed)]
    metafunc.parametrize(names, params)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Out with what is excluded."""
    excluded = [item for item in items if item.path.parent == HERE and item.get_closest_marker("excluded")]
    if excluded:
        config.hook.pytest_deselected(items=excluded)
        items[:] = [item for item in items if item not in set(excluded)]


def offers(case: Case) -> frozenset[str]:
    """What the marker `needs` may name and this connector has: promised and shown, and some traits of its samples."""
    found = {*(promises(case.connector) & shown(case.samples))}
    if case.connector.capabilities.starts and case.samples.order is not None:
        found.add("starts")
    if found & {"start", "query", "refund"}:
        found.add("calls")
    if "notices" in found:
        notices = case.notices
        traits = {
            "signature": notices.covers != "nothing",
            "memo": bool(notices.memo),
            "code": bool(notices.code),
            "repeat": bool(notices.repeat),
            "form": is_form(case.genuine()),
        }
        found |= {name for name, there in traits.items() if there}
    return frozenset(found)


def _cases(config: pytest.Config) -> list[Case]:
    try:
        return [case_of(name) for name in config.getoption("--connector")]
    except registry.ConnectorMissing as missing:
        raise pytest.UsageError(f"no connector {missing} is installed in the group {registry.GROUP}") from None
    except (registry.ConnectorBroken, SamplesMissing) as problem:
        raise pytest.UsageError(str(problem)) from None


def _names_the_kit(argument: str) -> bool:
    place = argument.partition("::")[0]
    return place.startswith(__package__) or Path(place).resolve().is_relative_to(HERE)


def _params(case: Case, names: list[str], needed: set[str]) -> list[object]:
    """One placeholder, to be deselected and counted, where the connector is not to be tested for this."""
    name = case.connector.name
    varied = names[1:]
    found: list[tuple[str, object]] = []
    if needed <= offers(case):
        found = list(VARIED[varied[0]](case)) if varied else [("", None)]
    if not found:
        blank = [case, *(None for _ in varied)]
        return [pytest.param(*blank, id=f"{name}-none" if varied else name, marks=pytest.mark.excluded)]
    if not varied:
        return [pytest.param(case, id=name)]
    return [pytest.param(case, value, id=f"{name}-{told}") for told, value in found]


def _told(fields: object) -> str:
    assert isinstance(fields, dict)
    return ",".join(f"{name}={value}" for name, value in fields.items())
