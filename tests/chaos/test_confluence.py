"""Any order and any repetition of the same notices ends in the same books.

The same, that is, up to which receipt got which number, and which of two equal payments of one due was the surplus one.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Request
from gateway.dues.store import dossier, due
from gateway.kernel.uow import Environment
from gateway.ledger.balance import balances
from gateway.payments.store import payment, payment_due
from gateway.settlement.drain import drain
from gateway.settlement.inbox import receive
from gateway.settlement.store import inbox, notice, suspense
from receipts.store import receipt
from tests.chaos.quick import MORNING, opened, scratch, template
from tests.conftest import HandClock
from tests.town import AGENCY, LE_PHI, PHI, Town

State = dict[str, Any]


class Story:
    """A founded town with notices that wait to be delivered, on disk to be copied."""

    def __init__(self, place: Path) -> None:
        self.place = place
        clock = HandClock(MORNING)
        with opened(place, clock, seed=1) as environment:
            town = Town(environment, place)
            self._happen(town)
            clock.advance(minutes=1)
            self.requests = [outgoing.request for outgoing in town.bank.due_notices()]
            town.bank.close()
        self.expected = self.end(self.requests, every=len(self.requests))

    def _happen(self, town: Town) -> None:
        for _ in range(2):
            town.transfer(town.payment(LE_PHI))
        town.transfer(town.payment(PHI, LE_PHI), faults=["duplicate"])
        parts = town.payment(LE_PHI)
        town.transfer(parts, 100_000)
        town.transfer(parts, 35_000)
        twice = town.payment(PHI)
        town.transfer(twice)
        town.transfer(twice)
        two_payments = town.dossier(LE_PHI)
        for _ in range(2):
            town.transfer(town.pay_for(two_payments))
        town.transfer(town.payment(LE_PHI), 134_999)
        town.transfer(town.payment(LE_PHI), memo="nop tien")
        town.transfer(town.payment(LE_PHI), faults=["wrong_currency"])

    def end(self, requests: list[Request], *, every: int) -> State:
        """Deliver to a fresh copy, draining after so many calls; how things stand then."""
        with scratch() as place:
            shutil.copytree(self.place / "data", place / "data")
            with opened(place, HandClock(MORNING), seed=2) as environment:
                for position, request in enumerate(requests, 1):
                    assert b'"00"' in receive(environment, AGENCY, "vietinbank", request).body
                    if position % every == 0:
                        drain(environment, limit=every)
                while drain(environment):
                    pass
                return state(environment)


def state(environment: Environment) -> State:
    """The end state, told by dossiers: numbers, ids and equal payments do not count."""
    of_payment = (
        sa.select(payment_due.c.payment_id, sa.func.min(dossier.c.code).label("code"))
        .join(due, due.c.id == payment_due.c.due_id)
        .join(dossier, dossier.c.id == due.c.dossier_id)
        .group_by(payment_due.c.payment_id)
        .subquery()
    )
    where = of_payment.c.code
    queries = {
        "payments": sa.select(where, payment.c.status, payment.c.received).join(
            of_payment, of_payment.c.payment_id == payment.c.id
        ),
        "suspense": sa.select(where, suspense.c.reason, suspense.c.amount)
        .outerjoin(of_payment, of_payment.c.payment_id == suspense.c.payment_id)
        .where(suspense.c.closed_at.is_(None)),
        "receipts": sa.select(receipt.c.dossier_code, receipt.c.kind_split, receipt.c.amount),
        "dues": sa.select(dossier.c.code, due.c.fee_code, due.c.status).join(dossier, dossier.c.id == due.c.dossier_id),
        "money": sa.select(notice.c.amount, notice.c.counted, notice.c.currency),
        "inbox": sa.select(inbox.c.event_key, inbox.c.state),
        "numbers": sa.select(receipt.c.number),
    }
    with environment.read() as connection:
        told: State = {name: Counter(map(tuple, connection.execute(query))) for name, query in queries.items()}
        return told | {"balances": balances(connection, AGENCY)}


@pytest.fixture(scope="module")
def story(migrated_sqlite: Path) -> Iterator[Story]:
    with scratch() as place:
        yield Story(template(place, migrated_sqlite))


def test_the_story_has_each_kind_of_end(story: Story) -> None:
    """So that the comparison below compares something."""
    reasons = {reason for _, reason, _ in story.expected["suspense"]}
    assert reasons == {"under", "duplicate", "due_paid", "unknown_reference", "wrong_currency"}
    assert sum(story.expected["receipts"].values()) == 7
    assert len(story.requests) > 12


@settings(max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_order_with_repeats_ends_the_same(story: Story, data: st.DataObject) -> None:
    check(story, data)


@pytest.mark.chaos
@settings(max_examples=1_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_of_many_orders_ends_the_same(story: Story, data: st.DataObject) -> None:
    check(story, data)


def check(story: Story, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(range(len(story.requests))), max_size=8))
    order = data.draw(st.permutations([*range(len(story.requests)), *again]))
    every = data.draw(st.integers(1, len(order)))
    assert story.end([story.requests[n] for n in order], every=every) == story.expected
