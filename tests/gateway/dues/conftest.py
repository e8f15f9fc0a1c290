"""An installation with two agencies, and the requests the tests start from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from gateway import agencies
from gateway.dues.draft import DossierRequest
from gateway.dues.model import DueRequest
from gateway.dues.payer import PayerFacts
from gateway.dues.store import metadata
from gateway.kernel.clock import Clock
from gateway.kernel.settings import Settings
from gateway.kernel.uow import Environment

PAYER = PayerFacts(
    "Nguyễn Văn An", id_number="038090001234", address="Hạc Thành, Thanh Hóa", email="an@example.vn", phone="0912345678"
)


@pytest.fixture
def desk(engine: sa.Engine, database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Environment]:
    """Two agencies that collect; the third was merged into the first."""
    metadata.create_all(engine)
    environment = Environment(Settings(data=tmp_path, database_url=SecretStr(database_url)), clock=clock)
    with environment.begin(actor="test") as uow:
        agencies.add(uow, agencies.Agency("th", "Trung tâm Thanh Hóa", "2800100001", "Thanh Hóa"))
        agencies.add(uow, agencies.Agency("hn", "Trung tâm Hà Nội", "0100100001", "Hà Nội"))
        ended = {"valid_to": date(2026, 6, 30), "successor_id": "th"}
        agencies.add(uow, agencies.Agency("old", "Xã cũ", "2800100002", "Thanh Hóa", **ended))
    yield environment
    environment.close()


@pytest.fixture
def asked() -> Callable[..., DossierRequest]:
    """A dossier of agency th; `asked("cc-doi-1")` or `asked(DueRequest(...))`, other fields by name."""

    def build(*items: DueRequest | str, **fields: Any) -> DossierRequest:
        told: dict[str, Any] = {
            "agency_id": "th",
            "dossier_code": "H56.17-261124-0001",
            "procedure_code": "2.001195",
            "payer": PAYER,
            "items": tuple(DueRequest(item) if isinstance(item, str) else item for item in items),
        }
        return DossierRequest(**told | fields)

    return build
