"""Officers: taken on, given roles, let go; their sessions; on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from gateway.kernel import audit
from gateway.kernel.uow import Environment
from gateway.officers import recognise, register, session, store
from gateway.officers.model import (
    FormForged,
    LoginRefused,
    Officer,
    OfficerInvalid,
    OfficerKnown,
    OfficerMissing,
    Role,
    RoleMissing,
)
from gateway.officers.oidc import Identity
from tests.conftest import HandClock
from tests.town import AGENCY, Town


@pytest.fixture
def town(environment: Environment, tmp_path: Path) -> Town:
    return Town(environment, tmp_path)


@pytest.fixture
def officer(town: Town, environment: Environment) -> Officer:
    with environment.begin(actor="test", agency=AGENCY) as uow:
        return register.add(uow, AGENCY, "Nguyễn Thị Quầy", "Quay1@Tinh.vn", ["counter"])


def came_in(environment: Environment, officer: Officer) -> str:
    with environment.begin(actor="test") as uow:
        return session.begin(uow, officer.id)


def test_roles_are_given_and_taken_and_each_act_leaves_a_leaf(environment: Environment, officer: Officer) -> None:
    with environment.begin(actor="officer:boss", agency=AGENCY) as uow:
        register.grant(uow, AGENCY, officer.id, ["accountant", "counter"])
        after = register.revoke(uow, AGENCY, officer.id, ["counter", "admin"])
    assert after.roles == {Role.ACCOUNTANT}
    with environment.read(AGENCY) as connection:
        kinds = connection.scalars(
            sa.select(audit.leaf.c.kind).where(audit.leaf.c.ref == officer.id).order_by(audit.leaf.c.id)
        )
        assert list(kinds) == ["officer.added", "officer.granted", "officer.granted", "officer.revoked"]


def test_a_login_is_taken_once_whatever_its_case(environment: Environment, officer: Officer) -> None:
    with pytest.raises(OfficerKnown), environment.begin(actor="test", agency=AGENCY) as uow:
        register.add(uow, AGENCY, "Ai đó", "quay1@TINH.VN", ["counter"])


@pytest.mark.parametrize(
    ("name", "login", "roles", "field"),
    [(" ", "a@b.vn", ["counter"], "name"), ("A", "a b", ["counter"], "login"), ("A", "a@b.vn", ["king"], "roles")],
)
def test_what_cannot_be_an_officer_is_refused_by_field(
    town: Town, environment: Environment, name: str, login: str, roles: list[str], field: str
) -> None:
    with pytest.raises(OfficerInvalid) as refused, environment.begin(actor="test", agency=AGENCY) as uow:
        register.add(uow, AGENCY, name, login, roles)
    assert refused.value.field == field


def test_another_agency_does_not_know_the_officer(environment: Environment, officer: Officer) -> None:
    with environment.read() as connection, pytest.raises(OfficerMissing):
        store.by_id(connection, "H99", officer.id)


def test_a_session_says_who_and_what_and_is_kept_as_a_hash(environment: Environment, officer: Officer) -> None:
    secret = came_in(environment, officer)
    with environment.read() as connection:
        found = session.recognise(connection, secret, environment.clock())
        kept = connection.execute(sa.select(store.officer_session)).one()
    assert found.officer == officer
    assert secret.encode() not in kept.hash
    found.officer.need(Role.COUNTER, Role.ACCOUNTANT)
    with pytest.raises(RoleMissing):
        found.officer.need(Role.APPROVER)


def test_a_form_of_another_session_is_refused(environment: Environment, officer: Officer) -> None:
    mine, other = came_in(environment, officer), came_in(environment, officer)
    with environment.read() as connection:
        found = session.recognise(connection, mine, environment.clock())
    session.check_form(found, session.csrf_of(mine))
    with pytest.raises(FormForged):
        session.check_form(found, session.csrf_of(other))


def test_a_session_ends_when_idle_when_long_and_when_left(
    environment: Environment, officer: Officer, clock: HandClock
) -> None:
    idle = came_in(environment, officer)
    clock.advance(minutes=60)
    with environment.read() as connection, pytest.raises(LoginRefused):
        session.recognise(connection, idle, clock())

    busy = came_in(environment, officer)
    for _ in range(24):
        clock.advance(minutes=29)
        with environment.begin(actor="test") as uow:
            session.recognise(uow.connection, busy, clock())
            assert session.stale(uow.connection, busy, clock())
            session.seen(uow, busy)
    clock.advance(minutes=29)
    with environment.read() as connection, pytest.raises(LoginRefused):
        session.recognise(connection, busy, clock())  # 12 hours are over

    left = came_in(environment, officer)
    with environment.begin(actor="test") as uow:
        session.end(uow, left)
        session.end(uow, left)
        session.end(uow, "never heard of")
    with environment.read() as connection, pytest.raises(LoginRefused):
        session.recognise(connection, left, clock())


def test_who_is_let_go_is_out_at_once_and_stays_named(environment: Environment, officer: Officer) -> None:
    secret = came_in(environment, officer)
    with environment.begin(actor="test", agency=AGENCY) as uow:
        register.end(uow, AGENCY, officer.id)
    with environment.read(AGENCY) as connection:
        with pytest.raises(LoginRefused):
            session.recognise(connection, secret, environment.clock())
        assert store.names_of(connection, AGENCY, [officer.actor, "key:x"]) == {officer.actor: officer.name}
        assert store.of_agency(connection, AGENCY) == []


def test_a_login_is_bound_to_the_first_subject_that_brings_it(environment: Environment, officer: Officer) -> None:
    first = Identity("https://idp.example.vn", "subject-1", (officer.login,))
    with environment.begin(actor="login") as uow:
        assert recognise.recognise(uow, first) == officer
        assert recognise.recognise(uow, Identity(first.issuer, "subject-1", ("renamed@tinh.vn",))) == officer
    for other in (Identity(first.issuer, "subject-2", (officer.login,)), Identity("https://x.vn", "subject-1", ())):
        with pytest.raises(LoginRefused), environment.begin(actor="login") as uow:
            recognise.recognise(uow, other)
