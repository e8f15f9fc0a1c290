"""Whatever is sent, the answer is one that the description names: drawn from the description itself (schemathesis)."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.api import receipts
from tests.gateway.api.conftest import Api
from tests.town import LE_PHI, Town

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12  # of each operation


def _cases(operation: Any) -> st.SearchStrategy[Any]:
    """What the description allows, and what it does not."""
    allowed = operation.as_strategy(GenerationMode.POSITIVE)
    if not operation.body and not operation.query and not operation.path_parameters:
        return allowed
    return allowed | operation.as_strategy(GenerationMode.NEGATIVE)


def test_no_request_breaks_the_description(api: Api, town: Town, monkeypatch: Any) -> None:
    monkeypatch.setattr(receipts, "WAIT_SECONDS", 0.0)
    town.money_comes(town.payment(LE_PHI))
    schema = schemathesis.openapi.from_asgi("/openapi.json", api.client.app)
    headers = {"Authorization": f"Bearer {api.key}"}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=_cases(operation))
        def keeps_its_word(case: Any) -> None:
            case.call_and_validate(checks=CHECKS, headers=headers)

        keeps_its_word()
        tried += 1
    assert tried > 10
