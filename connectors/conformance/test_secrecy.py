"""No secret is in what is shown, logged, raised or answered."""

from __future__ import annotations

import traceback
from dataclasses import replace

import pytest

from connectors.conformance.acts import Act, acts
from connectors.conformance.case import Case
from connectors.contract import Desk, Redirect, Reply

SHORTEST = 6  # characters; less is not a secret, and stands in other words by chance


def test_the_sample_secrets_can_be_told_apart(case: Case) -> None:
    """Short or common ones would make the tests below see nothing, or ghosts."""
    for name in case.connector.capabilities.secrets:
        assert _pieces(case.desk.secrets[name]), f"the sample's {name} is too short"


def test_no_secret_is_in_a_repr_or_an_answer(case: Case, act: Act) -> None:
    result = act(case.connector, case.desk)
    for shown in (repr(result), str(result), repr(case.desk), repr(case.connector), *_sent(result)):
        _hides(case.desk, shown)


def test_no_secret_is_logged_or_printed(
    case: Case, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    for act in acts(case).values():
        act(case.connector, case.desk)
    for shown in (*capfd.readouterr(), caplog.text, *(str(record.__dict__) for record in caplog.records)):
        _hides(case.desk, shown)


def test_a_broken_secret_is_not_in_what_is_raised(case: Case, secret: str) -> None:
    whole = case.desk.secrets[secret]
    for broken in (whole[:-2], f"{whole}!", whole.replace(whole[len(whole) // 2], "!"), f"không {whole}"):
        desk = replace(case.desk, secrets={**case.desk.secrets, secret: broken})
        for act in acts(case).values():
            try:
                act(case.connector, desk)
            except Exception as error:
                _hides(desk, "".join(traceback.format_exception(error)))
                _hides(case.desk, "".join(traceback.format_exception(error)))


def test_no_payer_is_in_a_repr(case: Case) -> None:
    if case.samples.notices is not None:
        notice = case.notice()
        for hidden in (notice.payer_name, notice.payer_account):
            assert not hidden or hidden not in repr(notice)
    for act in acts(case).values():
        order = case.samples.order
        assert order is None or not order.payer_ip or order.payer_ip not in repr(act(case.connector, case.desk))


def _sent(result: object) -> list[str]:
    """What goes to somebody who must not know our secrets: answers and the payer's address, not our own calls."""
    if isinstance(result, Reply):
        return [result.body.decode("latin-1")]
    if isinstance(result, Redirect):
        return [result.url]
    return [text for part in result for text in _sent(part)] if isinstance(result, list) else []


def _hides(desk: Desk, shown: str) -> None:
    for name, secret in desk.secrets.items():
        for piece in _pieces(secret):
            assert piece not in shown, f"the secret {name} is shown"


def _pieces(secret: str) -> list[str]:
    """Line by line, for keys in PEM; the lines that frame one are not secret."""
    return [line for line in secret.split() if len(line) >= SHORTEST and "---" not in line]
