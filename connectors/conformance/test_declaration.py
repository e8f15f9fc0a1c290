"""What a connector declares is possible, is what it does, and is all it asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace

import pytest

from connectors.conformance.acts import acts
from connectors.conformance.case import Case, promises, shown
from connectors.contract import Desk, Notice, Queryable, Refunder, SettingMissing, Standing, Starter
from connectors.listing import Lister

NAME = re.compile("[a-z][a-z0-9_]{0,63}")


def test_the_capabilities_make_sense(case: Case) -> None:
    can = case.connector.capabilities
    assert can.channels
    assert can.memo_limit > 0
    assert 0 < can.minimum_amount <= can.maximum_amount
    assert re.fullmatch("[A-Z]{3}", can.currency)
    assert can.signed_fields <= {field.name for field in fields(Notice)} - {"fingerprint"}
    assert can.issue_on in ("notice", "statement")
    names = [case.connector.name, *can.channels, *can.settings, *can.secrets]
    assert all(NAME.fullmatch(name) for name in names), names
    assert len({*can.settings, *can.secrets}) == len([*can.settings, *can.secrets])


def test_what_it_offers_is_what_it_declares(case: Case) -> None:
    can = case.connector.capabilities
    assert isinstance(case.connector, Starter) == can.starts
    assert isinstance(case.connector, Queryable) == can.queries
    assert isinstance(case.connector, Refunder) == can.refunds
    assert isinstance(case.connector, Lister) == can.lists
    offered = {"start": can.starts, "query": can.queries, "refund": can.refunds}
    assert can.unverified <= {name for name, offers in offered.items() if not offers}, (
        "what is unverified is not offered"
    )
    if can.queries:
        assert can.query_after_s
        assert list(can.query_after_s) == sorted(set(can.query_after_s))
        assert can.query_after_s[0] > 0


def test_a_notice_settles_only_where_its_signature_reaches_what_counts(case: Case) -> None:
    can = case.connector.capabilities
    if not can.notifies:
        assert not can.signed_fields
        assert not can.answers_standing
    if can.issue_on == "notice":
        assert can.notifies
        assert can.signed_fields >= {"event_id", "amount"}
        assert case.notices.covers != "nothing"


def test_the_samples_show_all_that_is_promised(case: Case) -> None:
    missing = promises(case.connector) - shown(case.samples)
    can = case.connector.capabilities
    if can.starts or can.queries or can.refunds:
        assert case.samples.order is not None
        assert not can.refunds or case.samples.refund is not None
    assert missing <= {"start"}, f"samples are missing for {', '.join(sorted(missing))}"  # a start may be a redirect
    if can.notifies:
        assert case.notices.strangers, "show at least one message of a stranger"
        assert case.notices.signed or case.notices.covers == "nothing"
        shown_as = {name for saying in case.notices.sayings for name in saying.read}
        assert "amount" in shown_as, "show another amount"
        assert shown_as & {"account", "direction", "order_code", "memo"}, (
            "show another account, direction, order or memo"
        )
        assert set(case.answers.words) == set(Standing)


def test_every_setting_it_names_is_needed(case: Case, setting: str) -> None:
    assert setting in case.desk.settings, "the sample's desk has no value for it"
    _is_missed(case, replace(case.desk, settings=_without(case.desk.settings, setting)), setting)


def test_every_secret_it_names_is_needed(case: Case, secret: str) -> None:
    assert secret in case.desk.secrets, "the sample's desk has no value for it"
    _is_missed(case, replace(case.desk, secrets=_without(case.desk.secrets, secret)), secret)


def test_it_needs_no_setting_and_reads_no_secret_that_it_does_not_name(case: Case) -> None:
    can = case.connector.capabilities
    secrets = _Read({name: case.desk.secrets[name] for name in can.secrets})
    desk = replace(case.desk, settings={name: case.desk.settings[name] for name in can.settings}, secrets=secrets)
    for act in acts(case).values():
        act(case.connector, desk)
    assert secrets.read <= set(can.secrets)


def _is_missed(case: Case, desk: Desk, name: str) -> None:
    """Some act must say that it is missing, and none may fail in another way."""
    missed = []
    for act in acts(case).values():
        try:
            act(case.connector, desk)
        except SettingMissing as missing:
            missed.append(str(missing))
    if not missed:
        pytest.fail(f"{name} is declared but nothing needs it")
    assert set(missed) == {name}


def _without(values: Mapping[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in values.items() if key != name}


class _Read(Mapping[str, str]):
    """Values that remember which were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.read: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.read.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
