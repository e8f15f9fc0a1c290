"""One transfer, many payments: a signed list is taken whole or not at all, a file row by row, and the sum must fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from connectors.contract import Desk, Forged, Malformed, Notice, Outcome, Received, Reply, SettingMissing, Standing
from connectors.listing import Listing, Share
from connectors.providers.postal import Postal
from connectors.simulators.postal_agent import OF_NOTICES, Batch, Collected, PostalAgent
from connectors.simulators.table import Form, table

POSTAL = Postal()
KEY = "a-key-agreed-with-the-agent"
AGENT = PostalAgent(KEY)
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DESK = Desk({}, NOW, secrets={"signing_keys": f"the-old-key {KEY}"})
AN = Collected("1", "BLQ84G7ZWYRD", 50_000, datetime(2026, 11, 21, 2, 15, tzinfo=UTC), payer="NGUYEN VAN AN")
BATCH = Batch(
    "VNP-1121-01",
    "113000000001",
    date(2026, 11, 23),
    (AN, replace(AN, id="2", reference="BLQGP1XF3A77", amount=30_000), replace(AN, id="3", amount=20_000)),
)


def bits(n: int) -> int:
    return Random(n).getrandbits(n)


def received(*faults: str, batch: Batch = BATCH, at: datetime = NOW) -> list[tuple[bool, Received]]:
    desk = replace(DESK, now=at)
    return [
        (sent.genuine, POSTAL.receive(sent.request, desk)) for sent in AGENT.deliveries(batch, NOW, faults, bits=bits)
    ]


def listed(*faults: str, form: Form = "csv") -> Listing:
    return POSTAL.lines(AGENT.file(BATCH, faults, form=form), DESK)


def test_a_bulk_notice_is_the_one_credit_and_its_body_names_the_payments() -> None:
    (sent,) = AGENT.deliveries(BATCH, NOW, bits=bits)
    notice = POSTAL.receive(sent.request, DESK)
    assert isinstance(notice, Notice)
    assert (notice.bulk, notice.event_id, notice.bank_reference, notice.memo) == (True, *("VNP-1121-01",) * 3)
    assert (notice.amount, notice.account, notice.booked_on) == (100_000, "113000000001", date(2026, 11, 23))
    assert POSTAL.lines(sent.request.body, DESK) == listed(form="json")


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_a_file_names_each_payment_and_the_sum(form: Form) -> None:
    listing = listed(form=form)
    assert listing.problems == ()
    first = listing.notices[0]
    assert (first.event_id, first.order_code, first.memo, first.amount) == (
        "VNP-1121-01/1", "BLQ84G7ZWYRD", "BLQ84G7ZWYRD", 50_000,
    )  # fmt: skip
    assert (first.outcome, first.booked_on, first.occurred_at) == (Outcome.PAID, date(2026, 11, 21), AN.paid_at)
    assert not first.bulk
    assert "NGUYEN" not in repr(listing)
    (lump,) = listing.lumps
    assert lump.shares[1] == Share("VNP-1121-01/2", "BLQGP1XF3A77", 30_000, date(2026, 11, 21))
    assert (lump.stated, lump.net, lump.difference) == (100_000, 100_000, 0)


@pytest.mark.parametrize(
    ("fault", "told", "difference", "problems"),
    [
        ("missing_row", 2, 50_000, ["lump.differs"]),
        ("doubled_row", 3, 0, ["row.repeated"]),
        ("wrong_amount", 3, -450_000, ["lump.differs"]),
        ("bad_amount", 2, 50_000, ["amount.unreadable", "lump.differs"]),
        ("lump_differs", 3, 1_000, ["lump.differs"]),
    ],
)
def test_a_faulty_list_tells_what_is_wrong_and_a_notice_of_it_is_refused(
    fault: str, told: int, difference: int, problems: list[str]
) -> None:
    listing = listed(fault)
    assert len(listing.notices) == told
    assert [lump.difference for lump in listing.lumps] == [difference]
    assert [problem.code for problem in listing.problems] == problems
    ((_, refused),) = received(fault)
    assert isinstance(refused, Malformed)
    assert refused.reason == problems[0]
    reply = POSTAL.acknowledge(AGENT.deliveries(BATCH, NOW, bits=bits)[0].request, refused, Standing.MALFORMED, DESK)
    assert (reply.status, json.loads(reply.body)["code"]) == (422, problems[0])
    assert not AGENT.again(reply)


def test_what_he_transfers_is_what_the_list_states() -> None:
    assert AGENT.transferred(BATCH) == 100_000
    assert AGENT.transferred(BATCH, ["lump_differs"]) == 101_000


@pytest.mark.parametrize("fault", sorted(OF_NOTICES - {"late"}))
def test_only_his_own_notice_in_time_is_taken_and_always_as_the_same_event(fault: str) -> None:
    told = received(fault, "duplicate", "reorder")
    taken = {(notice.event_id, notice.fingerprint) for _, notice in told if isinstance(notice, Notice)}
    assert len(taken) == 1
    for genuine, notice in told:
        assert genuine or isinstance(notice, Forged)


def test_a_late_one_is_signed_anew_and_is_the_same_event() -> None:
    (sent,) = AGENT.deliveries(BATCH, NOW, ["late"], bits=bits)
    assert sent.after_s
    later = replace(DESK, now=NOW + timedelta(seconds=sent.after_s))
    assert isinstance(POSTAL.receive(sent.request, DESK), Forged)
    ((_, in_time),) = received()
    assert POSTAL.receive(sent.request, later) == in_time


def test_other_rows_under_the_same_batch_are_another_fingerprint() -> None:
    other = replace(BATCH, payments=(replace(AN, amount=20_000), replace(AN, id="2", amount=80_000)))
    ((_, first),) = received()
    ((_, second),) = received(batch=other)
    assert isinstance(first, Notice)
    assert isinstance(second, Notice)
    assert (first.event_id, first.amount) == (second.event_id, second.amount)
    assert first.fingerprint != second.fingerprint
    ((_, turned),) = received(batch=replace(BATCH, payments=BATCH.payments[::-1]))
    assert turned == first


def test_a_file_may_hold_several_batches_and_rows_that_disagree_make_no_lump() -> None:
    other = replace(BATCH, id="VNP-1121-02", payments=(replace(AN, amount=10_000),))
    rows = [row for batch in (BATCH, other) for row in json.loads(AGENT.file(batch, form="json"))]
    listing = POSTAL.lines(table(rows, "csv"), DESK)
    assert [(lump.batch_id, lump.net) for lump in listing.lumps] == [("VNP-1121-01", 100_000), ("VNP-1121-02", 10_000)]
    assert len(listing.notices) == 4
    rows[0] = {**rows[0], "total": "5"}
    listing = POSTAL.lines(table(rows, "csv"), DESK)
    assert [lump.batch_id for lump in listing.lumps] == ["VNP-1121-02"]
    assert [problem.code for problem in listing.problems] == ["lump.unclear"]
    assert {notice.bank_reference for notice in listing.notices} == {"VNP-1121-02"}


def test_what_is_too_long_or_empty_for_a_notice_is_refused() -> None:
    many = replace(BATCH, payments=tuple(replace(AN, id=str(n), amount=1_000) for n in range(9_000)))
    ((_, long),) = received(batch=many)
    assert long == Malformed("body.too_large")
    assert len(POSTAL.lines(AGENT.file(many), DESK).notices) == 9_000


def test_he_calls_again_until_it_is_settled() -> None:
    assert AGENT.again(None)
    assert AGENT.again(Reply(503, b""))
    assert AGENT.again(Reply(401, b""))
    assert not AGENT.again(Reply(200, b""))
    with pytest.raises(SettingMissing):
        POSTAL.receive(AGENT.deliveries(BATCH, NOW, bits=bits)[0].request, Desk({}, NOW))
    with pytest.raises(ValueError, match="no such fault: typo"):
        AGENT.file(BATCH, ["typo"])
