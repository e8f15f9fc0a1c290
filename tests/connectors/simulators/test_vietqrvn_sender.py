"""The simulated VietQR.vn talks to the connector as the real one does: token first, then movements, again until heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors import reference
from connectors.contract import Desk, Forged, Malformed, Notice, Reply, Request, Standing
from connectors.providers.vietqrvn import VietQRVN
from connectors.simulators.vietqrvn_sender import AGAIN_S, FAULTS, Movement, TokenRefused, VietQRVNSender

NOW = datetime(2026, 11, 21, 2, 20, tzinfo=UTC)
VQR = VietQRVN()
DESK = Desk({"username": "vietqr"}, NOW, secrets={"password": "mật khẩu:x", "token_key": "a long random text"})
SENDER = VietQRVNSender("vietqr", "mật khẩu:x")
MOVEMENT = Movement("FT26325000001", "113000000001", 50_000, "BLQGP1XF3A77", NOW)
OLD = SENDER.token(VQR.admit(SENDER.ask(), replace(DESK, now=NOW - timedelta(hours=1))))


def bits(n: int) -> int:
    return 2


def token() -> str:
    return SENDER.token(VQR.admit(SENDER.ask(), DESK))


def told(*faults: str) -> list[tuple[bool, object]]:
    sent = SENDER.deliveries(MOVEMENT, token(), faults, bits=bits, old_token=OLD)
    return [(delivery.genuine, VQR.receive(delivery.request, DESK)) for delivery in sent]


def test_it_gets_a_token_and_its_movement_is_read() -> None:
    ((_, notice),) = told()
    assert isinstance(notice, Notice)
    assert (notice.amount, notice.account, notice.direction) == (50_000, "113000000001", "CRDT")
    assert reference.references(notice.memo) == ("BLQGP1XF3A77",)
    assert notice.occurred_at == NOW


@pytest.mark.parametrize("sender", [replace(SENDER, password="other"), replace(SENDER, username="x")])
def test_without_the_credentials_it_gets_none(sender: VietQRVNSender) -> None:
    with pytest.raises(TokenRefused, match="HTTP 401"):
        sender.token(VQR.admit(sender.ask(), DESK))


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_is_noticed_or_harmless(fault: str) -> None:
    plain = next(notice for genuine, notice in told() if genuine)
    assert isinstance(plain, Notice)
    found = told(fault, "duplicate")
    notices = [notice for _, notice in found if isinstance(notice, Notice)]
    assert all(isinstance(notice, Forged | Malformed) for genuine, notice in found if not genuine)
    assert len({(notice.event_id, notice.fingerprint) for notice in notices}) == 1
    assert notices[0].event_id == plain.event_id
    if fault in ("wrong_amount", "wrong_account", "debit"):
        assert notices[0].fingerprint != plain.fingerprint
    else:
        assert notices[0] == plain


def test_a_movement_comes_again_until_it_hears_that_it_is_recorded() -> None:
    request = SENDER.deliveries(MOVEMENT, token(), bits=bits)[0].request
    notice = VQR.receive(request, DESK)
    assert SENDER.again(VQR.acknowledge(request, notice, Standing.RECORDED, DESK), 1) is None
    busy = VQR.acknowledge(request, notice, Standing.BUSY, DESK)
    assert [SENDER.again(busy, tries) for tries in range(1, 12)] == [*AGAIN_S, None]
    for silent in (None, Reply(500, b'{"error":false}'), Reply(200, b"<html>"), Reply(200, b'{"error":')):
        assert SENDER.again(silent, 1) == AGAIN_S[0]
    assert sum(second <= 60 for second in AGAIN_S) == 5


def test_late_and_reordered_and_unknown_faults() -> None:
    sent = SENDER.deliveries(MOVEMENT, token(), ["late", "duplicate", "no_token", "reorder"], bits=bits)
    assert max(delivery.after_s for delivery in sent) > 600
    assert sent[0].genuine
    assert isinstance(sent[0].request, Request)
    with pytest.raises(ValueError, match="no such fault: typo"):
        told("typo")
