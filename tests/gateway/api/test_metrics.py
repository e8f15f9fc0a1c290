"""Gauges of the audit trail and of conservation: exact, and as cheap after a year as on the first day."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from gateway.api.metrics import Books
from gateway.audit import checkpoints, keys, sequencer
from gateway.kernel.uow import Environment
from gateway.settlement.store import notice
from tests.conftest import HandClock
from tests.gateway.audit.conftest import lawless
from tests.town import AGENCY, LE_PHI, Town


def gauges(environment: Environment) -> dict[str, float]:
    """By name, and by name and agency where there is one."""
    registry = CollectorRegistry()
    registry.register(Books(environment))
    samples = [sample for metric in registry.collect() for sample in metric.samples]
    return {" ".join([sample.name, *sample.labels.values()]): sample.value for sample in samples}


@pytest.fixture
def town(environment: Environment, tmp_path: object) -> Town:
    return Town(environment, environment.settings.data.parent)


def test_how_far_the_audit_trail_is(town: Town, clock: HandClock) -> None:
    town.money_comes(town.payment(LE_PHI))
    clock.advance(seconds=40)
    found = gauges(town.environment)
    assert (found["thuphi_audit_tree_size"], found["thuphi_audit_unnumbered"]) == (0, 3)
    assert found["thuphi_audit_unnumbered_age_seconds"] == 40
    sequencer.number_all(town.environment)
    found = gauges(town.environment)
    assert (found["thuphi_audit_tree_size"], found["thuphi_audit_unnumbered_age_seconds"]) == (3, 0)
    assert (found["thuphi_audit_unsigned"], found["thuphi_audit_unsigned_age_seconds"]) == (3, 40)
    checkpoints.sign(town.environment, keys.make(town.environment.settings.keys))
    found = gauges(town.environment)
    assert (found["thuphi_audit_unsigned"], found["thuphi_audit_unsigned_age_seconds"]) == (0, 0)


def test_money_that_went_astray_is_seen_to_the_dong(town: Town, database_kind: str) -> None:
    town.money_comes(town.payment(LE_PHI))
    name = f"thuphi_conservation_difference_dong {AGENCY}"
    assert gauges(town.environment)[name] == 0
    if database_kind == "postgresql":
        with town.environment.writer.begin() as connection:
            connection.execute(sa.text("ALTER TABLE notice DROP CONSTRAINT ck_notice_conservation"))
            connection.execute(sa.update(notice).values(settled=notice.c.settled - 7))
    else:
        with lawless(town.environment) as connection:
            connection.execute(sa.update(notice).values(settled=notice.c.settled - 7))
            connection.commit()
    assert gauges(town.environment)[name] == 7


def test_a_scrape_reads_no_whole_table(town: Town) -> None:
    """Each query on a table that grows goes through an index; the database's own plan says so."""
    town.money_comes(town.payment(LE_PHI))
    asked: list[tuple[str, object]] = []

    def note(_c: object, _u: object, statement: str, parameters: object, *_: object) -> None:
        asked.append((statement, parameters))

    sa.event.listen(town.environment.reader, "before_cursor_execute", note)
    gauges(town.environment)
    sa.event.remove(town.environment.reader, "before_cursor_execute", note)
    embedded = town.environment.embedded
    with town.environment.reader.connect() as connection:
        if not embedded:  # on tables of three rows it would rather read them whole
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in asked:
            explain = "EXPLAIN QUERY PLAN " if embedded else "EXPLAIN "
            plan = [str(row) for row in connection.exec_driver_sql(explain + statement, parameters)]  # type: ignore[arg-type]
            for table in ("notice", "audit_leaf", "event", "inbox"):
                scanned = [line for line in plan if f"SCAN {table}" in line or f"Seq Scan on {table} " in line]
                assert all("USING" in line and "INDEX" in line for line in scanned), (statement, plan)
